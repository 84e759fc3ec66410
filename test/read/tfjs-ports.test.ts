import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import type { Shape } from "../../src/graph/shape.js";
import { readTfjs } from "../../src/read/tfjs/read.js";
import { source } from "./onnx-model.js";
import { replaced, resizings } from "./resized.js";
import { ints, model, node, placeholder, text, type Weight } from "./tfjs-model.js";

/** A tensor of zeros, or a list of whole numbers. */
type Port = Shape | { readonly list: readonly number[] };

/** An operator of TensorFlow, on weights of the sizes that it reads. */
interface Case {
  readonly op: string;
  readonly ports: readonly Port[];
  /** Which of them is the data that comes in; the first unless said. */
  readonly input?: number;
  readonly attr?: Readonly<Record<string, object>>;
  readonly free?: readonly string[];
  readonly bad?: Readonly<Record<string, readonly object[]>>;
  readonly lists?: Readonly<Record<number, readonly (readonly number[])[]>>;
}

const fused = (...names: readonly string[]) => ({ list: { s: names.map((name) => btoa(name)) } });
const whole = (value: number | string) => ({ i: String(value) });
const STRIDES = { strides: ints(1, 1, 1, 1), padding: text("SAME") };
const BAD = {
  strides: [ints(1, 0, 1, 1), ints(1, -1, 1, 1), ints(1, 1, 1), ints(1, 1.5, 1, 1)],
  dilations: [ints(1, 0, 1, 1)],
  padding: [text("FULL")],
  data_format: [text("CHWN")],
};

const CASES: readonly Case[] = [
  {
    op: "Conv2D",
    ports: [
      [1, 8, 8, 4],
      [3, 3, 2, 6],
    ],
    attr: STRIDES,
    free: ["1.0", "1.1", "1.3"],
    bad: { ...BAD, explicit_paddings: [] },
  },
  {
    op: "Conv1D",
    ports: [
      [1, 8, 4],
      [3, 4, 6],
    ],
    attr: { stride: whole(1), padding: text("SAME") },
    free: ["1.0", "1.2"],
    bad: { stride: [whole(0), whole(-1), whole(0.5)], dilation: [whole(0)] },
  },
  {
    op: "_FusedConv2D",
    ports: [[1, 8, 8, 4], [3, 3, 4, 6], [6], [1, 1, 6]],
    attr: { ...STRIDES, fused_ops: fused("BiasAdd", "Prelu") },
    free: ["1.0", "1.1", "3.0", "3.1"],
    bad: { ...BAD, fused_ops: [fused("Dance")] },
  },
  {
    op: "FusedDepthwiseConv2dNative",
    ports: [[1, 8, 8, 4], [3, 3, 4, 2], [8]],
    attr: { ...STRIDES, fused_ops: fused("BiasAdd") },
    free: ["1.0", "1.1"],
    bad: BAD,
  },
  {
    op: "Conv2DBackpropInput",
    ports: [{ list: [1, 8, 8, 6] }, [3, 3, 6, 4], [1, 4, 4, 4]],
    input: 2,
    attr: { strides: ints(1, 2, 2, 1), padding: text("SAME") },
    free: ["1.0", "1.1"],
    bad: { strides: [ints(1, 0, 2, 1), ints(1, -2, 2, 1)] },
    lists: {
      0: [
        [1, 8, 8, 7],
        [2, 8, 8, 6],
        [1, 80, 8, 6],
        [1, -8, 8, 6],
      ],
    },
  },
  { op: "_FusedMatMul", ports: [[2, 4], [4, 5], [5]], attr: { fused_ops: fused("BiasAdd") } },
  {
    op: "MatMul",
    ports: [
      [2, 4],
      [4, 5],
    ],
    free: ["1.1"],
  },
  { op: "BiasAdd", ports: [[1, 4, 4, 3], [3]], bad: { data_format: [text("CHWN")] } },
  { op: "FusedBatchNormV3", ports: [[1, 4, 4, 3], [3], [3], [3], [3]] },
  {
    op: "Prelu",
    ports: [
      [1, 4, 4, 3],
      [1, 1, 3],
    ],
  },
  { op: "LSTMBlockCell", ports: [[2, 3], [2, 4], [2, 4], [7, 16], [4], [4], [4], [16]] },
  {
    op: "Dilation2D",
    ports: [
      [1, 8, 8, 3],
      [3, 3, 3],
    ],
    attr: { strides: ints(1, 1, 1, 1), rates: ints(1, 1, 1, 1), padding: text("SAME") },
    free: ["1.0", "1.1"],
  },
  {
    op: "MaxPool",
    ports: [[1, 8, 8, 3]],
    attr: { ...STRIDES, ksize: ints(1, 2, 2, 1) },
    bad: { ksize: [ints(1, 0, 2, 1), ints(1, -2, 2, 1)], strides: BAD.strides },
  },
  { op: "Split", ports: [{ list: [1] }, [2, 6]], input: 1, attr: { num_split: whole(2) }, bad: { num_split: [whole(0), whole(-2), whole(4)] } },
  { op: "SpaceToDepth", ports: [[1, 8, 8, 3]], attr: { block_size: whole(2) }, bad: { block_size: [whole(0), whole(-2), whole(3)] } },
  { op: "LRN", ports: [[1, 8, 8, 3]], attr: { depth_radius: whole(2) }, bad: { depth_radius: [whole(-3), whole("x")] } },
  {
    op: "Slice",
    ports: [[4, 6], { list: [1, 2] }, { list: [2, -1] }],
    lists: {
      1: [
        [-1, 2],
        [5, 2],
      ],
      2: [
        [4, 2],
        [2, -2],
      ],
    },
  },
  { op: "TensorListReserve", ports: [[2], { list: [3] }], lists: { 1: [[-3]] } },
];

const isList = (port: Port): port is { readonly list: readonly number[] } => "list" in port;

function count({ op, ports, input = 0, attr = {} }: Case) {
  const names = ports.map((_, at) => (at === input ? "x" : `w${at}`));
  const weights = ports.flatMap((port, at): readonly Weight[] => {
    if (at === input) return [];
    return [isList(port) ? { name: `w${at}`, shape: [port.list.length], values: port.list } : { name: `w${at}`, shape: port }];
  });
  const data = ports[input] ?? [];
  const { json, shard } = model([placeholder(...(isList(data) ? [] : data)), node(op, "y", names, attr)], weights);
  return analyze(readTfjs(json, { sibling: () => source(shard) }));
}

const refused = (wrong: Case) => {
  try {
    return `counted: ${count(wrong).totals.macs}`;
  } catch (error) {
    return error instanceof InputError ? "refused" : String(error);
  }
};

describe.each(CASES)("$op", (right) => {
  const { ports, input = 0, free = [], bad = {}, lists = {}, attr = {} } = right;

  it("is counted as it is", () => {
    expect(refused(right)).toMatch(/^counted/);
  });

  const shapes = ports.map((port, at) => (isList(port) || at === input ? undefined : port));
  it.each(resizings([[], ...shapes.slice(1)], free))("input $at of $shape is refused", ({ at, shape }) => {
    expect(refused({ ...right, ports: replaced(ports, at, shape) })).toBe("refused");
  });

  it.each(Object.entries(bad).flatMap(([name, values]) => values.map((value) => [name, value] as const)))("%s of %j is refused", (name, value) => {
    expect(refused({ ...right, attr: { ...attr, [name]: value } })).toBe("refused");
  });

  it.each(Object.entries(lists).flatMap(([at, values]) => values.map((list) => [Number(at), list] as const)))(
    "input %d of %j is refused",
    (at, list) => {
      expect(refused({ ...right, ports: replaced(ports, at, { list }) })).toBe("refused");
    },
  );
});

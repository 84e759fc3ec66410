import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import type { Shape } from "../../src/graph/shape.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { BUILTIN } from "../../src/read/tflite/schema.js";
import { source } from "./onnx-model.js";
import { replaced, resizings } from "./resized.js";
import { int32s, model, type Field, type Tensor } from "./tflite-model.js";

const INT32 = 2;

/** A tensor of zeros, or a list of whole numbers. */
type Port = Shape | { readonly list: readonly number[] };

/** An operator that TensorFlow Lite's interpreter prepares. */
interface Case {
  readonly op: string;
  readonly ports: readonly (Port | undefined)[];
  /** Which of them is the data that comes in; the first unless said. */
  readonly input?: number;
  readonly outputs: readonly Shape[];
  readonly options?: Readonly<Record<number, Field>>;
  readonly free?: readonly string[];
  readonly loose?: readonly number[];
  /** Values of an option that no operator can have, by its number. */
  readonly bad?: Readonly<Record<number, readonly number[]>>;
  /** Lists that an input cannot be. */
  readonly lists?: Readonly<Record<number, readonly (readonly number[])[]>>;
}

const BYTE = (value: number): Field => ({ byte: value });
const INT = (value: number): Field => ({ int: value });
const STRIDES = { 1: INT(1), 2: INT(1) };
const GATES = [...Array<Shape>(4).fill([5, 3]), ...Array<Shape>(4).fill([5, 5])];
const LSTM = [...GATES, undefined, undefined, undefined, [5], [5], [5], [5]];
/** Sizes that others follow from: an LSTM's units and state, both of which two matrices say. */
const SMALL_STEPS = [0, -1];

const CASES: readonly Case[] = [
  {
    op: "CONV_2D",
    ports: [[1, 8, 8, 4], [6, 3, 3, 2], [6]],
    outputs: [[1, 8, 8, 6]],
    options: STRIDES,
    free: ["1.1", "1.2"],
    bad: { 0: [2, -1], 1: SMALL_STEPS, 2: SMALL_STEPS, 3: [77, -1], 4: SMALL_STEPS, 5: SMALL_STEPS },
  },
  {
    op: "DEPTHWISE_CONV_2D",
    ports: [[1, 8, 8, 4], [1, 3, 3, 8], [8]],
    outputs: [[1, 8, 8, 8]],
    options: STRIDES,
    free: ["1.1", "1.2"],
    bad: { 0: [2], 1: SMALL_STEPS, 2: SMALL_STEPS, 4: [77], 5: SMALL_STEPS, 6: SMALL_STEPS },
  },
  {
    op: "CONV_3D",
    ports: [[1, 4, 4, 4, 3], [3, 3, 3, 3, 5], [5]],
    outputs: [[1, 4, 4, 4, 5]],
    options: { 1: INT(1), 2: INT(1), 3: INT(1) },
    free: ["1.0", "1.1", "1.2"],
    bad: { 1: SMALL_STEPS, 2: SMALL_STEPS, 3: SMALL_STEPS, 5: SMALL_STEPS },
  },
  {
    op: "TRANSPOSE_CONV",
    ports: [{ list: [1, 8, 8, 6] }, [6, 3, 3, 4], [1, 4, 4, 4], [6]],
    input: 2,
    outputs: [[1, 8, 8, 6]],
    options: { 1: INT(2), 2: INT(2) },
    free: ["1.1", "1.2", "2.0", "2.1", "2.2"],
    bad: { 0: [2], 1: SMALL_STEPS, 2: SMALL_STEPS },
    lists: {
      0: [
        [1, 8, 8, 7],
        [2, 8, 8, 6],
        [1, 80, 8, 6],
        [1, -8, 8, 6],
        [1, 8, 6],
      ],
    },
  },
  { op: "FULLY_CONNECTED", ports: [[2, 4], [5, 4], [5]], outputs: [[2, 5]], free: [], bad: { 0: [77] } },
  {
    op: "PRELU",
    ports: [
      [1, 4, 4, 3],
      [1, 1, 3],
    ],
    outputs: [[1, 4, 4, 3]],
    free: [],
  },
  {
    op: "MAX_POOL_2D",
    ports: [[1, 8, 8, 3]],
    outputs: [[1, 4, 4, 3]],
    options: { 1: INT(2), 2: INT(2), 3: INT(2), 4: INT(2) },
    bad: { 0: [2], 1: SMALL_STEPS, 2: SMALL_STEPS, 3: SMALL_STEPS, 4: SMALL_STEPS },
  },
  { op: "UNIDIRECTIONAL_SEQUENCE_LSTM", ports: [[2, 7, 3], ...LSTM], outputs: [[2, 7, 5]] },
  {
    op: "UNIDIRECTIONAL_SEQUENCE_LSTM",
    ports: [[2, 7, 3], ...GATES.map((shape) => (shape[1] === 5 ? [5, 4] : shape)), [5], [5], [5], [5], [5], [5], [5], [4, 5], [4]],
    outputs: [[2, 7, 4]],
  },
  {
    op: "BIDIRECTIONAL_SEQUENCE_LSTM",
    ports: [[2, 7, 3], ...LSTM, undefined, undefined, ...LSTM, undefined, undefined],
    outputs: [
      [2, 7, 5],
      [2, 7, 5],
    ],
  },
  { op: "UNIDIRECTIONAL_SEQUENCE_RNN", ports: [[2, 7, 3], [5, 3], [5, 5], [5]], outputs: [[2, 7, 5]] },
  { op: "RNN", ports: [[2, 3], [5, 3], [5, 5], [5]], outputs: [[2, 5]] },
  {
    op: "BIDIRECTIONAL_SEQUENCE_RNN",
    ports: [[2, 7, 3], [5, 3], [5, 5], [5], undefined, [6, 3], [6, 6], [6]],
    outputs: [
      [2, 7, 5],
      [2, 7, 6],
    ],
  },
  { op: "SVDF", ports: [[2, 3], [8, 3], [8, 9], [4]], outputs: [[2, 4]], options: { 0: INT(2) }, free: ["2.1"], bad: { 0: [0, -1, 3, 2 ** 31 - 1] } },
  { op: "EMBEDDING_LOOKUP", ports: [[3], [9, 4]], outputs: [[3, 4]], free: ["1.0", "1.1"], loose: [1] },
  { op: "SPACE_TO_DEPTH", ports: [[1, 8, 8, 4]], outputs: [[1, 4, 4, 16]], options: { 0: INT(2) }, bad: { 0: [0, -2, 3, 2 ** 31 - 1] } },
  { op: "DEPTH_TO_SPACE", ports: [[1, 8, 8, 4]], outputs: [[1, 16, 16, 1]], options: { 0: INT(2) }, bad: { 0: [0, -2, 3, 2 ** 31 - 1] } },
  { op: "LOCAL_RESPONSE_NORMALIZATION", ports: [[1, 8, 8, 4]], outputs: [[1, 8, 8, 4]], options: { 0: INT(2) }, bad: { 0: [-1, -(2 ** 31)] } },
  {
    op: "SPLIT",
    ports: [{ list: [1] }, [2, 6]],
    input: 1,
    outputs: [
      [2, 3],
      [2, 3],
    ],
    options: { 0: INT(2) },
    bad: { 0: [0, -1, 4] },
    lists: { 0: [[2], [-3]] },
  },
  {
    op: "SPLIT_V",
    ports: [[2, 6], { list: [2, 4] }, { list: [1] }],
    outputs: [
      [2, 2],
      [2, 4],
    ],
    lists: { 1: [[2, 5], [-2, 8], [6], [2, 2]], 2: [[2]] },
  },
  {
    op: "SLICE",
    ports: [[4, 6], { list: [1, 2] }, { list: [2, -1] }],
    outputs: [[2, 4]],
    lists: { 1: [[-1, 2], [5, 2], [1]], 2: [[2, -2], [4, 2], [2, 5], [2]] },
  },
  {
    op: "STRIDED_SLICE",
    ports: [[4, 6], { list: [0, 1] }, { list: [2, 5] }, { list: [1, 2] }],
    outputs: [[2, 2]],
    lists: { 1: [[0, 1, 0], [0]], 3: [[0, 1], [1]] },
  },
  {
    op: "PAD",
    ports: [[4, 6], { list: [1, 1, 2, 2] }],
    outputs: [[6, 10]],
    lists: {
      1: [
        [1, 1],
        [-1, 1, 2, 2],
        [1, 1, 2, -9],
      ],
    },
  },
  {
    op: "SPACE_TO_BATCH_ND",
    ports: [[1, 4, 6, 2], { list: [2, 2] }, { list: [0, 0, 0, 0] }],
    outputs: [[4, 2, 3, 2]],
    lists: {
      1: [[0, 2], [-2, -2], [3, 2], [2]],
      2: [
        [0, 0],
        [-2, 0, 0, 0],
      ],
    },
  },
  {
    op: "BATCH_TO_SPACE_ND",
    ports: [[4, 2, 3, 2], { list: [2, 2] }, { list: [0, 0, 0, 0] }],
    outputs: [[1, 4, 6, 2]],
    lists: {
      1: [
        [0, 2],
        [-2, -2],
        [3, 2],
      ],
      2: [
        [0, 0],
        [9, 0, 0, 0],
      ],
    },
  },
  {
    op: "PACK",
    ports: [
      [2, 3],
      [2, 3],
    ],
    outputs: [[2, 2, 3]],
    options: { 0: INT(2), 1: INT(0) },
    bad: { 1: [4, -4] },
  },
  { op: "UNPACK", ports: [[2, 3]], outputs: [[3], [3]], options: { 0: INT(2), 1: INT(0) }, bad: { 1: [2, -3] } },
  {
    op: "RESIZE_BILINEAR",
    ports: [[1, 4, 6, 2], { list: [8, 8] }],
    outputs: [[1, 8, 8, 2]],
    lists: {
      1: [
        [0, 8],
        [-8, 8],
      ],
    },
  },
  { op: "TILE", ports: [[2, 3], { list: [2, 2] }], outputs: [[4, 6]], lists: { 1: [[-2, 2], [2]] } },
  { op: "ARG_MAX", ports: [[2, 3], { list: [1] }], outputs: [[2]], lists: { 1: [[2], [-3]] } },
  { op: "DILATE", ports: [[2, 3], { list: [2, 2] }], outputs: [[3, 5]], lists: { 1: [[0, 2], [-1, 2], [2]] } },
];

const isList = (port: Port): port is { readonly list: readonly number[] } => "list" in port;

function tensorOf(port: Port, at: number, buffer: number): Tensor {
  return isList(port) ? { name: `w${at}`, shape: [port.list.length], type: INT32, buffer } : { name: `w${at}`, shape: port, type: 0, buffer };
}

function built({ op, ports, input = 0, outputs, options = {} }: Case): Uint8Array {
  const present = ports.flatMap((port, at) => (port === undefined ? [] : [{ port, at }]));
  const tensors = present.map(({ port, at }, index) => tensorOf(port, at, at === input ? 0 : index + 1));
  const made = outputs.map((shape, at): Tensor => ({ name: `y${at}`, shape }));
  const buffers = present.map(({ port }) =>
    isList(port) ? int32s(...port.list) : new Uint8Array(port.reduce((product, size) => product * size, 4)),
  );
  const read = ports.map((_, at) => present.findIndex((each) => each.at === at));
  const results = outputs.map((_, at) => tensors.length + at);
  const operators = [{ code: 0, inputs: read, outputs: results, options }];
  return model([BUILTIN.indexOf(op)], [{ tensors: [...tensors, ...made], inputs: [read[input] ?? 0], outputs: results, operators }], buffers);
}

const count = (right: Case) => analyze(readTflite(source(built(right))));

const refused = (wrong: Case) => {
  try {
    return `counted: ${count(wrong).totals.macs}`;
  } catch (error) {
    return error instanceof InputError ? "refused" : String(error);
  }
};

const both = <T>(of: Readonly<Record<number, readonly T[]>>) =>
  Object.entries(of).flatMap(([at, values]) => values.map((value) => [Number(at), value] as const));

describe.each(CASES)("$op", (right) => {
  const { ports, free = [], loose = [], bad = {}, lists = {}, options = {}, input = 0 } = right;

  it("is counted as it is", () => {
    const { outputs, partial, warnings } = count(right);
    expect([outputs.map(({ shape }) => shape), partial, warnings]).toEqual([right.outputs, false, []]);
  });

  const shapes = ports.map((port, at) => (port === undefined || isList(port) || at === input ? undefined : port));
  it.each(resizings([[], ...shapes.slice(1)], free, loose))("input $at of $shape is refused", ({ at, shape }) => {
    expect(refused({ ...right, ports: replaced(ports, at, shape) })).toBe("refused");
  });

  it.each(both(bad))("option %d of %d is refused", (field, value) => {
    const isByte = (field === 0 && !("0" in options)) || value === 77 || "byte" in (options[field] ?? {});
    expect(refused({ ...right, options: { ...options, [field]: isByte ? BYTE(value) : INT(value) } })).toBe("refused");
  });

  it.each(both(lists))("input %d of %j is refused", (at, list) => {
    expect(refused({ ...right, ports: replaced(ports, at, { list }) })).toBe("refused");
  });
});

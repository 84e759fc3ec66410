import { describe, expect, it } from "vitest";
import { InputError } from "../../src/graph/diagnostic.js";
import type { Shape } from "../../src/graph/shape.js";
import { replaced, resizings } from "./resized.js";
import { int32s } from "./tflite-model.js";
import { analysed, input, model, node, output, weight, type AttributeValue, type Write } from "./onnx-model.js";

const [FLOAT, UINT8, INT8, INT32, INT64] = [1, 2, 3, 6, 7];
const BYTES: Readonly<Record<number, number>> = { [FLOAT]: 4, [UINT8]: 1, [INT8]: 1, [INT32]: 4, [INT64]: 8 };

type Port = readonly [shape: Shape, type?: number, ...values: readonly number[]] | undefined;

/** An operator that onnxruntime runs, on weights of zeros. */
interface Case {
  readonly op: string;
  readonly domain?: string;
  readonly ports: readonly Port[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** Sizes of inputs that may be any: `input.axis`. */
  readonly free?: readonly string[];
  /** Inputs of any rank. */
  readonly loose?: readonly number[];
  /** Attributes with values that no operator can have. */
  readonly bad?: Readonly<Record<string, readonly AttributeValue[]>>;
}

const MS = "com.microsoft";
const one = (type: number): Port => [[], type];

/** Matrices, bias, first state and peepholes of one direction: T = 4, N = 2, F = 5, H = 3. */
const recurrent = (op: string, gates: number): Case => ({
  op,
  ports: [
    [[4, 2, 5]],
    [[1, gates * 3, 5]],
    [[1, gates * 3, 3]],
    [[1, gates * 6]],
    undefined,
    [[1, 2, 3]],
    ...(gates === 4 ? ([[[1, 2, 3]], [[1, 9]]] as const) : []),
  ],
  attributes: { hidden_size: 3 },
  free: ["0.0"],
});

const CASES: readonly Case[] = [
  recurrent("RNN", 1),
  recurrent("GRU", 3),
  recurrent("LSTM", 4),
  { op: "Gemm", ports: [[[2, 4]], [[4, 5]]], free: ["0.0", "1.1"] },
  { op: "FusedGemm", domain: MS, ports: [[[2, 4]], [[5, 4]]], attributes: { transB: 1 }, free: ["0.0", "1.0"] },
  { op: "DeformConv", ports: [[[1, 4, 8, 8]], [[6, 4, 3, 3]], [[1, 18, 6, 6]]], free: ["1.0"] },
  {
    op: "QLinearConv",
    ports: [[[1, 4, 8, 8], UINT8], one(FLOAT), one(UINT8), [[6, 4, 3, 3], INT8], [[6]], [[6], INT8], one(FLOAT), one(UINT8), [[6], INT32]],
    free: ["3.2", "3.3"],
    bad: { group: [0, -1, 3], strides: [[0, 1], [1]], dilations: [[0, 1]], kernel_shape: [[2, 3]] },
  },
  { op: "ConvInteger", ports: [[[1, 4, 8, 8], UINT8], [[6, 4, 3, 3], INT8], one(UINT8), [[6], INT8]], free: ["1.2", "1.3"], bad: { group: [0, 3] } },
  {
    op: "QLinearMatMul",
    ports: [[[5, 4], UINT8], one(FLOAT), one(UINT8), [[4, 3], INT8], [[3]], [[3], INT8], one(FLOAT), one(UINT8)],
    loose: [3],
  },
  { op: "MatMulInteger", ports: [[[5, 4], UINT8], [[4, 3], INT8], one(UINT8), [[3], INT8]], loose: [1] },
  { op: "QuantizeLinear", ports: [[[2, 4, 6]], [[4]], [[4], UINT8]], attributes: { axis: 1 }, bad: { axis: [3, -4] } },
  { op: "DequantizeLinear", ports: [[[2, 4, 6], INT8], [[6]], [[6], INT8]], attributes: { axis: -1 }, bad: { axis: [3, -4] } },
  {
    op: "QGemm",
    domain: MS,
    ports: [[[2, 4], UINT8], one(FLOAT), one(UINT8), [[4, 5], INT8], [[5]], [[5], INT8], [[5], INT32], one(FLOAT), one(UINT8)],
  },
  { op: "MatMulIntegerToFloat", domain: MS, ports: [[[2, 4], UINT8], [[4, 5], INT8], one(FLOAT), [[5]], one(UINT8), [[5], INT8], [[5]]], loose: [1] },
  { op: "DynamicQuantizeMatMul", domain: MS, ports: [[[2, 4]], [[4, 5], INT8], [[5]], [[5], INT8], [[5]]], loose: [1] },
  {
    op: "MatMulNBits",
    domain: MS,
    ports: [[[2, 64]], [[5, 2, 16], UINT8], [[10]], [[5], UINT8], undefined, [[5]]],
    attributes: { K: 64, N: 5, bits: 4, block_size: 32 },
    bad: { K: [0, -1, 63, 2 ** 31], N: [0, -1, 6], bits: [0, -4, 5, 16], block_size: [0, -32, 16] },
  },
  {
    op: "Attention",
    domain: MS,
    ports: [[[2, 6, 12]], [[12, 36]], [[36]], undefined, [[2, 2, 3, 5, 4]]],
    attributes: { num_heads: 3 },
    free: ["4.3"],
    bad: {
      num_heads: [0, -3, 5],
      qkv_hidden_sizes: [
        [12, 12],
        [12, 12, 13],
        [-12, -12, 60],
      ],
    },
  },
  {
    op: "QAttention",
    domain: MS,
    ports: [[[2, 6, 12], UINT8], [[12, 36], INT8], [[36]], one(FLOAT), [[36]], undefined, one(UINT8), [[36], INT8]],
    attributes: { num_heads: 3 },
    bad: { num_heads: [0, -3, 5] },
  },
  {
    op: "MultiHeadAttention",
    domain: MS,
    ports: [[[2, 6, 12]], [[2, 9, 12]], [[2, 9, 24]], [[48]], undefined, undefined, [[2, 3, 5, 4]], [[2, 3, 5, 8]]],
    attributes: { num_heads: 3 },
    free: ["6.2", "7.2"],
    loose: [1, 2],
    bad: { num_heads: [0, -3, 5] },
  },
  {
    op: "GroupQueryAttention",
    domain: MS,
    ports: [[[1, 2, 32]], [[1, 2, 16]], [[1, 2, 16]], [[1, 2, 5, 8]], [[1, 2, 5, 8]], [[1], INT32, 6], [[1], INT32, 7]],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    free: ["3.2", "4.2", "5.0", "6.0"],
    loose: [5, 6],
    bad: { num_heads: [0, -4, 5], kv_num_heads: [0, -2, 3] },
  },
  { op: "SkipLayerNormalization", domain: MS, ports: [[[2, 6, 12]], [[2, 6, 12]], [[12]], [[12]], [[12]]] },
  { op: "SkipSimplifiedLayerNormalization", domain: MS, ports: [[[2, 6, 12]], [[2, 6, 12]], [[12]], [[12]]] },
  {
    op: "EmbedLayerNormalization",
    domain: MS,
    ports: [[[2, 6], INT32], [[2, 6], INT32], [[30, 12]], [[8, 12]], [[2, 12]], [[12]], [[12]]],
    // The first table says how wide all are: another width is one of the others' faults.
    free: ["2.0", "3.0", "4.0"],
  },
  { op: "BiasGelu", domain: MS, ports: [[[2, 6]], [[6]]] },
  { op: "FastGelu", domain: MS, ports: [[[2, 6]], [[6]]] },
  { op: "BiasDropout", domain: MS, ports: [[[2, 6]], [[6]]] },
  {
    op: "QLinearAdd",
    domain: MS,
    ports: [[[2, 6], UINT8], one(FLOAT), one(UINT8), [[2, 6], UINT8], one(FLOAT), one(UINT8), one(FLOAT), one(UINT8)],
    loose: [3],
  },
  { op: "QLinearSigmoid", domain: MS, ports: [[[2, 6], UINT8], one(FLOAT), one(UINT8), one(FLOAT), one(UINT8)] },
  { op: "FusedConv", domain: MS, ports: [[[1, 4, 8, 8]], [[6, 4, 3, 3]], [[6]]], free: ["1.2", "1.3"], bad: { group: [0, -1, 3] } },
  { op: "FusedGemm", domain: MS, ports: [[[2, 4]], [[4, 5]], [[5]]] },
];

function built({ op, domain = "", ports, attributes = {} }: Case): Uint8Array {
  const name = (at: number) => (at === 0 ? "x" : `w${at}`);
  const tensors = ports.flatMap((port, at): readonly Write[] => {
    if (port === undefined) return [];
    const [shape, type = FLOAT, ...values] = port;
    if (at === 0) return [input("x", shape, type)];
    const zeros = new Uint8Array(shape.reduce((product, size) => product * size, BYTES[type] ?? 1));
    return [weight(name(at), shape, { type, raw: values.length > 0 ? int32s(...values) : zeros })];
  });
  const names = ports.map((port, at) => (port === undefined ? "" : name(at)));
  return model([...tensors, node(op, names, ["y"], { domain, attributes }), output("y")]);
}

const refused = (wrong: Case) => {
  try {
    const { totals } = analysed(built(wrong));
    return `counted: ${totals.macs}`;
  } catch (error) {
    return error instanceof InputError ? "refused" : String(error);
  }
};

describe.each(CASES)("$op", (right) => {
  it("is counted as it is", () => {
    expect(analysed(built(right)).partial).toBe(false);
  });

  const { ports, free = [], loose = [], bad = {} } = right;
  it.each(
    resizings(
      ports.map((port) => port?.[0]),
      free,
      loose,
    ),
  )("input $at of $shape is refused", ({ at, shape }) => {
    expect(refused({ ...right, ports: replaced(ports, at, [shape, ports[at]?.[1] ?? FLOAT]) })).toBe("refused");
  });

  it.each(Object.entries(bad).flatMap(([name, values]) => values.map((value) => [name, value] as const)))("%s of %j is refused", (name, value) => {
    expect(refused({ ...right, attributes: { ...right.attributes, [name]: value } })).toBe("refused");
  });
});

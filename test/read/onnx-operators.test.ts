import { describe, expect, it } from "vitest";
import { analysed, input, model, node, output, scalar, weight, whole, type AttributeValue, type Write } from "./onnx-model.js";

const UINT8 = 2;
const INT8 = 3;
const INT32 = 6;

interface Case {
  readonly op: string;
  readonly domain?: string;
  readonly graph: readonly Write[];
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly outputs: readonly (readonly number[])[];
  readonly macs?: bigint;
  readonly params?: bigint;
  readonly buffers?: bigint;
  readonly weightBytes?: bigint;
}

/** Scale and zero point of a quantised tensor, `x` -> `x_s`, `x_z`. */
const scaled = (...names: readonly string[]) => names.flatMap((name) => [weight(`${name}_s`, []), weight(`${name}_z`, [], { type: UINT8 })]);
const x = input("x", [2, 6, 12]);

// Expected figures by the operators' definitions, worked out here: onnx/docs/Operators.md and onnxruntime/docs/ContribOperators.md.
const QUANTISED: readonly Case[] = [
  {
    op: "QLinearConv",
    graph: [
      input("x", [1, 4, 8, 8], UINT8),
      ...scaled("x", "y"),
      weight("w", [6, 4, 3, 3], { type: INT8 }),
      weight("w_s", [6]),
      weight("w_z", [6], { type: INT8 }),
      weight("b", [6], { type: INT32 }),
    ],
    inputs: ["x", "x_s", "x_z", "w", "w_s", "w_z", "y_s", "y_z", "b"],
    outputs: [[1, 6, 6, 6]],
    macs: 36n * 6n * 4n * 9n,
    // One byte a weight, four a bias; scales and zero points are no parameters.
    params: 216n + 6n,
    weightBytes: 216n + 24n,
  },
  {
    op: "ConvInteger",
    graph: [input("x", [1, 4, 8, 8], UINT8), weight("w", [4, 1, 3, 3], { type: UINT8 })],
    inputs: ["x", "w"],
    attributes: { group: 4 },
    outputs: [[1, 4, 6, 6]],
    macs: 36n * 4n * 9n,
    params: 36n,
  },
  {
    op: "QLinearMatMul",
    graph: [input("x", [5, 8], UINT8), ...scaled("x", "w", "y"), weight("w", [8, 3], { type: UINT8 })],
    inputs: ["x", "x_s", "x_z", "w", "w_s", "w_z", "y_s", "y_z"],
    outputs: [[5, 3]],
    macs: 120n,
    params: 24n,
  },
  {
    op: "LSTM",
    graph: [input("x", [7, 2, 10]), weight("w", [2, 80, 10]), weight("r", [2, 80, 20]), weight("b", [2, 160])],
    inputs: ["x", "w", "r", "b"],
    attributes: { direction: "bidirectional", hidden_size: 20 },
    outputs: [[7, 2, 2, 20]],
    macs: 7n * 2n * 2n * 80n * 30n,
    params: 2n * 80n * 30n + 320n,
  },
  {
    op: "Einsum",
    graph: [input("a", [2, 3, 4, 5]), input("b", [2, 3, 6, 5])],
    inputs: ["a", "b"],
    attributes: { equation: "bhid,bhjd->bhij" },
    outputs: [[2, 3, 4, 6]],
    macs: 2n * 3n * 4n * 6n * 5n,
  },
  {
    op: "DeformConv",
    graph: [input("x", [1, 4, 8, 8]), weight("w", [6, 4, 3, 3]), input("offset", [1, 18, 6, 6])],
    inputs: ["x", "w", "offset"],
    outputs: [[1, 6, 6, 6]],
    macs: 36n * 6n * 36n,
    params: 216n,
  },
];

const MICROSOFT: readonly Case[] = [
  {
    op: "FusedConv",
    graph: [input("x", [1, 4, 8, 8]), weight("w", [6, 4, 3, 3])],
    inputs: ["x", "w"],
    outputs: [[1, 6, 6, 6]],
    macs: 36n * 6n * 36n,
    params: 216n,
  },
  {
    op: "FusedMatMul",
    graph: [x, weight("w", [5, 12])],
    inputs: ["x", "w"],
    attributes: { transB: 1 },
    outputs: [[2, 6, 5]],
    macs: 2n * 6n * 12n * 5n,
    params: 60n,
  },
  { op: "BiasGelu", graph: [x, weight("b", [12])], inputs: ["x", "b"], outputs: [[2, 6, 12]], params: 12n },
  {
    op: "SkipLayerNormalization",
    graph: [x, input("skip", [2, 6, 12]), weight("g", [12]), weight("b", [12]), weight("bias", [12])],
    inputs: ["x", "skip", "g", "b", "bias"],
    outputs: [[2, 6, 12]],
    params: 36n,
  },
  {
    op: "EmbedLayerNormalization",
    graph: [input("ids", [2, 6], INT32), weight("word", [100, 12]), weight("position", [32, 12]), weight("g", [12]), weight("b", [12])],
    inputs: ["ids", "", "word", "position", "", "g", "b"],
    outputs: [[2, 6, 12]],
    params: 1200n + 384n + 24n,
  },
  {
    op: "Attention",
    graph: [x, weight("w", [12, 36]), weight("b", [36])],
    inputs: ["x", "w", "b"],
    attributes: { num_heads: 3 },
    outputs: [[2, 6, 12]],
    macs: 2n * 6n * 12n * 36n + 2n * 3n * 6n * 6n * (4n + 4n),
    params: 12n * 36n + 36n,
  },
  {
    op: "MultiHeadAttention",
    graph: [x, input("k", [2, 9, 12]), input("v", [2, 9, 24])],
    inputs: ["x", "k", "v"],
    attributes: { num_heads: 3 },
    outputs: [[2, 6, 24]],
    macs: 2n * 3n * 6n * 9n * (4n + 8n),
  },
  {
    op: "GroupQueryAttention",
    graph: [
      input("q", [1, 2, 32]),
      input("k", [1, 2, 16]),
      input("v", [1, 2, 16]),
      input("pk", [1, 2, 5, 8]),
      input("pv", [1, 2, 5, 8]),
      input("s", [1], INT32),
      scalar("t", 7),
    ],
    inputs: ["q", "k", "v", "pk", "pv", "s", "t"],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: [[1, 2, 32]],
    // Two new tokens over seven, by the queries' four heads.
    macs: 4n * 2n * 7n * (8n + 8n),
  },
  {
    op: "MatMulNBits",
    graph: [x, weight("w", [5, 1, 16], { type: UINT8 }), weight("scales", [5])],
    inputs: ["x", "w", "scales"],
    attributes: { K: 12, N: 5, bits: 4, block_size: 32 },
    outputs: [[2, 6, 5]],
    macs: 2n * 6n * 12n * 5n,
    params: 60n,
    buffers: 5n,
    weightBytes: 30n + 20n,
  },
  {
    op: "QLinearAdd",
    graph: [input("x", [2, 8], UINT8), input("w", [2, 8], UINT8), ...scaled("x", "w", "y")],
    inputs: ["x", "x_s", "x_z", "w", "w_s", "w_z", "y_s", "y_z"],
    outputs: [[2, 8]],
  },
  {
    op: "NhwcMaxPool",
    graph: [input("x", [1, 8, 8, 3], UINT8)],
    inputs: ["x"],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    outputs: [[1, 4, 4, 3]],
  },
  { op: "QuickGelu", graph: [x], inputs: ["x"], outputs: [[2, 6, 12]] },
  { op: "Gelu", graph: [x], inputs: ["x"], outputs: [[2, 6, 12]] },
];

describe("ONNX operators, by their definitions", () => {
  it.each([...QUANTISED, ...MICROSOFT.map((each) => ({ ...each, domain: "com.microsoft" }))])("$domain $op", (each) => {
    const names = each.outputs.map((_, index) => `out${index}`);
    const graph = [
      ...each.graph,
      node(each.op, each.inputs, names, { domain: each.domain ?? "", attributes: each.attributes ?? {} }),
      ...names.map((name) => output(name)),
    ];
    const { totals, outputs, partial } = analysed(model(graph));
    expect(partial).toBe(false);
    expect(outputs.map(({ shape }) => shape)).toEqual(each.outputs);
    expect([totals.macs, totals.params, totals.buffers]).toEqual([each.macs ?? 0n, each.params ?? 0n, each.buffers ?? 0n]);
    if (each.weightBytes !== undefined) expect(totals.weightBytes).toBe(each.weightBytes);
  });

  it("Split knows its parts; one of a small constant is values still", () => {
    const graph = [
      input("x", [6, 4]),
      node("Shape", ["x"], ["s"]),
      node("Split", ["s"], ["rows", "columns"], { attributes: { axis: 0 } }),
      whole("one", 1),
      node("Concat", ["columns", "one", "rows"], ["shape"], { attributes: { axis: 0 } }),
      node("Reshape", ["x", "shape"], ["y"]),
      output("y"),
    ];
    expect(analysed(model(graph)).outputs[0]?.shape).toEqual([4, 1, 6]);
  });
});

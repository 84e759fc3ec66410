import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { tfliteRule } from "../../src/read/tflite/rules.js";
import { BUILTIN } from "../../src/read/tflite/schema.js";
import { source } from "./onnx-model.js";
import { int32s, model, type Operator, type Tensor } from "./tflite-model.js";

/** Built-in operators without a rule: no model of today has them, or what they do depends on the data. */
const NOT_KNOWN = new Set([
  "LSH_PROJECTION",
  "CONCAT_EMBEDDINGS",
  "SKIP_GRAM",
  "CUSTOM",
  "EMBEDDING_LOOKUP_SPARSE",
  "DELEGATE",
  "PLACEHOLDER_FOR_GREATER_OP_CODES",
  "REDUCE_WINDOW",
  "STABLEHLO_CUSTOM_CALL",
  "STABLEHLO_CASE",
]);

const INT32 = 2;
const read = (code: number | string, tensors: readonly Tensor[], operator: Omit<Operator, "code">, buffers: readonly Uint8Array[] = []) => {
  const inputs = operator.inputs.filter((at) => at >= 0 && tensors[at]?.buffer === undefined);
  return analyze(readTflite(source(model([code], [{ tensors, inputs, outputs: operator.outputs, operators: [{ code: 0, ...operator }] }], buffers))));
};
const shapesOf = ({ outputs }: ReturnType<typeof read>) => outputs.map(({ shape }) => shape);
const zeros = (count: number) => new Uint8Array(4 * count);
const codeOf = (name: string) => BUILTIN.indexOf(name);

describe("TensorFlow Lite: operators", () => {
  it("every built-in one has a rule, but for those that are listed", () => {
    expect(BUILTIN).toHaveLength(210);
    expect(BUILTIN.filter((op) => tfliteRule("tflite", op) === undefined)).toEqual(BUILTIN.filter((op) => NOT_KNOWN.has(op)));
  });

  describe("of MediaPipe", () => {
    // TfLiteTransposeConvParams: padding (1 same, 2 valid), stride of width and of height.
    it.each([
      [1, [1, 8, 6, 4]],
      [2, [1, 9, 7, 4]],
    ])("Convolution2DTransposeBias, padding %d: every position meets every weight", (padding, output) => {
      const tensors: readonly Tensor[] = [
        { name: "x", shape: [1, 4, 3, 5] },
        { name: "w", shape: [4, 3, 3, 5], buffer: 1 },
        { name: "b", shape: [4], buffer: 2 },
        { name: "y", shape: output },
      ];
      const counted = read("Convolution2DTransposeBias", tensors, { inputs: [0, 1, 2], outputs: [3], custom: [padding, 2, 2] }, [
        zeros(180),
        zeros(4),
      ]);
      expect([shapesOf(counted), counted.totals.macs, counted.totals.params, counted.partial]).toEqual([[output], BigInt(12 * 180), 184n, false]);
    });

    it("MaxPoolingWithArgmax2D and MaxUnpooling2D", () => {
      const options = [1, 2, 2, 2, 2, 0, -1, -1];
      const small = { name: "s", shape: [1, 4, 3, 5] };
      const large = { name: "x", shape: [1, 8, 6, 5] };
      const pooled = read("MaxPoolingWithArgmax2D", [large, small, { ...small, name: "i" }], { inputs: [0], outputs: [1, 2], custom: options });
      expect([shapesOf(pooled), pooled.totals.flops]).toEqual([[small.shape, small.shape], BigInt(60 * 3)]);
      const back = read("MaxUnpooling2D", [small, { ...small, name: "i" }, large], { inputs: [0, 1], outputs: [2], custom: options });
      expect([shapesOf(back), back.partial]).toEqual([[large.shape], false]);
    });
  });

  it("STABLEHLO_DOT_GENERAL: batch, rows, columns, and what is contracted", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [2, 3, 4] },
      { name: "w", shape: [2, 5, 4] },
      { name: "y", shape: [2, 3, 5] },
    ];
    const counted = read(codeOf("STABLEHLO_DOT_GENERAL"), tensors, { inputs: [0, 1], outputs: [2], newer: { 0: [0], 1: [0], 2: [2], 3: [2] } });
    expect([shapesOf(counted), counted.totals.macs]).toEqual([[[2, 3, 5]], 120n]);
  });

  it("STABLEHLO_CONVOLUTION: outputs, taps, and the channels of a group", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 8, 8, 4] },
      { name: "w", shape: [3, 3, 2, 6], buffer: 1 },
      { name: "y", shape: [1, 6, 6, 6] },
    ];
    const counted = read(
      codeOf("STABLEHLO_CONVOLUTION"),
      tensors,
      { inputs: [0, 1], outputs: [2], newer: { 6: { long: 3 }, 8: { long: 2 }, 9: { long: 3 }, 10: [0, 1], 12: { long: 3 }, 14: { long: 2 } } },
      [zeros(108)],
    );
    expect([counted.totals.params, counted.totals.macs]).toEqual([108n, BigInt(36 * 6 * 9 * 2)]);
  });

  // 3 steps of 4 features: (4 + 5) * 5 weights forward, (4 + 6) * 6 backward.
  it("BIDIRECTIONAL_SEQUENCE_RNN", () => {
    const tensors: readonly Tensor[] = [
      { name: "x", shape: [1, 3, 4] },
      { name: "fw", shape: [5, 4], buffer: 1 },
      { name: "fr", shape: [5, 5], buffer: 2 },
      { name: "fb", shape: [5], buffer: 3 },
      { name: "bw", shape: [6, 4], buffer: 4 },
      { name: "br", shape: [6, 6], buffer: 5 },
      { name: "bb", shape: [6], buffer: 6 },
      { name: "y", shape: [1, 3, 11] },
    ];
    const operator = { inputs: [0, 1, 2, 3, -1, 4, 5, 6, -1, -1, -1, -1], outputs: [7], options: { 2: { byte: 1 } } };
    const counted = read(codeOf("BIDIRECTIONAL_SEQUENCE_RNN"), tensors, operator, [20, 25, 5, 24, 36, 6].map(zeros));
    expect([shapesOf(counted), counted.totals.macs, counted.totals.params]).toEqual([[[1, 3, 11]], BigInt(3 * (45 + 60)), 116n]);
  });

  const numbers = (name: string, ...values: readonly number[]): Tensor => ({ name, shape: [values.length], type: INT32, buffer: 1 });
  it.each([
    ["RFFT2D", [2, 8, 8], numbers("n", 8, 8), [2, 8, 5], [8, 8]],
    ["DILATE", [3, 4], numbers("n", 2, 3), [5, 10], [2, 3]],
    ["RANDOM_UNIFORM", undefined, numbers("n", 3, 4), [3, 4], [3, 4]],
  ])("%s: its shape is worked out", (op, shape, list, output, values) => {
    // The file says another one.
    const tensors: readonly Tensor[] = [{ name: "x", shape: shape ?? [1] }, list, { name: "y", shape: output.map(() => 1) }];
    const counted = read(codeOf(op), tensors, { inputs: shape === undefined ? [1] : [0, 1], outputs: [2] }, [int32s(...values)]);
    expect([shapesOf(counted), counted.partial]).toEqual([[output], false]);
  });
});

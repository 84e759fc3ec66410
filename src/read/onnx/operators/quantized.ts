import { elements, type Shape } from "../../../graph/shape.js";
import { int } from "../attributes.js";
import { dtypeOf, given, inputShape, shapeOf, typeOf, type OnnxNode, type Operand, type Result, type Rule } from "../operand.js";
import { fixed, placed } from "../fixed.js";
import { contractions } from "./contraction.js";

const NONE: Operand = { kind: "none" };

/**
 * The inputs of the rule for real numbers behind an operator on quantised ones. Scales and zero points are no parameters; the whole numbers of a stored
 * tensor are.
 */
export function delegated(node: OnnxNode, rule: Rule, inputs: readonly (Operand | undefined)[], dtype: Parameters<typeof placed>[1]): Result {
  const store: OnnxNode["store"] = (operands, role) =>
    node.weights(
      operands.filter((operand) => elements(shapeOf(operand) ?? []) > 1n),
      role,
    );
  const result = rule({ ...node, store, inputs: inputs.map((operand) => operand ?? NONE) });
  return result.kind === "layer" ? { ...result, layer: placed(result.layer, dtype ?? "float32", 1n) } : result;
}

/** QLinearConv (ONNX, version 10): x, its scale and zero point, w and its two, those of y, and a bias. */
const conv: Rule = (node) => delegated(node, contractions.Conv, [node.inputs[0], node.inputs[3], node.inputs[8]], typeOf(node.inputs[7]) ?? "uint8");
const convInteger: Rule = (node) => delegated(node, contractions.Conv, node.inputs.slice(0, 2), "int32");
const matMul: Rule = (node) => delegated(node, contractions.MatMul, [node.inputs[0], node.inputs[3]], typeOf(node.inputs[7]) ?? "uint8");
const matMulInteger: Rule = (node) => delegated(node, contractions.MatMul, node.inputs.slice(0, 2), "int32");

/** DynamicQuantizeLinear (ONNX, version 11): the least and the largest value, then a product and a rounding an element. */
const dynamic: Rule = (node) => {
  const shape = inputShape(node);
  const layer = fixed({
    op: "dynamic_quantize",
    outputs: [shape, [], []],
    dtype: ["uint8", "float32", "uint8"],
    operations: { reduction: 2n * elements(shape), elementwise: 2n * elements(shape) },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** QuantizeLinear and DequantizeLinear (ONNX, version 21): a weight that is stored quantised stays a weight; scales and zero points are none. */
const quantize: Rule = (node) => {
  const [source, scale, zeroPoint] = node.inputs;
  const like = given(zeroPoint) ? typeOf(zeroPoint) : "uint8";
  const back = node.op === "DequantizeLinear";
  const dtype = back ? (typeOf(scale) ?? "float32") : (dtypeOf(int(node, "output_dtype", 0)) ?? like);
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, dtype };
  const shape: Shape = shapeOf(source) ?? [];
  // One multiplication and one rounding or shift an element.
  const layer = fixed({ op: back ? "dequantize" : "quantize", outputs: [shape], dtype, operations: { elementwise: 2n * elements(shape) } });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** Operators on quantised numbers: the MACs of those on real ones. */
export const quantizedRules: Readonly<Record<string, Rule>> = {
  QLinearConv: conv,
  ConvInteger: convInteger,
  QLinearMatMul: matMul,
  MatMulInteger: matMulInteger,
  DynamicQuantizeLinear: dynamic,
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
};

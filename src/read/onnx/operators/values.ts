import { elements } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { dtypeOf, FEW, inputShape, int, known, possible, type Rule } from "../operand.js";

const shapeRule: Rule = (node) => {
  const shape = inputShape(node);
  const start = int(node, "start", 0);
  const values = shape.slice(start, node.attributes.get("end")?.i);
  return { kind: "constant", shape: [values.length], values, dtype: "int64" };
};

const constant: Rule = (node) => {
  const tensor = node.attributes.get("value")?.t;
  if (tensor !== undefined) return { kind: "constant", shape: tensor.dims, values: tensor.values, dtype: dtypeOf(tensor.dataType) };
  const [f, i] = [node.attributes.get("value_float")?.f, node.attributes.get("value_int")?.i];
  const list = node.attributes.get("value_ints")?.ints ?? node.attributes.get("value_floats")?.floats;
  if (list !== undefined) return { kind: "constant", shape: [list.length], values: list };
  return { kind: "constant", shape: [], values: [f ?? i ?? 0] };
};

const constantOfShape: Rule = (node) => {
  const shape = possible(known(node, 0, "the shape"));
  const value = node.attributes.get("value")?.t?.values?.[0] ?? 0;
  const count = Number(elements(shape));
  return { kind: "constant", shape, values: count <= FEW ? Array<number>(count).fill(value) : undefined };
};

const range: Rule = (node) => {
  const [start = 0] = known(node, 0, "the start");
  const [end = 0] = known(node, 1, "the end");
  const [step = 1] = known(node, 2, "the step");
  const length = Math.max(0, Math.ceil((end - start) / step));
  return {
    kind: "constant",
    shape: [length],
    values: length <= FEW ? Array.from({ length }, (_, index) => start + index * step) : undefined,
    dtype: "int64",
  };
};

const cast: Rule = (node) => {
  const [source] = node.inputs;
  const to = dtypeOf(int(node, "to", 1));
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: source.values, dtype: to };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [inputShape(node)], dtype: to }), inputs: node.inputs };
};

const castLike: Rule = (node) => {
  const [source, like] = node.inputs;
  const dtype = like?.kind === "tensor" ? like.value.dtype : like?.kind === "constant" ? like.dtype : undefined;
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: source.values, dtype };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [inputShape(node)], dtype }), inputs: node.inputs.slice(0, 1) };
};

/** QuantizeLinear and DequantizeLinear (ONNX, version 21): a weight that is stored quantised stays a weight; scales and zero points are none. */
const quantize: Rule = (node) => {
  const [source, , zeroPoint] = node.inputs;
  const like = zeroPoint?.kind === "constant" ? zeroPoint.dtype : "uint8";
  const dtype = node.op === "QuantizeLinear" ? (dtypeOf(int(node, "output_dtype", 0)) ?? like) : undefined;
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, dtype };
  const shape = inputShape(node);
  // One multiplication and one rounding or shift an element.
  const layer = fixed({
    op: node.op === "QuantizeLinear" ? "quantize" : "dequantize",
    outputs: [shape],
    dtype,
    operations: { elementwise: 2n * elements(shape) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** What is known when the file is read, and other element types of it. */
export const valueRules: Readonly<Record<string, Rule>> = {
  Shape: shapeRule,
  Size: (node) => ({ kind: "constant", shape: [], values: [Number(elements(inputShape(node)))], dtype: "int64" }),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Cast: cast,
  CastLike: castLike,
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
};

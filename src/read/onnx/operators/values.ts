import { fail } from "../../../graph/diagnostic.js";
import { isDType, isFloat, type DType } from "../../../graph/dtype.js";
import { elements } from "../../../graph/shape.js";
import { StoredValues } from "../stored-values.js";
import { fixed } from "../fixed.js";
import { tabulated } from "../nd.js";
import {
  anySizes,
  dtypeOf,
  FEW,
  inputShape,
  int,
  ints,
  known,
  possible,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Result,
  type Rule,
} from "../operand.js";

const shapeRule: Rule = (node) => {
  const shape = inputShape(node);
  const start = int(node, "start", 0);
  const values = shape.slice(start, node.attributes.get("end")?.i);
  return { kind: "constant", shape: [values.length], values, dtype: "int64" };
};

const constant: Rule = (node) => {
  const tensor = node.attributes.get("value")?.t;
  const sparse = node.attributes.get("sparse_value")?.sparse;
  if (sparse !== undefined) return { kind: "constant", shape: possible(sparse.dims), dtype: dtypeOf(sparse.values.dataType) };
  if (tensor !== undefined) return { kind: "constant", shape: tensor.dims, values: new StoredValues(tensor), dtype: dtypeOf(tensor.dataType) };
  const [f, i] = [node.attributes.get("value_float")?.f, node.attributes.get("value_int")?.i];
  const [floats, whole] = [node.attributes.get("value_floats")?.floats, node.attributes.get("value_ints")?.ints];
  const list = whole ?? floats;
  if (list !== undefined) return { kind: "constant", shape: [list.length], values: list, dtype: whole === undefined ? undefined : "int64" };
  const strings = node.attributes.get("value_strings")?.strings;
  if (strings !== undefined) return { kind: "constant", shape: [strings.length] };
  if (node.attributes.has("value_string")) return { kind: "constant", shape: [] };
  if (f === undefined && i === undefined) return fail("bad-onnx", "Constant has no value");
  return { kind: "constant", shape: [], values: [f ?? i ?? 0], dtype: f === undefined ? "int64" : undefined };
};

const constantOfShape: Rule = (node) => {
  if (valuesOf(node.inputs[0]) === undefined) {
    return unknown("the shape of ConstantOfShape is computed from the model's data", anySizes(inputShape(node)[0] ?? 0));
  }
  const shape = possible(known(node, 0, "the shape"));
  const written = node.attributes.get("value")?.t;
  const dtype = written === undefined ? undefined : dtypeOf(written.dataType);
  const [filled = 0] = (written && new StoredValues(written).get()) ?? [];
  return { kind: "constant", shape, values: tabulated(shape, () => filled), dtype };
};

/** ConstantFill, experimental until opset 10: a shape as attribute or input, `extra_shape` behind it. */
const constantFill: Rule = (node) => {
  const base = int(node, "input_as_shape", 0) === 1 ? known(node, 0, "the shape") : (ints(node, "shape") ?? inputShape(node));
  return { kind: "constant", shape: possible([...base, ...(ints(node, "extra_shape") ?? [])]), dtype: dtypeOf(int(node, "dtype", 1)) };
};

const range: Rule = (node) => {
  const [start, end, step] = node.inputs.map((operand) => valuesOf(operand)?.[0]);
  if (start === undefined || end === undefined || step === undefined)
    return unknown("how far Range counts is computed from the model's data", [null]);
  const length = possible([Math.max(0, Math.ceil((end - start) / step))])[0] ?? 0;
  return {
    kind: "constant",
    shape: [length],
    values: length <= FEW ? Array.from({ length }, (_, index) => start + index * step) : undefined,
    dtype: typeOf(node.inputs[0]),
  };
};

/** The same elements as another type: fractions cut off, truth values 0 or 1 (ONNX, Cast-19). */
const castTo = (node: OnnxNode, to: DType | undefined): Result => {
  const [source] = node.inputs;
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: valuesOf(source)?.map(converted(to)), dtype: to };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [inputShape(node)], dtype: to ?? "float32" }), inputs: node.inputs.slice(0, 1) };
};

function converted(to: DType | undefined): (value: number) => number {
  if (to === "bool") return (value) => Number(value !== 0);
  return to === undefined || isFloat(to) ? (value) => value : Math.trunc;
}

const cast: Rule = (node) => castTo(node, castType(node));

/** The type that is cast to, which was a name before opset 6. */
function castType(node: OnnxNode): DType | undefined {
  const name = node.attributes
    .get("to")
    ?.s?.toLowerCase()
    .replace(/^float$/, "float32")
    .replace(/^double$/, "float64");
  return name !== undefined && isDType(name) ? name : dtypeOf(int(node, "to", 1));
}

/** BitCast (ONNX, version 26): the same bits, of a type of the same width. */
const bitCast: Rule = (node) => {
  const layer = fixed({ op: "bit_cast", outputs: [inputShape(node)], dtype: dtypeOf(int(node, "to", 1)) ?? "float32", view: true });
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
  CastLike: (node) => castTo(node, typeOf(node.inputs[1])),
  BitCast: bitCast,
  ConstantFill: constantFill,
  GivenTensorFill: constantFill,
};

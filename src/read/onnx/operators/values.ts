import { fail } from "../../../graph/diagnostic.js";
import { isDType, type DType } from "../../../graph/dtype.js";
import { elements } from "../../../graph/shape.js";
import { numbersOf, reals, sizes, wholes } from "../../../graph/values.js";
import { castValues } from "../../../ops/values/cast.js";
import { rangeLength, rangeValues } from "../../../ops/values/range.js";
import { StoredValues } from "../stored-values.js";
import { fixed } from "../fixed.js";
import { picked } from "../nd.js";
import { int, ints } from "../attributes.js";
import {
  anySizes,
  asMany,
  dtypeOf,
  FEW,
  inputShape,
  known,
  made,
  possible,
  typedValuesOf,
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
  const part = shape.slice(start, node.attributes.get("end")?.i);
  return made([part.length], sizes(part));
};

const constant: Rule = (node) => {
  const tensor = node.attributes.get("value")?.t;
  const sparse = node.attributes.get("sparse_value")?.sparse;
  if (sparse !== undefined) return { kind: "constant", shape: possible(sparse.dims), dtype: dtypeOf(sparse.values.dataType) };
  if (tensor !== undefined) return { kind: "constant", shape: tensor.dims, values: new StoredValues(tensor), dtype: dtypeOf(tensor.dataType) };
  const [number, list] = [node.attributes.get("value_int"), node.attributes.get("value_ints")];
  if (number?.i !== undefined) return made([], wholes("int64", number.exact ?? [number.i]));
  if (list !== undefined) return made([list.ints.length], wholes("int64", list.exact ?? list.ints));
  const [real, reals32] = [node.attributes.get("value_float")?.f, node.attributes.get("value_floats")?.floats];
  if (real !== undefined) return made([], reals("float32", [real]));
  if (reals32 !== undefined) return made([reals32.length], reals("float32", reals32));
  const strings = node.attributes.get("value_strings")?.strings;
  if (strings !== undefined) return { kind: "constant", shape: [strings.length] };
  if (node.attributes.has("value_string")) return { kind: "constant", shape: [] };
  return fail("bad-onnx", "Constant has no value");
};

const constantOfShape: Rule = (node) => {
  if (valuesOf(node.inputs[0]) === undefined) {
    return unknown("the shape of ConstantOfShape is computed from the model's data", anySizes(inputShape(node)[0] ?? 0));
  }
  const shape = possible(known(node, 0, "the shape"));
  const written = node.attributes.get("value")?.t;
  const dtype = written === undefined ? undefined : dtypeOf(written.dataType);
  const filled = written === undefined ? reals("float32", [0]) : new StoredValues(written).get();
  return { kind: "constant", shape, values: picked(filled, [1], shape, () => [0]), dtype };
};

/** ConstantFill, experimental until opset 10: a shape as attribute or input, `extra_shape` behind it. */
const constantFill: Rule = (node) => {
  const base = int(node, "input_as_shape", 0) === 1 ? known(node, 0, "the shape") : (ints(node, "shape") ?? inputShape(node));
  return { kind: "constant", shape: possible([...base, ...(ints(node, "extra_shape") ?? [])]), dtype: dtypeOf(int(node, "dtype", 1)) };
};

const range: Rule = (node) => {
  const [start, limit, delta] = node.inputs.map((operand) => {
    const values = typedValuesOf(operand);
    if (values !== undefined) asMany(node, "a limit", numbersOf(values), 1);
    return values;
  });
  const length = start && limit && delta && rangeLength(start, limit, delta);
  if (start === undefined || delta === undefined || length === undefined)
    return unknown("how far Range counts is computed from the model's data", [null]);
  const shape = possible([length]);
  return { kind: "constant", shape, values: length <= FEW ? rangeValues(start, delta, length) : undefined, dtype: typeOf(node.inputs[0]) };
};

/** The same elements as another type. */
const castTo = (node: OnnxNode, to: DType | undefined): Result => {
  const [source] = node.inputs;
  const values = typedValuesOf(source);
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: values && castValues(values, to ?? "float32"), dtype: to };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [inputShape(node)], dtype: to ?? "float32" }), inputs: node.inputs.slice(0, 1) };
};

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
  Size: (node) => made([], wholes("int64", [elements(inputShape(node))])),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Cast: cast,
  CastLike: (node) => castTo(node, typeOf(node.inputs[1])),
  BitCast: bitCast,
  ConstantFill: constantFill,
  GivenTensorFill: constantFill,
};

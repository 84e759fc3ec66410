import { fail } from "../../../graph/diagnostic.js";
import type { Cause, Stored } from "../../../graph/layer.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { isZero, reals, taken, type Values } from "../../../graph/values.js";
import { broadcast } from "../../../ops/join.js";
import * as folds from "../../../ops/values/arithmetic.js";
import type { Fold } from "../../../ops/values/arithmetic.js";
import { fixed, weightAndBias } from "../fixed.js";
import { broadcastIndex, picked } from "../nd.js";
import { int, text } from "../attributes.js";
import { FEW, given, shapeOf, typedValuesOf, typeOf, type OnnxNode, type Operand, type Rule } from "../operand.js";

/** Values of an operand read at each element of a shape that it broadcasts to. */
function spread(operand: Operand, shape: Shape): Values | undefined {
  const own = shapeOf(operand) ?? [];
  return picked(typedValuesOf(operand), own, shape, (index) => broadcastIndex(index, own));
}

/** What an operator makes of operands whose values are known. */
function folded(fold: Fold | undefined, operands: readonly Operand[], shape: Shape): Values | undefined {
  if (fold === undefined || elements(shape) > BigInt(FEW)) return undefined;
  const known = operands.flatMap((operand) => spread(operand, shape) ?? []);
  return known.length === operands.length ? fold(known) : undefined;
}

/**
 * An operator on every element, its inputs broadcast (ONNX, Broadcasting). Where all of them are known when the file is read, so is the result.
 * @param perElement operations for each element and each input after the first, or for each element where there is one input
 * @param typed whose element type the result has: truth, the first operand's, or the last one's, as Where's, which begins with a condition
 */
export function each(op: string, cause: Cause, perElement: number, fold?: Fold, typed: "bool" | "first" | "last" = "last"): Rule {
  return (node) => {
    const operands = node.inputs.filter((operand) => operand.kind !== "none");
    if (operands.length === 0) fail("bad-onnx", `${node.op} has no input`);
    const shape = joinedShape(node, operands);
    const dtype = typed === "bool" ? typed : typeOf(operands.at(typed === "first" ? 0 : -1));
    if (operands.every((operand) => operand.kind === "constant")) return { kind: "constant", shape, values: folded(fold, operands, shape), dtype };
    const times = BigInt(perElement * Math.max(1, operands.length - 1));
    const layer = fixed({
      op,
      outputs: [shape],
      dtype,
      stored: learned(node, operands, shape),
      operations: times === 0n ? {} : { [cause]: elements(shape) * times },
    });
    return { kind: "layer", layer, inputs: operands };
  };
}

/** What a model stores for an operator on every element. */
function learned(node: OnnxNode, operands: readonly Operand[], shape: Shape): readonly Stored[] {
  // One number alone is no weight, but the bias of a single feature is (a linear layer of 1, as MatMul and Add).
  if (node.op === "Add" && shape.length > 1 && shape.at(-1) === 1 && operands.some((operand) => shapeOf(operand)?.join() === "1"))
    return node.weights(operands);
  return node.store(operands.filter((operand, index) => !isState(node.op, operand, index)));
}

/** Zeros that are multiplied, or that something is taken from: the state that a recurrent cell starts with. */
function isState(op: string, operand: Operand, index: number): boolean {
  if (operand.kind !== "constant" || operand.shape.length < 2 || operand.shape.at(-1) === 1) return false;
  if (op !== "Mul" && !(index === 0 && (op === "Sub" || op === "Div"))) return false;
  const values = typedValuesOf(operand);
  return values !== undefined && isZero(values);
}

/** Shapes joined by numpy's rules; before opset 7 by `axis`, where the second operand lies along the first (ONNX, Add-6). */
function joinedShape(node: OnnxNode, operands: readonly Operand[]): Shape {
  const shapes = operands.map((operand) => shapeOf(operand) ?? []);
  const [first = [], second = []] = shapes;
  if (node.opset < 7 && int(node, "broadcast", 0) === 1 && second.length < first.length) return first;
  return shapes.reduce((left, right) => broadcast(node.op, left, right));
}

/** Clip, whose limits are no operands that broadcast (ONNX, Clip-13; attributes before Clip-11). The upper limit wins. */
const clip: Rule = (node: OnnxNode) => {
  const [x] = node.inputs;
  const limit = (name: "min" | "max", index: 1 | 2): Values | undefined => {
    const written = node.attributes.get(name)?.f;
    return written === undefined ? typedValuesOf(node.inputs[index]) : reals("float32", [written]);
  };
  const asked = [limit("min", 1), limit("max", 2)];
  const unknown = [1, 2].some((index) => given(node.inputs[index]) && asked[index - 1] === undefined);
  const bounded: Fold = ([values]) => {
    if (values === undefined || unknown) return undefined;
    const all = (bound: Values) => taken(bound, Array<number>(values.list.length).fill(0));
    const [least, most] = asked.map((bound) => bound && all(bound));
    const above = least === undefined ? values : folds.maximum([values, least]);
    return above === undefined || most === undefined ? above : folds.minimum([above, most]);
  };
  return each("clip", "activation", 1, bounded)({ ...node, inputs: x === undefined ? [] : [x] });
};

/** BitShift (ONNX, version 11): to the left or to the right. */
const bitShift: Rule = (node) =>
  each("bitshift", "elementwise", 1, text(node, "direction", "RIGHT") === "LEFT" ? folds.shiftLeft : folds.shiftRight)(node);

/** Mod (ONNX, version 13): with the sign of the divisor, or, where `fmod` is set, of the dividend as in C. Real numbers have the latter only. */
const modulo: Rule = (node) => each("mod", "elementwise", 1, int(node, "fmod", 0) === 1 ? folds.truncatedModulo : folds.floorModulo)(node);

/** PRelu's slope is a weight: one operation an element (ONNX, PRelu-16). */
const prelu: Rule = (node) => {
  const [x] = node.inputs;
  const shape = shapeOf(x) ?? [];
  return {
    kind: "layer",
    layer: fixed({
      op: "prelu",
      outputs: [shape],
      stored: node.weights(node.inputs.slice(1)),
      ports: weightAndBias([Number(elements(shapeOf(node.inputs[1]) ?? []))]),
      operations: { activation: elements(shape) },
    }),
    inputs: node.inputs,
  };
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: each("add", "elementwise", 1, folds.add),
  Sub: each("sub", "elementwise", 1, folds.subtract),
  Mul: each("multiply", "elementwise", 1, folds.multiply),
  Div: each("divide", "elementwise", 1, folds.divide),
  Pow: each("pow", "elementwise", 1, folds.power, "first"),
  Mod: modulo,
  Sum: each("add", "elementwise", 1, folds.add),
  Mean: each("mean", "elementwise", 1, folds.mean),
  Max: each("max", "elementwise", 1, folds.maximum),
  Min: each("min", "elementwise", 1, folds.minimum),
  Neg: each("neg", "elementwise", 1, folds.negate),
  Abs: each("abs", "elementwise", 1, folds.magnitude),
  Sqrt: each("sqrt", "elementwise", 1, folds.squareRoot),
  Reciprocal: each("reciprocal", "elementwise", 1, folds.reciprocal),
  Exp: each("exp", "elementwise", 1, folds.exponential),
  Log: each("log", "elementwise", 1, folds.logarithm),
  Floor: each("floor", "elementwise", 1, folds.floor),
  Ceil: each("ceil", "elementwise", 1, folds.ceil),
  Round: each("round", "elementwise", 1, folds.round),
  Sign: each("sign", "elementwise", 1, folds.sign),
  Sin: each("sin", "elementwise", 1, folds.sine),
  Cos: each("cos", "elementwise", 1, folds.cosine),
  Erf: each("erf", "elementwise", 1),
  Not: each("not", "elementwise", 1, folds.not, "bool"),
  And: each("and", "elementwise", 1, folds.and, "bool"),
  Or: each("or", "elementwise", 1, folds.or, "bool"),
  Equal: each("equal", "elementwise", 1, folds.equal, "bool"),
  Less: each("less", "elementwise", 1, folds.less, "bool"),
  LessOrEqual: each("less_or_equal", "elementwise", 1, folds.lessOrEqual, "bool"),
  Greater: each("greater", "elementwise", 1, folds.greater, "bool"),
  GreaterOrEqual: each("greater_or_equal", "elementwise", 1, folds.greaterOrEqual, "bool"),
  Where: each("where", "elementwise", 0, folds.where),
  Xor: each("xor", "elementwise", 1, folds.xor, "bool"),
  IsNaN: each("isnan", "elementwise", 1, folds.isNaNValue, "bool"),
  IsInf: each("isinf", "elementwise", 1, undefined, "bool"),
  BitShift: bitShift,
  BitwiseAnd: each("bitwiseand", "elementwise", 1, folds.bitwiseAnd),
  BitwiseOr: each("bitwiseor", "elementwise", 1, folds.bitwiseOr),
  BitwiseXor: each("bitwisexor", "elementwise", 1, folds.bitwiseXor),
  BitwiseNot: each("bitwisenot", "elementwise", 1, folds.bitwiseNot),
  ...Object.fromEntries(
    ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cosh", "Sinh", "Tan"].map((name) => [name, each(name.toLowerCase(), "elementwise", 1)]),
  ),
  // Before they were left out of ONNX (opset 10): one function of each element.
  ParametricSoftplus: each("parametric_softplus", "activation", 1),
  ScaledTanh: each("scaled_tanh", "activation", 1),
  Affine: each("affine", "elementwise", 2),
  ImageScaler: each("image_scaler", "elementwise", 2),
  Swish: each("silu", "activation", 1),
  Shrink: each("shrink", "activation", 1),
  Relu: each("relu", "activation", 1, folds.relu),
  LeakyRelu: each("leaky_relu", "activation", 1),
  Elu: each("elu", "activation", 1),
  Selu: each("selu", "activation", 1),
  Celu: each("celu", "activation", 1),
  Sigmoid: each("sigmoid", "activation", 1),
  HardSigmoid: each("hardsigmoid", "activation", 1),
  HardSwish: each("hardswish", "activation", 1),
  Tanh: each("tanh", "activation", 1),
  Softplus: each("softplus", "activation", 1),
  Softsign: each("softsign", "activation", 1),
  Gelu: each("gelu", "activation", 1),
  Mish: each("mish", "activation", 1),
  ThresholdedRelu: each("thresholded_relu", "activation", 1),
  Clip: clip,
  PRelu: prelu,
};

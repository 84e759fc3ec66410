import { fail } from "../../../graph/diagnostic.js";
import type { Cause } from "../../../graph/layer.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { broadcast } from "../../../ops/join.js";
import { fixed } from "../fixed.js";
import { broadcastIndex, picked } from "../nd.js";
import { FEW, int, shapeOf, typeOf, valuesOf, type OnnxNode, type Operand, type Rule } from "../operand.js";

/** Values of an operand read at each element of a shape that it broadcasts to. */
function spread(operand: Operand, shape: Shape): readonly number[] | undefined {
  const own = shapeOf(operand) ?? [];
  return picked(valuesOf(operand), own, shape, (index) => broadcastIndex(index, own));
}

type Compute = (...values: readonly number[]) => number;

/**
 * An operator on every element, its inputs broadcast (ONNX, Broadcasting). Where all of them are known when the file is read, so is the result.
 * @param perElement operations for each element and each input after the first, or for each element where there is one input
 */
function each(op: string, cause: Cause, perElement: number, compute?: Compute, dtype?: "bool"): Rule {
  return (node) => {
    const operands = node.inputs.filter((operand) => operand.kind !== "none");
    if (operands.length === 0) fail("bad-onnx", `${node.op} has no input`);
    const shape = joinedShape(node, operands);
    if (operands.every((operand) => operand.kind === "constant")) {
      const spreads = operands.map((operand) => (Number(elements(shape)) > FEW ? undefined : spread(operand, shape)));
      const known = compute !== undefined && spreads.every((values) => values !== undefined);
      const values = known
        ? Array.from({ length: Number(elements(shape)) }, (_, index) => compute(...spreads.map((list) => list[index] ?? 0)))
        : undefined;
      return { kind: "constant", shape, values, dtype: dtype ?? typeOf(operands.at(-1)) };
    }
    const times = BigInt(perElement * Math.max(1, operands.length - 1));
    const layer = fixed({
      op,
      outputs: [shape],
      // Of Where's operands the last two are data, the first is a condition.
      dtype: dtype ?? typeOf(operands.at(-1)),
      stored: node.store(operands),
      operations: times === 0n ? {} : { [cause]: elements(shape) * times },
    });
    return { kind: "layer", layer, inputs: operands };
  };
}

/** Shapes joined by numpy's rules; before opset 7 by `axis`, where the second operand lies along the first (ONNX, Add-6). */
function joinedShape(node: OnnxNode, operands: readonly Operand[]): Shape {
  const shapes = operands.map((operand) => shapeOf(operand) ?? []);
  const [first = [], second = []] = shapes;
  if (node.opset < 7 && int(node, "broadcast", 0) === 1 && second.length < first.length) return first;
  return shapes.reduce((left, right) => broadcast(node.op, left, right));
}

const sum: Compute = (...values) => values.reduce((left, right) => left + right, 0);
/** Halves go to the even neighbour (ONNX, Round-11). */
const halfToEven: Compute = (a = 0) => {
  const down = Math.floor(a);
  return a - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(a);
};
const divide = (a: number, b: number) => (Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b);

/** Clip, whose limits are no operands that broadcast (ONNX, Clip-13; attributes before Clip-11). */
const clip: Rule = (node: OnnxNode) => {
  const least = node.attributes.get("min")?.f ?? valuesOf(node.inputs[1])?.[0] ?? -Infinity;
  const most = node.attributes.get("max")?.f ?? valuesOf(node.inputs[2])?.[0] ?? Infinity;
  const limited: Compute = (a = 0) => Math.min(Math.max(a, least), most);
  return each("clip", "activation", 1, limited)({ ...node, inputs: node.inputs.slice(0, 1) });
};
/** PRelu's slope is a weight: one operation an element (ONNX, PRelu-16). */
const prelu: Rule = (node) => {
  const [x] = node.inputs;
  const shape = shapeOf(x) ?? [];
  return {
    kind: "layer",
    layer: fixed({ op: "prelu", outputs: [shape], stored: node.weights(node.inputs.slice(1)), operations: { activation: elements(shape) } }),
    inputs: node.inputs,
  };
};

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: each("add", "elementwise", 1, sum),
  Sub: each("sub", "elementwise", 1, (a = 0, b = 0) => a - b),
  Mul: each("multiply", "elementwise", 1, (a = 0, b = 0) => a * b),
  Div: each("divide", "elementwise", 1, (a = 0, b = 1) => divide(a, b)),
  Pow: each("pow", "elementwise", 1, (a = 0, b = 0) => a ** b),
  Mod: each("mod", "elementwise", 1, (a = 0, b = 1) => a - b * Math.floor(a / b)),
  Sum: each("add", "elementwise", 1, sum),
  Mean: each("mean", "elementwise", 1, (...values) => sum(...values) / values.length),
  Max: each("max", "elementwise", 1, (...values) => Math.max(...values)),
  Min: each("min", "elementwise", 1, (...values) => Math.min(...values)),
  Neg: each("neg", "elementwise", 1, (a = 0) => -a),
  Abs: each("abs", "elementwise", 1, (a = 0) => Math.abs(a)),
  Sqrt: each("sqrt", "elementwise", 1, (a = 0) => Math.sqrt(a)),
  Reciprocal: each("reciprocal", "elementwise", 1, (a = 1) => 1 / a),
  Exp: each("exp", "elementwise", 1, (a = 0) => Math.exp(a)),
  Log: each("log", "elementwise", 1, (a = 0) => Math.log(a)),
  Floor: each("floor", "elementwise", 1, (a = 0) => Math.floor(a)),
  Ceil: each("ceil", "elementwise", 1, (a = 0) => Math.ceil(a)),
  Round: each("round", "elementwise", 1, halfToEven),
  Sign: each("sign", "elementwise", 1, (a = 0) => Math.sign(a)),
  Sin: each("sin", "elementwise", 1, (a = 0) => Math.sin(a)),
  Cos: each("cos", "elementwise", 1, (a = 0) => Math.cos(a)),
  Erf: each("erf", "elementwise", 1),
  Not: each("not", "elementwise", 1, (a = 0) => Number(a === 0), "bool"),
  And: each("and", "elementwise", 1, (a = 0, b = 0) => Number(a !== 0 && b !== 0), "bool"),
  Or: each("or", "elementwise", 1, (a = 0, b = 0) => Number(a !== 0 || b !== 0), "bool"),
  Equal: each("equal", "elementwise", 1, (a = 0, b = 0) => Number(a === b), "bool"),
  Less: each("less", "elementwise", 1, (a = 0, b = 0) => Number(a < b), "bool"),
  LessOrEqual: each("less_or_equal", "elementwise", 1, (a = 0, b = 0) => Number(a <= b), "bool"),
  Greater: each("greater", "elementwise", 1, (a = 0, b = 0) => Number(a > b), "bool"),
  GreaterOrEqual: each("greater_or_equal", "elementwise", 1, (a = 0, b = 0) => Number(a >= b), "bool"),
  Where: each("where", "elementwise", 0, (c = 0, a = 0, b = 0) => (c === 0 ? b : a)),
  Xor: each("xor", "elementwise", 1, (a = 0, b = 0) => Number((a !== 0) !== (b !== 0)), "bool"),
  IsNaN: each("isnan", "elementwise", 1, undefined, "bool"),
  IsInf: each("isinf", "elementwise", 1, undefined, "bool"),
  ...Object.fromEntries(
    ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cosh", "Sinh", "Tan", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot"].map(
      (name) => [name, each(name.toLowerCase(), "elementwise", 1)],
    ),
  ),
  // Before they were left out of ONNX (opset 10): one function of each element.
  ParametricSoftplus: each("parametric_softplus", "activation", 1),
  ScaledTanh: each("scaled_tanh", "activation", 1),
  Affine: each("affine", "elementwise", 2),
  ImageScaler: each("image_scaler", "elementwise", 2),
  Swish: each("silu", "activation", 1),
  Shrink: each("shrink", "activation", 1),
  Relu: each("relu", "activation", 1, (a = 0) => Math.max(0, a)),
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

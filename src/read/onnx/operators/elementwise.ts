import { fail } from "../../../graph/diagnostic.js";
import type { Cause } from "../../../graph/layer.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { broadcast } from "../../../ops/join.js";
import { fixed } from "../fixed.js";
import { FEW, shapeOf, valuesOf, type OnnxNode, type Operand, type Rule } from "../operand.js";

/** Values of an operand read at each element of a shape that it broadcasts to. */
function spread(operand: Operand, shape: Shape): readonly number[] | undefined {
  const [values, own] = [valuesOf(operand), shapeOf(operand)];
  if (values === undefined || own === undefined) return undefined;
  const count = Number(elements(shape));
  if (values.length === count) return values;
  return Array.from({ length: count }, (_, index) => {
    let [rest, at, step] = [index, 0, 1];
    for (let axis = 1; axis <= shape.length; axis++) {
      const size = shape[shape.length - axis] ?? 1;
      const ownSize = own[own.length - axis] ?? 1;
      if (ownSize > 1) at += (rest % size) * step;
      step *= ownSize;
      rest = Math.floor(rest / size);
    }
    return values[at] ?? 0;
  });
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
    const shape = operands.map((operand) => shapeOf(operand) ?? []).reduce((left, right) => broadcast(node.op, left, right));
    if (operands.every((operand) => operand.kind === "constant")) {
      const spreads = operands.map((operand) => (Number(elements(shape)) > FEW ? undefined : spread(operand, shape)));
      const known = compute !== undefined && spreads.every((values) => values !== undefined);
      const values = known
        ? Array.from({ length: Number(elements(shape)) }, (_, index) => compute(...spreads.map((list) => list[index] ?? 0)))
        : undefined;
      return { kind: "constant", shape, values, dtype };
    }
    const times = BigInt(perElement * Math.max(1, operands.length - 1));
    const layer = fixed({
      op,
      outputs: [shape],
      dtype,
      stored: node.store(operands),
      operations: times === 0n ? {} : { [cause]: elements(shape) * times },
    });
    return { kind: "layer", layer, inputs: operands };
  };
}

const sum: Compute = (...values) => values.reduce((left, right) => left + right, 0);
const divide = (a: number, b: number) => (Number.isInteger(a) && Number.isInteger(b) ? Math.trunc(a / b) : a / b);

/** Clip, whose limits are no operands that broadcast (ONNX, Clip-13; attributes before Clip-11). */
const clip: Rule = (node: OnnxNode) => each("clip", "activation", 1)({ ...node, inputs: node.inputs.slice(0, 1) });
/** PRelu's slope is a weight: one operation an element (ONNX, PRelu-16). */
const prelu: Rule = (node) => {
  const [x] = node.inputs;
  const shape = shapeOf(x) ?? [];
  return {
    kind: "layer",
    layer: fixed({ op: "prelu", outputs: [shape], stored: node.store(node.inputs), operations: { activation: elements(shape) } }),
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
  Mean: each("mean", "elementwise", 1),
  Max: each("max", "elementwise", 1, (...values) => Math.max(...values)),
  Min: each("min", "elementwise", 1, (...values) => Math.min(...values)),
  Neg: each("neg", "elementwise", 1, (a = 0) => -a),
  Abs: each("abs", "elementwise", 1, (a = 0) => Math.abs(a)),
  Sqrt: each("sqrt", "elementwise", 1, (a = 0) => Math.sqrt(a)),
  Reciprocal: each("reciprocal", "elementwise", 1, (a = 1) => 1 / a),
  Exp: each("exp", "elementwise", 1),
  Log: each("log", "elementwise", 1),
  Floor: each("floor", "elementwise", 1, (a = 0) => Math.floor(a)),
  Ceil: each("ceil", "elementwise", 1, (a = 0) => Math.ceil(a)),
  Round: each("round", "elementwise", 1),
  Sign: each("sign", "elementwise", 1, (a = 0) => Math.sign(a)),
  Sin: each("sin", "elementwise", 1),
  Cos: each("cos", "elementwise", 1),
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
  Xor: each("xor", "elementwise", 1, undefined, "bool"),
  IsNaN: each("isnan", "elementwise", 1, undefined, "bool"),
  IsInf: each("isinf", "elementwise", 1, undefined, "bool"),
  ...Object.fromEntries(
    ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cosh", "Sinh", "Tan", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseNot"].map(
      (name) => [name, each(name.toLowerCase(), "elementwise", 1)],
    ),
  ),
  Swish: each("silu", "activation", 1),
  Shrink: each("shrink", "activation", 1),
  Relu: each("relu", "activation", 1),
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

import { reals } from "../../graph/values.js";
import * as folds from "../../ops/values/arithmetic.js";
import type { Fold } from "../../ops/values/arithmetic.js";
import type { Rule } from "../onnx/operand.js";
import { each } from "../onnx/operators/elementwise.js";
import { as } from "./adapted.js";

/** Between two limits, in the type of what is limited. */
const between =
  (least: number, most: number): Fold =>
  ([x]) => {
    if (x?.kind !== "real") return undefined;
    const limit = (value: number) => reals(x.dtype, Array<number>(x.list.length).fill(value));
    const above = folds.maximum([x, limit(least)]);
    return above && folds.minimum([above, limit(most)]);
  };

/** Activations that are fused behind an operator, on values that are known. */
export const FUSED: Readonly<Record<string, Fold>> = { RELU: folds.relu, RELU6: between(0, 6), RELU_N1_TO_1: between(-1, 1) };

/** 1 / sqrt(x), where both steps are exact: kernels take different ways. */
const reciprocalRoot: Fold = ([x]) => {
  const root =
    x &&
    folds.power([
      x,
      reals(
        "float64",
        x.list.map(() => 0.5),
      ),
    ]);
  return (
    root &&
    folds.power([
      root,
      reals(
        "float64",
        root.list.map(() => -1),
      ),
    ])
  );
};

/** Operators on every element that ONNX has under another name. */
const RENAMED: Readonly<Record<string, string>> = {
  ADD: "Add",
  SUB: "Sub",
  MUL: "Mul",
  DIV: "Div",
  MAXIMUM: "Max",
  MINIMUM: "Min",
  POW: "Pow",
  ADD_N: "Sum",
  LESS: "Less",
  LESS_EQUAL: "LessOrEqual",
  GREATER: "Greater",
  GREATER_EQUAL: "GreaterOrEqual",
  EQUAL: "Equal",
  LOGICAL_AND: "And",
  LOGICAL_OR: "Or",
  LOGICAL_NOT: "Not",
  BITWISE_XOR: "BitwiseXor",
  SELECT: "Where",
  SELECT_V2: "Where",
  ABS: "Abs",
  NEG: "Neg",
  EXP: "Exp",
  LOG: "Log",
  SIN: "Sin",
  COS: "Cos",
  SQRT: "Sqrt",
  FLOOR: "Floor",
  CEIL: "Ceil",
  ROUND: "Round",
  SIGN: "Sign",
  LOGISTIC: "Sigmoid",
  TANH: "Tanh",
  RELU: "Relu",
  LEAKY_RELU: "LeakyRelu",
  ELU: "Elu",
  GELU: "Gelu",
  HARD_SWISH: "HardSwish",
  PRELU: "PRelu",
};

/** Operators on every element. */
export const elementwiseRules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.entries(RENAMED).map(([name, op]) => [name, as(op)])),
  FLOOR_DIV: each("floor_divide", "elementwise", 1, folds.floorDivide),
  FLOOR_MOD: each("mod", "elementwise", 1, folds.floorModulo),
  SQUARED_DIFFERENCE: each("squared_difference", "elementwise", 1, folds.squaredDifference),
  ATAN2: each("atan2", "elementwise", 1, folds.atan2),
  NOT_EQUAL: each("not_equal", "elementwise", 1, folds.notEqual, "bool"),
  RIGHT_SHIFT: each("right_shift", "elementwise", 1, folds.shiftRight),
  RSQRT: each("rsqrt", "elementwise", 1, reciprocalRoot),
  SQUARE: each("square", "elementwise", 1, folds.square),
  RELU6: each("relu6", "activation", 1, between(0, 6)),
  RELU_N1_TO_1: each("relu_n1_to_1", "activation", 1, between(-1, 1)),
  RELU_0_TO_1: each("relu_0_to_1", "activation", 1, between(0, 1)),
  FAKE_QUANT: each("fake_quant", "elementwise", 1),
};

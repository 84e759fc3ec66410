import type { Cause, Inference, Layer, Primitive } from "../../../graph/layer.js";
import type { DType } from "../../../graph/dtype.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { activationByName, softmax } from "../../activation.js";
import type { CallEntry } from "../../entry.js";
import { broadcast } from "../../join.js";
import { elementwise, firstInput, inference, NOTHING, resolveAxis } from "../../primitive.js";
import { calledFunction } from "./function.js";

// keras/src/ops/numpy.py, nn.py, math.py and core.py: functions of each element, of elements in pairs, and along axes.

const words = (text: string) => text.split(" ");

/** One operation an element. */
const UNARY = words(
  "Absolute Abs Fabs Angle Arccos Arccosh Arcsin Arcsinh Arctan Arctanh BitwiseInvert BitwiseNot Cbrt Ceil Conjugate Conj Cos Cosh Deg2rad Rad2deg Exp Exp2 Expm1 Floor I0 Imag Isfinite Isinf Isnan Isneginf Isposinf Isreal Log Log10 Log1p Log2 LogicalNot NanToNum Negative Real Reciprocal Round Sign Signbit Sin Sinc Sinh Sqrt Square Tan Tanh Trunc Rsqrt Erf Erfc Erfinv Clip Tril Triu Cumsum Cumprod Nancumsum Nancumprod",
);
/** Moves or names elements, and computes nothing. */
const MOVING = words(
  "Digitize Array Copy Roll Flip Fliplr Flipud OnesLike ZerosLike EmptyLike FullLike StopGradient Cast SaturateCast ConvertToTensor View Sort Argsort",
);
/** One operation for each element of what two tensors, or more, make together. */
const JOINING = words(
  "Add Subtract Multiply Divide TrueDivide DivideNoNan FloorDivide Power Mod Fmod Maximum Minimum Fmax Fmin Arctan2 Heaviside Hypot Gcd Lcm Ldexp Logaddexp Logaddexp2 Nextafter BitwiseAnd BitwiseOr BitwiseXor BitwiseLeftShift LeftShift BitwiseRightShift RightShift",
);
const COMPARING = words("Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Isclose Where Select");
const TRUTH = new Set(words("Isfinite Isinf Isnan Isneginf Isposinf Isreal LogicalNot Signbit"));
const ACTIVATIONS = words(
  "Relu Relu6 Sigmoid SparseSigmoid Softplus Softsign SoftShrink SparsePlus Silu Squareplus LogSigmoid LeakyRelu HardSigmoid HardSilu Elu Selu Gelu Celu TanhShrink HardTanh HardShrink Threshold",
);
/** Along axes, operations for each element: a variance subtracts, squares and adds. */
const REDUCING: readonly (readonly [string, bigint])[] = [
  ...words(
    "All Any Amax Amin Max Min Sum Prod Mean CountNonzero Argmax Argmin Nanargmax Nanargmin Nanmax Nanmean Nanmin Nanprod Nansum Average Logsumexp",
  ).map((name) => [name, name === "Logsumexp" ? 3n : 1n] as const),
  ...words("Std Var Nanstd Nanvar").map((name) => [name, 3n] as const),
  ["Ptp", 2n],
  ["Norm", 2n],
  // A median sorts; what that takes depends on the method, and is not counted, as in Sort.
  ["Median", 0n],
  ["Nanmedian", 0n],
];

export const snake = (name: string) => name.replace(/(?<=[a-z\d])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();

const ANY = "x_min=None, x_max=None, dtype=None, k=0, axis=None, decimals=0, sparse=None, ragged=None, nan=0.0, posinf=None, neginf=None, shift=None";

function typed(layer: Primitive, dtype: DType | undefined): Primitive {
  if (dtype === undefined) return layer;
  return {
    ...layer,
    infer: (inputs) => {
      const inferred = layer.infer(inputs);
      return { ...inferred, outputs: inferred.outputs.map(({ shape }) => ({ shape, dtype })) };
    },
  };
}

/** Two tensors or more by numpy's rules: an operation an element for each after the first. */
export function joining(op: string, cause: Cause = "elementwise"): Primitive {
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "plain",
    calledAs: "operator",
    infer(inputs) {
      const output = inputs.reduce((left, right) => broadcast(op, left, right), firstInput(inputs));
      return inference([{ shape: output }], { operations: { [cause]: elements(output) * BigInt(Math.max(1, inputs.length - 1)) } });
    },
  };
}

/** The shape without the axes that are reduced, or with a 1 for each. All are where none is named. */
export function reducedShape(op: string, input: Shape, axes: readonly number[] | undefined, keep: boolean): Shape {
  const gone = new Set(axes?.map((axis) => resolveAxis(op, axis, input.length)) ?? input.map((_, axis) => axis));
  return keep ? input.map((size, axis) => (gone.has(axis) ? 1 : size)) : input.filter((_, axis) => !gone.has(axis));
}

function reducing(op: string, perElement: bigint, axes: readonly number[] | undefined, keep: boolean): Primitive {
  return calledFunction(op, (inputs) => {
    const input = firstInput(inputs);
    return inference([{ shape: reducedShape(op, input, axes, keep) }], {
      operations: { reduction: perElement * elements(input) },
      attributes: { axes: axes ?? null, keepDims: keep },
      mixes: { channels: true, space: true },
    });
  });
}

/** The axes of what is asked for stand before those of the tensor, as in numpy. */
function quantile(axes: readonly number[] | undefined, keep: boolean): Primitive {
  const one = reducing("quantile", 0n, axes, keep);
  return {
    ...one,
    infer(inputs) {
      const made = one.infer(inputs);
      return { ...made, outputs: made.outputs.map((output) => ({ ...output, shape: [...(inputs[1] ?? []), ...output.shape] })) };
    },
  };
}

/** The mean and the variance have one shape. */
function twice(made: Inference): Inference {
  return { ...made, outputs: [...made.outputs, ...made.outputs] };
}

function activation(name: string): Layer {
  const op = snake(name);
  return activationByName(op) ?? elementwise(op, "activation", 1n);
}

/** Along axes, the shape kept: `softmax`, and norms without weights. */
const ALONG: readonly (readonly [string, string, Cause, bigint])[] = [
  ["Normalize", "axis=-1, order=2, epsilon=None", "normalization", 3n],
  ["LayerNorm", "axis=-1, epsilon=None, rms_scaling=False", "normalization", 5n],
  ["RMSNorm", "axis=-1, epsilon=None", "normalization", 4n],
  ["BatchNorm", "axis, epsilon=0.001", "normalization", 4n],
  ["Sparsemax", "axis=-1", "softmax", 5n],
];

function along(op: string, cause: Cause, perElement: bigint): Primitive {
  return {
    ...elementwise(op, cause, perElement),
    axes: "plain",
    infer: (inputs) => {
      const input = firstInput(inputs);
      return inference([{ shape: input }], { operations: { [cause]: perElement * elements(input) } });
    },
  };
}

export const elementwiseFunctions: readonly CallEntry[] = [
  ...UNARY.map((name): CallEntry => ({
    names: [name],
    signature: ANY,
    build: () => typed(elementwise(snake(name), "elementwise", 1n), TRUTH.has(name) ? "bool" : undefined),
  })),
  ...MOVING.map((name): CallEntry => ({ names: [name], signature: ANY, build: () => elementwise(snake(name), "elementwise", 0n) })),
  ...JOINING.map((name): CallEntry => ({ names: [name], signature: "", build: () => joining(snake(name)) })),
  ...COMPARING.map((name): CallEntry => ({
    names: [name],
    signature: "equal_nan=False",
    build: () => typed(joining(snake(name)), name === "Where" || name === "Select" ? undefined : "bool"),
  })),
  ...ACTIVATIONS.map((name): CallEntry => ({
    names: [name],
    signature: "negative_slope=0.2, alpha=1.0, threshold=0.5, default_value=0.0, approximate=True, b=4",
    build: () => activation(name),
  })),
  ...REDUCING.map(([name, count]): CallEntry => ({
    names: [name],
    signature: "axis=None, keepdims=False, initial=None, dtype=None, ord=None",
    build: (args) => {
      const axes = args.isNone("axis") ? undefined : args.integers("axis", -16);
      return typed(reducing(snake(name), count, axes, args.flag("keepdims")), /arg(max|min)$/i.test(name) ? "int64" : undefined);
    },
  })),
  {
    names: ["Quantile", "Nanquantile"],
    signature: "q=None, axis=None, method='linear', keepdims=False",
    build: (args) => {
      const axes = args.isNone("axis") ? undefined : args.integers("axis", -16);
      return quantile(axes, args.flag("keepdims"));
    },
  },
  {
    names: ["Moments"],
    signature: "axes, keepdims=False, synchronized=False",
    build: (args) => {
      const one = reducing("moments", 4n, args.integers("axes", -16), args.flag("keepdims"));
      return { ...one, infer: (inputs) => twice(one.infer(inputs)) };
    },
  },
  { names: ["Glu"], signature: "axis=-1", build: () => activation("Glu") },
  {
    names: ["Softmax", "LogSoftmax"],
    signature: "axis=-1",
    build: (args) => {
      const op = args.callee === "Softmax" ? "softmax" : "log_softmax";
      const [axis = -1] = args.isNone("axis") ? [-1] : args.integers("axis", -16);
      return { ...softmax(axis, op), axes: "plain" };
    },
  },
  ...ALONG.map(([name, signature, cause, count]): CallEntry => ({ names: [name], signature, build: () => along(snake(name), cause, count) })),
];

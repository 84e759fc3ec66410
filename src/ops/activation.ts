import { calledAs } from "./called-as.js";
import { fail } from "../graph/diagnostic.js";
import type { Attributes, Layer, Primitive, Stored } from "../graph/layer.js";
import { elements, MAX_DIMENSION } from "../graph/shape.js";
import type { Args } from "./args.js";
import type { CallEntry, Family } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { elementwise, firstInput, inference, NOTHING, resolveAxis } from "./primitive.js";

/** A layer that returns its input: nn.Identity, the `linear` activation. */
export const identity: Primitive = { ...elementwise("identity", "activation", 0n), view: true };

const both = (axis: number | readonly number[]): readonly number[] => (typeof axis === "number" ? [axis] : axis);

/**
 * Softmax and its kin over one axis, or over several at once. Of n values: n-1 comparisons for the largest, n subtractions, n exponentials, n-1 additions and n
 * divisions, 5n - 2 in all; a logarithm of the result is n more.
 */
export function softmax(axis: number | readonly number[], op: "softmax" | "softmin" | "log_softmax" = "softmax"): Primitive {
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "any",
    infer(inputs) {
      const input = firstInput(inputs);
      const axes = new Set(both(axis).map((each) => resolveAxis(op, each, input.length)));
      const length = elements(input.filter((_, index) => axes.has(index)));
      const slices = length === 0n ? 0n : elements(input) / length;
      const each = 5n * length - 2n + (op === "log_softmax" ? length : 0n);
      return inference([{ shape: input }], { operations: { softmax: slices * each }, attributes: { axis }, mixes: { channels: true, space: false } });
    },
  };
}

/** PReLU with one slope, or one a channel (PyTorch, nn.PReLU); 1 operation an element. */
export function prelu(slopes: number | ((shape: readonly number[]) => readonly number[])): Primitive {
  const stored = (shape: readonly number[]): readonly Stored[] => [{ name: "weight", role: "parameter", shape }];
  return {
    type: "primitive",
    op: "prelu",
    stores: typeof slopes === "number" ? stored([slopes]) : undefined,
    axes: "any",
    infer(inputs) {
      const input = firstInput(inputs);
      const shape = typeof slopes === "number" ? [slopes] : slopes(input);
      const channels = input.length < 2 ? 1 : (input[1] ?? 1);
      if (typeof slopes === "number" && slopes !== 1 && slopes !== channels) {
        fail("channel-mismatch", `prelu has ${slopes} slopes, but its input has ${channels} channels`, { expected: `1 or ${channels} slopes` });
      }
      return inference([{ shape: input }], {
        stored: stored(shape),
        operations: { activation: elements(input) },
        attributes: { numParameters: Number(elements(shape)) },
      });
    },
  };
}

/** nn.GLU: one half of the channels gates the other: a sigmoid and a product for each output. */
function glu(axis: number): Primitive {
  return {
    type: "primitive",
    op: "glu",
    stores: NOTHING,
    axes: "any",
    infer(inputs) {
      const input = firstInput(inputs);
      const position = resolveAxis("glu", axis, input.length);
      const size = input[position] ?? 0;
      if (size % 2 !== 0) fail("bad-size", `glu halves dimension ${position}, which is ${size}`, { expected: "an even size" });
      const output = input.map((length, index) => (index === position ? length / 2 : length));
      return inference([{ shape: output }], {
        operations: { activation: elements(output), elementwise: elements(output) },
        attributes: { axis },
        mixes: { channels: true, space: false },
      });
    },
  };
}

const activation = (op: string, attributes: Attributes = {}) => elementwise(op, "activation", 1n, attributes);

/** The arguments of an activation by the core's names; `inplace` says nothing of what is computed. */
function settings(args: Args, names: readonly string[]): Attributes {
  const named = names.filter((name) => name !== "inplace" && !args.isNone(name));
  return Object.fromEntries(named.map((name) => [camel(name), args.isText(name) ? args.text(name) : args.number(name)]));
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Functions of one element: PyTorch's class and signature, and the names that Keras and PyTorch give the function. */
const FUNCTIONS: readonly { readonly op: string; readonly torch?: readonly [string, string]; readonly names: readonly string[] }[] = [
  { op: "relu", torch: ["ReLU", "inplace=False"], names: ["relu"] },
  { op: "relu6", torch: ["ReLU6", "inplace=False"], names: ["relu6"] },
  { op: "elu", torch: ["ELU", "alpha=1.0, inplace=False"], names: ["elu"] },
  { op: "selu", torch: ["SELU", "inplace=False"], names: ["selu"] },
  { op: "celu", torch: ["CELU", "alpha=1.0, inplace=False"], names: ["celu"] },
  { op: "gelu", torch: ["GELU", "approximate='none'"], names: ["gelu"] },
  { op: "silu", torch: ["SiLU", "inplace=False"], names: ["silu", "swish"] },
  { op: "mish", torch: ["Mish", "inplace=False"], names: ["mish"] },
  { op: "sigmoid", torch: ["Sigmoid", ""], names: ["sigmoid"] },
  { op: "tanh", torch: ["Tanh", ""], names: ["tanh"] },
  { op: "hardswish", torch: ["Hardswish", "inplace=False"], names: ["hardswish", "hard_swish", "hard_silu", "hswish"] },
  { op: "hardsigmoid", torch: ["Hardsigmoid", "inplace=False"], names: ["hardsigmoid", "hard_sigmoid", "hsigmoid"] },
  {
    op: "hardtanh",
    torch: ["Hardtanh", "min_val=-1.0, max_val=1.0, inplace=False, min_value=None, max_value=None"],
    names: ["hardtanh", "hard_tanh"],
  },
  { op: "hardshrink", torch: ["Hardshrink", "lambd=0.5"], names: ["hardshrink", "hard_shrink"] },
  { op: "softshrink", torch: ["Softshrink", "lambd=0.5"], names: ["softshrink", "soft_shrink"] },
  { op: "softplus", torch: ["Softplus", "beta=1.0, threshold=20.0"], names: ["softplus"] },
  { op: "softsign", torch: ["Softsign", ""], names: ["softsign"] },
  { op: "tanhshrink", torch: ["Tanhshrink", ""], names: ["tanhshrink", "tanh_shrink"] },
  { op: "threshold", torch: ["Threshold", "threshold, value, inplace=False"], names: ["threshold"] },
  { op: "leaky_relu", torch: ["LeakyReLU", "negative_slope=0.01, inplace=False"], names: ["leaky_relu", "leakyrelu"] },
  { op: "rrelu", torch: ["RReLU", "lower=0.125, upper=0.3333333333333333, inplace=False"], names: ["rrelu"] },
  { op: "logsigmoid", torch: ["LogSigmoid", ""], names: ["logsigmoid", "log_sigmoid"] },
  { op: "exp", names: ["exp", "exponential"] },
  { op: "squareplus", names: ["squareplus"] },
  { op: "sparse_plus", names: ["sparse_plus"] },
  { op: "sparse_sigmoid", names: ["sparse_sigmoid"] },
];

const argumentNames = (signature: string) =>
  signature
    .split(", ")
    .flatMap((part) => part.split("=")[0] ?? [])
    .filter((name) => name !== "");

/** The activation of a name, as `activation="relu"` gives it; undefined where there is none. */
export function activationByName(name: string): Layer | undefined {
  if (name === "linear" || name === "identity") return identity;
  if (name === "softmax") return softmax(-1);
  if (name === "log_softmax") return softmax(-1, "log_softmax");
  if (name === "glu") return glu(-1);
  const found = FUNCTIONS.find(({ names }) => names.includes(name));
  if (found !== undefined) return activation(found.op);
  // Roundings of QKeras and its like: quantized_relu(6,0), binary_tanh.
  return /^(quantized_|binary|ternary|bernoulli|stochastic_)/.test(name) ? elementwise("quantize", "activation", 1n) : undefined;
}

/** The activation that an argument names. Throws `unknown-activation` at its place. */
export function activationArgument(args: Args, name: string): Layer {
  const text = args.text(name);
  // A class given for its function (`activation=nn.ReLU`) has the function's name in other letters.
  const layer = activationByName(text) ?? activationByName(text.toLowerCase());
  if (layer !== undefined) return layer;
  return args.failAt(
    args.value(name).place,
    "unknown-activation",
    `there is no activation '${text}'`,
    "a name such as 'relu', 'swish', 'gelu' or 'softmax'",
  );
}

/** The same in Keras, whose leaky_relu has a slope of 0.2 where its name alone is given (keras.io/api/layers/activations). */
export function kerasActivation(args: Args, name: string): Layer {
  const layer = activationArgument(args, name);
  return layer.op === "leaky_relu" ? activation("leaky_relu", { negativeSlope: 0.2 }) : layer;
}

/** The dimension that PyTorch takes where none is given (torch.nn.functional._get_softmax_dim). */
function softmaxEntry(name: string, op: "softmax" | "softmin" | "log_softmax"): CallEntry {
  return { names: [name], signature: "dim=None", build: (args) => (args.isNone("dim") ? implicitSoftmax(op) : softmax(args.integer("dim"), op)) };
}

function implicitSoftmax(op: "softmax" | "softmin" | "log_softmax"): Primitive {
  return { ...softmax(0, op), infer: (inputs) => softmax([0, 1, 3].includes(firstInput(inputs).length) ? 0 : 1, op).infer(inputs) };
}

const torch: readonly CallEntry[] = [
  ...FUNCTIONS.flatMap(({ op, torch: entry }): CallEntry[] =>
    entry === undefined ? [] : [{ names: [entry[0]], signature: entry[1], build: (args) => activation(op, settings(args, argumentNames(entry[1]))) }],
  ),
  { names: ["Identity"], signature: "", build: () => identity },
  { names: ["PReLU"], signature: "num_parameters=1, init=0.25, device=None, dtype=None", build: (args) => prelu(args.count("num_parameters")) },
  { names: ["GLU"], signature: "dim=-1", build: (args) => glu(args.integer("dim")) },
  softmaxEntry("Softmax", "softmax"),
  softmaxEntry("Softmin", "softmin"),
  softmaxEntry("LogSoftmax", "log_softmax"),
  // A class of its own, which thop has no rule for.
  { names: ["Softmax2d"], signature: "", build: () => calledAs("subclass", softmax(-3)) },
];

/** Keras shares slopes along `shared_axes`, counted from 1 without the batch; the rest of the input's shape is the parameter's. */
function kerasPrelu(args: Args): Primitive {
  const shared = args.isNone("shared_axes") ? [] : args.integers("shared_axes", -MAX_DIMENSION);
  return prelu(([, ...sizes]) => {
    // keras/src/layers/activations/prelu.py: param_shape[i - 1] = 1, as Python counts.
    const at = new Set(shared.map((axis) => resolveAxis("prelu", axis - 1, sizes.length)));
    return sizes.map((size, index) => (at.has(index) ? 1 : size));
  });
}

/** Keras's ReLU: capped at max_value, `negative_slope * (x - threshold)` below the threshold. Only what is not a plain ReLU is an attribute. */
function kerasRelu(args: Args): Primitive {
  const { maxValue, negativeSlope = 0, threshold = 0 } = settings(args, ["max_value", "negative_slope", "threshold"]);
  return activation("relu", {
    ...(maxValue === undefined ? {} : { maxValue }),
    ...(negativeSlope === 0 ? {} : { negativeSlope }),
    ...(threshold === 0 ? {} : { threshold }),
  });
}

// https://keras.io/api/layers/activation_layers/ (the second spelling of an argument is Keras 2's)
const keras: readonly CallEntry[] = [
  { names: ["Activation"], signature: `activation, ${KERAS_LAYER}`, build: (args) => kerasActivation(args, "activation") },
  { names: ["ReLU"], signature: `max_value=None, negative_slope=0.0, threshold=0.0, ${KERAS_LAYER}`, build: kerasRelu },
  {
    names: ["LeakyReLU"],
    signature: `negative_slope=0.3, alpha=None, ${KERAS_LAYER}`,
    build: (args) => activation("leaky_relu", { negativeSlope: args.number(args.isNone("alpha") ? "negative_slope" : "alpha") }),
  },
  { names: ["ELU"], signature: `alpha=1.0, ${KERAS_LAYER}`, build: (args) => activation("elu", settings(args, ["alpha"])) },
  {
    names: ["ThresholdedReLU"],
    signature: `theta=1.0, ${KERAS_LAYER}`,
    build: (args) => activation("threshold", { threshold: args.number("theta"), value: 0 }),
  },
  {
    names: ["PReLU"],
    signature: `alpha_initializer='Zeros', alpha_regularizer=None, alpha_constraint=None, shared_axes=None, ${KERAS_LAYER}`,
    build: kerasPrelu,
  },
  {
    names: ["Softmax"],
    signature: `axis=-1, ${KERAS_LAYER}`,
    build: (args) => softmax(args.isTuple("axis") ? args.integers("axis", -MAX_DIMENSION) : args.integer("axis")),
  },
  { names: ["Identity"], signature: KERAS_LAYER, build: () => identity },
];

/** Activation functions of both frameworks, one operation an element, softmax by its steps. */
export const activationFamily: Family = {
  torch,
  keras,
  shorthand: [
    ...FUNCTIONS.map(({ op, names }) => ({ words: names, takes: [], example: names[0] ?? op, build: () => activation(op) })),
    { words: ["prelu"], takes: [], example: "prelu", build: () => prelu(1) },
    { words: ["softmax"], takes: [], example: "softmax", build: () => softmax(-1) },
    { words: ["glu"], takes: [], example: "glu", build: () => glu(1) },
    { words: ["identity"], takes: [], example: "identity", build: () => identity },
  ],
};

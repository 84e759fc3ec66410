import { channelsOf, heldAxis, isImage, normalized, workingAxes } from "../held.js";
import { Attrs, cannotWrite, isStored, storedShape, type Part } from "../part.js";
import { call, literal, unless, type Named } from "../python.js";
import { statement, type Step, type Writer, type Writers } from "../step.js";

const make = (text: string): readonly Step[] => [{ make: text }];
const short = (value: number) => Number(value.toPrecision(12));

/** Arguments that all of Keras's norms have, with the default of their epsilon. */
function normArguments(part: Part, epsilon = 0.001): readonly Named[] {
  return [
    ["epsilon", unless(new Attrs(part).optional("eps"), epsilon)],
    ["center", isStored(part, "bias") ? undefined : "False"],
    ["scale", isStored(part, "weight") ? undefined : "False"],
  ];
}

/** The axis of the channels, where it is not the last. */
function channelArgument(part: Part): Named {
  const axis = channelsOf(part);
  if (workingAxes(part).length > 1) cannotWrite(part, "Keras 3's norm has one axis of channels");
  return ["axis", axis === part.input.shape.length - 1 ? undefined : literal(axis)];
}

const batchNorm: Writer = (part) => {
  const momentum = new Attrs(part).value("momentum");
  if (!isStored(part, "running_mean")) cannotWrite(part, "Keras's BatchNormalization always has running statistics");
  if (momentum === null) cannotWrite(part, "Keras has no plain average as running statistics");
  const kept = typeof momentum === "number" ? short(1 - momentum) : undefined;
  return make(call("layers.BatchNormalization", [], [channelArgument(part), ["momentum", unless(kept, 0.99)], ...normArguments(part)]));
};

const groupNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  if (isStored(part, "running_mean")) cannotWrite(part, "Keras's norms of a single sample have no running statistics");
  const groups = attributes.optional("numGroups") ?? attributes.number("numFeatures");
  return make(call("layers.GroupNormalization", [groups], [channelArgument(part), ...normArguments(part)]));
};

/** `axis=`, where it is not the last. */
function normAxes(part: Part): string | undefined {
  const { axes } = normalized(part);
  return axes.join() === String(part.input.shape.length - 1) ? undefined : literal(axes.length === 1 ? (axes[0] ?? -1) : axes);
}

const layerNorm: Writer = (part) => make(call("layers.LayerNormalization", [], [["axis", normAxes(part)], ...normArguments(part)]));

const rmsNorm: Writer = (part) => {
  if (!isStored(part, "weight")) cannotWrite(part, "Keras's RMSNormalization has a scale");
  const named: readonly Named[] = [
    ["axis", normAxes(part)],
    ["epsilon", unless(new Attrs(part).optional("eps"), 1e-6)],
  ];
  return [{ make: call("layers.RMSNormalization", [], named), note: "layers.RMSNormalization needs Keras 3.9 or later." }];
};

/** What Keras calls an activation (keras.io/api/layers/activations). */
const NAMES: Readonly<Record<string, string>> = {
  relu: "relu",
  relu6: "relu6",
  elu: "elu",
  selu: "selu",
  celu: "celu",
  gelu: "gelu",
  silu: "silu",
  mish: "mish",
  sigmoid: "sigmoid",
  tanh: "tanh",
  hardswish: "hard_silu",
  hardsigmoid: "hard_sigmoid",
  hardtanh: "hard_tanh",
  hardshrink: "hard_shrink",
  softshrink: "soft_shrink",
  softplus: "softplus",
  softsign: "softsign",
  tanhshrink: "tanh_shrink",
  leaky_relu: "leaky_relu",
  logsigmoid: "log_sigmoid",
  exp: "exponential",
  squareplus: "squareplus",
  sparse_plus: "sparse_plus",
  sparse_sigmoid: "sparse_sigmoid",
};

/** Arguments of a function, by the core's attribute, with Keras's default. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, readonly [string, number]>>>> = {
  elu: { alpha: ["alpha", 1] },
  celu: { alpha: ["alpha", 1] },
  hardshrink: { lambd: ["threshold", 0.5] },
  softshrink: { lambd: ["threshold", 0.5] },
};

/** What is computed otherwise than the name alone says: the function with its arguments. */
function differences(part: Part): readonly Named[] {
  const attributes = new Attrs(part);
  if (part.op === "gelu") return attributes.optionalText("approximate") === "tanh" ? [["approximate", "True"]] : [];
  const standard: Readonly<Record<string, number>> = { minVal: -1, maxVal: 1, beta: 1, threshold: 20 };
  if (part.op === "hardtanh" || part.op === "softplus") {
    const other = Object.entries(standard).some(([name, value]) => (attributes.optional(name) ?? value) !== value);
    if (other) cannotWrite(part, "Keras's function has no such arguments");
  }
  return Object.entries(SETTINGS[part.op] ?? {}).flatMap(([attribute, [name, value]]): Named[] => {
    const text = unless(attributes.optional(attribute), value);
    return text === undefined ? [] : [[name, text]];
  });
}

/** The activation as the `activation=` of the layer before it; undefined where it is more than a name. */
export function activationWord(part: Part): string | undefined {
  const attributes = new Attrs(part);
  if (part.op === "softmax") return workingAxes(part).join() === String(part.input.shape.length - 1) ? "softmax" : undefined;
  if (part.op === "leaky_relu" || part.op === "hardtanh") return undefined;
  if (part.op === "relu" && ["maxValue", "negativeSlope", "threshold"].some((name) => attributes.has(name))) return undefined;
  return differences(part).length === 0 ? NAMES[part.op] : undefined;
}

const activation: Writer = (part) => {
  const name = NAMES[part.op] ?? "";
  const named = differences(part);
  if (named.length > 0) return [statement(`x = ${call(`keras.activations.${name}`, ["x"], named)}`)];
  return make(call("layers.Activation", [literal(name)]));
};

const relu: Writer = (part) => {
  const attributes = new Attrs(part);
  const number = (name: string) => (attributes.has(name) ? literal(attributes.number(name)) : undefined);
  const named: readonly Named[] = [
    ["max_value", number("maxValue")],
    ["negative_slope", number("negativeSlope")],
    ["threshold", number("threshold")],
  ];
  return make(call("layers.ReLU", [], named));
};

const hardtanh: Writer = (part) => {
  const attributes = new Attrs(part);
  const isCapped = attributes.optional("minVal") === 0;
  return isCapped ? make(call("layers.ReLU", [], [["max_value", literal(attributes.optional("maxVal") ?? 1)]])) : activation(part);
};

const threshold: Writer = (part) => {
  const attributes = new Attrs(part);
  if (!attributes.has("threshold")) cannotWrite(part, "its threshold is not said");
  return [
    statement(`x = ${call("keras.activations.threshold", ["x", literal(attributes.number("threshold")), literal(attributes.number("value"))])}`),
  ];
};

function axisArgument(part: Part): Named {
  const axes = workingAxes(part);
  return ["axis", axes.join() === String(part.input.shape.length - 1) ? undefined : literal(axes.length === 1 ? (axes[0] ?? -1) : axes)];
}

const prelu: Writer = (part) => {
  const shape = storedShape(part, "weight") ?? [1];
  const { input } = part;
  const rank = input.shape.length;
  // PyTorch has one slope or one a channel, Keras one for each position along the axes that are not shared.
  const own = shape.length === 1 ? Array.from({ length: rank - 1 }, (_, index) => (index === 0 ? (shape[0] ?? 1) : 1)) : shape;
  const shared = own.flatMap((size, index) => (size === 1 && (input.shape[index + 1] ?? 1) > 1 ? [heldAxis(part, index + 1)] : []));
  return make(call("layers.PReLU", [], [["shared_axes", shared.length === 0 ? undefined : `[${shared.sort((a, b) => a - b).join(", ")}]`]]));
};

const dropout: Writer = (part) => {
  const attributes = new Attrs(part);
  const variant = attributes.optionalText("variant") ?? "Dropout";
  if (variant === "ActivityRegularization") return [];
  const spatial = /^(?:Spatial)?Dropout(\d)[dD]$/.exec(variant)?.[1];
  if (spatial !== undefined && part.input.shape.length >= 3 && !isImage(part.input) && variant.endsWith("d"))
    cannotWrite(part, "its channels are not the last axis in Keras");
  if (variant === "FeatureAlphaDropout") cannotWrite(part, "Keras has no such dropout");
  return make(call(spatial === undefined ? `layers.${variant}` : `layers.SpatialDropout${spatial}D`, [literal(attributes.optional("p") ?? 0.5)]));
};

/** Norms, activations and dropout. */
export const pointwiseWriters: Writers = {
  batch_norm: batchNorm,
  instance_norm: groupNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  ...Object.fromEntries(Object.keys(NAMES).map((op) => [op, activation])),
  relu,
  hardtanh,
  threshold,
  leaky_relu: (part) => make(call("layers.LeakyReLU", [], [["negative_slope", literal(new Attrs(part).optional("negativeSlope") ?? 0.01)]])),
  elu: (part) => make(call("layers.ELU", [], [["alpha", unless(new Attrs(part).optional("alpha"), 1)]])),
  identity: () => make("layers.Identity()"),
  softmax: (part) => make(call("layers.Softmax", [], [axisArgument(part)])),
  softmin: (part) => [{ make: call("layers.Softmax", [], [axisArgument(part)]), run: (ref) => [`x = ${ref}(-x)`] }],
  log_softmax: (part) => [statement(`x = ${call("keras.activations.log_softmax", ["x"], [axisArgument(part)])}`)],
  glu: (part) => [statement(`x = ${call("keras.activations.glu", ["x"], [axisArgument(part)])}`)],
  prelu,
  dropout,
};

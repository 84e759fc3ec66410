import { channelsOf, isImage, normalized, workingAxes } from "../held.js";
import { Attrs, cannotWrite, isStored, storedShape, type Part } from "../part.js";
import { call, literal, tuple, unless, type Named } from "../python.js";
import { statement, type Step, type Writer, type Writers } from "../step.js";

const make = (text: string): readonly Step[] => [{ make: text }];
const short = (value: number) => Number(value.toPrecision(12));
const numpy = (line: string): readonly Step[] => [{ ...statement(line), imports: ["import jax.numpy as jnp"] }];
const jax = (line: string): readonly Step[] => [{ ...statement(line), imports: ["import jax"] }];

/** Arguments that all of Flax's norms have, with the default of their epsilon. */
function normArguments(part: Part, epsilon: number): readonly Named[] {
  return [
    ["epsilon", unless(new Attrs(part).optional("eps"), epsilon)],
    ["use_bias", isStored(part, "bias") ? undefined : "False"],
    ["use_scale", isStored(part, "weight") ? undefined : "False"],
  ];
}

const batchNorm: Writer = (part) => {
  const momentum = new Attrs(part).value("momentum");
  if (!isStored(part, "running_mean")) cannotWrite(part, "nn.BatchNorm always has running statistics");
  if (momentum === null) cannotWrite(part, "Flax has no plain average as running statistics");
  const kept = typeof momentum === "number" ? short(1 - momentum) : undefined;
  const axis = channelsOf(part);
  const other = axis === part.input.shape.length - 1 ? undefined : literal(axis);
  return make(
    call("nn.BatchNorm", [], [["use_running_average", "not train"], ["axis", other], ["momentum", unless(kept, 0.99)], ...normArguments(part, 1e-5)]),
  );
};

const groupNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  if (isStored(part, "running_mean")) cannotWrite(part, "Flax's norms of a single sample have no running statistics");
  const groups = attributes.optional("numGroups") ?? attributes.number("numFeatures");
  if (channelsOf(part) !== part.input.shape.length - 1) cannotWrite(part, "nn.GroupNorm has the channels last");
  return make(call("nn.GroupNorm", [], [["num_groups", String(groups)], ...normArguments(part, 1e-6)]));
};

/** The axes of a layer norm, where they are not the last one. */
function normAxes(part: Part): readonly Named[] {
  const { axes } = normalized(part);
  if (axes.join() === String(part.input.shape.length - 1)) return [];
  return [
    ["reduction_axes", tuple(axes)],
    ["feature_axes", tuple(axes)],
  ];
}

const layerNorm: Writer = (part) => make(call("nn.LayerNorm", [], [...normArguments(part, 1e-6), ...normAxes(part)]));

const rmsNorm: Writer = (part) => {
  const [epsilon, , scale] = normArguments(part, 1e-6);
  return make(call("nn.RMSNorm", [], [...(epsilon === undefined ? [] : [epsilon]), ...(scale === undefined ? [] : [scale]), ...normAxes(part)]));
};

/** Functions of flax.linen without arguments. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  relu6: "relu6",
  selu: "selu",
  silu: "silu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  hardswish: "hard_swish",
  hardsigmoid: "hard_sigmoid",
  softsign: "soft_sign",
  logsigmoid: "log_sigmoid",
};

const setting = (part: Part, name: string, standard: number) => literal(new Attrs(part).optional(name) ?? standard);

const relu: Writer = (part) => {
  const attributes = new Attrs(part);
  const [cap, slope, threshold] = ["maxValue", "negativeSlope", "threshold"].map((name) => attributes.optional(name));
  if ([cap, slope, threshold].filter((value) => value !== undefined).length > 1)
    cannotWrite(part, "Flax has no ReLU with several of cap, slope and threshold");
  if (cap !== undefined) return numpy(`x = jnp.clip(x, 0.0, ${literal(cap)})`);
  if (slope !== undefined) return [statement(`x = nn.leaky_relu(x, negative_slope=${literal(slope)})`)];
  return threshold === undefined ? [statement("x = nn.relu(x)")] : numpy(`x = jnp.where(x > ${literal(threshold)}, x, 0.0)`);
};

const hardtanh: Writer = (part) => {
  const [low, high] = [setting(part, "minVal", -1), setting(part, "maxVal", 1)];
  return low === "-1" && high === "1" ? [statement("x = nn.hard_tanh(x)")] : numpy(`x = jnp.clip(x, ${low}, ${high})`);
};

const softplus: Writer = (part) => {
  const beta = setting(part, "beta", 1);
  return [statement(beta === "1" ? "x = nn.softplus(x)" : `x = nn.softplus(${beta} * x) / ${beta}`)];
};

const threshold: Writer = (part) => {
  if (!new Attrs(part).has("threshold")) cannotWrite(part, "its threshold is not said");
  return numpy(`x = jnp.where(x > ${setting(part, "threshold", 0)}, x, ${setting(part, "value", 0)})`);
};

const prelu: Writer = (part) => {
  const slopes = storedShape(part, "weight") ?? [1];
  if (slopes.some((size) => size !== 1)) cannotWrite(part, "nn.PReLU has one slope for all channels");
  return make("nn.PReLU()");
};

const along =
  (name: string, sign = ""): Writer =>
  (part) => {
    const [axis, ...others] = workingAxes(part);
    if (others.length > 0) cannotWrite(part, `nn.${name} works on one axis`);
    return [statement(`x = nn.${name}(${sign}x${axis === part.input.shape.length - 1 ? "" : `, axis=${axis}`})`)];
  };

const dropout: Writer = (part) => {
  const attributes = new Attrs(part);
  const variant = attributes.optionalText("variant") ?? "Dropout";
  if (variant === "ActivityRegularization") return [];
  const spatial = /^(?:Spatial)?Dropout\d[dD]$/.test(variant);
  if (variant !== "Dropout" && !spatial) cannotWrite(part, `Flax has no ${variant}`);
  if (spatial && variant.endsWith("d") && part.input.shape.length >= 3 && !isImage(part.input))
    cannotWrite(part, "its channels are not the last axis in Flax");
  const space = Array.from({ length: part.input.shape.length - 2 }, (_, axis) => axis + 1);
  const rate = literal(attributes.optional("p") ?? 0.5);
  return make(
    call(
      "nn.Dropout",
      [rate],
      [
        ["broadcast_dims", spatial ? tuple(space) : undefined],
        ["deterministic", "not train"],
      ],
    ),
  );
};

/** Norms, activations and dropout. */
export const pointwiseWriters: Writers = {
  batch_norm: batchNorm,
  instance_norm: groupNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  ...Object.fromEntries(Object.entries(FUNCTIONS).map(([op, name]): [string, Writer] => [op, () => [statement(`x = nn.${name}(x)`)]])),
  ...Object.fromEntries(["mish", "squareplus"].map((op): [string, Writer] => [op, () => jax(`x = jax.nn.${op}(x)`)])),
  relu,
  hardtanh,
  softplus,
  threshold,
  prelu,
  elu: (part) => [statement(`x = nn.elu(x${alpha(part)})`)],
  celu: (part) => [statement(`x = nn.celu(x${alpha(part)})`)],
  // The exact function, which is not Flax's default, unless the other is asked for.
  gelu: (part) => [statement(`x = nn.gelu(x, approximate=${new Attrs(part).optionalText("approximate") === "tanh" ? "True" : "False"})`)],
  leaky_relu: (part) => [statement(`x = nn.leaky_relu(x, negative_slope=${setting(part, "negativeSlope", 0.01)})`)],
  hardshrink: (part) => numpy(`x = jnp.where(jnp.abs(x) > ${setting(part, "lambd", 0.5)}, x, 0.0)`),
  softshrink: (part) => numpy(`x = jnp.sign(x) * jnp.maximum(jnp.abs(x) - ${setting(part, "lambd", 0.5)}, 0.0)`),
  tanhshrink: () => numpy("x = x - jnp.tanh(x)"),
  exp: () => numpy("x = jnp.exp(x)"),
  identity: () => [],
  softmax: along("softmax"),
  softmin: along("softmax", "-"),
  log_softmax: along("log_softmax"),
  glu: along("glu"),
  dropout,
};

function alpha(part: Part): string {
  const text = unless(new Attrs(part).optional("alpha"), 1);
  return text === undefined ? "" : `, alpha=${text}`;
}

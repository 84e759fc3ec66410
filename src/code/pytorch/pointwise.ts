import { channelsOf, heldAxis, isImage, normalized, workingAxes } from "../held.js";
import { Attrs, cannotWrite, isStored, storedShape, type Part } from "../part.js";
import { call, literal, perAxis, unless, type Named } from "../python.js";
import { statement, type Step, type Writer, type Writers } from "../step.js";

const make = (text: string): readonly Step[] => [{ make: text }];

/** `affine=`, and a refusal where one of scale and shift is there alone: PyTorch has both or none. */
function affine(part: Part): string | undefined {
  const [scale, shift] = [isStored(part, "weight"), isStored(part, "bias")];
  if (scale !== shift) cannotWrite(part, `PyTorch's norms have scale and shift or neither, and this has only its ${scale ? "scale" : "shift"}`);
  return scale ? "True" : "False";
}

function channelNorm(part: Part, name: string, defaults: { readonly affine: string; readonly running: string }): readonly Step[] {
  const attributes = new Attrs(part);
  const rank = Math.max(1, part.input.shape.length - 2);
  const [scaled, running] = [affine(part), isStored(part, "running_mean") ? "True" : "False"];
  const momentum = attributes.value("momentum");
  const text = call(
    `nn.${name}${rank}d`,
    [attributes.number("numFeatures")],
    [
      ["eps", unless(attributes.optional("eps"), 1e-5)],
      ["momentum", unless(momentum, 0.1)],
      ["affine", scaled === defaults.affine ? undefined : scaled],
      ["track_running_stats", running === defaults.running ? undefined : running],
    ],
  );
  return [overChannels(part, text)];
}

/** A norm over the channels, which PyTorch has second. */
function overChannels(part: Part, make: string): Step {
  const axis = channelsOf(part);
  if (workingAxes(part).length > 1) cannotWrite(part, "PyTorch's norm has one axis of channels");
  return axis === 1 ? { make } : { make, run: (ref) => [`x = ${ref}(x.movedim(${axis}, 1)).movedim(1, ${axis})`] };
}

const batchNorm: Writer = (part) => channelNorm(part, "BatchNorm", { affine: "True", running: "True" });
const instanceNorm: Writer = (part) => channelNorm(part, "InstanceNorm", { affine: "False", running: "False" });

const groupNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  const named: readonly Named[] = [
    ["eps", unless(attributes.optional("eps"), 1e-5)],
    ["affine", affine(part) === "False" ? "False" : undefined],
  ];
  return [overChannels(part, call("nn.GroupNorm", [attributes.number("numGroups"), attributes.number("numFeatures")], named))];
};

/** The sizes that a layer norm works on, and whether they are the channels, which PyTorch has second, and not the last axes. */
function normalizedIn(part: Part): { readonly sizes: string; readonly channels: boolean } {
  const rank = part.input.shape.length;
  const { axes, sizes } = normalized(part);
  const last = axes.every((axis, index) => axis === rank - axes.length + index);
  const channels = !last && axes.length === 1 && axes[0] === 1;
  if (!last && !channels) cannotWrite(part, "PyTorch normalizes the last axes");
  return { sizes: sizes.length === 1 ? perAxis(sizes) : literal(sizes), channels };
}

const layerNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  const [scale, shift] = [isStored(part, "weight"), isStored(part, "bias")];
  if (shift && !scale) cannotWrite(part, "nn.LayerNorm has no shift without a scale");
  const unshifted = scale && !shift;
  const { sizes, channels } = normalizedIn(part);
  const step: Step = {
    make: call(
      channels ? "ChannelNorm" : "nn.LayerNorm",
      [sizes],
      [
        ["eps", unless(attributes.optional("eps"), 1e-5)],
        ["elementwise_affine", scale ? undefined : "False"],
        ["bias", unshifted ? "False" : undefined],
      ],
    ),
    helpers: channels ? ["ChannelNorm"] : [],
    note: unshifted ? "nn.LayerNorm(bias=False) needs PyTorch 2.1 or later." : undefined,
  };
  return [step];
};

const rmsNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  const eps = attributes.optional("eps");
  const { sizes, channels } = normalizedIn(part);
  const text = call(
    "nn.RMSNorm",
    [sizes],
    [
      ["eps", eps === undefined ? undefined : literal(eps)],
      ["elementwise_affine", isStored(part, "weight") ? undefined : "False"],
    ],
  );
  const note = "nn.RMSNorm needs PyTorch 2.4 or later.";
  if (!channels) return [{ make: text, note }];
  return [{ make: text, note, run: (ref) => [`x = ${ref}(x.movedim(1, -1)).movedim(-1, 1)`] }];
};

const responseNorm: Writer = (part) => {
  const attributes = new Attrs(part);
  const named: readonly Named[] = [
    ["alpha", unless(attributes.optional("alpha"), 1e-4)],
    ["beta", unless(attributes.optional("beta"), 0.75)],
    ["k", unless(attributes.optional("k"), 1)],
  ];
  return make(call("nn.LocalResponseNorm", [attributes.number("size")], named));
};

/** Activations: the class, and its arguments with PyTorch's defaults. */
const ACTIVATIONS: Readonly<Record<string, readonly [string, Readonly<Record<string, number | string>>]>> = {
  relu6: ["ReLU6", {}],
  elu: ["ELU", { alpha: 1 }],
  selu: ["SELU", {}],
  celu: ["CELU", { alpha: 1 }],
  gelu: ["GELU", { approximate: "none" }],
  silu: ["SiLU", {}],
  mish: ["Mish", {}],
  sigmoid: ["Sigmoid", {}],
  tanh: ["Tanh", {}],
  hardswish: ["Hardswish", {}],
  hardsigmoid: ["Hardsigmoid", {}],
  hardtanh: ["Hardtanh", { min_val: -1, max_val: 1 }],
  hardshrink: ["Hardshrink", { lambd: 0.5 }],
  softshrink: ["Softshrink", { lambd: 0.5 }],
  softplus: ["Softplus", { beta: 1, threshold: 20 }],
  softsign: ["Softsign", {}],
  tanhshrink: ["Tanhshrink", {}],
  leaky_relu: ["LeakyReLU", { negative_slope: 0.01 }],
  rrelu: ["RReLU", { lower: 0.125, upper: 0.3333333333333333 }],
  logsigmoid: ["LogSigmoid", {}],
  identity: ["Identity", {}],
};

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function activation(name: string, defaults: Readonly<Record<string, number | string>>): Writer {
  return (part) => {
    const attributes = new Attrs(part);
    const named = Object.entries(defaults).map(([argument, standard]): Named => [argument, unless(attributes.value(camel(argument)), standard)]);
    return make(call(`nn.${name}`, [], named));
  };
}

/** A plain ReLU, or Keras's with a cap, a slope or a threshold. */
const relu: Writer = (part) => {
  const attributes = new Attrs(part);
  const [cap, slope, threshold] = ["maxValue", "negativeSlope", "threshold"].map((name) => attributes.optional(name));
  if ([cap, slope, threshold].filter((value) => value !== undefined).length > 1)
    cannotWrite(part, "PyTorch has no ReLU with several of cap, slope and threshold");
  if (cap !== undefined) return make(cap === 6 ? "nn.ReLU6()" : call("nn.Hardtanh", ["0.0", literal(cap)]));
  if (slope !== undefined) return make(call("nn.LeakyReLU", [literal(slope)]));
  return make(threshold === undefined ? "nn.ReLU()" : call("nn.Threshold", [literal(threshold), "0.0"]));
};

const threshold: Writer = (part) => {
  const attributes = new Attrs(part);
  if (!attributes.has("threshold")) cannotWrite(part, "its threshold is not said", "write nn.Threshold(threshold, value)");
  return make(call("nn.Threshold", [literal(attributes.number("threshold")), literal(attributes.number("value"))]));
};

const prelu: Writer = (part) => {
  const shape = storedShape(part, "weight") ?? [1];
  const rank = part.input.shape.length;
  const full = shape.length === rank - 1 ? shape : [shape[0] ?? 1, ...Array<number>(Math.max(0, rank - 2)).fill(1)];
  const slopes = full.flatMap((size, index) => (size === 1 ? [] : [{ size, axis: heldAxis(part, index + 1) }]));
  const [first, ...others] = slopes;
  if (others.length > 0 || (first !== undefined && first.axis !== 1))
    cannotWrite(part, "nn.PReLU has a slope for each channel, not for each position", "share the other axes: shared_axes=[1, 2]");
  return make(call("nn.PReLU", first === undefined ? [] : [first.size]));
};

const alongAxis =
  (name: string): Writer =>
  (part) => {
    const [axis, ...others] = workingAxes(part);
    if (axis === undefined || others.length > 0) cannotWrite(part, `nn.${name} works on one axis`);
    const written = new Attrs(part).value("axis");
    const same = part.input.axes === part.order || !isImage(part.input);
    return make(call(`nn.${name}`, [], [["dim", literal(same && typeof written === "number" ? written : axis)]]));
  };

const DROPOUTS = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"];

const dropout: Writer = (part) => {
  const attributes = new Attrs(part);
  const variant = attributes.optionalText("variant") ?? "Dropout";
  const spatial = /^SpatialDropout(\d)D$/.exec(variant)?.[1];
  // Keras drops whole features of a sequence, N, T, C; nn.Dropout1d those of N, C, L.
  if (spatial === "1" && !isImage(part.input)) cannotWrite(part, "nn.Dropout1d drops the second axis, and the channels are the last");
  const name = spatial === undefined ? variant : `Dropout${spatial}d`;
  if (!DROPOUTS.includes(name)) cannotWrite(part, `PyTorch has no ${variant}`);
  return make(call(`nn.${name}`, [], [["p", unless(attributes.optional("p"), 0.5)]]));
};

/** Norms, activations and dropout: what changes no shape. */
export const pointwiseWriters: Writers = {
  batch_norm: batchNorm,
  instance_norm: instanceNorm,
  group_norm: groupNorm,
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
  local_response_norm: responseNorm,
  ...Object.fromEntries(Object.entries(ACTIVATIONS).map(([op, [name, defaults]]) => [op, activation(name, defaults)])),
  relu,
  threshold,
  prelu,
  exp: () => [{ ...statement("x = torch.exp(x)"), imports: ["import torch"] }],
  softmax: alongAxis("Softmax"),
  softmin: alongAxis("Softmin"),
  log_softmax: alongAxis("LogSoftmax"),
  glu: alongAxis("GLU"),
  dropout,
};

import type { Layer, Stored } from "../../graph/layer.js";
import { mergedSize } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { adapted, type Kernel } from "../keras/kernel.js";
import { KERAS_LAYER, kerasLayout } from "../keras-common.js";
import { withActivation } from "../with-activation.js";
import type { Padding } from "../window.js";
import { convolution, type ConvolutionOptions } from "./convolution.js";
import { separableConvolution } from "./separable.js";

// https://keras.io/api/layers/convolution_layers/
const REGULAR =
  "use_bias=True, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None";
const CONV = `filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, groups=1, activation=None, ${REGULAR}, lora_rank=None, lora_alpha=None, ${KERAS_LAYER}`;
const DEPTHWISE = `kernel_size, strides=1, padding='valid', depth_multiplier=1, data_format=None, dilation_rate=1, activation=None, use_bias=True, depthwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, bias_constraint=None, ${KERAS_LAYER}`;
const SEPARABLE = `filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, depth_multiplier=1, activation=None, use_bias=True, depthwise_initializer='glorot_uniform', pointwise_initializer='glorot_uniform', bias_initializer='zeros', depthwise_regularizer=None, pointwise_regularizer=None, bias_regularizer=None, activity_regularizer=None, depthwise_constraint=None, pointwise_constraint=None, bias_constraint=None, ${KERAS_LAYER}`;
const TRANSPOSED = `filters, kernel_size, strides=1, padding='valid', output_padding=None, data_format=None, dilation_rate=1, activation=None, ${REGULAR}, ${KERAS_LAYER}`;

function window(args: Args, rank: number) {
  const stride = args.perAxis("strides", rank, 1);
  const dilation = args.perAxis("dilation_rate", rank, 1);
  // keras.layers.Conv2D: "strides > 1 is incompatible with dilation_rate > 1".
  if (stride.some((step) => step > 1) && dilation.some((step) => step > 1)) {
    args.fail("strides", "strides > 1 is incompatible with dilation_rate > 1 in Keras", "one of the two to be 1");
  }
  return { rank, layout: kerasLayout(args), kernelSize: args.perAxis("kernel_size", rank, 1), stride, dilation, bias: args.flag("use_bias") };
}

function padding(args: Args, rank: number, stride: readonly number[], dilation: readonly number[], kernelSize: readonly number[]): Padding {
  const word = args.oneOf("padding", rank === 1 ? ["valid", "same", "causal"] : ["valid", "same"]);
  if (word !== "causal") return word;
  // Causal padding keeps the length at stride 1 and pads only before (Keras, Conv1D; WaveNet, section 2.1).
  return stride.map((_, axis) => ({ before: (dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1), after: 0 }));
}

function conv(args: Args, rank: number): Layer {
  const base = window(args, rank);
  const layer = convolution({
    ...base,
    connection: { type: "grouped", groups: args.count("groups"), outChannels: args.count("filters") },
    padding: padding(args, rank, base.stride, base.dilation, base.kernelSize),
  });
  return withActivation(args, adapted(args, layer, kernelOf), "conv");
}

/** The kernel as Keras has it: window, input channels of a group, filters. */
function kernelOf({ name, shape: [filters = 1, ...rest] }: Stored): Kernel | undefined {
  const before = mergedSize(rest);
  return name === "weight" ? { rows: before, columns: filters, packed: "columns", last: filters, before } : undefined;
}

/**
 * TensorFlow's depthwise convolutions take one stride for all axes ("Current implementation only supports equal length strides in the row and column dimensions",
 * core/kernels/depthwise_conv_op.cc). Keras's JAX and PyTorch backends take any, so that a saved layer may have them.
 */
function equalStrides(args: Args, stride: readonly number[], layer: Layer): Layer {
  if (new Set(stride).size <= 1) return layer;
  if (!args.saved) args.fail("strides", `${args.callee} has unequal strides, which TensorFlow refuses`, "one stride for all axes");
  return { ...layer, assumption: "TensorFlow refuses its unequal strides: it is counted as Keras runs it on JAX and PyTorch" };
}

function depthwise(args: Args, rank: number): Layer {
  const base = window(args, rank);
  const layer = convolution({
    ...base,
    connection: { type: "depthwise", multiplier: args.count("depth_multiplier") },
    padding: padding(args, rank, base.stride, base.dilation, base.kernelSize),
  });
  return equalStrides(args, base.stride, withActivation(args, layer, "conv"));
}

function separable(args: Args, rank: number): Layer {
  const base = window(args, rank);
  const layer = separableConvolution({
    ...base,
    outChannels: args.count("filters"),
    multiplier: args.count("depth_multiplier"),
    depthwiseBias: false,
    finish: (pointwise) => withActivation(args, pointwise, "conv"),
    padding: padding(args, rank, base.stride, base.dilation, base.kernelSize),
  });
  return equalStrides(args, base.stride, layer);
}

function transposed(args: Args, rank: number): Layer {
  const base = window(args, rank);
  const word = args.oneOf("padding", ["valid", "same"]);
  const connection: ConvolutionOptions["connection"] = { type: "grouped", groups: 1, outChannels: args.count("filters") };
  if (args.isNone("output_padding")) {
    const outputPadding = base.stride.map(() => 0);
    return withActivation(args, convolution({ ...base, connection, padding: word, transposed: { outputPadding } }), "conv");
  }
  const outputPadding = args.perAxis("output_padding", rank, 0);
  if (outputPadding.some((pad, axis) => pad >= (base.stride[axis] ?? 1))) {
    args.fail("output_padding", "output_padding must be less than strides", "less than the stride of the same axis");
  }
  // keras/src/backend/common/backend_utils.py: out = (in-1)*stride + k - 2*pad + output_padding, pad = k//2 for same, 0 for valid; k dilated.
  const pads = base.kernelSize.map((kernel, axis) => {
    const reach = (base.dilation[axis] ?? 1) * (kernel - 1) + 1;
    const pad = word === "same" ? Math.floor(reach / 2) : 0;
    return { before: pad, after: pad };
  });
  return withActivation(args, convolution({ ...base, connection, padding: pads, transposed: { outputPadding } }), "conv");
}

/** Keras 2 and 3 spell some classes twice (`Conv2D` and `Convolution2D`). */
export const kerasConvolutions: readonly CallEntry[] = [1, 2, 3].flatMap((rank) => {
  const entries: CallEntry[] = [
    { names: [`Conv${rank}D`, `Convolution${rank}D`], signature: CONV, build: (args) => conv(args, rank) },
    { names: [`Conv${rank}DTranspose`, `Convolution${rank}DTranspose`], signature: TRANSPOSED, build: (args) => transposed(args, rank) },
  ];
  if (rank === 3) return entries;
  return [
    ...entries,
    { names: [`DepthwiseConv${rank}D`], signature: DEPTHWISE, build: (args) => depthwise(args, rank) },
    { names: [`SeparableConv${rank}D`, `SeparableConvolution${rank}D`], signature: SEPARABLE, build: (args) => separable(args, rank) },
  ];
});

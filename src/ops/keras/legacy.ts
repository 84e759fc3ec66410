import type { Layer, Primitive, Stored } from "../../graph/layer.js";
import { imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { elements, mergedSize } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { firstInput, inference, requireRank } from "../primitive.js";
import { recurrent, type Cell } from "../recurrent.js";
import { placeWindow } from "../window.js";
import { withActivation } from "../with-activation.js";

// Layers that Keras 2 had and Keras 3 has not (keras.io/2.16/api/layers).

interface LocalOptions {
  readonly rank: number;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly padding: "valid" | "same";
  readonly layout: Layout;
  readonly bias: boolean;
  /** The kernel is stored from every input to every output, most of it masked. */
  readonly masked: boolean;
}

/** A convolution whose kernel is another at each position (Keras 2, LocallyConnected2D): parameters and MACs out·Cin·K·Cout (+ out·Cout). */
export function locallyConnected(options: LocalOptions): Primitive {
  const { rank, filters, kernelSize, stride, layout, bias, masked } = options;
  const op = `locally_connected${rank}d`;
  return {
    type: "primitive",
    op,
    axes: layout,
    ranks: [rank + 2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [rank + 2], "an image or a sequence");
      const { batch, channels, space } = imageSizes(input, layout);
      const window = { kernelSize, stride, dilation: kernelSize.map(() => 1), padding: options.padding } as const;
      const { size } = placeWindow(op, window, space);
      const taps = [mergedSize([...kernelSize, channels]), filters];
      const kernel = masked ? [...space, channels, ...size, filters] : [mergedSize(size), ...taps];
      const stored: readonly Stored[] = [
        { name: "kernel", role: "parameter", shape: kernel },
        ...(bias ? [{ name: "bias", role: "parameter" as const, shape: [...size, filters] }] : []),
      ];
      const output = imageShape({ batch, channels: filters, space: size }, layout);
      return inference([{ shape: output }], {
        stored,
        macs: elements([batch, ...size, ...taps]),
        operations: bias ? { bias: elements(output) } : {},
        attributes: { filters, kernelSize, stride, bias },
        mixes: { channels: true, space: true },
      });
    },
  };
}

function local(args: Args, rank: number): Layer {
  const layer = locallyConnected({
    rank,
    filters: args.count("filters"),
    kernelSize: args.perAxis("kernel_size", rank, 1),
    stride: args.perAxis("strides", rank, 1),
    padding: args.oneOf("padding", ["valid", "same"]),
    layout: !args.isNone("data_format") && args.text("data_format") === "channels_first" ? "nchw" : "nhwc",
    bias: args.flag("use_bias"),
    masked: args.integer("implementation") === 2,
  });
  return withActivation(args, layer, "local");
}

const REGULAR =
  "kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None";
const RECURRENT = `kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False, time_major=False, ${KERAS_LAYER}`;

/** Recurrent layers as cuDNN runs them: two bias vectors a gate, as PyTorch's. */
function cudnn(args: Args, cell: Cell): Layer {
  return recurrent({
    cell,
    hiddenSize: args.count("units"),
    numLayers: 1,
    biases: 2,
    bidirectional: false,
    projSize: 0,
    batchFirst: true,
    returns: { sequences: args.flag("return_sequences"), states: args.flag("return_state") ? "keras" : "none" },
  });
}

export const kerasLegacy: readonly CallEntry[] = [
  ...[1, 2].map((rank): CallEntry => ({
    names: [`LocallyConnected${rank}D`],
    signature: `filters, kernel_size, strides=1, padding='valid', data_format=None, activation=None, use_bias=True, ${REGULAR}, implementation=1, ${KERAS_LAYER}`,
    build: (args) => local(args, rank),
  })),
  { names: ["CuDNNLSTM"], signature: `units, ${RECURRENT}`, build: (args) => cudnn(args, "lstm") },
  { names: ["CuDNNGRU"], signature: `units, ${RECURRENT}`, build: (args) => cudnn(args, "gru") },
];

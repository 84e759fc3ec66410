import type { Primitive, Stored } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import { convolution } from "../conv/convolution.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { inference, firstInput, requireRank } from "../primitive.js";

interface ConvLstmOptions {
  readonly rank: number;
  readonly filters: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: "same" | "valid";
  readonly channelsFirst: boolean;
  readonly bias: boolean;
  readonly sequences: boolean;
  readonly states: boolean;
}

/**
 * An LSTM whose products are convolutions (arXiv 1506.04214; Keras, ConvLSTM2D): of the input with stride, padding and dilation, of the state with
 * neither. Parameters K·C·4F + K·F·4F (+ 4F); MACs = N·T·out·(K·C·4F + K·F·4F). Reads batch, time, space, channels, or channels before space.
 */
function convLstm(options: ConvLstmOptions): Primitive {
  return {
    type: "primitive",
    op: `conv_lstm${options.rank}d`,
    returns: options.states ? 3 : undefined,
    axes: "plain",
    ranks: [options.rank + 3],
    infer: (inputs) => infer(options, firstInput(inputs)),
  };
}

function infer(options: ConvLstmOptions, input: Shape) {
  const { rank, filters, kernelSize, channelsFirst, bias, sequences, states } = options;
  requireRank(`conv_lstm${rank}d`, input, [rank + 3], "batch, time, and an image of each step");
  const [batch = 0, time = 0, ...frame] = input;
  const channels = (channelsFirst ? frame[0] : frame.at(-1)) ?? 0;
  const space = outputSpace(options, channelsFirst ? frame.slice(1) : frame.slice(0, -1), channels);
  const image = channelsFirst ? [filters, ...space] : [...space, filters];
  const stored: readonly Stored[] = [
    { name: "kernel", role: "parameter", shape: [...kernelSize, channels, 4 * filters] },
    { name: "recurrent_kernel", role: "parameter", shape: [...kernelSize, filters, 4 * filters] },
    ...(bias ? [{ name: "bias", role: "parameter" as const, shape: [4 * filters] }] : []),
  ];
  const positions = elements([batch, time, ...space]);
  const taps = elements([...kernelSize, channels + filters, 4 * filters]);
  const units = positions * BigInt(filters);
  const state = { shape: [batch, ...image] };
  return inference([{ shape: sequences ? [batch, time, ...image] : [batch, ...image] }, ...(states ? [state, state] : [])], {
    stored,
    macs: positions * taps,
    // As an LSTM: 5 activations and 8 operations for each unit and step.
    operations: { ...(bias ? { bias: 4n * units } : {}), activation: 5n * units, elementwise: 8n * units },
    attributes: { filters, kernelSize, stride: options.stride, dilation: options.dilation, bias, ...(sequences ? {} : { returnSequences: false }) },
    mixes: { channels: true, space: true },
  });
}

/** The spatial sizes that the convolution of the input makes. */
function outputSpace({ rank, filters, kernelSize, stride, dilation, padding }: ConvLstmOptions, space: Shape, channels: number): Shape {
  const connection = { type: "grouped", groups: 1, outChannels: filters } as const;
  const layer = convolution({ rank, kernelSize, stride, dilation, padding, connection, bias: false });
  return layer.infer([[1, channels, ...space]]).outputs[0]?.shape.slice(2) ?? [];
}

const SIGNATURE = `filters, kernel_size, strides=1, padding='valid', data_format=None, dilation_rate=1, activation='tanh', recurrent_activation='sigmoid', use_bias=True, kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros', unit_forget_bias=True, kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0, seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, ${KERAS_LAYER}`;

/** ConvLSTM1D, ConvLSTM2D and ConvLSTM3D (https://keras.io/api/layers/recurrent_layers/). */
export const kerasConvLstms: readonly CallEntry[] = [1, 2, 3].map((rank) => ({
  names: [`ConvLSTM${rank}D`],
  signature: SIGNATURE,
  build: (args) =>
    convLstm({
      rank,
      filters: args.count("filters"),
      kernelSize: args.perAxis("kernel_size", rank, 1),
      stride: args.perAxis("strides", rank, 1),
      dilation: args.perAxis("dilation_rate", rank, 1),
      padding: args.oneOf("padding", ["valid", "same"]),
      channelsFirst: !args.isNone("data_format") && args.text("data_format") === "channels_first",
      bias: args.flag("use_bias"),
      sequences: args.flag("return_sequences"),
      states: args.flag("return_state"),
    }),
}));

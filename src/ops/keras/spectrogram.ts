import { fail } from "../../graph/diagnostic.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { firstInput, inference, NOTHING, requireRank } from "../primitive.js";

// https://keras.io/api/layers/preprocessing_layers/audio_preprocessing/

/** A signal as the loudness of mel bands over time: its Fourier transforms are not counted. */
function melSpectrogram(bins: number, stride: number): Primitive {
  return {
    type: "primitive",
    op: "mel_spectrogram",
    stores: NOTHING,
    axes: "plain",
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank("mel_spectrogram", input, [1, 2], "batch, time");
      const frames = Math.floor(((input.at(-1) ?? 0) + stride + 1) / stride);
      return inference([{ shape: [...input.slice(0, -1), bins, frames] }], {
        uncounted: { of: "cost", reason: "the Fourier transforms of a spectrogram are not counted" },
        mixes: { channels: true, space: true },
      });
    },
  };
}

const MODES = ["log", "magnitude", "psd", "real", "imag", "angle", "stft"] as const;

interface StftOptions {
  readonly mode: (typeof MODES)[number];
  readonly frame: number;
  readonly step: number;
  readonly fft: number;
  readonly same: boolean;
  readonly expand: boolean;
  readonly channelsFirst: boolean;
}

/** A short-time Fourier transform by convolution: kernels of the cosine and the sine parts, [frame, 1, fft/2 + 1] each, trained unless the layer is not. */
function stftSpectrogram({ mode, frame, step, fft, same, expand, channelsFirst }: StftOptions): Primitive {
  const frequencies = Math.floor(fft / 2) + 1;
  const kernel = (name: string): Stored => ({ name, role: "parameter", shape: [frame, 1, frequencies] });
  const stores = [...(mode === "imag" ? [] : [kernel("real_kernel")]), ...(mode === "real" ? [] : [kernel("imag_kernel")])];
  const shapeOf = (batch: number, time: number, channels: number): Shape => {
    const made = mode === "stft" ? 2 * frequencies : frequencies;
    if (expand) return channelsFirst ? [batch, channels, time, made] : [batch, time, made, channels];
    return channelsFirst ? [batch, made * channels, time] : [batch, time, made * channels];
  };
  return {
    type: "primitive",
    op: "stft_spectrogram",
    stores,
    axes: "plain",
    ranks: [3],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank("stft_spectrogram", input, [3], "batch, time, channels");
      const [batch = 0, second = 0, third = 0] = input;
      const [length, channels] = channelsFirst ? [third, second] : [second, third];
      const time = same ? Math.ceil(length / step) : Math.floor((length - frame) / step) + 1;
      if (time < 1)
        fail("window-too-large", `a frame of ${frame} is longer than the signal, ${length}`, { expected: "a frame that fits at least once" });
      const output = shapeOf(batch, time, channels);
      return inference([{ shape: output }], {
        stored: stores,
        macs: elements([batch, channels, time, frequencies, frame]) * BigInt(stores.length),
        // Two squares, a sum and a root or logarithm, where the two parts become one.
        operations: ["log", "magnitude", "psd", "angle"].includes(mode) ? { elementwise: 4n * elements(output) } : {},
        attributes: { mode, frameLength: frame, frameStep: step, fftLength: fft },
        mixes: { channels: true, space: true },
      });
    },
  };
}

function stft(args: Args): Primitive {
  const frame = args.count("frame_length");
  return stftSpectrogram({
    mode: args.oneOf("mode", MODES),
    frame,
    step: args.optionalCount("frame_step") ?? Math.max(1, Math.floor(frame / 2)),
    fft: args.optionalCount("fft_length") ?? 2 ** Math.ceil(Math.log2(frame)),
    same: args.oneOf("padding", ["valid", "same"]) === "same",
    expand: args.flag("expand_dims"),
    channelsFirst: !args.isNone("data_format") && args.text("data_format") === "channels_first",
  });
}

export const kerasSpectrograms: readonly CallEntry[] = [
  {
    names: ["MelSpectrogram"],
    signature: `fft_length=2048, sequence_stride=512, sequence_length=None, window='hann', sampling_rate=16000, num_mel_bins=128, min_freq=20.0, max_freq=None, power_to_db=True, top_db=80.0, mag_exp=2.0, min_power=1e-10, ref_power=1.0, ${KERAS_LAYER}`,
    build: (args) => melSpectrogram(args.count("num_mel_bins"), args.count("sequence_stride")),
  },
  {
    names: ["STFTSpectrogram"],
    signature: `mode='log', frame_length=256, frame_step=None, fft_length=None, window='hann', periodic=False, scaling='density', padding='valid', expand_dims=False, data_format=None, ${KERAS_LAYER}`,
    build: stft,
  },
];

import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";

interface Case {
  readonly layers: readonly string[];
  /** Parameters of each layer, by the formulas of Keras's documentation. */
  readonly params: readonly number[];
  /** Keras's own output shape, channels last. */
  readonly output: readonly number[];
}

/** Chains that carry their own input, channels last as Keras has them. */
const chains: readonly Case[] = [
  { layers: ["layers.Conv1D(8, 3, input_shape=(128, 9))"], params: [8 * 9 * 3 + 8], output: [1, 126, 8] },
  {
    layers: ["layers.Embedding(1000, 64, input_length=100)", "layers.Conv1D(32, 5)", "layers.LSTM(8)"],
    params: [64_000, 32 * 64 * 5 + 32, 4 * (32 * 8 + 8 * 8 + 8)],
    output: [1, 8],
  },
  {
    layers: ["layers.LSTM(8, input_shape=(20, 9), return_sequences=True)", "layers.BatchNormalization()", "layers.Conv1D(4, 3)"],
    params: [4 * (9 * 8 + 8 * 8 + 8), 16, 4 * 8 * 3 + 4],
    output: [1, 18, 4],
  },
  {
    layers: [
      "layers.Input(shape=(128, 9))",
      "layers.Conv1D(8, 3)",
      "layers.LayerNormalization()",
      "layers.Dense(5)",
      "layers.GlobalAveragePooling1D()",
    ],
    params: [8 * 9 * 3 + 8, 16, 8 * 5 + 5, 0],
    output: [1, 5],
  },
  {
    layers: ["layers.Input((28, 30, 1))", "layers.Conv2D(8, 3)", "layers.LayerNormalization()", "layers.Dense(10)"],
    params: [80, 16, 90],
    output: [1, 26, 28, 10],
  },
  // A norm without its scale still has its shift.
  { layers: ["layers.Input((28, 9))", "layers.LayerNormalization(scale=False)"], params: [9], output: [1, 28, 9] },
  // The generator of a GAN: a vector becomes an image, channels last.
  {
    layers: ["layers.Dense(7*7*64, input_shape=(100,))", "layers.Reshape((7, 7, 64))", "layers.Conv2DTranspose(32, 3, strides=2, padding='same')"],
    params: [100 * 3136 + 3136, 0, 64 * 32 * 9 + 32],
    output: [1, 14, 14, 32],
  },
  { layers: ["layers.Input((5, 6, 3))", "layers.Permute((2, 1, 3))", "layers.Conv2D(4, 1)"], params: [0, 3 * 4 + 4], output: [1, 6, 5, 4] },
  { layers: ["layers.Input((10, 28, 28, 1))", "layers.TimeDistributed(layers.Conv2D(8, 3))"], params: [80], output: [1, 10, 26, 26, 8] },
];

describe("Keras's chains mean what Keras means", () => {
  it.each(chains.map((chain) => [chain.layers.join("; "), chain] as const))("%s", (text, { params, output }) => {
    const { layers, outputs } = analyze(parseLayers(text), { layout: "nhwc" });
    expect(layers.map((layer) => layer.params)).toEqual(params.map(BigInt));
    expect(outputs[0]?.shape).toEqual(output);
  });

  it("regularizers, initializers and constraints are no layers", () => {
    const text = "layers.Conv2D(8, 3, kernel_regularizer=regularizers.l2(1 / 100), kernel_initializer=tf.keras.initializers.HeNormal())";
    expect(analyze(parseLayers(text), { input: "8x8x3" }).totals.params).toBe(BigInt(8 * 3 * 9 + 8));
  });

  it("an unprefixed name of both frameworks is PyTorch's unless its arguments are Keras's", () => {
    // PyTorch's LSTM has two bias vectors a gate, Keras's one.
    expect(analyze(parseLayers("LSTM(16, 8)"), { input: "5x16" }).totals.params).toBe(BigInt(4 * (16 * 8 + 64 + 16)));
    expect(analyze(parseLayers("LSTM(units=8)"), { input: "5x16" }).totals.params).toBe(BigInt(4 * (16 * 8 + 64 + 8)));
  });
});

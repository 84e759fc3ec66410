import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";
import { refusal } from "./refusal.js";

interface Case {
  readonly spec: string;
  readonly input?: string;
  readonly output: readonly number[];
  readonly params: number;
  readonly macs: number;
  readonly operations?: Readonly<Record<string, number>>;
}

/** in*out (+ out) parameters, rows*in*out multiply-adds, a bias addition for each output (PyTorch, nn.Linear; Keras, Dense). */
const cases: readonly Case[] = [
  { spec: "linear 10", input: "512", output: [1, 10], params: 5120, macs: 5120 },
  { spec: "linear 512->10 bias", output: [1, 10], params: 512 * 10 + 10, macs: 5120, operations: { bias: 10 } },
  { spec: "fc 7", input: "3x5", output: [3, 7], params: 35, macs: 3 * 35 },
  { spec: "nn.Linear(44, 8)", input: "2x3x4x44", output: [2, 3, 4, 8], params: 44 * 8 + 8, macs: 24 * 352, operations: { bias: 192 } },
  { spec: "nn.LazyLinear(4, bias=False)", input: "2x9", output: [2, 4], params: 36, macs: 72 },
  { spec: "NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=False)", output: [1, 4], params: 16, macs: 16 },
  // 78 parameters: PyTorch 1.13. x1 W x2: W x2 is 3*5*5, the product with x1 3*5, for each of 2 rows.
  { spec: "nn.Bilinear(5, 5, 3)", input: "2x5", output: [2, 3], params: 78, macs: 2 * (75 + 15), operations: { bias: 6 } },
  { spec: "layers.Dense(10)", input: "784", output: [1, 10], params: 7850, macs: 7840, operations: { bias: 10 } },
  { spec: "layers.Dense(10, input_dim=784, use_bias=False)", output: [1, 10], params: 7840, macs: 7840 },
  {
    spec: "layers.Dense(10, activation='relu', input_shape=(784,))",
    output: [1, 10],
    params: 7850,
    macs: 7840,
    operations: { bias: 10, activation: 10 },
  },
  {
    spec: "layers.Dense(4, activation=layers.LeakyReLU())",
    input: "8",
    output: [1, 4],
    params: 36,
    macs: 32,
    operations: { bias: 4, activation: 4 },
  },
  { spec: "layers.Dense(4, activation='linear')", input: "8", output: [1, 4], params: 36, macs: 32, operations: { bias: 4 } },
  { spec: "layers.Dense(8)", input: "2x5x6", output: [2, 5, 8], params: 56, macs: 10 * 48, operations: { bias: 80 } },
  // An image of 6 channels: Keras's last axis is the channels.
  { spec: "layers.Dense(8)", input: "1x6x5x7", output: [1, 8, 5, 7], params: 56, macs: 35 * 48, operations: { bias: 280 } },
  { spec: "nn.Embedding(113, 5, padding_idx=0)", input: "2x3", output: [2, 3, 5], params: 565, macs: 0 },
  { spec: "embedding 1000 64", input: "7", output: [7, 64], params: 64000, macs: 0 },
  { spec: "embedding 1000->64", input: "7", output: [7, 64], params: 64000, macs: 0 },
  { spec: "layers.Embedding(100, 8, input_length=10)", output: [1, 10, 8], params: 800, macs: 0 },
  // Bags of 5: a sum is 4 additions for each of 4*3 outputs, a mean a division more, a maximum 4 comparisons.
  { spec: "nn.EmbeddingBag(10, 3, mode='sum')", input: "4x5", output: [4, 3], params: 30, macs: 0, operations: { reduction: 48 } },
  { spec: "nn.EmbeddingBag(10, 3)", input: "4x5", output: [4, 3], params: 30, macs: 0, operations: { reduction: 60 } },
  { spec: "EmbeddingBag(10, 3, mode=max)", input: "4x5", output: [4, 3], params: 30, macs: 0, operations: { reduction: 48 } },
];

describe("linear layers and embeddings", () => {
  it.each(cases)("$spec on $input", ({ spec, input, output, params, macs, operations = {} }) => {
    const [layer] = analyze(parseLayers(spec), { input, layout: "nchw" }).layers;
    expect(layer?.outputs).toEqual([output]);
    expect([layer?.params, layer?.macs]).toEqual([BigInt(params), BigInt(macs)]);
    expect(layer?.operations).toEqual(Object.fromEntries(Object.entries(operations).map(([cause, count]) => [cause, BigInt(count)])));
  });

  it("reads the channels of a convolution before it, as Keras does", () => {
    const { layers } = analyze(parseLayers("layers.Conv2D(8, 3, input_shape=(32, 32, 3)); layers.Dense(10)"));
    expect(layers[1]?.outputs).toEqual([[1, 30, 30, 10]]);
    expect(layers[1]?.params).toBe(90n);
  });

  it("takes indices of 64 bits", () => {
    expect(analyze(parseLayers("embedding 10 2"), { input: "4" }).inputs[0]?.dtype).toBe("int64");
  });

  it("counts past 2^53", () => {
    const { totals } = analyze(parseLayers("linear 2147483647"), { input: "2147483647x2147483647" });
    expect([totals.params, totals.macs]).toEqual([2147483647n ** 2n, 2147483647n ** 3n]);
  });
});

interface Refusal {
  readonly spec: string;
  readonly input: string;
  readonly code: string;
  readonly hint?: string;
  /** The text that the caret stands under. */
  readonly at?: string;
}

const refusals: readonly Refusal[] = [
  { spec: "nn.Linear(10, 5)", input: "2x9", code: "feature-mismatch" },
  { spec: "nn.Linear(25088, 10)", input: "1x512x7x7", code: "feature-mismatch", hint: "put flatten before it" },
  { spec: "nn.Linear(25088, 10)", input: "512x7x7", code: "feature-mismatch", hint: "put flatten before it" },
  { spec: "nn.Linear(512, 10)", input: "1x512x7x7", code: "feature-mismatch", hint: "put global average pooling and flatten before it" },
  { spec: "linear", input: "8", code: "missing-argument" },
  { spec: "embedding 10", input: "8", code: "missing-argument" },
  { spec: "embedding 10->4 7", input: "8", code: "missing-argument" },
  { spec: "nn.Embedding(10, -3)", input: "8", code: "bad-size", at: "-3" },
  { spec: "nn.EmbeddingBag(10, 3, mode='min')", input: "4x5", code: "bad-argument", at: "'min'" },
  { spec: "nn.EmbeddingBag(10, 3)", input: "4x5x6", code: "wrong-rank" },
  { spec: "layers.Dense(10, activation='rleu')", input: "8", code: "unknown-activation", at: "'rleu'" },
  { spec: "layers.Dense(10, lora_rank=0)", input: "8", code: "bad-size", at: "0" },
];

describe("what linear layers refuse", () => {
  it.each(refusals)("$spec on $input: $code", ({ spec, input, code, hint, at }) => {
    const diagnostic = refusal(spec, input);
    expect(diagnostic.code).toBe(code);
    if (hint !== undefined) expect(diagnostic.hint).toBe(hint);
    const place = diagnostic.place;
    expect(place?.kind).toBe("text");
    if (at !== undefined && place?.kind === "text") expect(place.text.slice(place.start, place.end)).toBe(at);
  });
});

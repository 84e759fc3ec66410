import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";
import { refusal } from "./refusal.js";

const first = (spec: string, input: string) => {
  const [layer] = analyze(parseLayers(spec), { input }).layers;
  if (layer === undefined) throw new Error("no layer");
  return layer;
};

interface Case {
  readonly spec: string;
  readonly input: string;
  readonly outputs: readonly (readonly number[])[];
  readonly params: number;
  readonly macs: number;
}

/** Parameters and shapes of PyTorch's layers are PyTorch 1.13's own; multiply-adds are steps * batch * the elements of the matrices. */
const cases: readonly Case[] = [
  // Both directions: 64*8 + 64*5 + 5*16, then 64*10 + 64*5 + 5*16, and two biases of 64 each.
  {
    spec: "nn.LSTM(8, 16, 2, bidirectional=True, proj_size=5)",
    input: "5x3x8",
    outputs: [
      [5, 3, 10],
      [4, 3, 5],
      [4, 3, 16],
    ],
    params: 4416,
    macs: 15 * 2 * (512 + 320 + 80 + 640 + 320 + 80),
  },
  {
    spec: "nn.GRU(8, 16, batch_first=True, bias=False)",
    input: "3x5x8",
    outputs: [
      [3, 5, 16],
      [1, 3, 16],
    ],
    params: 1152,
    macs: 15 * 1152,
  },
  {
    spec: "nn.RNN(8, 16, bidirectional=True)",
    input: "5x3x8",
    outputs: [
      [5, 3, 32],
      [2, 3, 16],
    ],
    params: 832,
    macs: 15 * 2 * (128 + 256),
  },
  // Without its batch: 1 in the middle, in front with batch_first.
  {
    spec: "nn.RNN(8, 16)",
    input: "5x8",
    outputs: [
      [5, 1, 16],
      [1, 1, 16],
    ],
    params: 416,
    macs: 5 * 384,
  },
  {
    spec: "RNN(8, 16, batch_first=True)",
    input: "5x8",
    outputs: [
      [1, 5, 16],
      [1, 1, 16],
    ],
    params: 416,
    macs: 5 * 384,
  },
  {
    spec: "LSTM(18, 22, proj_size=6, num_layers=3, bias=False, bidirectional=True)",
    input: "1x5x18",
    outputs: [
      [1, 5, 12],
      [6, 5, 6],
      [6, 5, 22],
    ],
    params: 11352,
    macs: 5 * 11352,
  },
  {
    spec: "nn.LSTMCell(3, 4)",
    input: "2x3",
    outputs: [
      [2, 4],
      [2, 4],
    ],
    params: 144,
    macs: 2 * (16 * 3 + 16 * 4),
  },
  { spec: "nn.GRUCell(3, 4)", input: "2x3", outputs: [[2, 4]], params: 108, macs: 2 * (12 * 3 + 12 * 4) },
  { spec: "nn.RNNCell(3, 4, nonlinearity='relu')", input: "2x3", outputs: [[2, 4]], params: 36, macs: 2 * (4 * 3 + 4 * 4) },
  // Shorthand: PyTorch's layer, batch first.
  {
    spec: "lstm 32->64",
    input: "7x32",
    outputs: [
      [1, 7, 64],
      [1, 1, 64],
      [1, 1, 64],
    ],
    params: 256 * (32 + 64 + 2),
    macs: 7 * 256 * 96,
  },
  {
    spec: "gru 64",
    input: "7x32",
    outputs: [
      [1, 7, 64],
      [1, 1, 64],
    ],
    params: 192 * (32 + 64 + 2),
    macs: 7 * 192 * 96,
  },
  {
    spec: "rnn 64",
    input: "7x32",
    outputs: [
      [1, 7, 64],
      [1, 1, 64],
    ],
    params: 64 * (32 + 64 + 2),
    macs: 7 * 64 * 96,
  },
  // Keras: one bias a gate, two for a GRU with reset_after (keras/src/layers/rnn/gru.py, build); the last step unless return_sequences.
  { spec: "layers.LSTM(4)", input: "10x8", outputs: [[1, 4]], params: 16 * 8 + 16 * 4 + 16, macs: 10 * 16 * 12 },
  {
    spec: "layers.LSTM(4, return_sequences=True, return_state=True)",
    input: "10x8",
    outputs: [
      [1, 10, 4],
      [1, 4],
      [1, 4],
    ],
    params: 208,
    macs: 1920,
  },
  { spec: "layers.GRU(4)", input: "10x8", outputs: [[1, 4]], params: 12 * 8 + 12 * 4 + 24, macs: 10 * 12 * 12 },
  { spec: "layers.GRU(4, reset_after=False)", input: "10x8", outputs: [[1, 4]], params: 12 * 8 + 12 * 4 + 12, macs: 1440 },
  {
    spec: "layers.SimpleRNN(4, use_bias=False, return_state=True)",
    input: "10x8",
    outputs: [
      [1, 4],
      [1, 4],
    ],
    params: 48,
    macs: 480,
  },
  { spec: "GRU(4, reset_after=False)", input: "10x8", outputs: [[1, 4]], params: 156, macs: 1440 },
  { spec: "layers.Bidirectional(layers.LSTM(4, return_sequences=True))", input: "10x8", outputs: [[1, 10, 8]], params: 416, macs: 3840 },
  {
    spec: "layers.Bidirectional(LSTM(4), merge_mode=None)",
    input: "10x8",
    outputs: [
      [1, 4],
      [1, 4],
    ],
    params: 416,
    macs: 3840,
  },
  {
    spec: "layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(6, go_backwards=True))",
    input: "10x8",
    outputs: [[1, 10]],
    params: 208 + 24 * 15,
    macs: 1920 + 10 * 24 * 14,
  },
  { spec: "layers.TimeDistributed(layers.Dense(8))", input: "10x16", outputs: [[1, 10, 8]], params: 136, macs: 1280 },
  { spec: "layers.TimeDistributed(layers.LSTM(4))", input: "2x3x10x8", outputs: [[2, 3, 4]], params: 208, macs: 6 * 1920 },
];

describe("recurrent layers", () => {
  it.each(cases)("$spec on $input", ({ spec, input, outputs, params, macs }) => {
    const layer = first(spec, input);
    expect(layer.outputs).toEqual(outputs);
    expect([layer.params, layer.macs]).toEqual([BigInt(params), BigInt(macs)]);
  });

  // 6 steps of 1 sequence, 4 units: two biases of 4 gates; 4 gate activations and tanh(c); 4 sums of the two products, f*c + i*g, o*tanh(c).
  it.each([
    ["nn.LSTM(3, 4)", { bias: 6 * 32, activation: 6 * 4 * 5, elementwise: 6 * 4 * 8 }],
    ["nn.GRU(3, 4)", { bias: 6 * 24, activation: 6 * 4 * 3, elementwise: 6 * 4 * 8 }],
    ["nn.RNN(3, 4, bias=False)", { activation: 6 * 4, elementwise: 6 * 4 }],
    ["layers.LSTM(4, use_bias=False, activation=None)", { activation: 6 * 4 * 3, elementwise: 6 * 4 * 8 }],
    ["layers.SimpleRNN(4, use_bias=False, activation='linear')", { activation: 0, elementwise: 6 * 4 }],
  ])("%s: what is no multiply-add", (spec, operations) => {
    const input = spec.startsWith("nn.") ? "6x1x3" : "1x6x3";
    expect(first(spec, input).operations).toEqual(Object.fromEntries(Object.entries(operations).map(([cause, count]) => [cause, BigInt(count)])));
  });

  it.each([
    ["sum", 40],
    ["mul", 40],
    ["ave", 80],
  ])("merges two directions of 10x4 by %s", (mode, elementwise) => {
    const layer = first(`layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode='${mode}')`, "10x8");
    expect(layer.outputs).toEqual([[1, 10, 4]]);
    expect(layer.operations.elementwise).toBe(BigInt(2 * 10 * 4 * 8 + elementwise));
  });

  it("runs a convolution on each frame of a Keras video", () => {
    const { layers } = analyze(
      parseLayers(
        "layers.TimeDistributed(layers.Conv2D(8, 3), input_shape=(10, 32, 30, 3)); layers.TimeDistributed(layers.GlobalAveragePooling2D()); layers.LSTM(4)",
      ),
    );
    expect(layers.map((layer) => layer.outputs[0])).toEqual([
      [1, 10, 30, 28, 8],
      [1, 10, 8],
      [1, 4],
    ]);
    expect(layers[0]?.macs).toBe(10n * 30n * 28n * 8n * 27n);
    // 8 features of each of 10 steps: 4 gates of 4 units, 8 + 4 weights and a bias each.
    expect(layers[2]?.params).toBe(4n * 4n * (8n + 4n + 1n));
  });
});

describe("what recurrent layers refuse", () => {
  it.each([
    ["nn.LSTM(8, 16)", "3x2x7", "feature-mismatch"],
    ["nn.LSTM(8, 16, proj_size=16)", "3x2x8", "bad-argument"],
    ["nn.GRU(8, 16, proj_size=4)", "3x2x8", "bad-argument"],
    ["nn.RNN(8, 16)", "3x2x2x8", "wrong-rank"],
    ["nn.RNN(8, 16, nonlinearity='sigmoid')", "3x2x8", "bad-argument"],
    ["nn.RNNCell(8, 16, nonlinearity='sigmoid')", "3x8", "bad-argument"],
    ["nn.LSTM(8, 16, dropout=2)", "3x2x8", "bad-argument"],
    ["nn.LSTM(8, 16, num_layers=0)", "3x2x8", "bad-size"],
    ["nn.LSTM(8, 16, num_layers=2147483647)", "3x2x8", "bad-argument"],
    ["nn.LSTMCell(8, 16)", "3x2x8", "wrong-rank"],
    ["lstm", "3x8", "missing-argument"],
    ["layers.LSTM(4, activation='tahn')", "3x8", "unknown-activation"],
    ["layers.Bidirectional(layers.Dense(4))", "3x8", "bad-argument"],
    ["layers.Bidirectional(layers.LSTM(4), merge_mode='max')", "3x8", "bad-argument"],
    ["layers.Bidirectional(layers.LSTM(4), backward_layer=layers.LSTM(6), merge_mode='sum')", "3x8", "shape-mismatch"],
    ["layers.TimeDistributed(4)", "3x8", "wrong-type"],
  ])("%s on %s: %s", (spec, input, code) => {
    expect(refusal(spec, input).code).toBe(code);
  });
});

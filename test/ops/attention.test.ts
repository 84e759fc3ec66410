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

/** The four projections of self-attention and its two products, for one sequence of t positions and e features, s of them attended to. */
const attention = (t: number, e: number, s = t) => 4 * t * e * e + 2 * t * s * e;

/** A layer of an encoder: attention, and two linear layers of f features (arXiv 1706.03762, section 3). */
const encoder = (t: number, e: number, f: number) => attention(t, e) + 2 * t * e * f;

/** Parameters and shapes of PyTorch's layers are PyTorch 1.13's own. */
const cases: readonly Case[] = [
  {
    spec: "nn.MultiheadAttention(8, 2)",
    input: "5x3x8",
    outputs: [
      [5, 3, 8],
      [3, 5, 5],
    ],
    params: 288,
    macs: 3 * attention(5, 8),
  },
  // bias_k, bias_v and a zero: 7 positions to attend to.
  {
    spec: "nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, batch_first=True)",
    input: "3x5x8",
    outputs: [
      [3, 5, 8],
      [3, 5, 7],
    ],
    params: 304,
    macs: 3 * attention(5, 8, 7),
  },
  // Keys of 6 features, values of 4, both made 8.
  {
    spec: "nn.MultiheadAttention(8, 2, kdim=6, vdim=4)",
    input: "5x3x8",
    outputs: [
      [5, 3, 8],
      [3, 5, 5],
    ],
    params: 240,
    macs: 3 * (5 * (64 + 48 + 32 + 64) + 2 * 25 * 8),
  },
  {
    spec: "MultiheadAttention(\n  (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)\n)",
    input: "5x3x8",
    outputs: [
      [5, 3, 8],
      [3, 5, 5],
    ],
    params: 288,
    macs: 3 * attention(5, 8),
  },
  { spec: "mha 4", input: "5x16", outputs: [[1, 5, 16]], params: 4 * (256 + 16), macs: attention(5, 16) },
  { spec: "nn.TransformerEncoderLayer(16, 4, 32)", input: "5x2x16", outputs: [[5, 2, 16]], params: 2224, macs: 2 * encoder(5, 16, 32) },
  {
    spec: "nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation=nn.GELU())",
    input: "5x16",
    outputs: [[1, 5, 16]],
    params: 2224,
    macs: encoder(5, 16, 32),
  },
  // Without bias: 4*16*16 + 2*16*32 and the two norms' scales.
  {
    spec: "nn.TransformerEncoderLayer(16, 4, 32, bias=False)",
    input: "5x16",
    outputs: [[5, 1, 16]],
    params: 1024 + 1024 + 32,
    macs: encoder(5, 16, 32),
  },
  { spec: "encoder 4 32", input: "5x16", outputs: [[1, 5, 16]], params: 2224, macs: encoder(5, 16, 32) },
  {
    spec: "nn.TransformerDecoderLayer(16, 4, 32)",
    input: "5x2x16",
    outputs: [[5, 2, 16]],
    params: 3344,
    macs: 2 * (encoder(5, 16, 32) + attention(5, 16)),
  },
  { spec: "decoder 4 32", input: "5x16", outputs: [[1, 5, 16]], params: 3344, macs: encoder(5, 16, 32) + attention(5, 16) },
  {
    spec: "nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32), 2, norm=nn.LayerNorm(16))",
    input: "5x2x16",
    outputs: [[5, 2, 16]],
    params: 4480,
    macs: 4 * encoder(5, 16, 32),
  },
  {
    spec: "nn.Transformer(16, 4, 2, 3, 32)",
    input: "5x2x16",
    outputs: [[5, 2, 16]],
    params: 14544,
    macs: 2 * (5 * encoder(5, 16, 32) + 3 * attention(5, 16)),
  },
  // Keras: query and key 16 to 2*4, value 16 to 2*3, output 6 to 16 or 5, each with a bias (multi_head_attention.py, build).
  {
    spec: "layers.MultiHeadAttention(2, 4, value_dim=3)",
    input: "7x16",
    outputs: [[1, 7, 16]],
    params: 17 * (8 + 8 + 6) + 7 * 16,
    macs: 7 * (16 * 22 + 6 * 16) + 49 * (8 + 6),
  },
  {
    spec: "layers.MultiHeadAttention(num_heads=2, key_dim=4, value_dim=3, output_shape=(5,), use_bias=False)",
    input: "7x16",
    outputs: [[1, 7, 5]],
    params: 16 * 22 + 30,
    macs: 7 * (16 * 22 + 30) + 49 * 14,
  },
  // 6 heads of queries share 2 of keys and values (grouped_query_attention.py, build).
  {
    spec: "layers.GroupQueryAttention(4, 6, 2)",
    input: "7x16",
    outputs: [[1, 7, 16]],
    params: 17 * (24 + 8 + 8) + 25 * 16,
    macs: 7 * (16 * 40 + 24 * 16) + 49 * 48,
  },
];

describe("attention and transformer layers", () => {
  it.each(cases)("$spec on $input", ({ spec, input, outputs, params, macs }) => {
    const layer = first(spec, input);
    expect(layer.outputs).toEqual(outputs);
    expect([layer.params, layer.macs]).toEqual([BigInt(params), BigInt(macs)]);
  });

  it("counts what is no multiply-add, step by step", () => {
    // 5 positions, 8 features, 2 heads: 32 biases a position; queries scaled; 10 rows of softmax over 5, 5n - 2 each; the mean of 2 heads.
    expect(first("nn.MultiheadAttention(8, 2)", "5x1x8").operations).toEqual({ bias: 160n, elementwise: 40n, softmax: 230n, reduction: 50n });
  });

  it("is the sum of its steps", () => {
    const layer = first("nn.TransformerDecoderLayer(16, 4, 32)", "5x16");
    expect(layer.steps.reduce((sum, step) => sum + step.macs, 0n)).toBe(layer.macs);
    expect(layer.steps.map((step) => step.name)).toEqual([
      "self_attn",
      "norm1.add",
      "norm1",
      "multihead_attn",
      "norm2.add",
      "norm2",
      "linear1",
      "activation",
      "linear2",
      "norm3.add",
      "norm3",
    ]);
  });

  it("norms first where it is told to", () => {
    const names = first("nn.TransformerEncoderLayer(16, 4, 32, norm_first=True)", "5x16").steps.map((step) => step.name);
    expect(names).toEqual(["norm1", "self_attn", "norm1.add", "norm2", "linear1", "activation", "linear2", "norm2.add"]);
  });

  it("reads an encoder layer as print() shows it", () => {
    // PyTorch 1.13: print(nn.TransformerEncoderLayer(16, 4, 32))
    const printed = `TransformerEncoderLayer(
      (self_attn): MultiheadAttention(
        (out_proj): NonDynamicallyQuantizableLinear(in_features=16, out_features=16, bias=True)
      )
      (linear1): Linear(in_features=16, out_features=32, bias=True)
      (dropout): Dropout(p=0.1, inplace=False)
      (linear2): Linear(in_features=32, out_features=16, bias=True)
      (norm1): LayerNorm((16,), eps=1e-05, elementwise_affine=True)
      (norm2): LayerNorm((16,), eps=1e-05, elementwise_affine=True)
      (dropout1): Dropout(p=0.1, inplace=False)
      (dropout2): Dropout(p=0.1, inplace=False)
    )`;
    const [typed, read] = [first("nn.TransformerEncoderLayer(16, 4, 32)", "5x2x16"), first(printed, "5x2x16")];
    expect([read.outputs, read.params, read.macs]).toEqual([typed.outputs, typed.params, typed.macs]);
  });
});

describe("what attention refuses", () => {
  it.each([
    ["nn.MultiheadAttention(10, 3)", "4x2x10", "heads-do-not-divide"],
    ["nn.MultiheadAttention(8, 2)", "4x2x6", "feature-mismatch"],
    ["nn.MultiheadAttention(8, 2)", "4x2x2x8", "wrong-rank"],
    ["nn.MultiheadAttention(8)", "4x2x8", "missing-argument"],
    ["mha 3", "5x16", "heads-do-not-divide"],
    ["mha", "5x16", "missing-argument"],
    ["mha 4 7", "5x16", "missing-argument"],
    ["encoder 4 32 9", "5x16", "missing-argument"],
    ["nn.TransformerEncoderLayer(16, 3)", "5x16", "heads-do-not-divide"],
    ["nn.TransformerEncoderLayer(16)", "5x16", "missing-argument"],
    ["nn.TransformerEncoderLayer(16, 4, activation='geul')", "5x16", "unknown-activation"],
    ["nn.TransformerEncoder(nn.Linear(16, 16), 2)", "5x16", "bad-argument"],
    ["nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4), 2147483647)", "5x16", "bad-argument"],
    ["layers.MultiHeadAttention(2, 4, attention_axes=(1, 3))", "1x7x16", "bad-axis"],
    ["layers.GroupQueryAttention(4, 6, 4)", "7x16", "bad-argument"],
  ])("%s on %s: %s", (spec, input, code) => {
    expect(refusal(spec, input).code).toBe(code);
  });
});

describe("what print() leaves out of an attention layer", () => {
  it("is warned of", () => {
    const printed = "MultiheadAttention(\n  (out_proj): NonDynamicallyQuantizableLinear(in_features=4, out_features=4, bias=True)\n)";
    const { warnings } = analyze(parseLayers(`att = ${printed}`), { input: "3x1x4" });
    expect(warnings).toEqual([expect.stringContaining("layer att: a printed MultiheadAttention does not show batch_first")]);
  });
});

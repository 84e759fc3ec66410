import { describe, expect, it } from "vitest";
import { analyze, InputError, parseLayers } from "../../src/index.js";

interface Case {
  readonly spec: string;
  readonly input: string;
  readonly output: readonly number[];
  readonly params: number;
  readonly macs: number;
  readonly kind: string;
}

/** Each figure worked out by the formulas of PyTorch's and Keras's documentation, the numbers as they stand in it. */
const cases: readonly Case[] = [
  // Shorthand: padding same unless said, no bias unless said.
  { spec: "conv 3x3 4->8", input: "4x7x9", output: [1, 8, 7, 9], params: 8 * 4 * 9, macs: 7 * 9 * 8 * 4 * 9, kind: "standard" },
  { spec: "conv 3x3 4->8 s2 bias", input: "4x7x9", output: [1, 8, 4, 5], params: 8 * 4 * 9 + 8, macs: 4 * 5 * 8 * 4 * 9, kind: "standard" },
  { spec: "conv 3x3 8 p0", input: "4x7x9", output: [1, 8, 5, 7], params: 8 * 4 * 9, macs: 5 * 7 * 8 * 4 * 9, kind: "standard" },
  { spec: "conv 3 8 valid", input: "4x7x9", output: [1, 8, 5, 7], params: 8 * 4 * 9, macs: 5 * 7 * 8 * 4 * 9, kind: "standard" },
  { spec: "conv 3x3 4->8 g2 d2", input: "4x7x9", output: [1, 8, 7, 9], params: 8 * 2 * 9, macs: 7 * 9 * 8 * 2 * 9, kind: "grouped" },
  { spec: "conv 1x7 4->8 s1x2 p0x3", input: "4x5x8", output: [1, 8, 5, 4], params: 8 * 4 * 7, macs: 5 * 4 * 8 * 4 * 7, kind: "standard" },
  { spec: "dw 3x3 s2 m2", input: "4x7x9", output: [1, 8, 4, 5], params: 4 * 2 * 9, macs: 4 * 5 * 4 * 2 * 9, kind: "depthwise" },
  { spec: "dw 3x3 4->12", input: "4x7x9", output: [1, 12, 7, 9], params: 4 * 3 * 9, macs: 7 * 9 * 4 * 3 * 9, kind: "depthwise" },
  { spec: "dw 1x1", input: "4x7x9", output: [1, 4, 7, 9], params: 4, macs: 7 * 9 * 4, kind: "depthwise" },
  // One channel in: the depthwise layer of a grey image is depthwise all the same.
  { spec: "dw 3x3 m8", input: "1x7x9", output: [1, 8, 7, 9], params: 8 * 9, macs: 7 * 9 * 8 * 9, kind: "depthwise" },
  { spec: "pw 16 s2", input: "4x7x9", output: [1, 16, 4, 5], params: 64, macs: 4 * 5 * 64, kind: "pointwise" },
  { spec: "conv1d 5 4->8", input: "4x20", output: [1, 8, 20], params: 8 * 4 * 5, macs: 20 * 8 * 4 * 5, kind: "standard" },
  { spec: "conv 3x3x3 4->8 s2", input: "4x5x7x9", output: [1, 8, 3, 4, 5], params: 8 * 4 * 27, macs: 60 * 8 * 4 * 27, kind: "standard" },
  // Transposed: MACs from the input positions; same: in * stride.
  { spec: "tconv 4x4 4->8 s2", input: "4x7x9", output: [1, 8, 14, 18], params: 4 * 8 * 16, macs: 7 * 9 * 4 * 8 * 16, kind: "standard" },
  { spec: "tconv 4x4 4->8 s2 p1 op1", input: "4x7x9", output: [1, 8, 15, 19], params: 4 * 8 * 16, macs: 7 * 9 * 4 * 8 * 16, kind: "standard" },
  // Keras: valid, with bias; strides and dilation by Keras's names; causal pads before.
  { spec: "layers.Conv2D(8, 3)", input: "4x7x9", output: [1, 8, 5, 7], params: 8 * 4 * 9 + 8, macs: 5 * 7 * 8 * 4 * 9, kind: "standard" },
  {
    spec: "layers.Conv2D(8, (3, 5), strides=(2, 1), padding='same', use_bias=False)",
    input: "4x7x9",
    output: [1, 8, 4, 9],
    params: 8 * 4 * 15,
    macs: 36 * 8 * 4 * 15,
    kind: "standard",
  },
  {
    spec: "tf.keras.layers.DepthwiseConv2D(3, depth_multiplier=2)",
    input: "4x7x9",
    output: [1, 8, 5, 7],
    params: 4 * 2 * 9 + 8,
    macs: 5 * 7 * 8 * 9,
    kind: "depthwise",
  },
  {
    spec: "keras.layers.Conv1D(8, 3, padding='causal', dilation_rate=2)",
    input: "4x20",
    output: [1, 8, 20],
    params: 8 * 4 * 3 + 8,
    macs: 20 * 8 * 4 * 3,
    kind: "standard",
  },
  {
    spec: "layers.Conv2DTranspose(8, 3, strides=2)",
    input: "4x7x9",
    output: [1, 8, 15, 19],
    params: 4 * 8 * 9 + 8,
    macs: 63 * 4 * 8 * 9,
    kind: "standard",
  },
  {
    spec: "layers.Conv2DTranspose(8, 3, strides=2, padding='same')",
    input: "4x7x9",
    output: [1, 8, 14, 18],
    params: 4 * 8 * 9 + 8,
    macs: 63 * 4 * 8 * 9,
    kind: "standard",
  },
  {
    spec: "layers.Conv2DTranspose(8, 2, strides=3)",
    input: "4x7x9",
    output: [1, 8, 21, 27],
    params: 4 * 8 * 4 + 8,
    macs: 63 * 4 * 8 * 4,
    kind: "standard",
  },
  {
    spec: "layers.Conv2DTranspose(8, 3, strides=2, padding='same', output_padding=1)",
    input: "4x7x9",
    output: [1, 8, 14, 18],
    params: 4 * 8 * 9 + 8,
    macs: 63 * 4 * 8 * 9,
    kind: "standard",
  },
  // PyTorch: lazy variants take the channels of the input.
  { spec: "nn.LazyConv2d(8, 3)", input: "4x7x9", output: [1, 8, 5, 7], params: 8 * 4 * 9 + 8, macs: 5 * 7 * 8 * 4 * 9, kind: "standard" },
  {
    spec: "nn.LazyConvTranspose2d(8, 3, stride=2, bias=False)",
    input: "4x7x9",
    output: [1, 8, 15, 19],
    params: 4 * 8 * 9,
    macs: 63 * 4 * 8 * 9,
    kind: "standard",
  },
  {
    spec: "nn.Conv2d(2 * 2, 16 // 2, 3, padding=(3 - 1) // 2)",
    input: "4x7x9",
    output: [1, 8, 7, 9],
    params: 8 * 4 * 9 + 8,
    macs: 63 * 8 * 4 * 9,
    kind: "standard",
  },
];

describe("convolutions", () => {
  it.each(cases)("$spec on $input", ({ spec, input, output, params, macs, kind }) => {
    const { layers, totals } = analyze(parseLayers(spec), { input, layout: "nchw" });
    expect(layers.map((layer) => layer.kind)).toEqual([kind]);
    expect(layers[0]?.outputs).toEqual([output]);
    expect([totals.params, totals.macs]).toEqual([BigInt(params), BigInt(macs)]);
  });

  it("a separable one is its depthwise and its pointwise step, in every figure", () => {
    const [layer] = analyze(parseLayers("sep 3x3 64->128 s2"), { input: "64x56x56" }).layers;
    const parts = analyze(parseLayers("dw 3x3 s2; pw 128"), { input: "64x56x56" });
    expect(layer?.steps.map((step) => step.kind)).toEqual(["depthwise", "pointwise"]);
    expect([layer?.params, layer?.macs, layer?.flops, layer?.bytesMoved]).toEqual([
      parts.totals.params,
      parts.totals.macs,
      parts.totals.flops,
      parts.totals.bytesMoved,
    ]);
    expect(layer?.macs).toBe(BigInt(28 * 28 * 64 * 9 + 28 * 28 * 64 * 128));
  });

  it("Keras's separable one has a bias after the pointwise step only", () => {
    const { totals } = analyze(parseLayers("layers.SeparableConv2D(128, 3, depth_multiplier=2)"), { input: "56x56x64" });
    expect(totals.params).toBe(BigInt(64 * 2 * 9 + 128 * 128 + 128));
  });

  it("an activation argument is one operation an output, run with the convolution", () => {
    const input = "3x8x8";
    const [plain] = analyze(parseLayers("layers.Conv2D(8, 3)"), { input, layout: "nchw" }).layers;
    const [active] = analyze(parseLayers("layers.Conv2D(8, 3, activation='relu')"), { input, layout: "nchw" }).layers;
    if (plain === undefined || active === undefined) throw new Error("no layers");
    expect(active.op).toBe("conv2d");
    expect(active.flops - plain.flops).toBe(BigInt(8 * 6 * 6));
    expect(active.bytesMoved).toBe(plain.bytesMoved);
  });

  it.each([
    "nn.Conv2d(4, 8, 3, padding='same', stride=2)",
    "nn.Conv2d(4, 8, (3, 3, 3))",
    "layers.Conv2D(8, 3, padding='causal')",
    "layers.Conv2D(8, 3, strides=2, dilation_rate=2)",
    "layers.Conv2DTranspose(8, 3, strides=2, output_padding=2)",
    "tconv 2x2 4->8 p9",
    "dw 3x3 4->6",
    "dw 3x3 4->8 m3",
  ])("%s is refused", (spec) => {
    expect(() => analyze(parseLayers(spec), { input: "4x7x9" })).toThrow(InputError);
  });

  it("is exact far above 2^53", () => {
    const { totals } = analyze(parseLayers("conv 3x3 1000003->1000003"), { input: "1000003x100003x100003" });
    expect(totals.macs).toBe(100003n * 100003n * 1000003n * 1000003n * 9n);
    expect(totals.params).toBe(1000003n * 1000003n * 9n);
  });
});

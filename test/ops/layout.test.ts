import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";
import { turnShape } from "../../src/graph/layout.js";

/** Layers of Keras with a data_format, `*` for it: the rank of their input and a size that fits. */
const LAYERS: readonly (readonly [string, readonly number[]])[] = [
  ["layers.Conv1D(8, 3, strides=2, *)", [2, 11, 6]],
  ["layers.Conv2D(8, (3, 2), strides=(1, 2), padding='same', groups=2, activation='relu', *)", [2, 11, 9, 6]],
  ["layers.Conv3D(4, 2, dilation_rate=2, *)", [1, 7, 6, 5, 3]],
  ["layers.DepthwiseConv1D(3, depth_multiplier=2, *)", [2, 11, 6]],
  ["layers.DepthwiseConv2D(3, strides=2, *)", [2, 11, 9, 6]],
  ["layers.SeparableConv1D(8, 3, *)", [2, 11, 6]],
  ["layers.SeparableConv2D(8, 3, depth_multiplier=2, *)", [2, 11, 9, 6]],
  ["layers.Conv1DTranspose(8, 3, strides=2, *)", [2, 11, 6]],
  ["layers.Conv2DTranspose(8, 3, strides=(2, 1), padding='same', *)", [2, 11, 9, 6]],
  ["layers.Conv3DTranspose(4, 2, strides=2, *)", [1, 7, 6, 5, 3]],
  ["layers.MaxPooling1D(3, *)", [2, 11, 6]],
  ["layers.MaxPooling2D((3, 2), padding='same', *)", [2, 11, 9, 6]],
  ["layers.AveragePooling3D(2, *)", [1, 7, 6, 5, 3]],
  ["layers.AdaptiveAveragePooling2D((3, 2), *)", [2, 11, 9, 6]],
  ["layers.AdaptiveMaxPooling1D(3, *)", [2, 11, 6]],
  ["layers.GlobalAveragePooling2D(*)", [2, 11, 9, 6]],
  ["layers.GlobalMaxPooling3D(keepdims=True, *)", [1, 7, 6, 5, 3]],
  ["layers.ZeroPadding2D(((1, 0), (2, 3)), *)", [2, 11, 9, 6]],
  ["layers.ZeroPadding3D((1, 2, 0), *)", [1, 7, 6, 5, 3]],
  ["layers.Cropping2D(((1, 0), (2, 3)), *)", [2, 11, 9, 6]],
  ["layers.Cropping3D((1, 2, 0), *)", [1, 7, 6, 5, 3]],
  ["layers.UpSampling2D((2, 3), interpolation='bilinear', *)", [2, 11, 9, 6]],
  ["layers.UpSampling3D((1, 2, 3), *)", [1, 7, 6, 5, 3]],
];

const last = (shape: readonly number[]) => turnShape(shape, "nchw", "nhwc");

describe("a layer channels first does to the transposed input what it does channels last", () => {
  it.each(LAYERS)("%s", (spec, input) => {
    const of = (format: string, shape: readonly number[]) => analyze(parseLayers(spec.replace("*", `data_format='${format}'`)), { input: shape });
    const [one, other] = [of("channels_last", input), of("channels_first", turnShape(input, "nhwc", "nchw"))];
    const sizes = (shape: unknown) => (Array.isArray(shape) ? shape.map(Number) : []);
    expect(last(sizes(other.outputs[0]?.shape))).toEqual(one.outputs[0]?.shape);
    expect([other.totals.params, other.totals.macs, other.totals.flops]).toEqual([one.totals.params, one.totals.macs, one.totals.flops]);
    expect(one.totals.operations).toEqual(other.totals.operations);
  });

  it("a flag turns what is typed and shown, and not what a layer says of itself", () => {
    const plain = analyze(parseLayers("layers.Conv2D(32, 3)"), { input: [32, 32, 3] });
    const turned = analyze(parseLayers("layers.Conv2D(32, 3)"), { input: [3, 32, 32], layout: "nchw" });
    expect([plain.totals.params, turned.totals.params]).toEqual([896n, 896n]);
    expect([plain.outputs[0]?.shape, turned.outputs[0]?.shape]).toEqual([
      [1, 30, 30, 32],
      [1, 32, 30, 30],
    ]);
    const own = analyze(parseLayers("layers.Conv2D(32, 3, data_format='channels_first')"), { input: [3, 32, 32], layout: "nhwc" });
    expect([own.totals.params, own.outputs[0]?.shape]).toEqual([896n, [1, 32, 30, 30]]);
  });

  it("an image is turned between PyTorch and Keras, and that is said", () => {
    const { layers, warnings, totals } = analyze(parseLayers("nn.Conv2d(3, 8, 3); layers.Conv2D(4, 3); pw 2"), { input: "3x12x10" });
    expect(layers.map(({ op, outputs }) => [op, outputs[0]])).toEqual([
      ["conv2d", [1, 8, 10, 8]],
      ["permute", [1, 10, 8, 8]],
      ["conv2d", [1, 8, 6, 4]],
      ["permute", [1, 4, 8, 6]],
      ["conv2d", [1, 2, 8, 6]],
    ]);
    expect(totals.params).toBe(BigInt(8 * 27 + 8 + 4 * 72 + 4 + 8));
    expect(warnings).toHaveLength(1);
  });
});

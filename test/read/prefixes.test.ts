import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { convcost, file } from "../cli/run.js";
import { complaint } from "../ops/refusal.js";
import { input, layer, sequential } from "./keras-layers.js";

// Defaults differ from library to library: padding and strides of Conv2d alone do. A prefix says whose a layer is.
describe("the prefix of a layer", () => {
  it.each(["nn", "torch.nn", "torch.nn.modules.conv", "nn.modules.conv", "torch.ao.nn.qat", "torchvision.ops", "torchvision.ops.misc", "ops.misc"])(
    "%s is PyTorch's",
    (prefix) => {
      expect(analyze(parseLayers(`${prefix}.Conv2d(3, 8, 3)`), { input: "3x8x8" }).totals.params).toBe(8n * 3n * 9n + 8n);
    },
  );

  it.each([
    "layers",
    "keras.layers",
    "tf.keras.layers",
    "tensorflow.keras.layers",
    "tensorflow.python.keras.layers",
    "keras.src.layers.convolutional",
    "tf_keras.layers",
    "tf.keras.layers.experimental",
    "tfkl",
    "tfl",
    "kl",
    "KL",
    "L",
  ])("%s is Keras's", (prefix) => {
    expect(analyze(parseLayers(`${prefix}.Conv2D(8, 3)`), { input: "3x8x8", layout: "nchw" }).totals.params).toBe(8n * 3n * 9n + 8n);
  });

  it.each([
    "mx.nn.Conv2d(3, 8, 3)",
    "mx.gluon.nn.Conv2D(8, 3)",
    "mindspore.nn.Conv2d(3, 8, 3)",
    "paddle.nn.Conv2D(3, 8, 3)",
    "jittor.nn.Conv2d(3, 8, 3)",
    "flax.linen.Conv(8, (3, 3))",
    "foo.bar.Conv2d(3, 8, 3)",
    "timm.layers.Linear(3, 8)",
    "nn.Sequential(nn.ReLU(), mx.nn.Dense(8))",
  ])("%s is of another library, and refused", (text) => {
    const { code, message, expected } = complaint(() => parseLayers(text));
    expect([code, message, expected]).toEqual([
      "other-framework",
      expect.stringContaining("is not known here"),
      expect.stringContaining("torch.nn, nn"),
    ]);
  });
});

describe("unequal strides of a depthwise convolution of Keras", () => {
  it.each(["layers.DepthwiseConv2D(3, strides=(1, 2))", "layers.SeparableConv2D(8, 3, strides=(1, 2))"])(
    "%s is refused as TensorFlow does",
    (text) => {
      expect(complaint(() => parseLayers(text)).message).toContain("has unequal strides, which TensorFlow refuses");
    },
  );

  it.each(["layers.Conv2D(8, 3, strides=(1, 2))", "layers.DepthwiseConv2D(3, strides=(2, 2))", "layers.SeparableConv1D(8, 3, strides=2)"])(
    "%s is not",
    (text) => {
      expect(parseLayers(text).nodes).toHaveLength(1);
    },
  );

  it("are counted in a saved model, which another backend runs, with a warning", async () => {
    const net = sequential(
      input("x", [null, 16, 16, 3]),
      layer("DepthwiseConv2D", "d", { kernel_size: [3, 3], strides: [1, 2], padding: "valid", depth_multiplier: 1, use_bias: true }),
    );
    const { stdout } = await convcost(["count", "m.json", "--json"], { files: { "m.json": file(JSON.stringify(net)) } });
    // 14 rows, (16 - 3) / 2 + 1 = 7 columns.
    expect(JSON.parse(stdout)).toMatchObject({
      totals: { params: 3 * 9 + 3, macs: 14 * 7 * 3 * 9 },
      outputs: [{ shape: [1, 14, 7, 3] }],
    });
    expect(stdout).toContain("TensorFlow refuses its unequal strides");
  });
});

import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import type { Analysis } from "../../src/analyze/analysis.js";
import { compareFullConvolution } from "../../src/compare/compare.js";
import { parseNetwork, type ExpandOptions } from "../../src/read/network/network.js";
import { zooModel, zooFamilies } from "../../src/zoo/zoo.js";
import { hasReference } from "./reference.js";
import { LAYER_MODELS, figuresOf, leavesOf, modelsOf } from "./torchvision.js";

function count(name: string, options: ExpandOptions = {}): Analysis {
  const { text, family, variant } = zooModel(name);
  const set = { ...(variant === undefined ? {} : { variant }), ...options.set };
  return analyze(parseNetwork(text, { ...options, source: family, set }), options);
}

// Asked of Debian's torchvision 0.14.1 by torchvision_classifiers.py: every classifier it can build.
describe("torchvision 0.14.1", () => {
  it.each(figuresOf())("%s", (name, { params, macs }) => {
    const { totals } = count(name);
    expect(totals.params).toBe(BigInt(params));
    if (macs !== null) expect(totals.macs).toBe(BigInt(macs));
  });
});

/** No classifiers: segmentation and video. */
const OTHER = /^(?:deeplab|lraspp|r3d)/;

describe.skipIf(!hasReference("torchvision.json"))("../shared/reference/torchvision.json", () => {
  it.each(modelsOf().filter(([name]) => !OTHER.test(name)))("%s", (name, { params, macs, input, buffers }) => {
    const analysis = count(name, { input });
    expect(analysis.inputs.map(({ shape }) => shape)).toEqual([input]);
    expect(analysis.totals.params).toBe(BigInt(params));
    expect(analysis.totals.macs).toBe(BigInt(macs ?? 0));
    // PyTorch has a counter, num_batches_tracked, in every batch norm besides: it is no cost, and not counted.
    const norms = analysis.layers.filter(({ op }) => op === "batch_norm").length;
    expect(analysis.totals.buffers).toBe(BigInt(buffers - norms));
  });
});

const OPS: Readonly<Record<string, readonly string[]>> = {
  Conv2d: ["conv2d"],
  BatchNorm2d: ["batch_norm"],
  Linear: ["linear"],
  MaxPool2d: ["max_pool2d"],
  LayerNorm: ["layer_norm"],
  MultiheadAttention: ["multi_head_attention"],
};

describe.skipIf(!hasReference("layers/alexnet.json"))("../shared/reference/layers: output shapes in execution order", () => {
  it.each(LAYER_MODELS)("%s", (name) => {
    const layers = leavesOf(name);
    const analysis = count(name);
    const ours = analysis.layers.filter(({ attributes }) => attributes["trainingOnly"] !== true);
    for (const [cls, ops] of Object.entries(OPS)) {
      // Inception v3 pools by a function inside its blocks, which is no module that was recorded.
      if (name === "inception_v3" && cls === "MaxPool2d") continue;
      const theirs = layers.filter((leaf) => leaf.cls === cls).map(({ output }) => output);
      expect(ours.filter(({ op }) => ops.includes(op)).map(({ outputs }) => outputs[0])).toEqual(theirs);
    }
    expect(layers.length).toBeGreaterThan(10);
  });
});

/** A published figure rounded to so many digits behind the point of its unit. */
function published(figure: bigint, text: string): void {
  const [, digits = "0", decimals = "", unit = ""] = /^(\d+)(\.\d+)?([KMG])$/.exec(text) ?? [];
  const scale = { K: 1e3, M: 1e6, G: 1e9 }[unit] ?? 1;
  expect((Number(figure) / scale).toFixed(Math.max(0, decimals.length - 1))).toBe(`${digits}${decimals}`);
}

describe("MobileNets, arXiv 1704.04861", () => {
  // Tables 6 and 7. 0.75 is published as 2.6 M parameters (2,585,560) and 325 M multiply-adds.
  it.each([
    [1, 224, "569M", "4.2M"],
    [0.75, 224, "325M", "2.6M"],
    [0.5, 224, "149M", "1.3M"],
    [0.25, 224, "41M", "0.5M"],
    [1, 192, "418M", "4.2M"],
    [1, 160, "290M", "4.2M"],
    [1, 128, "186M", "4.2M"],
  ])("alpha %d at %d pixels", (alpha, resolution, macs, params) => {
    const { totals } = count("mobilenet_v1", { set: { alpha, resolution } });
    published(totals.params, params);
    // The paper says 290 M for 160 pixels: 290.3 M without the classifier's 1.02 M, which its other figures have.
    published(resolution === 160 ? totals.macs - 1_024_000n : totals.macs, macs);
  });

  // Table 4. The figures of the full convolution, 4866 M, are without the classifier's 1.02 M, which the 569 M beside them have.
  it("full convolution against depthwise separable", () => {
    const { text } = zooModel("mobilenet_v1");
    const { rows, notes } = compareFullConvolution([parseNetwork(text)]);
    const [full, separable] = rows.flatMap((row) => (row.available ? [row] : []));
    published((full?.macs ?? 0n) - 1_024_000n, "4866M");
    published(full?.params ?? 0n, "29.3M");
    published(separable?.macs ?? 0n, "569M");
    published(separable?.params ?? 0n, "4.2M");
    expect(notes).toEqual(["mobilenet_v1: 13 depthwise separable convolutions became standard ones"]);
  });
});

describe("MobileNetV2, arXiv 1801.04381, as tensorflow/models publishes it (slim/nets/mobilenet)", () => {
  // The paper's table 4 rounds to 3.4 M and 6.9 M, and 585 M for 1.4; the published parameters leave out those of the batch norms.
  it.each([
    [1, "301M", "3.47M"],
    [1.4, "582M", "6.06M"],
  ])("alpha %d", (alpha, macs, params) => {
    const { totals, layers } = count("mobilenet_v2", { set: { alpha } });
    published(totals.macs, macs);
    const norms = layers.filter(({ op }) => op === "batch_norm").reduce((sum, layer) => sum + layer.params, 0n);
    published(totals.params - norms, params);
  });

  it("300 M is 300.77 M cut off", () => {
    expect(count("mobilenet_v2").totals.macs).toBe(300_774_272n);
  });
});

describe("other published figures", () => {
  it("Xception: Keras's summary has 22,855,952 trainable and 54,528 non-trainable parameters", () => {
    const { totals } = count("xception");
    expect([totals.params, totals.buffers]).toEqual([22_855_952n, 54_528n]);
  });

  it("U-Net: 572 pixels become 388 (arXiv 1505.04597, figure 1), its parameters by hand", () => {
    const analysis = count("unet");
    expect(analysis.outputs[0]?.shape).toEqual([1, 2, 388, 388]);
    const conv = (k: number, from: number, to: number) => k * k * from * to + to;
    const widths = [64, 128, 256, 512, 1024];
    const down = widths.map((width, level) => conv(3, level === 0 ? 1 : width / 2, width) + conv(3, width, width));
    const up = widths.slice(0, -1).map((width) => conv(2, 2 * width, width) + conv(3, 2 * width, width) + conv(3, width, width));
    expect(analysis.totals.params).toBe(BigInt([...down, ...up].reduce((sum, value) => sum + value, conv(1, 64, 2))));
  });

  it("U-Net with padding gives what it is given", () => {
    expect(count("unet", { set: { padding: "same", resolution: 256 } }).outputs[0]?.shape).toEqual([1, 2, 256, 256]);
  });

  // Hello Edge (arXiv 1711.07128), table 9, counts operations of 2 a multiply-add: 5.4 M, 19.8 M and 56.9 M; 38.6, 189.2 and 497.6 KB are its
  // weights of 8 bits with the activations.
  it.each([
    ["ds_cnn_s", 5.4],
    ["ds_cnn_m", 19.8],
    ["ds_cnn_l", 56.9],
  ])("%s", (name, operations) => {
    const { totals } = count(name);
    expect(Math.abs((2 * Number(totals.macs)) / 1e6 / operations - 1)).toBeLessThan(0.02);
  });

  // tensorflow/models, slim/nets/mobilenet: 209 M and 3.9 M; the small one 2.0 M parameters. Its 65 M multiply-adds cannot be: the small
  // model with squeeze-and-excite and 5x5 kernels, which the minimalistic one is without, has 57 M.
  it("MobileNetV3 minimalistic", () => {
    const large = count("mobilenet_v3_large_minimalistic").totals;
    published(large.macs, "209M");
    published(large.params, "3.9M");
    const small = count("mobilenet_v3_small_minimalistic").totals;
    published(small.params, "2.0M");
    expect(small.macs).toBeLessThan(count("mobilenet_v3_small").totals.macs);
  });
});

describe("the zoo's files", () => {
  const names = zooFamilies().flatMap(({ name, variants }) => [name, ...variants]);

  it("has the names that its files declare", () => {
    for (const { name, variants } of zooFamilies()) {
      for (const variant of variants) expect(zooModel(variant)).toMatchObject({ family: name });
    }
    expect(names.length).toBeGreaterThan(80);
  });

  it.each(names)("%s needs no setting", (name) => {
    expect(count(name).totals.params).toBeGreaterThan(0n);
  });
});

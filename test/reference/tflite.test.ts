import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTflite, type ReadTfliteOptions } from "../../src/read/tflite/read.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { source } from "../read/onnx-model.js";
import { hasReference } from "./reference.js";

const FOLDER = fileURLToPath(new URL("../../../shared/reference/tflite/", import.meta.url));
const content = (name: string) => new Uint8Array(readFileSync(`${FOLDER}${name}.tflite`));
const count = (name: string, options: ReadTfliteOptions = {}) => analyze(readTflite(source(content(name)), { source: name, ...options }));

/** A convolution as the architecture has it: square output, kernel, channels in and out, groups. */
type Conv = readonly [output: number, kernel: number, inChannels: number, outChannels: number, groups?: number];
const macsOf = ([output, kernel, inChannels, outChannels, groups = 1]: Conv) => output * kernel * (inChannels / groups) * outChannels;
const weightsOf = ([, kernel, inChannels, outChannels, groups = 1]: Conv) => kernel * (inChannels / groups) * outChannels + outChannels;
const sum = (list: readonly number[]) => BigInt(list.reduce((total, each) => total + each, 0));

/** MobileNet v1 (arXiv 1704.04861, table 1) with a quarter of its channels. */
function mobilenet(
  size: number,
  inChannels: number,
  classes: number,
): { readonly convs: readonly Conv[]; readonly features: number; readonly classes: number } {
  const blocks = [
    [1, 64],
    [2, 128],
    [1, 128],
    [2, 256],
    [1, 256],
    [2, 512],
    ...Array.from({ length: 5 }, () => [1, 512]),
    [2, 1024],
    [1, 1024],
  ] as const;
  let [at, channels] = [size / 2, 8];
  const convs: Conv[] = [[at * at, 9, inChannels, channels]];
  for (const [stride, wide] of blocks) {
    at /= stride;
    convs.push([at * at, 9, channels, channels, channels], [at * at, 1, channels, wide / 4]);
    channels = wide / 4;
  }
  return { convs, features: channels, classes };
}

describe.skipIf(!hasReference("tflite"))("../shared/reference/tflite: real models", () => {
  // MLPerf Tiny's reference models, each layer worked out: github.com/mlcommons/tiny, benchmark/training/*/keras_model.py.
  const resnet8: readonly Conv[] = [
    [1024, 9, 3, 16],
    [1024, 9, 16, 16],
    [1024, 9, 16, 16],
    [256, 9, 16, 32],
    [256, 9, 32, 32],
    [256, 1, 16, 32],
    [64, 9, 32, 64],
    [64, 9, 64, 64],
    [64, 1, 32, 64],
  ];
  const dsCnn: readonly Conv[] = [
    [125, 40, 1, 64],
    ...Array.from({ length: 4 }, (): readonly Conv[] => [
      [125, 9, 64, 64, 64],
      [125, 1, 64, 64],
    ]).flat(),
  ];

  it.each([
    { name: "mlperf_tiny_resnet8_float", convs: resnet8, features: 64, classes: 10, bytes: 4 },
    { name: "mlperf_tiny_kws_ds_cnn_int8", convs: dsCnn, features: 64, classes: 12, bytes: 1 },
    { name: "mlperf_tiny_vww_96_int8", ...mobilenet(96, 3, 2), bytes: 1 },
    { name: "person_detect", ...mobilenet(96, 1, 2), bytes: 1 },
    // Its publisher says 14 M multiply-adds and 0.47 M parameters; the classifier is a convolution of 1x1.
    { name: "mobilenet_v1_0.25_128_quant", ...mobilenet(128, 3, 1001), bytes: 1 },
  ])("$name: every convolution", ({ name, convs, features, classes, bytes }) => {
    const { totals, partial } = count(name);
    const biases = sum(convs.map(([, , , out]) => out)) + BigInt(classes);
    const params = sum(convs.map(weightsOf)) + BigInt((features + 1) * classes);
    expect(totals.macs).toBe(sum(convs.map(macsOf)) + BigInt(features * classes));
    expect(totals.params).toBe(params);
    // Biases are of four bytes, whatever the weights are.
    expect(totals.weightBytes).toBe((params - biases) * BigInt(bytes) + 4n * biases);
    expect(partial).toBe(false);
  });

  it("depthwise and pointwise convolutions are told as such", () => {
    const kinds = count("mlperf_tiny_kws_ds_cnn_int8").layers.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "depthwise")).toHaveLength(4);
    expect(kinds.filter((kind) => kind === "pointwise")).toHaveLength(4);
  });

  it("an LSTM of 20 units over 28 steps of 28 values, and a classifier", () => {
    const { totals } = count("keras_lstm_mnist_ptq");
    expect(totals.macs).toBe(BigInt(28 * 4 * 20 * (28 + 20) + 560 * 10));
    expect(totals.params).toBe(BigInt(4 * 20 * (28 + 20 + 1) + 561 * 10));
  });

  it("a transposed convolution: every input position meets every weight", () => {
    const { totals, layers } = count("seanet_transpose_conv0");
    const [layer] = layers;
    const [positions, weights] = [5, totals.params - 64n];
    expect(layer?.op).toBe("conv_transpose2d");
    expect(totals.macs).toBe(BigInt(positions) * weights);
  });

  it("--batch and --input: the shapes are worked out again", () => {
    const [one, four] = [count("mlperf_tiny_resnet8_float"), count("mlperf_tiny_resnet8_float", { batch: 4 })];
    expect(four.totals.macs).toBe(4n * one.totals.macs);
    expect(four.outputs[0]?.shape).toEqual([4, 10]);
    expect(four.totals.params).toBe(one.totals.params);
  });

  // Two largest neighbours: 48x48x8 goes in and 48x48x16 comes out of the first pointwise convolution, a byte each.
  it("peak of activations of the person detector", () => {
    expect(count("person_detect").totals.peakActivationBytes).toBe(BigInt(48 * 48 * 8 + 48 * 48 * 16));
  });

  it.each(hasReference("tflite") ? readdirSync(FOLDER) : [])("%s: cut off or damaged, it ends in a complaint", (file) => {
    const whole = new Uint8Array(readFileSync(`${FOLDER}${file}`));
    for (let step = 0; step < 200; step++) {
      const bytes = whole.slice(0, step % 2 === 0 ? whole.length : Math.floor((whole.length * step) / 200));
      // Offsets stand at the end, where the tables are, and at the beginning.
      const at = step % 3 === 0 ? step : Math.max(0, bytes.length - 37 * step - 1);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (step % 8));
      try {
        analyze(readTflite(source(bytes)));
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  });
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parseSelector } from "../../src/compare/selector.js";
import { whatIf } from "../../src/compare/what-if.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { source } from "../read/onnx-model.js";
import { hasReference } from "./reference.js";

const MODEL = "tflite/mlperf_tiny_kws_ds_cnn_int8.tflite";

// The keyword spotter of MLPerf Tiny: its first convolution is 10x4, 1 -> 64 channels, stride 2, on 49x10; int8 with a bias of int32. Skips without ../shared.
describe.skipIf(!hasReference(MODEL))("what if on a quantised model", () => {
  it("keeps the types of weights, bias and activations, channels last", () => {
    const bytes = new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../shared/reference/${MODEL}`, import.meta.url))));
    const graph = readTflite(source(bytes), { source: "kws" });
    const { replaced } = whatIf(graph, { replacements: [{ replace: parseSelector("standard"), with: "depthwise separable" }] });
    expect(replaced.map(({ before, after }) => [before.weightBytes, after.weightBytes])).toEqual([[64n * 40n + 64n * 4n, 40n + 64n + 64n * 4n]]);
    expect(replaced[0]?.after.steps.map(({ outputs, activationBytes }) => [outputs, activationBytes])).toEqual([
      [[[1, 25, 5, 1]], 125n],
      [[[1, 25, 5, 64]], 8000n],
    ]);
  });
});

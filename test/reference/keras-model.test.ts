import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readKerasHdf5 } from "../../src/read/keras/read.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { source } from "../read/onnx-model.js";
import { hasReference } from "./reference.js";

const file = (name: string) => new Uint8Array(readFileSync(fileURLToPath(new URL(`../../../shared/reference/${name}`, import.meta.url))));

describe.skipIf(!hasReference("keras"))("../shared/reference/keras: MLPerf Tiny's ResNet-8", () => {
  const keras = () => analyze(readKerasHdf5(source(file("keras/mlperf_tiny_resnet8.h5"))));

  it("agrees with the TensorFlow Lite model made from it, but for the batch norms that are fused there", () => {
    const lite = analyze(readTflite(source(file("tflite/mlperf_tiny_resnet8_float.tflite"))));
    const whole = keras();
    // A scale and a shift a channel go into the convolution before, which has a bias already.
    const norms = whole.layers.filter(({ op }) => op === "batch_norm").reduce((sum, { params }) => sum + params, 0n);
    expect(norms).toBe(BigInt(2 * (3 * 16 + 2 * 32 + 2 * 64)));
    expect(whole.totals.macs).toBe(lite.totals.macs);
    expect(whole.totals.params - norms).toBe(lite.totals.params);
    expect(whole.totals.peakActivationBytes).toBe(lite.totals.peakActivationBytes);
  });

  it("weights are not read", () => {
    const content = file("keras/mlperf_tiny_resnet8.h5");
    let read = 0;
    readKerasHdf5({ length: content.length, read: (start, end) => ((read += end - start), content.subarray(start, end)) });
    expect(read).toBeLessThan(128 * 1024);
  });

  it("a damaged file ends in a complaint", () => {
    const whole = file("keras/mlperf_tiny_resnet8.h5");
    for (let step = 0; step < 2000; step++) {
      const bytes = whole.slice(0, step % 5 === 0 ? (whole.length * step) / 2000 : whole.length);
      const at = step % 3 === 0 ? step % 2048 : (step * 37) % 40_000;
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (step % 8));
      try {
        analyze(readKerasHdf5(source(bytes)));
      } catch (error) {
        expect(error).toBeInstanceOf(InputError);
      }
    }
  });
});

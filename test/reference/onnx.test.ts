import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { bytesSource } from "../../src/read/onnx/bytes.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";
import { hasReference } from "./reference.js";
import { modelsOf } from "./torchvision.js";

const FOLDER = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));
const models = new Map(modelsOf());

const filesOf = (folder: string) => (hasReference(folder) ? readdirSync(`${FOLDER}${folder}`).filter((name) => name.endsWith(".onnx")) : []);

function count(path: string, options: ReadOnnxOptions = {}) {
  return analyze(readOnnx(bytesSource(readFileSync(`${FOLDER}${path}`)), { source: path, ...options }));
}

describe.skipIf(!hasReference("onnx"))("../shared/reference/onnx*: torchvision's models as PyTorch exports them", () => {
  const folders = ["onnx", "onnx-bn", "onnx-dyn", "onnx-op17"];

  it.each(folders.flatMap((folder) => filesOf(folder).map((file) => `${folder}/${file}`)))("%s: multiply-adds", (path) => {
    const model = models.get(path.replace(/^.*\/(.*)\.onnx$/, "$1"));
    const { totals, partial } = count(path);
    expect(totals.macs).toBe(BigInt(model?.macs ?? -1));
    expect(partial).toBe(false);
  });

  // The export leaves the auxiliary classifier of Inception v3 out: 3,326,696 parameters.
  const AUXILIARY: Readonly<Record<string, number>> = { inception_v3: 3_326_696 };

  it.each(filesOf("onnx-bn"))("onnx-bn/%s: parameters", (file) => {
    const name = file.replace(".onnx", "");
    expect(count(`onnx-bn/${file}`).totals.params).toBe(BigInt((models.get(name)?.params ?? -1) - (AUXILIARY[name] ?? 0)));
  });

  it("an open batch is 1 with a warning, or what is said", () => {
    const open = count("onnx-dyn/mobilenet_v2.onnx");
    expect(open.warnings.join()).toMatch(/the batch of input .* is open/);
    const four = count("onnx-dyn/mobilenet_v2.onnx", { batch: 4 });
    expect(four.totals.macs).toBe(4n * open.totals.macs);
    expect(four.warnings).toEqual([]);
  });

  it("a file that is cut off is told as such", () => {
    const bytes = readFileSync(`${FOLDER}onnx/resnet18.onnx`);
    for (const length of [0, 1, 20, 1000, bytes.length - 1]) {
      expect(() => readOnnx(bytesSource(bytes.subarray(0, length)))).toThrow(/cut off|no ONNX model/);
    }
  });
});

// Caffe's models: their weights are made by ConstantOfShape and ConstantFill nodes. BVLC AlexNet has 60,965,224 parameters, SqueezeNet 1.1 1,235,496.
describe.skipIf(!hasReference("onnx-light"))("../shared/reference/onnx-light: early opsets", () => {
  it.each([
    ["bvlc_alexnet", 60_965_224],
    ["squeezenet", 1_235_496],
  ])("%s", (name, params) => {
    expect(count(`onnx-light/${name}.onnx`).totals.params).toBe(BigInt(params));
  });
});

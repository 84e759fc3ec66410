import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { bytesSource } from "../../src/read/onnx/bytes.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { hasReference, readReference } from "./reference.js";
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

interface NodeCase {
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

function nodeCases(): readonly NodeCase[] {
  if (!hasReference("onnx-nodes.json")) return [];
  const cases = readReference("onnx-nodes.json");
  if (!Array.isArray(cases)) throw new Error("onnx-nodes.json is a list");
  return cases.map((each: unknown) => {
    if (typeof each !== "object" || each === null || !("name" in each) || !("outputs" in each)) throw new Error("a case has a name and outputs");
    return { name: String(each.name), outputs: Object.fromEntries(Object.entries(each.outputs ?? {})) };
  });
}

/** What one conformance model is counted as: its outputs, or that it cannot be, in full or at all. */
function outcome({ name, outputs }: NodeCase): "agrees" | "partial" | "refused" | "wrong" {
  try {
    const analysis = count(`onnx-nodes/${name}.onnx`);
    if (analysis.partial) return "partial";
    const ours = new Map(analysis.outputs.map((output) => [output.name, JSON.stringify(output.shape)]));
    // Of some types of element the suite has no shape.
    return Object.entries(outputs).every(([key, shape]) => shape === null || ours.get(key) === JSON.stringify(shape)) ? "agrees" : "wrong";
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return "refused";
  }
}

describe.skipIf(!hasReference("onnx-nodes.json"))("../shared/reference/onnx-nodes: ONNX's conformance suite", () => {
  it("no output shape is wrong; what is not counted yet says so", () => {
    const found = new Map<string, string[]>();
    for (const each of nodeCases()) {
      const result = outcome(each);
      found.set(result, [...(found.get(result) ?? []), each.name]);
    }
    expect(found.get("wrong") ?? []).toEqual([]);
    expect(found.get("agrees")?.length).toBeGreaterThan(700);
    // Sequences and optional values are no tensors: they are refused by name.
    expect(found.get("refused")?.length ?? 0).toBeLessThan(20);
  });
});

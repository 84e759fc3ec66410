import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkAnalysis, ioOf } from "../../fuzz/oracle.js";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readModel } from "../../src/source/read.js";

// Every model file that the project knows of: whatever is counted, no figure is negative, and the totals are the sums of the layers.

const FOLDER = fileURLToPath(new URL("../../../shared/reference/", import.meta.url));
const MODELS = /\.(onnx|tflite|h5|keras|pt2|safetensors|gguf|txt|yaml)$/;

const folders = existsSync(FOLDER)
  ? readdirSync(FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${entry.parentPath}/${entry.name}`)
      .map((path) => ({ path, name: path.slice(FOLDER.length).replace(/^\//, ""), files: readdirSync(path).filter((file) => MODELS.test(file)) }))
      .filter(({ files }) => files.length > 0)
  : [];

/** Whether a file is counted; throws where a figure is one that cannot be. */
async function isCounted(path: string, name: string): Promise<boolean> {
  try {
    const analysis = analyze(await readModel([name], ioOf({ [name]: new Uint8Array(readFileSync(`${path}/${name}`)) }).io, [], {}));
    checkAnalysis(analysis, {});
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

describe.skipIf(folders.length === 0)("the reference's model files", () => {
  it.each(folders)("have no negative figure: $name", async ({ path, files }) => {
    let counted = 0;
    for (const name of files.filter((file) => statSync(`${path}/${file}`).size < 50_000_000)) if (await isCounted(path, name)) counted += 1;
    expect(counted).toBeGreaterThan(0);
  });
});

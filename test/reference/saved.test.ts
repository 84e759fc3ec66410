import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readAnalysis } from "../../src/analyze/saved.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readOnnx } from "../../src/read/onnx/read.js";
import { analysisJson } from "../../src/report/analysis-json.js";
import { source } from "../read/onnx-model.js";
import { hasReference } from "./reference.js";

// What is asked of a saved analysis must hold of every one that was never edited, with its digest or without.

const FOLDERS = ["onnx-nodes", "onnx-light", "onnx-op17", "onnx-bn", "wild"].filter((name) => hasReference(name));

describe.skipIf(FOLDERS.length === 0)("an analysis that nobody edited is read again", () => {
  it.each(FOLDERS)("of %s", (folder) => {
    const home = new URL(`../../../shared/reference/${folder}/`, import.meta.url);
    const files = readdirSync(home).filter((name) => name.endsWith(".onnx"));
    const refused = files.flatMap((name) => {
      const bytes = new Uint8Array(readFileSync(new URL(name, home)));
      try {
        const analysis = analyze(readOnnx(source(bytes)));
        const text = analysisJson(analysis, "0.1.0", analysis.layers);
        readAnalysis(text.replace(/,\s*"digest": "[^"]*"/, ""), name);
        return [];
      } catch (error) {
        return error instanceof InputError && error.diagnostic.code !== "bad-analysis" ? [] : [`${name}: ${String(error)}`];
      }
    });
    expect(refused).toEqual([]);
  });
});

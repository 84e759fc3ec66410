import { describe, expect, it } from "vitest";
import { analyze } from "../src/analyze/analyze.js";
import { readAnalysis } from "../src/analyze/saved.js";
import { parseLayers } from "../src/read/notation/read.js";
import { analysisJson } from "../src/report/analysis-json.js";
import { complaint } from "./ops/refusal.js";

const saved = (spec: string, input: string) => {
  const analysis = analyze(parseLayers(spec), { input });
  return { analysis, text: analysisJson(analysis, "0.1.0", analysis.layers) };
};
const small = () => saved("conv 3x3 3->8 s2; bn; relu; sep 3x3 16; flatten; linear 10 bias", "3x32x32").text;

describe("a saved analysis", () => {
  it("is read as it was", () => {
    const { analysis, text } = saved("conv 3x3 3->8 s2; bn; relu; sep 3x3 16; gap; flatten; linear 10 bias", "3x32x32");
    const read = readAnalysis(text, "base.json");
    const { totals, layers, peak, model, partial } = read;
    const { operations, ...rest } = analysis.totals;
    expect(operations).toBeDefined();
    expect({ totals, peak, model, partial }).toEqual({ totals: rest, peak: analysis.peak, model: analysis.model, partial: false });
    expect(layers.map(({ name, op, attributes, macs, outputs }) => ({ name, op, attributes, macs, outputs }))).toEqual(
      analysis.layers.map(({ name, op, attributes, macs, outputs }) => ({ name, op, attributes, macs, outputs })),
    );
  });

  it("keeps integers far beyond 2^53", () => {
    const side = 2n ** 31n - 1n;
    const { text } = saved("linear 2147483647->2147483647", "1048576x2147483647");
    expect(readAnalysis(text, "base.json").totals.macs).toBe((1n << 20n) * side * side);
  });

  it("comes in order of execution, however it was sorted", () => {
    const { analysis } = saved("conv 3x3 3->8; pw 16", "3x8x8");
    const text = analysisJson(analysis, "0.1.0", [...analysis.layers].reverse());
    expect(readAnalysis(text, "base.json").layers.map(({ index }) => index)).toEqual([0, 1]);
  });

  it("takes fields that a later version may add", () => {
    expect(readAnalysis(small().replace('"partial"', '"later": { "a": [1] }, "partial"'), "base.json").partial).toBe(false);
  });

  const damages: readonly [string, (text: string) => string, string][] = [
    ["empty", () => "", "not JSON"],
    ["cut off", (text) => text.slice(0, text.length / 2), "not JSON"],
    ["another schema", (text) => text.replace("analysis@1", "analysis@2"), "schema"],
    ["a list", () => "[]", "no saved analysis"],
    ["a missing total", (text) => text.replace(/"macs": \d+,/, ""), "totals.macs is missing"],
    ["a total as a text", (text) => text.replace(/"macs": (\d+)/, '"macs": "$1"'), "totals.macs"],
    ["a negative total", (text) => text.replace(/"macs": (\d+)/, '"macs": -$1'), "totals.macs"],
    ["a total with a fraction", (text) => text.replace(/"macs": (\d+)/, '"macs": $1.5'), "totals.macs"],
    ["a total that was edited", (text) => text.replace(/"macs": (\d+)/, '"macs": 9$1'), "totals.macs is 9"],
    ["parameters that were edited", (text) => text.replace(/"params": (\d+)/, '"params": 1$1'), "totals.params is 1"],
    ["partial without a reason", (text) => text.replace('"partial": false', '"partial": true'), "partial"],
    ["a layer without a name", (text) => text.replace('"name": "0", ', ""), "layers.0.name is missing"],
    ["brackets without end", () => '{"schema":"convcost/analysis@1","layers":' + "[".repeat(200_000), "nested"],
    ["the same key twice", (text) => text.replace('"partial": false', '"partial": false, "partial": true'), "not JSON"],
  ];
  it.each(damages)("is refused: %s", (_, damage, says) => {
    const damaged = damage(small());
    const diagnostic = complaint(() => readAnalysis(damaged, "base.json"));
    expect([diagnostic.code, diagnostic.place]).toEqual(["bad-analysis", { kind: "file", path: "base.json" }]);
    expect(diagnostic.message).toContain(says);
  });
});

import { conventionNamed } from "../src/conventions/table.js";
import { describe, expect, it } from "vitest";
import { analyze } from "../src/analyze/analyze.js";
import type { Costs } from "../src/analyze/analysis.js";
import { readAnalysis } from "../src/analyze/saved.js";
import { checkBudgets } from "../src/compare/budget.js";
import { parseLayers } from "../src/read/notation/read.js";
import { analysisJson } from "../src/report/analysis-json.js";
import { complaint } from "./ops/refusal.js";

const saved = (spec: string, input: string) => {
  const analysis = analyze(parseLayers(spec), { input });
  return { analysis, text: analysisJson(analysis, "0.1.0", analysis.layers) };
};
/** As an earlier version has saved it. */
const undigested = (text: string) => text.replace(/,\s*"digest": "[^"]*"/, "");
const small = () => saved("conv 3x3 3->8 s2; bn; relu; sep 3x3 16; flatten; linear 10 bias", "3x32x32").text;

describe("a saved analysis", () => {
  it("is read as it was", () => {
    const { analysis, text } = saved("conv 3x3 3->8 s2; bn; relu; sep 3x3 16; gap; flatten; linear 10 bias", "3x32x32");
    const read = readAnalysis(text, "base.json");
    const { totals, layers, peak, model, partial } = read;
    expect({ totals, peak, model, partial }).toEqual({ totals: analysis.totals, peak: analysis.peak, model: analysis.model, partial: false });
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
    const later = undigested(small()).replace('"partial"', '"later": { "a": [1] }, "partial"');
    expect(readAnalysis(later, "base.json").partial).toBe(false);
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

  it("keeps its digest where it is laid out anew, and says where it has none", () => {
    const text = small();
    expect(readAnalysis(JSON.stringify(JSON.parse(text), undefined, 7), "base.json").unsigned).toBeUndefined();
    expect(readAnalysis(undigested(text), "base.json").warnings).toEqual(["base.json has no digest: nothing shows that it is as it was saved"]);
    const renamed = complaint(() => readAnalysis(text.replace('"name": "0"', '"name": "1"'), "base.json"));
    expect(renamed.message).toBe("the digest does not fit the rest of the file");
  });

  it("lets no budget pass on totals that neither layers nor a digest vouch for", () => {
    const { analysis } = saved("conv 3x3 3->8; pw 16", "3x8x8");
    const text = analysisJson(analysis, "0.1.0", analysis.layers.slice(0, 1));
    const verdict = (costs: Costs) => checkBudgets(costs, { budgets: [{ measure: "macs", limit: 10n ** 9n }] }).verdict;
    expect([verdict(readAnalysis(text, "a.json")), verdict(readAnalysis(undigested(text), "a.json"))]).toEqual(["pass", "unknown"]);
  });
});

describe("figures of a saved analysis follow from each other", () => {
  const spec = "conv 3x3 3->8 bias; relu; tconv 2x2 4 s2; sep 3x3 8; gap; flatten; linear 10 bias";
  const text = (convention: string, input = "3x8x8") => {
    const analysis = analyze(parseLayers(spec), { input, convention: conventionNamed(convention) });
    return undigested(analysisJson(analysis, "0.1.0", analysis.layers));
  };
  const KEYS = ["params", "macs", "flops", "peakActivationBytes", "counted"] as const;

  /** One figure of one layer divided by 8, the totals as it then makes them. */
  function lowered(json: string, row: number, key: string): string {
    const line = json.split("\n").find((each) => each.includes(`"index": ${row},`)) ?? "";
    const [, figure = "0"] = new RegExp(`"${key}": (\\d+)`).exec(line) ?? [];
    const [, total = "0"] = new RegExp(`"${key}": (\\d+)`).exec(json) ?? [];
    const lower = Math.floor(Number(figure) / 8);
    const changed = json.replace(line, line.replace(`"${key}": ${figure}`, `"${key}": ${lower}`));
    return changed.replace(`"${key}": ${total}`, `"${key}": ${Number(total) - Number(figure) + lower}`);
  }

  it.each(["convcost", "thop", "fvcore", "keras"])("as %s counts", (convention) => {
    for (const row of [0, 2, 3, 6])
      for (const key of KEYS) {
        const edited = lowered(text(convention), row, key);
        if (edited !== text(convention)) expect(complaint(() => readAnalysis(edited, "base.json")).code, `${row} ${key}`).toBe("bad-analysis");
      }
    expect(readAnalysis(text(convention), "base.json").layers).toHaveLength(7);
  });

  it.each([
    [
      "a layer that is not counted, and not said",
      (json: string) => json.replace('"op": "relu",', '"op": "relu", "uncounted": "nobody knows",'),
      "could not be counted",
    ],
    [
      "a peak below the largest layer",
      (json: string) => json.replace(/"peakActivationBytes": \d+/, '"peakActivationBytes": 1').replace(/"peak": \{[^}]*\}[^}]*\}[^}]*\},/, ""),
      "totals.peakActivationBytes is 1",
    ],
    ["a number of uncounted layers", (json: string) => json.replace('"uncounted": 0', '"uncounted": 2'), "totals.uncounted is 2"],
    ["a layer twice", (json: string) => json.replace('"index": 1,', '"index": 0,'), "the same index"],
    ["an intensity", (json: string) => json.replace(/"intensity": \d/, '"intensity": 9'), "has the intensity 9"],
    ["operations", (json: string) => json.replace('"activation": 512', '"activation": 12'), "MACs and operations make"],
  ])("is refused: %s", (_, edit, says) => {
    expect(complaint(() => readAnalysis(edit(text("convcost")), "base.json")).message).toContain(says);
  });
});

describe("what else follows from a layer of a saved analysis", () => {
  const text = undigested(saved("conv 3x3 3->8 bias; bn; relu; sep 3x3 8", "3x8x8").text).replace(/, ?\s*"intensity": [\d.e-]+/g, "");

  /** Figures of one layer made less, and those of the totals with them, as somebody edits who takes care. */
  function less(row: number, changes: Readonly<Record<string, number>>): string {
    const line = text.split("\n").find((each) => each.includes(`"index": ${row}, "name": "${row}"`)) ?? "";
    const lower = (written: string, key: string, by: number) =>
      written.replace(new RegExp(`("${key}": )(-?\\d+)`), (_, name: string, value: string) => name + String(Number(value) - by));
    let [own, whole] = [line, text];
    for (const [key, by] of Object.entries(changes)) [own, whole] = [lower(own, key, by), lower(whole, key, by)];
    return whole.replace(line, own);
  }

  it.each<[string, string, string]>([
    ["parameters of a norm", less(1, { params: 16 }), "layer 1 (batch_norm) has 16 parameters, and its attributes make 32"],
    ["bytes of weights", less(0, { weightBytes: 890, bytesMoved: 890 }), "layer 0 (conv2d) has 6 bytes of weights"],
    ["bytes that are moved", less(2, { bytesMoved: 4000 }), "layer 2 (relu) moves 96 bytes"],
    ["bytes that are made", less(2, { activationBytes: 2047, bytesMoved: 2047 }), "layer 2 (relu) makes 1 bytes, and its output has 512 elements"],
    [
      "operations of an activation",
      less(2, { flops: 512, activation: 512 }),
      "layer 2 (relu) has 0 operations of activation, and its shapes make 512",
    ],
    ["operations of a bias", less(0, { flops: 500, bias: 500 }), "layer 0 (conv2d) has 12 operations of bias, and its shapes make 512"],
    ["more than the steps have", less(3, { params: -100 }), "as params, and its steps have"],
    ["no steps", text.replace(/, "steps": \[.*\] \}/, " }"), "layer 3 (separable_conv2d) is made of steps, and has none"],
  ])("%s", (_, edited, says) => {
    expect(readAnalysis(text, "base.json").layers).toHaveLength(4);
    expect(complaint(() => readAnalysis(edited, "base.json")).message).toContain(says);
  });
});

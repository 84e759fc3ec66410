import { conventionNamed } from "../../src/conventions/table.js";
import { analyze } from "../../src/analyze/analyze.js";
import { bytesSource } from "../../src/read/onnx/bytes.js";
import { readOnnx } from "../../src/read/onnx/read.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { analysisJson } from "../../src/report/analysis-json.js";
import { input, model, node, output, weight } from "../read/onnx-model.js";
import { file } from "../cli/run.js";
import type { Wrong } from "./case.js";

/** What an earlier count has printed: all its layers, or only the first. */
export function savedOf(spec: string, size: string, { convention = "convcost", top = Infinity } = {}): string {
  const analysis = analyze(parseLayers(spec), { input: size, convention: conventionNamed(convention) });
  return analysisJson(analysis, "0.1.0", analysis.layers.slice(0, top));
}

export function savedModel(bytes: Uint8Array): string {
  const analysis = analyze(readOnnx(bytesSource(bytes)));
  return analysisJson(analysis, "0.1.0", analysis.layers);
}

/** An ONNX model with a convolution, and with an operator that nobody knows where it is asked for. */
export const onnxOf = (...operators: readonly string[]): Uint8Array =>
  model([
    input("x", [1, 3, 8, 8]),
    weight("w", [4, 3, 3, 3]),
    node("Conv", ["x", "w"], ["t0"]),
    ...operators.map((op, index) => node(op, [`t${index}`], [`t${index + 1}`], { domain: "own" })),
    output(`t${operators.length}`),
  ]);

const WHOLE = savedOf("conv 3x3 3->8; relu", "3x8x8");

const damaged = (content: string | Uint8Array, says: string): Wrong => ({
  code: "bad-analysis",
  argv: ["check", "zoo:ds_cnn", "--baseline", "base.json", "--max-increase", "macs=1%"],
  says,
  setting: { files: { "base.json": typeof content === "string" ? file(content) : { type: "file", bytes: content } } },
  results: true,
});
const field = (from: string | RegExp, to: string, says: string) => damaged(WHOLE.replace(from, to), says);

/** Baselines that are none, or that were damaged since a count has printed them. */
export const SAVED: readonly Wrong[] = [
  damaged(onnxOf(), "base.json: this is no saved analysis: it is not JSON\nexpected: what convcost count --json has printed\n"),
  damaged("", "base.json: this is no saved analysis: it is not JSON"),
  damaged("input: [3, 8, 8]", "base.json: this is no saved analysis: it is not JSON"),
  damaged("{}", "base.json: this is no saved analysis\nexpected: what convcost count --json has printed\n"),
  damaged("[]", "base.json: this is no saved analysis\n"),
  damaged("null", "base.json: this is no saved analysis\n"),
  damaged(`{"a": ${"[".repeat(200_000)}`, "this is nested too deeply"),
  damaged(WHOLE.slice(0, 100), "this is not JSON: it ends too early\nexpected: what convcost count --json has printed\nhint: was it cut off?\n"),
  damaged('{\n "schema" "x" }', "this is not JSON from line 2, column 11 on"),
  field('"totals":', '"sums":', "totals is missing\nexpected: what convcost count --json has printed\n"),
  field("analysis@1", "analysis@9", 'schema is "convcost/analysis@9"\nexpected: "convcost/analysis@1", as convcost count --json writes it\n'),
  field(/"macs": (\d+)/, '"macs": -$1', "expected: a whole number, as convcost count --json writes it"),
  field(/"layers": (\d+)/, '"layers": "$1"', 'totals.layers is "2"\nexpected: a whole number,'),
  field(/"intensity": [\d.]+/, '"intensity": 1e400', "expected: a number from 0, as convcost count --json writes it"),
  field(/"attributes": \{/, '"attributes": { "momentum": 1e400,', "expected: attributes by name, as convcost count --json writes it"),
  field(/"intensity": [\d.]+/, '"intensity": []', "totals.intensity is a list\nexpected: a number from 0,"),
  field(/"model": \{[^}]*\}/, '"model": 5', "model is 5\nexpected: a model,"),
  field(/"convention": "convcost"/, '"convention": {}', "convention is an object\nexpected: a text,"),
  field('"partial": false', '"partial": null', "partial is null\nexpected: true or false,"),
  field(/"inputs": \[/, '"inputs": 5, "in": [', "inputs is 5\nexpected: inputs,"),
  field(/"inputs": \[/, '"inputs": [5, ', "inputs.0 is 5\nexpected: an input,"),
  field('"dtype": "float32"', '"dtype": "float33"', 'inputs.0.dtype is "float33"\nexpected: an element type,'),
  field(/"totals": \{/, '"totals": 5, "sums": {', "totals is 5\nexpected: totals,"),
  field(/"totals": \{/, '"totals": { "unit": "kg", ', 'totals.unit is "kg"\nexpected: MAC or FLOP,'),
  field(/"peak": \{/, '"peak": 5, "top": {', "peak is 5\nexpected: a peak,"),
  field(/"alive": \[/, '"alive": 5, "dead": [', "peak.alive is 5\nexpected: tensors,"),
  field(/"alive": \[/, '"alive": [5, ', "peak.alive.0 is 5\nexpected: a tensor,"),
  field(/"layers": \[/, '"layers": 5, "rows": [', "layers is 5\nexpected: layers,"),
  field(/"layers": \[/, '"layers": [5, ', "layers.0 is 5\nexpected: a layer,"),
  field('"kind": "standard"', '"kind": "odd"', 'layers.0.kind is "odd"\nexpected: a kind of convolution,'),
  field(/"attributes": \{/, '"attributes": 5, "odd": {', "layers.0.attributes is 5\nexpected: attributes by name,"),
  field(/"outputs": \[\[/, '"outputs": 5, "odd": [[', "layers.0.outputs is 5\nexpected: shapes,"),
  field(/"outputs": \[\[/, '"outputs": [[true, ', "layers.0.outputs.0.0 is true\nexpected: sizes,"),
  field('"uncounted": []', '"uncounted": 5', "uncounted is 5\nexpected: what could not be counted,"),
  field('"uncounted": []', '"uncounted": [5]', "uncounted.0 is 5\nexpected: an operator,"),
  field('"warnings": []', '"warnings": 5', "warnings is 5\nexpected: texts,"),
  field('"operations": {', '"operations": 5, "odd": {', "totals.operations is 5\nexpected: operations by cause,"),
  field('"layers": [', '"differences": 5, "layers": [', "differences is 5\nexpected: differences,"),
  field('"layers": [', '"differences": [5], "layers": [', "differences.0 is 5\nexpected: a difference,"),
  field(
    '"name": "0"',
    '"name": "first"',
    "the digest does not fit the rest of the file\nexpected: what convcost count --json has printed\nhint: was this file edited by hand?\n",
  ),
  field('"layers": 2', '"layers": 1', "totals.layers is 1, and there are 2\n"),
  field('"convention": "convcost"', '"convention": "thop"', "convention is thop, and there is no totals.counted"),
  damaged(
    savedOf("conv 3x3 3->8", "3x8x8", { convention: "thop" }).replace('"convention": "thop"', '"convention": "convcost"'),
    "convention is convcost, and totals.counted is 13824",
  ),
  field('"partial": false', '"partial": true', "partial is true, and uncounted has no entries"),
  field('"partial": false', '"partial": false, "lowerBounds": ["macs"]', "partial is false, and lowerBounds is not empty"),
  damaged(
    WHOLE.replace('"partial": false', '"partial": true, "lowerBounds": []').replace('"uncounted": []', '"uncounted": [{ "op": "Own", "count": 1 }]'),
    "partial is true, and lowerBounds is empty",
  ),
  field('"partial": false', '"partial": false, "lowerBounds": ["speed"]', 'lowerBounds.0 is "speed"\nexpected: a figure,'),
  field('"partial": false', '"partial": false, "lowerBounds": 5', "lowerBounds is 5\nexpected: names of figures,"),
  field('"uncounted": []', '"uncounted": [{ "op": "Own", "count": 1 }]', "partial is false, and uncounted has 1 entry"),
  field(/"macs": (\d+)/, '"macs": 9$1', "totals.macs is 913824, and the layers have 13824"),
];

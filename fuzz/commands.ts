import { strToU8 } from "fflate";
import { analyze } from "../src/analyze/analyze.js";
import { parseLayers } from "../src/read/notation/read.js";
import { analysisJson } from "../src/report/analysis-json.js";
import type { Case } from "./case.js";
import { mutateJson } from "./mutate/json.js";
import { mutateText } from "./mutate/text.js";
import type { Random } from "./random.js";
import { EXPRESSIONS, NETWORKS } from "./seeds/networks.js";
import { LAYERS } from "./seeds/own.js";

// Cases for what the commands read besides models: arguments, requests, configs, selectors, what an earlier count has printed.

/** Values of flags, and arguments as typed. */
export function commandLine(random: Random): Case {
  const value = (text: string) => (random.chance(2) ? text : mutateText(text, random, ["=", ",", "..", ":", "x", "zoo:", "-", "@"]));
  const pairs: readonly (readonly [string, string])[] = [
    ["--input", "x=1,3,16,16"],
    ["--input", "3x16x16"],
    ["--batch", "4"],
    ["--dim", "batch=1,seq=128"],
    ["--set", "alpha=0.5"],
    ["--set", "alpha=0.25,0.5..1:0.25"],
    ["--where", random.pick(EXPRESSIONS)],
    ["--pareto", "macs,+alpha"],
    ["--sort", "-macs"],
    ["--columns", "macs,params"],
    ["--top", "3"],
    ["--depth", "2"],
    ["--group-by", "kind"],
    ["--dtype", "int8"],
    ["--layout", "nhwc"],
    ["--format", "csv"],
    ["--groups", "2"],
  ];
  const chosen = Array.from({ length: random.few(4) }, () => random.pick(pairs)).flatMap(([flag, text]) => [flag, value(text)]);
  const command = random.pick(["count", "count", "compare", "sweep"]);
  const what =
    command === "sweep"
      ? "net.yaml"
      : value(random.pick(["conv 3x3 3->8 @16x16", "nn.Conv2d(3, 8, 3)", "net.yaml", "zoo:ds_cnn", "./net.yaml", "layers.Dense(8)"]));
  return { argv: [`!${command}`, what, ...chosen], files: { "net.yaml": strToU8(NETWORKS[0] ?? ""), "./net.yaml": strToU8(NETWORKS[2] ?? "") } };
}

const FILES = { "net.yaml": strToU8(NETWORKS[0] ?? ""), "layers.txt": strToU8(LAYERS[0] ?? "") };

const REQUESTS = [
  '"conv 3x3 3->8 @8x8"',
  '{"id": [1, {"a": null}], "spec": ["conv 3x3 3->8", "relu"], "input": "3x8x8", "batch": 2, "layers": true}',
  '{"source": "net.yaml", "set": {"alpha": 0.5, "variant": "half"}, "convention": "thop"}',
  '{"source": "layers.txt", "dtype": "int8", "layout": "nchw", "dims": {"seq": 12}, "id": "x"}',
] as const;

/** Requests of which some are broken: every line has an answer. */
export function batch(random: Random): Case {
  const line = (): string => {
    const seed = random.pick(REQUESTS);
    if (random.chance(3)) return seed;
    return random.chance(2) ? mutateJson(seed, random) : mutateText(seed, random, ['"spec"', '"source"', '"id"', "null", "1e99", "{"]);
  };
  const text = Array.from({ length: random.few(6) }, line).join(random.chance(8) ? "\r\n" : "\n");
  return { argv: ["!batch", "requests.jsonl"], files: { ...FILES, "requests.jsonl": strToU8(text) } };
}

const SELECTORS = [
  "standard k>1",
  "any",
  "pointwise cin>=64 macs>1M",
  "k=3 s=2 g!=1",
  "name~'*.0'",
  'depthwise name~"features.*" params<=10K',
] as const;
const VARIANTS = ["depthwise-separable", "grouped", "bottleneck", "inverted-residual", "spatially-separable", "standard", "depthwise"] as const;

/** Selectors and what takes their place; and code of whatever layers there are. */
export function whatIf(random: Random): Case {
  const some = (text: string, words: readonly string[]) => (random.chance(2) ? text : mutateText(text, random, words));
  if (random.chance(3)) {
    const spec = some(random.pick(LAYERS), ["conv 3x3 8", "; ", "nn.Conv2d(3, 8, 3)"]);
    const framework = random.pick(["pytorch", "keras", "flax"]);
    return { argv: ["!code", spec, "--input", "3x32x32", "--framework", framework, "--name", some("Net", ["class", "None"])], files: FILES };
  }
  const words = ["k", ">", "=", "~", "'*'", "10M", "standard", "name"];
  const pairs = Array.from({ length: random.few(3) }, () => [
    "--replace",
    some(random.pick(SELECTORS), words),
    "--with",
    random.pick(VARIANTS),
  ]).flat();
  const more = random.chance(2)
    ? []
    : ["--between", some("bn; relu", ["conv 3x3 8"]), "--groups", some("4", ["0"]), "--keep", some("*.1", ["[", "("])];
  const format = random.pick([["--json"], [], ["--format", "markdown"]]);
  return { argv: ["!whatif", random.pick(["net.yaml", "zoo:ds_cnn"]), ...pairs, ...more, ...format], files: FILES };
}

const CONFIG = `models:
  - source: net.yaml
    name: small
    set: { alpha: 0.5 }
    budgets: { macs: 300M, params: 3.5M, peak-memory: 256KiB, layer-macs: 50M }
    no-unknown: true
  - source: layers.txt
    input: 3x16x16
    baseline: base.json
    max-increase: { macs: 1%, params: 10K }
    allow-unknown: true
`;

const saves = ["conv 3x3 3->8 s2 @16x16; bn; relu; gap; linear 10", "sep 3x3 3->8 @8x8", "pw 3->8 bias @4x4; relu"].map((text) => {
  const analysis = analyze(parseLayers(text));
  return analysisJson(analysis, "0.1.0", analysis.layers);
});

const CHECK_FORMATS = ["table", "json", "markdown", "github", "junit"] as const;

/** Configs of budgets. */
export function check(random: Random): Case {
  const words = ["budgets:", "macs", "1%", "300M", "baseline:", "- source:", "KiB", "convention: thop"];
  const config = strToU8(mutateText(CONFIG, random, words));
  const argv = ["!check", "-c", "budgets.yaml", "--format", random.pick(CHECK_FORMATS)];
  return { argv, files: { ...FILES, "budgets.yaml": config, "base.json": strToU8(random.pick(saves)) } };
}

/** What an earlier count has printed, changed since. */
export function saved(random: Random): Case {
  const one = () => {
    const text = random.pick(saves);
    return strToU8(random.chance(4) ? text : random.chance(4) ? mutateText(text, random, ['"macs"', "1e400", "null"]) : mutateJson(text, random));
  };
  const files = { ...FILES, "a.json": one(), "b.json": one() };
  const format = random.pick(["table", "json", "markdown"]);
  if (random.chance(2)) return { argv: ["!diff", "a.json", random.pick(["b.json", "net.yaml"]), "--format", format], files };
  return { argv: ["!check", "a.json", "--max-macs", "1M", "--baseline", "b.json", "--max-increase", "macs=1%", "--format", format], files };
}

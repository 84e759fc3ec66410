import { file, type Setting } from "../cli/run.js";
import type { Wrong } from "./case.js";
import { onnxOf, savedModel, savedOf } from "./saved.js";

const NET = "conv 3x3 3->8 @8x8";
const saved = (options?: Parameters<typeof savedOf>[2]) => file(savedOf("conv 3x3 3->8; relu", "3x8x8", options));
const FILES: Setting["files"] = {
  "a.json": saved(),
  "thop.json": saved({ convention: "thop" }),
  "cut.json": saved({ top: 1 }),
  "own.onnx": { type: "file", bytes: onnxOf("Mystery") },
  "own.json": file(savedModel(onnxOf("Mystery"))),
  "folder.yaml": { type: "folder" },
  "mine.yaml": { type: "unreadable", reason: "EACCES" },
  "package.json": file("{}"),
};
const row = (code: string, says: string, ...argv: readonly string[]): Wrong => ({ code, argv: ["check", ...argv], says, setting: { files: FILES } });
/** What is wrong with one of the models: it is in the results, too. */
const model = (code: string, says: string, ...argv: readonly string[]): Wrong => ({ ...row(code, says, ...argv), results: true });
/** A check whose verdict is in doubt: a sentence of the report says why. */
const doubt = (exit: 1 | 2, says: string, ...argv: readonly string[]): Wrong => ({
  ...row("doubt", says, ...argv, "--format", "junit"),
  told: "row",
  exit,
});
const quantity = (says: string, ...argv: readonly string[]) => row("bad-quantity", says, NET, ...argv);
const config = (code: string, text: string, says: string): Wrong => ({
  code,
  argv: ["check", "--config", "c.yaml"],
  says,
  setting: { files: { "c.yaml": file(text) } },
});
/** A model with one thing in it that is wrong. */
const entry = (text: string, says: string) => config("bad-config", `models:\n  - source: relu\n    ${text}\n`, says);

const FLAGS: readonly Wrong[] = [
  {
    ...row(
      "no-config",
      "nothing to check: no source is given, and no config is in this folder\nexpected: a source with budgets, or convcost.config.yaml, convcost.config.yml, convcost.config.json, or the key convcost of package.json\nhint: convcost check model.onnx --max-macs 300M\n",
    ),
    setting: {},
  },
  row("no-config", "package.json: this package.json has no key convcost", "--config", "package.json"),
  row("unreadable-file", "none.yaml: there is no such file\nexpected: a config in YAML or JSON\n", "--config", "none.yaml"),
  row("unreadable-file", "folder.yaml: this is a folder\nexpected: a config in YAML or JSON\n", "--config", "folder.yaml"),
  row("unreadable-file", "mine.yaml: this file cannot be read\nexpected: a config in YAML or JSON\n", "--config", "mine.yaml"),
  row(
    "missing-source",
    "--max-macs: this says what a source is held against, and no source is given\nexpected: a source beside it, or all of it in a config\n",
    "--max-macs",
    "1M",
  ),
  row(
    "no-budget",
    "there is no budget to hold anything against\nexpected: --max-macs, --max-params, --max-peak-memory, --no-unknown, ...\nhint: convcost check --help lists them\n",
    NET,
  ),
  row(
    "bad-increase",
    "--max-increase: 'macs' allows nothing\nexpected: NAME=AMOUNT, as in macs=1% or params=10K\n",
    NET,
    "--baseline",
    "a.json",
    "--max-increase",
    "macs",
  ),
  row("unknown-measure", "--max-increase: there is no figure 'mac'\nexpected: macs, ", NET, "--baseline", "a.json", "--max-increase", "mac=1%"),
  row("contradicting-flags", "--config: sources are given, and --config names others\n", NET, "--config", "c.yaml"),
  row("contradicting-flags", "--allow-unknown contradicts --no-unknown\n", NET, "--allow-unknown", "--no-unknown"),
  row("contradicting-flags", "--max-increase: there is no --baseline to measure from\n", NET, "--max-increase", "macs=1%"),
  row("contradicting-flags", "--baseline: a baseline needs --max-increase, as in --max-increase macs=1%\n", NET, "--baseline", "a.json"),
  row(
    "contradicting-flags",
    "--baseline: one baseline is for one model; in a config each has its own\n",
    NET,
    NET,
    "--baseline",
    "a.json",
    "--max-increase",
    "macs=1%",
  ),
  row("contradicting-flags", "--max-increase: macs is given twice\n", NET, "--baseline", "a.json", "--max-increase", "macs=1%,macs=2%"),
  model(
    "unreadable-file",
    "b.json: there is no such baseline\nexpected: what convcost count --json has printed\nhint: convcost count MODEL --json -o b.json\n",
    NET,
    "--baseline",
    "b.json",
    "--max-increase",
    "macs=1%",
  ),
  model("unreadable-file", "mine.yaml: this baseline cannot be read\n", NET, "--baseline", "mine.yaml", "--max-increase", "macs=1%"),
  model("flag-without-model", "--batch: a.json was counted earlier, and cannot be counted anew\n", "a.json", "--batch", "2", "--max-macs", "1M"),
  model(
    "other-convention",
    "the baseline was counted by the convention thop, and this by convcost\nexpected: a baseline of the same convention\n",
    NET,
    "--baseline",
    "thop.json",
    "--max-increase",
    "macs=1%",
  ),
  model("no-network", "--set: a model file has no parameters to set\n", "own.onnx", "--set", "a=1", "--max-macs", "1M"),
];

const QUANTITIES: readonly Wrong[] = [
  quantity("--max-macs: '-1' is negative\nexpected: a number as in 300M, 3.5M, 1e6 or 250000: K, M, G, T are powers of 1000\n", "--max-macs=-1"),
  quantity("--max-macs: 'many' is no amount\n", "--max-macs", "many"),
  quantity("--max-macs: '300m' has a unit that is not known, 'm'\n", "--max-macs", "300m"),
  quantity("hint: did you mean 300M?\n", "--max-macs", "300m"),
  quantity("hint: did you mean 1G, a billion?\n", "--max-macs", "1B"),
  quantity("--max-macs: '1.5' is no whole number\n", "--max-macs", "1.5"),
  quantity("--max-peak-memory: '1.5' is no whole number of bytes\nexpected: bytes as in 256KiB, 1MiB, 500kB or 65536\n", "--max-peak-memory", "1.5"),
  quantity("hint: K could be KiB (1024) or KB (1000)\n", "--max-peak-memory", "512K"),
  quantity("--max-increase: '-1%' is negative\n", "--baseline", "a.json", "--max-increase", "macs=-1%"),
  quantity("--max-increase: 'a%' is no percentage\n", "--baseline", "a.json", "--max-increase", "macs=a%"),
];

const DOUBTFUL: readonly Wrong[] = [
  doubt(
    2,
    "MACs: not known whether at least 3.89 K is within 1,000.00 K: layers that could not be counted may add to it: own.Mystery (1)",
    "own.onnx",
    "--max-macs",
    "1M",
  ),
  doubt(1, "1 layer could not be counted: own.Mystery (1)", "own.onnx", "--no-unknown", "--max-macs", "1M"),
  doubt(2, "the saved analysis has not all its layers (--top)", "cut.json", "--max-layer-macs", "1G"),
  doubt(2, "layers of the baseline could not be counted, so that it was at least this", NET, "--baseline", "own.json", "--max-increase", "macs=1%"),
  doubt(2, "the baseline has not all its layers (--top)", "conv 3x3 3->9 @8x8", "--baseline", "cut.json", "--max-increase", "layer-macs=1%"),
];

const CONFIGS: readonly Wrong[] = [
  config("no-baseline", "models:\n  - source: x\n    max-increase: { macs: 1% }\n", "c.yaml:3:27: max-increase has nothing to measure from\n"),
  config(
    "no-budget",
    "models:\n  - source: x\n    baseline: b.json\n    budgets: { macs: 1M }\n",
    "c.yaml:2:13: the baseline is there for nothing\n",
  ),
  config("no-budget", "models:\n  - source: x\n", "c.yaml:2:13: this model has no budget\n"),
  config(
    "contradicting-settings",
    "models:\n  - source: x\n    no-unknown: true\n    allow-unknown: true\n",
    "c.yaml:4:20: no-unknown contradicts allow-unknown\n",
  ),
  config("bad-quantity", "models:\n  - source: x\n    budgets: { macs: lots }\n", "c.yaml:3:22: 'lots' is no amount\n"),
  config(
    "unknown-key",
    "modles: []\n",
    "c.yaml:1:1: a config has no `modles`\n  modles: []\n  ^^^^^^\nexpected: defaults, models\nhint: did you mean `models`?\n",
  ),
  config("unknown-key", "models:\n  - sorce: x\n", "c.yaml:2:5: a model has no `sorce`\n"),
  config("unknown-key", "models:\n  - source: x\n    budgets: { mac: 1 }\n", "c.yaml:3:16: budgets has no `mac`\n"),
  config("unknown-key", "defaults: { batsh: 2 }\nmodels: [{ source: x }]\n", "c.yaml:1:13: defaults has no `batsh`\n"),
  config("bad-config", "hello", "this is no config\n  hello\n  ^^^^^\nexpected: a config: models, each with a source and budgets\n"),
  config("bad-config", "{}", "c.yaml:1:1: a config needs `models`\n  {}\n  ^^\nexpected: models: a list, each with a source and budgets\n"),
  config("bad-config", "models: []", "c.yaml:1:9: `models` is an empty list\n  models: []\n          ^^\nexpected: one model at least\n"),
  config(
    "bad-config",
    "models: zoo:vgg16",
    "c.yaml:1:9: `models` is 'zoo:vgg16'\n  models: zoo:vgg16\n          ^^^^^^^^^\nexpected: a list of models\n",
  ),
  config(
    "bad-config",
    "models: [zoo:vgg16]",
    "c.yaml:1:10: `models[0]` is 'zoo:vgg16'\n  models: [zoo:vgg16]\n           ^^^^^^^^^\nexpected: a model, as in { source: zoo:vgg16, budgets: { macs: 300M } }\n",
  ),
  config("bad-config", "models:\n  - name: x\n", "c.yaml:2:5: a model needs `source`\n"),
  config("bad-config", "defaults: 5\nmodels: [{ source: x }]\n", "c.yaml:1:11: `defaults` is '5'\n"),
  entry("budgets: [1M]", "c.yaml:3:14: `models[0].budgets` is a list\n"),
  entry("budgets: { macs: [1] }", "c.yaml:3:22: `models[0].budgets.macs` is a list\n"),
  entry("max-increase: { macs: {} }", "c.yaml:3:27: `models[0].max-increase.macs` is a map\n"),
  entry("max-increase: 5", "c.yaml:3:19: `models[0].max-increase` is '5'\n"),
  entry("no-unknown: maybe", "c.yaml:3:17: `models[0].no-unknown` is 'maybe'\n"),
  entry("allow-unknown: maybe", "expected: true or false\n"),
  entry("name: []", "`models[0].name` is an empty list\n"),
  entry("name: ''", "c.yaml:3:11: `models[0].name` is empty\n"),
  entry("input: { x: { y: 1 } }", "`models[0].input"),
  config("bad-config", "$schema: []\nmodels: [{ source: x }]\n", "c.yaml:1:10: `$schema` is an empty list\n"),
];

/** Budgets that are none, and configs and baselines that say something else. */
export const CHECKS: readonly Wrong[] = [...FLAGS, ...QUANTITIES, ...DOUBTFUL, ...CONFIGS];

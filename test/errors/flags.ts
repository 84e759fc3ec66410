import { file } from "../cli/run.js";
import { input, model, node, output } from "../read/onnx-model.js";
import type { Wrong } from "./case.js";

const net = { files: { "net.yaml": file("parameters: { a: 1 }\ninput: [3, 8, 8]\nlayers: [relu]"), "folder/": { type: "folder" as const } } };
const ONNX: Wrong["setting"] = {
  files: { "./a.onnx": { type: "file", bytes: model([input("x", [1, 4]), node("Relu", ["x"], ["y"]), output("y")]) } },
};
const row = (code: string, argv: readonly string[], says: string, setting: Wrong["setting"] = net): Wrong => ({ code, argv, says, setting });
const sweep = (...flags: readonly string[]) => ["sweep", "net.yaml", ...flags];

/** Flags that are wrong, contradict one another, or ask for what there is none of. */
export const FLAGS: readonly Wrong[] = [
  row("missing-argument", ["count"], "missing required argument 'spec'"),
  row("contradicting-flags", ["count", "relu", "--input", "4", "--json", "--format", "csv"], "--json contradicts --format csv"),
  row(
    "contradicting-flags",
    ["count", "relu", "--input", "4", "--depth", "2", "--group-by", "op"],
    "--depth counts levels of modules, and --group-by op has none",
  ),
  row("contradicting-flags", ["check", "relu", "--max-macs", "1", "--max-macs", "1T"], "--max-macs is given twice"),
  row("bad-quantity", ["check", "relu", "--input", "4", "--max-params", "9".repeat(100_000)], "'99999999999999999999...' is too long"),
  row("contradicting-flags", ["count", "relu", "-b", "1", "--batch=2"], "--batch is given twice"),
  row("unknown-column", ["count", "relu", "--input", "4", "--columns", "params,colour"], "there is no column 'colour'"),
  row("unknown-column", ["compare", "conv 3x3 3->8 @8x8", "--columns", "colour"], "there is no column 'colour'"),
  row("unknown-column", ["compare", "conv 3x3 3->8 @8x8", "--sort", "beauty"], "rows cannot be sorted by 'beauty'"),
  row("unknown-column", sweep("--set", "a=1", "--columns", "beauty"), "there is no figure 'beauty'"),
  row("unknown-column", sweep("--set", "a=1", "--sort", "beauty"), "there is no figure 'beauty'"),
  row("bad-dimension", ["count", "net.yaml", "--dim", "n=0"], "'n=0' binds no dimension"),
  row("repeated-input", ["count", "net.yaml", "--input", "1x3x8x8", "--input", "3x8x8"], "several inputs are set, and this one has no name"),
  row("unknown-input", ["count", "net.yaml", "--input", "y=1x3x8x8"], "y"),
  row("several-models", ["count", "net.yaml", "relu"], "net.yaml is a model of its own"),
  row("no-network", ["count", "relu", "--input", "4", "--set", "a=1"], "layers have no parameters to set"),
  row("no-network", ["count", "./a.onnx", "--set", "a=1"], "a model file has no parameters to set", ONNX),
  row("no-network", ["diff", "./a.onnx", "relu", "--set", "a=1"], "a model file has no parameters to set", ONNX),
  row("no-network", ["sweep", "./a.onnx", "--set", "a=1"], "a model file has no parameters to vary", ONNX),
  row("no-network", ["count", "-", "--input", "4", "--set", "a=1"], "a printed model has no parameters to set", {
    stdin: "Net(\n  (a): ReLU()\n)",
  }),
  row("no-network", ["sweep", "./a.json", "--set", "a=1"], "a saved analysis has no parameters to vary", {
    files: { "./a.json": file('{"schema": "convcost/analysis@1"}') },
  }),
  row("no-network", ["sweep", "conv 3x3 8", "--set", "a=1"], "layers have no parameters to vary"),
  row("unknown-parameter", ["compare", "net.yaml", "zoo:ds_cnn", "--set", "zeta=1"], "none of these networks has a parameter 'zeta'"),
  row("unknown-model", ["count", "zoo:nonsuch"], "the zoo has no 'nonsuch'"),
  row("one-model", ["compare", "net.yaml"], "is one model, and nothing to compare it with is given"),
  row("not-a-convolution", ["compare", "relu", "--input", "4"], "compare makes variants of one convolution, and relu is none"),
  row("nothing-to-replace", ["compare", "--full-conv", "net.yaml"], "has no depthwise convolution"),
  row("repeated-setting", sweep("--set", "a=1", "--set", "a=2"), "a is set twice"),
  row("grid-too-large", sweep("--set", "a=1..9007199254740992"), "the grid has 2^53 points or more"),
  row("bad-value", sweep("--set", "a="), "there is no value to set"),
  row("bad-value", sweep("--set", "a=1,,2"), "a value is missing between two commas"),
  row("bad-range", sweep("--set", "a=5..1:1"), "5..1:1 never arrives"),
  row("bad-range", sweep("--set", "a=0.25..1"), "0.25..1 has no step, and steps of 1 do not arrive at its end"),
  row("unknown-name", sweep("--set", "a=1", "--where", "beauty > 1"), "there is no 'beauty' to filter by"),
  { ...row("no-point", sweep("--set", "a=1,2", "--input", "y=1"), "no point of the grid makes a model"), results: true },
  row("unknown-input", ["count", "./two.yaml", "--input", "1x3"], "the model has 2 inputs: say which one this is", {
    files: { "./two.yaml": file("inputs: { a: [1, 3], b: [1, 3] }\nlayers: [relu, { add: [[], { from: b }] }]") },
  }),
  row("unwritable-file", ["count", "relu", "--input", "4", "-o", "x/y"], "this file cannot be written (ENOENT)", { writeError: "ENOENT" }),
  row("unwritable-file", ["count", "relu", "--input", "4", "-o", ""], "the name of the file is empty"),
  row("unwritable-file", sweep("--set", "a=1", "-o", ""), "the name of the file is empty"),
  row("unreadable-file", ["count", "no/such.txt"], "there is no such file"),
  row("unreadable-file", ["count", "folder/"], "this is a folder"),
  row("unreadable-file", ["count", "./large"], "this is larger than 256 MiB", { files: { "./large": { type: "too-large" } } }),
  row("unreadable-file", ["count", "./mine"], "too many files are open (EMFILE)", { files: { "./mine": { type: "unreadable", reason: "EMFILE" } } }),
  row("unreadable-file", ["count", "./mine"], "this file cannot be read (EACCES)", { files: { "./mine": { type: "unreadable", reason: "EACCES" } } }),
  row("binary-file", ["count", "./a"], "this is binary, and no model that is known", {
    files: { "./a": { type: "file", bytes: Uint8Array.of(0, 255, 1) } },
  }),
  row("binary-file", ["count", "./a"], "this looks like a gzip archive, which is not read", {
    files: { "./a": { type: "file", bytes: Uint8Array.of(31, 139, 8) } },
  }),
];

const told = (code: string, argv: readonly string[], says: string): Wrong => ({ code, argv, says, told: "row" });

/** Layers that read one input in two orders. */
export const ORDERS: readonly Wrong[] = [
  {
    code: "mixed-layouts",
    argv: ["compare", "conv 3x3 3->8", "layers.Conv2D(8, 3)", "--input", "3x8x8"],
    says: "these are of frameworks that read --input in different orders",
  },
];

/** Variants that there cannot be: their rows say why. */
export const VARIANTS: readonly Wrong[] = [
  told("no-such-variant", ["compare", "conv1d 3 8->8", "--input", "1x8x16"], "the kernel has one axis only: there is nothing to separate"),
  told("no-such-variant", ["compare", "conv 1x3 8->8 @8x8"], "there is nothing to separate"),
  told("no-such-variant", ["compare", "conv 3x3 8->6 @8x8", "--expand", "4"], "6 output channels cannot be narrowed by 4"),
];

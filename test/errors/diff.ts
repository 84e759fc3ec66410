import { file } from "../cli/run.js";
import type { Wrong } from "./case.js";
import { savedOf } from "./saved.js";

const files = {
  "a.json": file(savedOf("conv 3x3 3->8; relu", "3x8x8")),
  "cut.json": file(savedOf("conv 3x3 3->8; relu", "3x8x8", { top: 1 })),
};
const row = (code: string, argv: readonly string[], says: string): Wrong => ({ code, argv, says, setting: { files } });

/** What cannot be held against another model, and what was counted already. */
export const DIFFS: readonly Wrong[] = [
  row(
    "cut-analysis",
    ["diff", "cut.json", "zoo:ds_cnn"],
    "1 of 2 layers were saved: it was counted with --top\nexpected: an analysis of all layers\n",
  ),
  row(
    "flag-without-model",
    ["diff", "a.json", "a.json", "--batch", "2"],
    "--batch: a.json as a.json was counted earlier, and cannot be counted anew\nexpected: a model, or no such flag\n",
  ),
  row(
    "saved-analysis",
    ["count", "a.json"],
    "a.json: this is what an earlier count has printed, and no model\nexpected: a model, a network or layers\nhint: convcost diff and convcost check read it\n",
  ),
  row("no-network", ["diff", "conv 3x3 3->8 @8x8", "relu", "--set", "a=1"], "--set: layers have no parameters to set"),
];

import { Option, type Command } from "commander";
import { diffCosts } from "../compare/diff.js";
import { diffReport, TOP } from "../report/diff-report.js";
import type { Units } from "../report/layer-columns.js";
import { readCosts, refuseFlags } from "./costs.js";
import {
  addOutputFlags,
  addSourceFlags,
  collect,
  givenFlags,
  sourceFlagNames,
  wholeNumber,
  type Context,
  type OutputFlags,
  type Register,
  type SourceFlags,
} from "./command.js";
import { show } from "./output.js";

const HELP = `
Each source is a model file, a network file, zoo:NAME, layers, the JSON of an earlier count, or -. Flags go to both, those ending in -before and
-after to one of them, and none to what was counted earlier. Layers are matched by name where their names hold, else by what they are, so that a layer that was put in shifts none; names and the
order of layers are no difference. + was added, - removed, ~ changed.

Examples:
  convcost diff before.onnx after.onnx
  convcost diff zoo:resnet18 zoo:resnet34 --format markdown
  convcost diff zoo:mobilenet_v2 zoo:mobilenet_v2 --set-after alpha=0.5
  convcost diff base.json model.onnx --exit-code
  convcost diff zoo:mobilenet_v2 mobilenet_v2.onnx --json | jq .counts`;

/** Flags of which each source can have its own. */
const SIDES = ["before", "after"] as const;
type OwnFlags = Readonly<Record<"setBefore" | "setAfter" | "dimBefore" | "dimAfter", readonly string[]>>;

interface DiffFlags extends SourceFlags, OutputFlags, OwnFlags {
  readonly exitCode?: boolean;
  readonly top?: number;
  readonly units: Units;
}

/** `convcost diff`: what differs between two models, layer by layer. */
export const diff: Register = (program, context) => {
  const command = program
    .command("diff")
    .argument("<before>", "a model, or the JSON of an earlier count")
    .argument("<after>", "another")
    .description("show what differs between two models: layers added, removed, changed, and every total");
  addSourceFlags(command);
  for (const side of SIDES) command.option(`--set-${side} <name=value>`, `set a parameter of <${side}> alone`, collect, []);
  for (const side of SIDES) command.option(`--dim-${side} <name=n>`, `bind a dimension of <${side}> alone`, collect, []);
  addOutputFlags(command)
    .option("--exit-code", "end with exit code 1 where anything that is counted differs, 2 where that is not known")
    .option("--top <n>", `only the n changes that weigh most (default: ${TOP} in a table or Markdown, else all)`, wholeNumber("--top"))
    .addOption(new Option("--units <units>", "auto: K, M, G and KiB, MiB; raw: plain numbers").choices(["auto", "raw"]).default("auto"))
    .addHelpText("after", HELP)
    .action(async (before: string, after: string, flags: DiffFlags) => {
      await run([before, after], flags, command, context);
    });
};

async function run([first, second]: readonly [string, string], flags: DiffFlags, command: Command, context: Context): Promise<void> {
  const { setBefore, setAfter, dimBefore, dimAfter, set, dim } = flags;
  const before = await readCosts(first, { ...flags, set: [...set, ...setBefore], dim: [...dim, ...dimBefore] }, context.io);
  const after = await readCosts(second, { ...flags, set: [...set, ...setAfter], dim: [...dim, ...dimAfter] }, context.io);
  if (before.saved && after.saved) refuseFlags(givenFlags(command, sourceFlagNames()), `${first} as ${second}`);
  if (before.saved) refuseFlags(givenFlags(command, ["set-before", "dim-before"]), first);
  if (after.saved) refuseFlags(givenFlags(command, ["set-after", "dim-after"]), second);
  const difference = diffCosts(before.costs, after.costs);
  if (flags.exitCode === true && difference.equal !== true) context.exitWith(difference.equal === false ? 1 : 2);
  const labels = [labelOf(first), labelOf(second)] as const;
  await show(context, flags, diffReport(difference, { labels, top: flags.top, units: flags.units, version: context.version }));
}

function labelOf(source: string): string {
  return source === "-" ? "standard input" : source.trim().replace(/\s+/g, " ");
}

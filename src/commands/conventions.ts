import { Option } from "commander";
import { compareConventions } from "../compare/conventions.js";
import { conventions as allConventions, conventionNamed } from "../conventions/table.js";
import { fail } from "../graph/diagnostic.js";
import { conventionListReport, conventionsReport, explainedReport } from "../report/conventions.js";
import type { Units } from "../report/layer-columns.js";
import type { Report } from "../report/report.js";
import { readModel } from "../source/read.js";
import {
  addModelFlags,
  addOutputFlags,
  analyzeOptions,
  collect,
  dimensions,
  type Context,
  type ModelFlags,
  type OutputFlags,
  type Register,
} from "./command.js";
import { show } from "./output.js";

interface ConventionsFlags extends ModelFlags, OutputFlags {
  readonly set: readonly string[];
  readonly dim: readonly string[];
  readonly explain?: string;
  readonly units: Units;
}

const HELP = `
A row a tool: what it would report, in the unit that it really counts in, and why that is not convcost's MACs. The causes add up exactly.
A * says that the tool itself may report something else of the model, and standard error why: an exporter folded batch norm away, say.

Examples:
  convcost conventions zoo:mobilenet_v2
  convcost conventions model.onnx --json | jq '.rows[] | {convention, counted, unit}'
  convcost conventions --explain thop
  convcost count zoo:resnet50 --convention fvcore`;

/** `convcost conventions`: one model counted as every other tool counts it, and why they differ; `--explain` prints the rules of one. */
export const conventions: Register = (program, context) => {
  const command = program
    .command("conventions")
    .argument("[spec...]", "layers, a network file, zoo:NAME, a model file, or -; nothing lists the conventions")
    .description("count a model as every other tool counts it, and say why they differ");
  addOutputFlags(addModelFlags(command))
    .option("--explain <name>", "print the rules of one convention, operator by operator, and where they stand in the tool's source")
    .option("--dim <name=n>", "bind a dimension that a model file names: seq=128, or several separated by commas", collect, [])
    .option("--set <name=value>", "set a parameter of a network file or zoo network: alpha=0.5, variant=NAME", collect, [])
    .addOption(new Option("--units <units>", "auto: K, M, G; raw: plain numbers").choices(["auto", "raw"]).default("auto"))
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: ConventionsFlags) => {
      if (flags.explain !== undefined) await show(context, flags, explain(flags.explain, specs));
      else if (specs.length === 0) await show(context, flags, conventionListReport(allConventions(), context.version));
      else await show(context, flags, await counted(specs, flags, context));
    });
};

function explain(name: string, specs: readonly string[]): Report {
  const convention = conventionNamed(name, "--explain");
  if (specs.length === 0) return explainedReport(convention);
  return fail("contradicting-flags", "this prints the rules of a convention, and a model is given besides", {
    place: { kind: "flag", flag: "--explain" },
    expected: "one of the two",
    hint: `convcost count ${specs.join(" ")} --convention ${name} counts it so`,
  });
}

async function counted(specs: readonly string[], flags: ConventionsFlags, { io, version }: Context): Promise<Report> {
  const options = await analyzeOptions(flags);
  const graph = await readModel(specs, io, flags.set, { ...options, dims: dimensions(flags.dim) });
  return conventionsReport(compareConventions(graph, options), flags.units, version);
}

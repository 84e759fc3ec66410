import { Option } from "commander";
import { compareConventions, type ConventionComparison } from "../compare/conventions.js";
import { conventions as allConventions, conventionNamed } from "../conventions/table.js";
import { fail } from "../graph/diagnostic.js";
import {
  caveatLines,
  conventionCsv,
  conventionGrid,
  conventionList,
  conventionsJson,
  explainedConvention,
  explainedJson,
} from "../report/conventions.js";
import { renderCsv } from "../report/csv.js";
import { formatShape } from "../graph/shape.js";
import { harmless, type Grid } from "../report/grid.js";
import type { Units } from "../report/layer-columns.js";
import { escape, renderMarkdown } from "../report/markdown.js";
import { writeJson } from "../report/json.js";
import { uncountedLines } from "../report/uncounted.js";
import { readModel } from "../source/read.js";
import {
  addModelFlags,
  analyzeOptions,
  collect,
  dimensions,
  emit,
  formatOf,
  FORMATS,
  tableWidth,
  type Context,
  type ModelFlags,
  type OutputFlags,
  type Register,
} from "./command.js";

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
  addModelFlags(command)
    .option("--explain <name>", "print the rules of one convention, operator by operator, and where they stand in the tool's source")
    .option("--dim <name=n>", "bind a dimension that a model file names: seq=128, or several separated by commas", collect, [])
    .option("--set <name=value>", "set a parameter of a network file or zoo network: alpha=0.5, variant=NAME", collect, [])
    .addOption(new Option("-f, --format <format>", 'what to print (default: "table")').choices(FORMATS))
    .option("--json", "short for --format json")
    .option("-o, --output <file>", "write to a file, whole or not at all")
    .addOption(new Option("--units <units>", "auto: K, M, G; raw: plain numbers").choices(["auto", "raw"]).default("auto"))
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: ConventionsFlags) => {
      if (flags.explain !== undefined) explain(flags.explain, specs, flags, context);
      else if (specs.length === 0) await list(flags, context);
      else await run(specs, flags, context);
    });
};

function explain(name: string, specs: readonly string[], flags: ConventionsFlags, context: Context): void {
  const convention = conventionNamed(name, "--explain");
  if (specs.length > 0) {
    fail("contradicting-flags", "this prints the rules of a convention, and a model is given besides", {
      place: { kind: "flag", flag: "--explain" },
      expected: "one of the two",
      hint: `convcost count ${specs.join(" ")} --convention ${name} counts it so`,
    });
  }
  const lines = explainedConvention(convention);
  switch (formatOf(flags)) {
    case "json":
      emit(context, flags, explainedJson(convention));
      return;
    case "markdown":
      emit(context, flags, `\`\`\`text\n${lines.join("\n")}\n\`\`\`\n`);
      return;
    case "csv":
      fail("contradicting-flags", "the rules of a convention are no table for CSV", { expected: "--format table, json or markdown" });
      return;
    case "table":
      emit(context, flags, `${lines.join("\n")}\n`);
  }
}

async function list(flags: ConventionsFlags, context: Context): Promise<void> {
  if (formatOf(flags) !== "json") {
    await emitGrid(conventionList(allConventions()), "", flags, context);
    return;
  }
  const known = allConventions().map(({ name, title, version, unit }) => ({ convention: name, title, tool: version, unit }));
  emit(context, flags, writeJson({ schema: "convcost/conventions@1", version: context.version, conventions: known }) + "\n");
}

async function run(specs: readonly string[], flags: ConventionsFlags, context: Context): Promise<void> {
  const format = formatOf(flags);
  const options = await analyzeOptions(flags);
  const graph = await readModel(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) });
  const comparison = compareConventions(graph, options);
  if (format === "json") {
    emit(context, flags, conventionsJson(comparison, context.version));
    return;
  }
  for (const line of [...uncountedLines(comparison.analysis), ...comparison.analysis.warnings, ...caveatLines(comparison)])
    context.io.stderr.write(`warning: ${harmless(line)}\n`);
  await emitGrid(format === "csv" ? conventionCsv(comparison) : conventionGrid(comparison, flags.units), noteOf(comparison), flags, context);
}

function noteOf({ analysis, rows }: ConventionComparison): string {
  const input = analysis.inputs.map(({ shape }) => formatShape(shape)).join(", ");
  const marked = rows.some(({ caveats }) => caveats.length > 0);
  return `${analysis.model.name}, input ${input}${marked ? "; * the tool itself may report something else, see the warnings" : ""}`;
}

async function emitGrid(grid: Grid, note: string, flags: ConventionsFlags, context: Context): Promise<void> {
  switch (formatOf(flags)) {
    case "csv":
      emit(context, flags, renderCsv(grid));
      return;
    case "markdown":
      emit(context, flags, `${renderMarkdown(grid)}${note === "" ? "" : `\n${escape(note)}\n`}`);
      return;
    default: {
      const { renderTable } = await import("../report/table.js");
      const { chalk } = context;
      const text = renderTable(grid, { chalk, width: tableWidth(context, flags) });
      emit(context, flags, note === "" ? text : `${text}\n${chalk.dim(harmless(note))}\n`);
    }
  }
}

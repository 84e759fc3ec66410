import { Option } from "commander";
import { analyze } from "../analyze/analyze.js";
import { groupLayers, type Group } from "../analyze/group.js";
import { GROUPINGS, type Grouping } from "../analyze/grouping.js";
import { withPairs } from "../analyze/pairs.js";
import { fail } from "../graph/diagnostic.js";
import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import { READABLE } from "../read/formats.js";
import { renderCsv } from "../report/csv.js";
import { analysisPieces } from "../report/analysis-json.js";
import { LAYER_COLUMNS, layerColumn, type LayerColumn, type Units } from "../report/layer-columns.js";
import { csvColumns, groupGrid, layerGrid } from "../report/layer-grid.js";
import { groupOrder, sortLayers } from "../report/layer-order.js";
import { escape, renderMarkdown } from "../report/markdown.js";
import { summaryLines } from "../report/summary.js";
import { harmless, type Grid } from "../report/grid.js";
import { uncountedLines } from "../report/uncounted.js";
import { readModel } from "../source/read.js";
import {
  addCommonFlags,
  analyzeOptions,
  columnList,
  dimensions,
  emit,
  formatOf,
  tableWidth,
  type CommonFlags,
  type Context,
  type Register,
  wholeNumber,
} from "./command.js";

const HELP = `
A SPEC is a layer or several, in any of these notations, separated by ; or new lines:
  shorthand   conv 3x3 64->128 s2 p1 d1 g4 bias @56x56    (padding same, no bias unless said)
              dw 3x3 s2 m1   pw 128   sep 3x3 64->128   tconv 4x4 64->32 s2   maxpool 2x2
              gap   linear 1000 bias   bn   relu   lstm 64   mha 8   5*(dw 3x3; pw 512)
  PyTorch     nn.Conv2d(64, 128, kernel_size=3, padding=1, groups=64)   as typed or printed
  Keras       layers.SeparableConv2D(128, 3, strides=2, padding="same")
or a text file of these, a network file (YAML or JSON), zoo:NAME for a well-known network, a model file
(ONNX, TensorFlow Lite, Keras, ...: --list-formats), the text of print(model), or - for standard input.

Examples:
  convcost count "nn.Conv2d(3, 3, 3, padding=1, groups=3)" --input 1x3x32x32
  convcost count "conv 3x3 3->32 s2; bn; relu; 5*(dw 3x3; pw 64)" --input 3x224x224
  convcost count zoo:mobilenet_v2 --set alpha=0.5 --sort macs --top 5
  convcost count net.yaml --set classes=10 --batch 8
  convcost count model.onnx --dim batch=1,seq=128
  convcost count layers.txt --input 3x224x224 --sort macs --top 5
  echo "conv 3x3 64->128 @56x56" | convcost count - --json | jq .totals.macs
  convcost count "layers.Conv2D(8, 3)" --input 32x32x3 --dtype int8`;

/** `convcost count`: a row a layer, and the totals. */
export const count: Register = (program, context) => {
  const command = program
    .command("count")
    .argument("[spec...]", "layers, a file of layers, a network file, zoo:NAME, a model file, or -")
    .description("count parameters, MACs, FLOPs and memory of layers or a network");
  addCommonFlags(command, LAYER_COLUMNS)
    .addOption(new Option("--group-by <what>", "fold the layers: by module, as a tree; by op; by kind of convolution").choices(GROUPINGS))
    .option("--depth <n>", "fold the layers into modules, and show so many levels of them", wholeNumber("--depth"))
    .option("--list-formats", "list what is read, and stop")
    .option("--pairs", "show a depthwise convolution and the pointwise one after it as one depthwise separable row")
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: CountFlags) => {
      await run(specs, flags, context);
    });
};

/** What is read, a line each. */
function formatList(): string {
  const width = Math.max(...READABLE.map(({ title }) => title.length));
  return READABLE.map(({ title, files }) => `${title.padEnd(width)}  ${files}\n`).join("");
}

interface CountFlags extends CommonFlags {
  readonly groupBy?: Grouping;
  readonly depth?: number;
  readonly pairs?: boolean;
  readonly listFormats?: boolean;
}

/** What is shown: layers, or groups of them. */
interface View {
  readonly analysis: Analysis;
  readonly layers: readonly LayerAnalysis[];
  readonly groups: readonly Group[] | undefined;
  readonly columns: readonly LayerColumn[] | undefined;
  /** Rows that --top leaves out. */
  readonly left: number;
}

async function run(specs: readonly string[], flags: CountFlags, context: Context): Promise<void> {
  if (flags.listFormats === true) {
    emit(context, flags, formatList());
    return;
  }
  if (specs.length === 0)
    fail("missing-argument", "missing required argument 'spec'", {
      expected: "layers, a file, zoo:NAME, or -",
      hint: "convcost count --help has examples",
    });
  const format = formatOf(flags);
  const columns = columnList(flags, layerColumn);
  const grouping = groupingOf(flags);
  const options = await analyzeOptions(flags);
  const graph = await readModel(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) });
  const counted = analyze(graph, options);
  const analysis = flags.pairs === true ? withPairs(graph, counted) : counted;
  const sort = flags.sort === undefined ? undefined : layerColumn(flags.sort, "--sort");
  const rows = sort === undefined ? analysis.layers : sortLayers(analysis.layers, sort);
  const folded = grouping && groupLayers(analysis.layers, { ...grouping, compare: sort && groupOrder(sort) });
  const view: View = {
    analysis,
    columns,
    layers: grouping === undefined ? rows.slice(0, flags.top) : rows,
    groups: folded?.slice(0, flags.top),
    left: Math.max(0, (folded ?? rows).length - (flags.top ?? Infinity)),
  };
  // In the JSON they are a field; everywhere else they must not pass unseen, nor mix with the result.
  if (format !== "json") {
    for (const line of [...uncountedLines(analysis), ...analysis.warnings, ...analysis.caveats])
      context.io.stderr.write(`warning: ${harmless(line)}\n`);
  }
  switch (format) {
    case "json":
      emit(context, flags, analysisPieces(analysis, context.version, view.layers, view.groups));
      return;
    case "csv":
      emit(
        context,
        flags,
        renderCsv(gridOf({ ...view, columns: columns ?? (folded === undefined ? csvColumns(analysis) : undefined) }, "raw", false)),
      );
      return;
    case "markdown":
      emit(context, flags, markdown(view, flags));
      return;
    case "table":
      emit(context, flags, await table(view, flags, context));
  }
}

/** `--depth N` alone folds into modules. Throws `contradicting-flags` where there are no levels. */
function groupingOf({ groupBy, depth }: CountFlags): { readonly by: Grouping; readonly depth: number | undefined } | undefined {
  if (groupBy === undefined && depth === undefined) return undefined;
  if (depth === undefined || groupBy === undefined || groupBy === "module") return { by: groupBy ?? "module", depth };
  return fail("contradicting-flags", `--depth counts levels of modules, and --group-by ${groupBy} has none`, {
    place: { kind: "flag", flag: "--depth" },
    expected: "--depth alone, or with --group-by module",
  });
}

function gridOf({ analysis, layers, groups, columns }: View, units: Units, summary: boolean): Grid {
  return groups === undefined ? layerGrid(analysis, layers, { columns, units, summary }) : groupGrid(analysis, groups, { columns, units, summary });
}

function markdown(view: View, { units }: CommonFlags): string {
  const lines = summaryLines(view.analysis, units).map(
    ({ label, value, note }) => `- ${label}: **${escape(value)}**${note === undefined ? "" : ` (${escape(note)})`}`,
  );
  return `${renderMarkdown(gridOf(view, units, true))}\n${lines.join("\n")}\n${cut(view)}`;
}

async function table(view: View, flags: CommonFlags, context: Context): Promise<string> {
  // The table library takes a quarter of a bare start: only what prints a table loads it.
  const { renderTable } = await import("../report/table.js");
  const { chalk } = context;
  const summary = summaryLines(view.analysis, flags.units);
  const labels = Math.max(...summary.map(({ label }) => label.length));
  const values = Math.max(...summary.map(({ value }) => value.length));
  const lines = summary.map(
    ({ label, value, note }) =>
      `${label.padEnd(labels)}  ${chalk.bold(harmless(value).padStart(values))}${note === undefined ? "" : `  ${chalk.dim(note)}`}`,
  );
  return `${renderTable(gridOf(view, flags.units, true), { chalk, width: tableWidth(context, flags) })}\n${lines.join("\n")}\n${cut(view)}`;
}

function cut({ left, groups }: View): string {
  const what = groups === undefined ? "layers" : "rows";
  return left > 0 ? `\n${left} more ${what} are in the totals but not shown (--top)\n` : "";
}

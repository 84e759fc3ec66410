import { analyze } from "../analyze/analyze.js";
import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import { renderCsv } from "../report/csv.js";
import { analysisJson } from "../report/json.js";
import { LAYER_COLUMNS, layerColumn, layerGrid, sortLayers } from "../report/layer-columns.js";
import { escape, renderMarkdown } from "../report/markdown.js";
import { summaryLines } from "../report/summary.js";
import { harmless } from "../report/grid.js";
import { readModel } from "../source.js";
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
} from "./command.js";

const HELP = `
A SPEC is a layer or several, in any of these notations, separated by ; or new lines:
  shorthand   conv 3x3 64->128 s2 p1 d1 g4 bias @56x56    (padding same, no bias unless said)
              dw 3x3 s2 m1   pw 128   sep 3x3 64->128   tconv 4x4 64->32 s2   maxpool 2x2
              gap   linear 1000 bias   bn   relu   lstm 64   mha 8   5*(dw 3x3; pw 512)
  PyTorch     nn.Conv2d(64, 128, kernel_size=3, padding=1, groups=64)   as typed or printed
  Keras       layers.SeparableConv2D(128, 3, strides=2, padding="same")
or a text file of these, a network file (YAML or JSON), zoo:NAME for a well-known network, an ONNX model, or - for standard input.

Examples:
  convcost count "nn.Conv2d(3, 3, 3, padding=1, groups=3)" --input 1x3x32x32
  convcost count "conv 3x3 3->32 s2; bn; relu; 5*(dw 3x3; pw 64)" --input 3x224x224
  convcost count zoo:mobilenet_v2 --set alpha=0.5 --sort macs --top 5
  convcost count net.yaml --set classes=10 --batch 8
  convcost count model.onnx --dim batch=1,seq=128
  convcost count layers.txt --input 3x224x224 --sort macs --top 5
  echo "conv 3x3 64->128 @56x56" | convcost count - --json | jq .totals.macs
  convcost count "layers.Conv2D(8, 3)" --input 32x32x3 --layout nhwc --dtype int8`;

/** `convcost count`: a row a layer, and the totals. */
export const count: Register = (program, context) => {
  const command = program
    .command("count")
    .argument("<spec...>", "layers, a file of layers, a network file, zoo:NAME, an ONNX model, or -")
    .description("count parameters, MACs, FLOPs and memory of layers or a network");
  addCommonFlags(command, LAYER_COLUMNS)
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: CommonFlags) => {
      await run(specs, flags, context);
    });
};

async function run(specs: readonly string[], flags: CommonFlags, context: Context): Promise<void> {
  const format = formatOf(flags);
  const columns = columnList(flags, layerColumn);
  const options = analyzeOptions(flags);
  const analysis = analyze(await readModel(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) }), options);
  const sorted = flags.sort === undefined ? analysis.layers : sortLayers(analysis.layers, layerColumn(flags.sort, "--sort"));
  const layers = flags.top === undefined ? sorted : sorted.slice(0, flags.top);
  // In the JSON they are a field; everywhere else they must not pass unseen, nor mix with the result.
  if (format !== "json") {
    for (const line of [...partialLines(analysis), ...analysis.warnings]) context.io.stderr.write(`warning: ${harmless(line)}\n`);
  }
  switch (format) {
    case "json":
      emit(context, flags, analysisJson(analysis, context.version, layers));
      return;
    case "csv":
      emit(context, flags, renderCsv(layerGrid(analysis, layers, { columns: columns ?? LAYER_COLUMNS, units: "raw", summary: false })));
      return;
    case "markdown":
      emit(context, flags, markdown(analysis, layers, columns, flags));
      return;
    case "table":
      emit(context, flags, await table(analysis, layers, columns, flags, context));
  }
}

/** Reasons that are told on standard error; the JSON has all of them. */
const MAX_REASONS = 8;

/** What the totals leave out, by the reason. */
function partialLines({ uncounted }: Analysis): readonly string[] {
  const reasons = [...new Set(uncounted.map(({ reason }) => reason))];
  const lines = reasons.slice(0, MAX_REASONS).map((reason) => {
    const operators = uncounted.filter((entry) => entry.reason === reason).map(({ op, count: times }) => `${op} (${times})`);
    return `not counted, so that the totals are at least what they say: ${operators.join(", ")}: ${reason}`;
  });
  const left = reasons.length - lines.length;
  return left > 0 ? [...lines, `and layers for ${left} more reasons (--json has all of them)`] : lines;
}

type Columns = Parameters<typeof layerGrid>[2]["columns"];

function markdown(analysis: Analysis, layers: readonly LayerAnalysis[], columns: Columns, { units }: CommonFlags): string {
  const lines = summaryLines(analysis, units).map(
    ({ label, value, note }) => `- ${label}: **${escape(value)}**${note === undefined ? "" : ` (${escape(note)})`}`,
  );
  return `${renderMarkdown(layerGrid(analysis, layers, { columns, units, summary: true }))}\n${lines.join("\n")}\n${cut(analysis, layers)}`;
}

async function table(analysis: Analysis, layers: readonly LayerAnalysis[], columns: Columns, flags: CommonFlags, context: Context): Promise<string> {
  // The table library takes a quarter of a bare start: only what prints a table loads it.
  const { renderTable } = await import("../report/table.js");
  const { chalk } = context;
  const grid = layerGrid(analysis, layers, { columns, units: flags.units, summary: true });
  const summary = summaryLines(analysis, flags.units);
  const labels = Math.max(...summary.map(({ label }) => label.length));
  const values = Math.max(...summary.map(({ value }) => value.length));
  const lines = summary.map(
    ({ label, value, note }) =>
      `${label.padEnd(labels)}  ${chalk.bold(harmless(value).padStart(values))}${note === undefined ? "" : `  ${chalk.dim(note)}`}`,
  );
  return `${renderTable(grid, { chalk, width: tableWidth(context, flags) })}\n${lines.join("\n")}\n${cut(analysis, layers)}`;
}

function cut(analysis: Analysis, layers: readonly LayerAnalysis[]): string {
  const left = analysis.layers.length - layers.length;
  return left > 0 ? `\n${left} more layers are in the totals but not shown (--top)\n` : "";
}

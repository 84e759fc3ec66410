import type { AnalyzeOptions } from "../analyze/analyze.js";
import { compare as compareGraphs, compareFullConvolution, compareModels, type Comparison, type ComparisonRow } from "../compare/compare.js";
import { fail } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import { comparisonColumn } from "../report/comparison-grid.js";
import { comparisonReport } from "../report/comparison-report.js";
import { readEach } from "../source/read.js";
import { addCommonFlags, analyzeOptions, columnList, dimensions, wholeNumber, type CommonFlags, type Context, type Register } from "./command.js";
import { show } from "./output.js";

interface CompareFlags extends CommonFlags {
  readonly groups?: number;
  readonly expand?: number;
  readonly explain?: boolean;
  readonly fullConv?: boolean;
}

const SORTABLE = ["label", "params", "macs", "flops", "moved", "peak", "intensity"] as const;

const HELP = `
One convolution becomes a row for each way to write it: standard, depthwise, pointwise, depthwise separable, grouped,
spatially separable, bottleneck and inverted residual. Rows are convolutions alone: no norm, activation or addition.
Several specs, or a file of several, become a row each; so do models (network files, zoo:NAME).

Examples:
  convcost compare "conv 3x3 512->512 @14x14"
  convcost compare "nn.Conv2d(64, 128, 3, padding=1)" --input 64x56x56 --groups 8 --expand 6
  convcost compare "conv 3x3 512->512 @14x14" --explain
  convcost compare "conv 3x3 64->128" "sep 3x3 64->128" "dw 3x3 64; pw 128" --input 64x56x56
  convcost compare zoo:mobilenet_v1 zoo:vgg16 net.yaml
  convcost compare --full-conv zoo:mobilenet_v1
  convcost compare "conv 3x3 64->128 @56x56" --json | jq '.rows[] | {label, macs}'`;

/** `convcost compare`: the ways to write one convolution, or several specs, side by side. */
export const compare: Register = (program, context) => {
  const command = program
    .command("compare")
    .argument("<spec...>", "a convolution, several specs, network files, zoo:NAME, or -")
    .description("compare a convolution with its depthwise, separable and other variants, or whole models");
  addCommonFlags(command, SORTABLE)
    .option("-g, --groups <n>", "groups of the grouped row (default: the spec's own, else 4)", wholeNumber("--groups"))
    .option("-e, --expand <n>", "how much bottleneck narrows (default: 4) and inverted residual widens (default: 6)", wholeNumber("--expand"))
    .option("--full-conv", "compare networks with themselves, standard convolutions in place of depthwise separable ones")
    .option("--explain", "print each formula with the numbers put in")
    .addHelpText("after", HELP)
    .action(async (specs: readonly string[], flags: CompareFlags) => {
      await run(specs, flags, context);
    });
};

async function run(specs: readonly string[], flags: CompareFlags, context: Context): Promise<void> {
  const columns = columnList(flags, comparisonColumn);
  const options = await analyzeOptions(flags);
  const graphs = await readEach(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) });
  const comparison = compared(graphs, options, flags);
  const sorted = flags.sort === undefined ? comparison.rows : sortRows(comparison.rows, flags.sort);
  const rows = flags.top === undefined ? sorted : sorted.slice(0, flags.top);
  const { explain = false, units } = flags;
  await show(context, flags, comparisonReport(comparison, { rows, columns, units, explain, version: context.version }));
}

function compared(graphs: readonly Graph[], options: AnalyzeOptions, flags: CompareFlags): Comparison {
  if (flags.fullConv === true) return compareFullConvolution(graphs, options);
  const [first, ...others] = graphs;
  const isModel = (graph: Graph | undefined) => graph !== undefined && graph.format !== "spec";
  if (!graphs.some(isModel)) return compareGraphs(graphs, { ...options, groups: flags.groups, expand: flags.expand });
  if (first !== undefined && others.length === 0) {
    fail("one-model", `${first.name} is one model, and nothing to compare it with is given`, {
      expected: "two models or more, or --full-conv",
      hint: `convcost count shows its layers; convcost compare --full-conv compares it with standard convolutions`,
    });
  }
  return compareModels(graphs, options);
}

/** Numbers from the largest, labels from A; rows that cannot exist come last. */
function sortRows(rows: readonly ComparisonRow[], column: string): readonly ComparisonRow[] {
  const key = SORTABLE.find((name) => name === column.trim().toLowerCase());
  if (key === undefined)
    return fail("unknown-column", `rows cannot be sorted by '${column}'`, { place: { kind: "flag", flag: "--sort" }, expected: SORTABLE.join(", ") });
  return [...rows].sort((left, right) => {
    if (key === "label") return left.label.localeCompare(right.label, "en", { numeric: true });
    if (!left.available || !right.available) return Number(right.available) - Number(left.available);
    const [a, b] =
      key === "moved"
        ? [left.bytesMoved, right.bytesMoved]
        : key === "peak"
          ? [left.peakActivationBytes, right.peakActivationBytes]
          : [left[key], right[key]];
    return a === b ? 0 : a > b ? -1 : 1;
  });
}

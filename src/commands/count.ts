import { Option } from "commander";
import { analyze } from "../analyze/analyze.js";
import { groupLayers } from "../analyze/group.js";
import { GROUPINGS, type Grouping } from "../analyze/grouping.js";
import { withPairs } from "../analyze/pairs.js";
import { fail } from "../graph/diagnostic.js";
import { READABLE } from "../read/formats.js";
import { analysisReport } from "../report/analysis-report.js";
import { LAYER_COLUMNS, layerColumn } from "../report/layer-columns.js";
import { groupOrder, sortLayers } from "../report/layer-order.js";
import { readModel } from "../source/read.js";
import { addCommonFlags, analyzeOptions, columnList, dimensions, type CommonFlags, type Context, type Register, wholeNumber } from "./command.js";
import { emit, show } from "./output.js";

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
  const columns = columnList(flags, layerColumn);
  const grouping = groupingOf(flags);
  const options = await analyzeOptions(flags);
  const graph = await readModel(specs, context.io, flags.set, { ...options, dims: dimensions(flags.dim) });
  const counted = analyze(graph, options);
  const analysis = flags.pairs === true ? withPairs(graph, counted) : counted;
  const sort = flags.sort === undefined ? undefined : layerColumn(flags.sort, "--sort");
  const rows = sort === undefined ? analysis.layers : sortLayers(analysis.layers, sort);
  const folded = grouping && groupLayers(analysis.layers, { ...grouping, compare: sort && groupOrder(sort) });
  const report = analysisReport(analysis, {
    layers: grouping === undefined ? rows.slice(0, flags.top) : rows,
    groups: folded?.slice(0, flags.top),
    columns,
    left: Math.max(0, (folded ?? rows).length - (flags.top ?? Infinity)),
    units: flags.units,
    version: context.version,
  });
  await show(context, flags, report);
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

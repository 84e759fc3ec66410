import { Option } from "commander";
import { gridSize, isMeasureKnown, measure, MEASURES, ParetoFront, type Axis, type Goal, type Measure, type SweepRow } from "../compare/sweep.js";
import type { Convention } from "../conventions/convention.js";
import { OWN } from "../conventions/names.js";
import { fail } from "../graph/diagnostic.js";
import { harmless } from "../report/grid.js";
import { progressBar } from "../report/progress.js";
import { isMeasure, ROW_WRITERS, settingText, type SweepLayout } from "../report/sweep.js";
import { readNetworkText, splitSetting } from "../source/read.js";
import {
  addConventionFlag,
  addModelFlags,
  collect,
  formatOf,
  jobCount,
  wholeNumber,
  type Context,
  type ModelFlags,
  type OutputFlags,
  type Register,
  writtenOptions,
} from "./command.js";
import { emitting } from "./output.js";
import { conventionOf } from "./written-options.js";
import { gathered } from "./gathered.js";
import { rowsOf } from "./sweep-rows.js";
import { openSweep, type SweepTask } from "./sweep-task.js";

interface SweepFlags extends ModelFlags, OutputFlags {
  readonly set: readonly string[];
  readonly where?: string;
  readonly pareto?: string;
  readonly sort?: string;
  readonly top?: number;
  readonly columns?: string;
  readonly units: "auto" | "raw";
  readonly jobs?: number;
}

const DEFAULT: readonly Measure[] = ["params", "macs", "peak", "moved", "intensity"];

const HELP = `
Each --set is an axis of the grid, the last one goes fastest: a list (0.25,0.5,1), a range with its end (128..224:32), or both. Rows come as
they are counted, in the order of the grid, and nothing is kept: only --sort keeps every row (with --top, that many), --pareto its front.

--where takes what a network file's expressions take, with units: macs < 300M and params < 3M and peak <= 256KiB
--pareto keeps what no other row beats: less is better, or more after a +, as in params,macs,+alpha
Both, and --sort, know ${MEASURES.join(", ")} and the parameters;
--columns knows the figures, in front of which the parameters always stand.

Examples:
  convcost sweep zoo:mobilenet_v1 --set alpha=0.25,0.5,0.75,1 --set resolution=128..224:32
  convcost sweep zoo:mobilenet_v2 --set alpha=0.35..1.4:0.05 --where 'macs < 300M and params < 3M' --json
  convcost sweep zoo:mobilenet_v1 --set alpha=0.1..1:0.01 --set resolution=96..224:32 --pareto macs,+alpha,+resolution
  convcost sweep zoo:resnet --set variant=resnet18,resnet34,resnet50 --sort macs --format markdown`;

/** `convcost sweep`: one network at every point of a grid of its parameters. */
export const sweep: Register = (program, context) => {
  const command = program
    .command("sweep")
    .argument("<network>", "a network file, zoo:NAME, or -")
    .description("count a network over a grid of its parameters");
  addConventionFlag(addModelFlags(command))
    .requiredOption("--set <name=values>", "an axis of the grid: alpha=0.25,0.5,1 or resolution=128..224:32", collect)
    .option("--where <condition>", "only the rows for which it holds")
    .option("--pareto <columns>", "only the rows that no other beats")
    .option("--sort <column>", "order the rows: a figure from the largest, - before it from the smallest")
    .option("--top <n>", "only the first n rows", wholeNumber("--top"))
    .option("--columns <list>", "figures to show, separated by commas")
    .addOption(
      new Option("-f, --format <format>", 'what to print; json is an object a line (default: "table")').choices(["table", "json", "csv", "markdown"]),
    )
    .option("--json", "short for --format json")
    .option("-o, --output <file>", "write to a file, whole or not at all")
    .addOption(new Option("--units <units>", "auto: K, M, G and KiB, MiB; raw: plain numbers").choices(["auto", "raw"]).default("auto"))
    .option("-j, --jobs <n>", "work on n cores; 0 on all", jobCount)
    .addHelpText("after", HELP)
    .action(async (network: string, flags: SweepFlags) => {
      await run(network, flags, context);
    });
};

async function run(argument: string, flags: SweepFlags, context: Context): Promise<void> {
  const { io } = context;
  const axes = flags.set.map(splitSetting);
  const repeated = axes.find(([name], index) => axes.findIndex(([other]) => other === name) !== index);
  if (repeated !== undefined)
    fail("repeated-setting", `${repeated[0]} is set twice`, { place: { kind: "flag", flag: "--set" }, expected: "one --set for each parameter" });
  const task: SweepTask = { network: await readNetworkText(argument, io), axes, options: writtenOptions(flags), where: flags.where };
  const opened = await openSweep(task);
  const total = gridSize(opened.axes);
  if (total > Number.MAX_SAFE_INTEGER) fail("grid-too-large", "the grid has 2^53 points or more", { place: { kind: "flag", flag: "--set" } });
  const writer = ROW_WRITERS[formatOf(flags)](layoutOf(opened.axes, await conventionOf(flags.convention), flags), context.chalk);
  const selection = selectionOf(flags, opened.axes);
  const bar = progressBar(io, total, flags.output !== undefined || !io.stdout.isTerminal || selection !== undefined);
  const { write: writeThrough, finish } = emitting(context, flags);
  const { write, flush } = gathered(writeThrough, io.now);
  let [first, shown, failed] = [true, 0, 0];
  let failure: string | undefined;
  // The first row goes out with what stands before it: by itself it would wait for others.
  const show = (row: SweepRow | undefined) => {
    const head = first ? writer.head(row) : "";
    first = false;
    write(row === undefined ? head : head + writer.row(row));
    if (row !== undefined) shown += 1;
  };
  const limit = flags.top ?? Infinity;
  await finish(async () => {
    for await (const rows of rowsOf(task, opened, total, flags.jobs === 0 ? io.cores : (flags.jobs ?? 1), io, bar.at)) {
      for (const row of rows) {
        if (shown >= limit) break;
        if ("error" in row.result) {
          failed += 1;
          failure ??= row.result.error;
        }
        if (selection === undefined) show(row);
        else if (!("error" in row.result)) selection.add(row);
      }
      if (shown >= limit) break;
    }
    bar.end();
    for (const row of (selection?.rows() ?? []).slice(0, limit)) show(row);
    if (first) show(undefined);
    flush();
  });
  if (failed === 0) return;
  if (failed === total) fail("no-point", `no point of the grid makes a model: ${failure ?? ""}`);
  io.stderr.write(`warning: ${failed} of ${total} points make no model: ${harmless(failure ?? "")}\n`);
}

function layoutOf(axes: readonly Axis[], convention: Convention, { columns: list, units }: SweepFlags): SweepLayout {
  const columns = list?.split(",").map((name) => measureNamed(name.trim(), "--columns"));
  const isOwn = convention.name === OWN;
  return {
    names: axes.map(({ name }) => name),
    widths: axes.map(widest),
    columns: columns ?? (isOwn ? DEFAULT : [...DEFAULT, "counted"]),
    all: columns ?? MEASURES.filter((name) => name !== "counted" || !isOwn),
    units,
    counted: { title: convention.name, unit: convention.unit },
  };
}

/** The widest of an axis's values; of a long one, of its ends and some between. */
function widest({ length, at }: Axis): number {
  const step = Math.max(1, Math.floor(length / 1000));
  let width = settingText(at(length - 1)).length;
  for (let index = 0; index < length; index += step) width = Math.max(width, settingText(at(index)).length);
  return width;
}

function measureNamed(name: string, flag: string): Measure {
  const lower = name.toLowerCase();
  if (isMeasure(lower)) return lower;
  return fail("unknown-column", `there is no figure '${name}'`, { place: { kind: "flag", flag }, expected: MEASURES.join(", ") });
}

/** What --sort and --pareto keep until the last row is known. */
interface Selection {
  readonly add: (row: SweepRow) => void;
  readonly rows: () => readonly SweepRow[];
}

function selectionOf(flags: SweepFlags, axes: readonly Axis[]): Selection | undefined {
  const order = flags.sort === undefined ? undefined : orderOf(flags.sort, axes);
  if (flags.pareto !== undefined) {
    const goals = flags.pareto.split(",").map((name) => goalOf(name.trim(), axes, "--pareto"));
    const front = new ParetoFront(goals);
    const rows = () => (order === undefined ? front.rows() : [...front.rows()].sort(order));
    return {
      add: (row) => {
        front.add(row);
      },
      rows,
    };
  }
  if (order === undefined) return undefined;
  let kept: SweepRow[] = [];
  const limit = flags.top ?? Infinity;
  const sorted = () => (kept = [...kept].sort(order).slice(0, limit));
  return {
    add: (row) => {
      kept.push(row);
      if (kept.length >= 2 * limit + 1000) sorted();
    },
    rows: sorted,
  };
}

/** Rows of equal figures stay in the order of the grid. */
function orderOf(text: string, axes: readonly Axis[]): (left: SweepRow, right: SweepRow) => number {
  const ascending = text.startsWith("-");
  const { value } = goalOf(ascending ? text.slice(1) : text, axes, "--sort");
  return (left, right) => {
    const [a, b] = [value(left), value(right)];
    if (a === b || a === undefined || b === undefined) return left.index - right.index;
    return a < b === ascending ? -1 : 1;
  };
}

function goalOf(text: string, axes: readonly Axis[], flag: string): Goal {
  const maximise = text.startsWith("+");
  const name = maximise ? text.slice(1).trim() : text;
  const lower = name.toLowerCase();
  if (isMeasure(lower))
    return { maximise, value: ({ result }) => ("error" in result || !isMeasureKnown(result, lower) ? undefined : measure(result, lower)) };
  if (!axes.some((axis) => axis.name === name))
    fail("unknown-column", `there is no figure '${name}'`, {
      place: { kind: "flag", flag },
      expected: [...MEASURES, ...axes.map((axis) => axis.name)].join(", "),
    });
  return {
    maximise,
    value: ({ set }) => {
      const value = set[name];
      return typeof value === "number" || typeof value === "bigint" ? value : undefined;
    },
  };
}

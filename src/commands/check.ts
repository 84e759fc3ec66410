import { Chalk } from "chalk";
import { Option, type Command } from "commander";
import { statusOf, type Budget, type BudgetOptions, type CheckedModel, type Increase } from "../compare/budget.js";
import { isMeasure, MEASURES, measureOf } from "../compare/measures.js";
import { parseAllowance, parseQuantity } from "../compare/quantity.js";
import { fail, InputError } from "../graph/diagnostic.js";
import type { Io } from "../io.js";
import { closest } from "../read/notation/closest.js";
import { renderDiagnostic } from "../report/diagnostic.js";
import { checkReport } from "../report/check-report.js";
import { CHECK_FORMATS } from "../report/formats.js";
import type { Units } from "../report/layer-columns.js";
import { markdownPage } from "../report/markdown.js";
import type { CheckTask } from "./check-run.js";
import {
  addOutputFlags,
  addSourceFlags,
  collect,
  formatOf,
  givenFlags,
  sourceFlagNames,
  wholeNumber,
  type CheckCode,
  type Context,
  type OutputFlags,
  type Register,
  type SourceFlags,
} from "./command.js";
import { append, show } from "./output.js";

type CheckFormat = (typeof CHECK_FORMATS)[number];

/** Layers that are named for an exceeded budget, unless said. */
const TOP = 5;

const HELP = `
Amounts are 300M, 3.5M, 1e6 (K, M, G, T are powers of 1000); bytes are 256KiB, 1MiB, 500kB or plain. A value equal to its budget is within it.
Without a source the models and budgets are those of convcost.config.yaml, .yml or .json, or of the key convcost in package.json.

A layer that could not be counted makes the totals it may add to "at least". No budget on them passes: exceeded already, it fails; else it is not known
(exit code 2), fails under --no-unknown (exit code 1), or is taken as it is under --allow-unknown, which says so. Parameters stay exact where the file
lists its weights (ONNX, TensorFlow Lite), whatever its operators are; those of an unknown layer of Keras or print(model) are not known.

Examples:
  convcost check model.onnx --max-macs 300M --max-params 3.5M --max-peak-memory 16MiB --no-unknown
  convcost check zoo:mobilenet_v2 "conv 3x3 3->8 @32x32" --max-layer-macs 50M
  convcost count model.onnx --json -o base.json
  convcost check model.onnx --baseline base.json --max-increase macs=1% --max-increase params=10K
  convcost check --format github        on GitHub Actions: annotations, and the summary of the job
  convcost check --config ci/convcost.yaml --format junit -o report.xml

Exit codes: 0 all within budget, 1 a budget is exceeded, 2 something could not be checked.`;

interface CheckFlags extends SourceFlags, OutputFlags<CheckFormat> {
  readonly config?: string;
  readonly baseline?: string;
  readonly maxIncrease?: readonly string[];
  /** False with --no-unknown. */
  readonly unknown: boolean;
  readonly allowUnknown?: boolean;
  readonly top: number;
  readonly units: Units;
}

/** `convcost check`: models held against budgets. */
export const check: Register = (program, context) => {
  const command = program
    .command("check")
    .argument("[source...]", "models, each a model file, a network file, zoo:NAME, layers, a saved count, or -")
    .description("hold models against budgets, for CI: exit code 1 where one is exceeded");
  for (const { name, unit, title } of MEASURES)
    command.addOption(new Option(`--max-${name} <${unit === "bytes" ? "bytes" : "n"}>`, `budget: ${title}`));
  command
    .option("--no-unknown", "fail where an operator could not be counted")
    .option("--allow-unknown", "accept figures that are at least what they say")
    .option("--baseline <file>", "an earlier count --json, to measure increases from")
    .option("--max-increase <name=amount>", "how much more than the baseline: macs=1%, params=10K; several, or separated by commas", collect)
    .option("-c, --config <file>", "a config of models and budgets");
  addOutputFlags(addSourceFlags(command), CHECK_FORMATS)
    .addOption(new Option("--top <n>", "layers named for each exceeded budget").argParser(wholeNumber("--top")).default(TOP))
    .addOption(new Option("--units <units>", "auto: K, M, G and KiB, MiB; raw: plain numbers").choices(["auto", "raw"]).default("auto"))
    .addHelpText("after", HELP)
    .action(async (sources: readonly string[], flags: CheckFlags) => {
      await run(sources, flags, command, context);
    });
};

async function run(sources: readonly string[], flags: CheckFlags, command: Command, context: Context): Promise<void> {
  const format = formatOf(flags);
  const tasks = sources.length === 0 ? await configured(flags, command, context) : typed(sources, flags, command, context);
  // Validation takes its time to load: only what checks does.
  const { checkTask } = await import("./check-run.js");
  const models: CheckedModel[] = [];
  for (const task of tasks) {
    const model = await checkTask(task);
    if (model.outcome.type === "error") context.io.stderr.write(renderDiagnostic(model.outcome.error, new Chalk({ level: 0 })));
    models.push(model);
  }
  context.exitWith(codeOf(models));
  const { top, units } = flags;
  const report = checkReport({ models, top, units, fileOf: await repositoryPaths(context.io) }, context.version);
  await show(context, flags, report);
  const summary = context.io.env["GITHUB_STEP_SUMMARY"];
  if (format === "github" && summary !== undefined && summary !== "") append(context, summary, `## convcost check\n\n${markdownPage(report)}\n`);
}

/** The worst of all: what could not be checked over what failed. */
function codeOf(models: readonly CheckedModel[]): CheckCode {
  const codes = models.map((model): CheckCode => {
    const status = statusOf(model);
    return status === "pass" ? 0 : status === "fail" ? 1 : 2;
  });
  return codes.includes(2) ? 2 : codes.includes(1) ? 1 : 0;
}

/** Paths as GitHub resolves those of annotations: from the root of the checkout, wherever the command runs. */
async function repositoryPaths({ cwd, env }: Io): Promise<(path: string) => string> {
  const root = env["GITHUB_WORKSPACE"];
  if (root === undefined || root === "") return (path) => path;
  const { default: paths } = await import("node:path");
  return (path) => {
    const inside = paths.relative(root, paths.resolve(cwd(), path));
    return inside === "" || inside === ".." || inside.startsWith(`..${paths.sep}`) ? path : inside.replaceAll(paths.sep, "/");
  };
}

/** Flags that say how a result is shown: all that may stand beside a config. */
const SHOWN: readonly string[] = ["--config", "--format", "--json", "--output", "--top", "--units"];

async function configured(flags: CheckFlags, command: Command, { io }: Context): Promise<readonly CheckTask[]> {
  const [other] = givenFlags(command).filter((flag) => !SHOWN.includes(flag));
  // A budget without a source is most likely a source that was forgotten.
  if (other !== undefined)
    fail("missing-source", "this says what a source is held against, and no source is given", {
      place: { kind: "flag", flag: other },
      expected: "a source beside it, or all of it in a config",
    });
  const { configTasks } = await import("./check-config.js");
  return configTasks(flags.config, io);
}

function typed(sources: readonly string[], flags: CheckFlags, command: Command, { io }: Context): readonly CheckTask[] {
  if (flags.config !== undefined) contradict("--config", "sources are given, and --config names others");
  if (flags.allowUnknown === true && !flags.unknown) contradict("--allow-unknown", "--allow-unknown contradicts --no-unknown");
  const given = givenFlags(command, sourceFlagNames());
  const { budgets, increases } = budgetsOf(command, flags);
  if (increases.length > 0 && flags.baseline === undefined) contradict("--max-increase", "there is no --baseline to measure from");
  if (flags.baseline !== undefined && increases.length === 0)
    contradict("--baseline", "a baseline needs --max-increase, as in --max-increase macs=1%");
  if (flags.baseline !== undefined && sources.length > 1) contradict("--baseline", "one baseline is for one model; in a config each has its own");
  const unknown: BudgetOptions["unknown"] = flags.unknown ? (flags.allowUnknown === true ? "accept" : "undecided") : "fail";
  if (budgets.length + increases.length === 0 && unknown !== "fail")
    fail("no-budget", "there is no budget to hold anything against", {
      expected: "--max-macs, --max-params, --max-peak-memory, --no-unknown, ...",
      hint: "convcost check --help lists them",
    });
  return sources.map((source): CheckTask => {
    const file = source === "-" ? undefined : io.openBytes(source);
    file?.close();
    return {
      name: source,
      source,
      place: file !== undefined ? { kind: "file", path: source } : undefined,
      io,
      flags: () => flags,
      given,
      budgets,
      increases,
      baseline: flags.baseline,
      unknown,
      places: [],
    };
  });
}

function contradict(flag: string, message: string): never {
  return fail("contradicting-flags", message, { place: { kind: "flag", flag } });
}

function budgetsOf(command: Command, flags: CheckFlags): { readonly budgets: readonly Budget[]; readonly increases: readonly Increase[] } {
  const budgets = MEASURES.flatMap(({ name, unit }): Budget[] => {
    const flag = `--max-${name}`;
    const text: unknown = command.getOptionValue(new Option(flag).attributeName());
    return typeof text === "string" ? [{ measure: name, limit: atFlag(flag, () => parseQuantity(text, unit)) }] : [];
  });
  const increases = (flags.maxIncrease ?? []).flatMap((text) => text.split(",")).map(increaseOf);
  const twice = increases.find(({ measure }, index) => increases.findIndex((other) => other.measure === measure) !== index);
  if (twice !== undefined) contradict("--max-increase", `${twice.measure} is given twice`);
  return { budgets, increases };
}

function increaseOf(text: string): Increase {
  const [, name, amount] = /^\s*([\w-]+)\s*=\s*(.+)$/.exec(text) ?? [];
  const place = { kind: "flag", flag: "--max-increase" } as const;
  if (name === undefined || amount === undefined)
    return fail("bad-increase", `'${text}' allows nothing`, { place, expected: "NAME=AMOUNT, as in macs=1% or params=10K" });
  if (isMeasure(name)) return { measure: name, allowance: atFlag("--max-increase", () => parseAllowance(amount, measureOf(name).unit)) };
  const known = MEASURES.map((measure) => measure.name);
  const near = closest(name, known);
  return fail("unknown-measure", `there is no figure '${name}'`, { place, expected: known.join(", "), hint: near && `did you mean ${near}?` });
}

function atFlag<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? error.at({ kind: "flag", flag }) : error;
  }
}

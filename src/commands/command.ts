import { Command, InvalidArgumentError, Option } from "commander";
import type { ChalkInstance } from "chalk";
import { parseShape } from "../graph/shape-text.js";
import type { AnalyzeOptions } from "../analyze/analyze.js";
import { CONVENTION_NAMES, OWN } from "../conventions/names.js";
import { fail } from "../graph/diagnostic.js";
import { DTYPES, isDType, type DType } from "../graph/dtype.js";
import { MAX_DIMENSION, type Shape } from "../graph/shape.js";
import type { Io } from "../io.js";
import type { Layout } from "../graph/layout.js";
import { USUAL_FORMATS, type FormatName } from "../report/formats.js";
import type { Units } from "../report/layer-columns.js";
import { withConvention, type WrittenOptions } from "./written-options.js";

/** What every command is given. */
export interface Context {
  readonly io: Io;
  readonly version: string;
  /** Colour for what goes to standard output. */
  readonly chalk: ChalkInstance;
  /** Says how the program ends where a command has printed its result: the worst that is said stays. Said before anything is printed. */
  readonly exitWith: (code: CheckCode) => void;
}

/** All is well, a check failed, something could not be checked. */
export type CheckCode = 0 | 1 | 2;

/** A sub-command: adds itself to the program. */
export type Register = (program: Command, context: Context) => void;

export type UsualFormat = (typeof USUAL_FORMATS)[number];

/** The flags that say what is counted and how, as commander parses them. */
export interface ModelFlags {
  readonly input?: readonly string[];
  readonly batch?: number;
  readonly dtype: DType;
  readonly layout?: Layout;
  readonly convention?: string;
}

/** The flags that say everything about a source. */
export interface SourceFlags extends ModelFlags {
  readonly set: readonly string[];
  readonly dim: readonly string[];
}

/** The flags that say where the result goes. */
export interface OutputFlags<F extends FormatName = UsualFormat> {
  readonly format?: F;
  readonly json?: boolean;
  readonly output?: string;
}

/** The flags that every command of tables has. */
export interface CommonFlags extends SourceFlags, OutputFlags {
  readonly sort?: string;
  readonly top?: number;
  readonly columns?: string;
  readonly units: Units;
}

/** Adds the flags that every counting command has. */
export function addModelFlags(command: Command): Command {
  return command
    .option("-i, --input <shape>", "input shape, batch included or not: 64x56x56 or 1,64,56,56; NAME=SHAPE where there are several", collect)
    .option("-b, --batch <n>", "batch size", wholeNumber("--batch"))
    .addOption(new Option("--dtype <type>", "element type of weights and activations").choices(DTYPES).default("float32"))
    .addOption(
      new Option("--layout <order>", "order of the axes of images, typed and shown: Keras has nhwc, PyTorch and the shorthand nchw").choices([
        "nchw",
        "nhwc",
      ]),
    );
}

/** Adds the flag of a command that can count as another tool does. */
export function addConventionFlag(command: Command): Command {
  return command.addOption(
    new Option("--convention <name>", "count as another tool does, besides (convcost conventions explains them)")
      .choices(CONVENTION_NAMES)
      .default(OWN),
  );
}

/** Adds the flags that say everything about a source: what it is counted on, and how. */
export function addSourceFlags(command: Command): Command {
  return addConventionFlag(addModelFlags(command))
    .option("--dim <name=n>", "bind a dimension that a model file names: seq=128, or several separated by commas", collect, [])
    .option("--set <name=value>", "set a parameter of a network file or zoo network: alpha=0.5, variant=NAME", collect, []);
}

/** The flags of a source by their long names. */
export function sourceFlagNames(): readonly string[] {
  return addSourceFlags(new Command()).options.map((option) => option.name());
}

/** Which of some flags were typed; all of the command's unless said. */
export function givenFlags(command: Command, among: readonly string[] = command.options.map((option) => option.name())): readonly string[] {
  return command.options.flatMap((option) =>
    among.includes(option.name()) && command.getOptionValueSource(option.attributeName()) === "cli" ? [`--${option.name()}`] : [],
  );
}

/** Adds the flags of a command that prints a table of layers or models. */
export function addCommonFlags(command: Command, columns: readonly string[]): Command {
  return addOutputFlags(addSourceFlags(command))
    .option("--sort <column>", `order the rows: ${columns.join(", ")}`)
    .option("--top <n>", "only the first n rows; totals stay those of the whole", wholeNumber("--top"))
    .option("--columns <list>", "columns of table, csv and markdown, separated by commas")
    .addOption(new Option("--units <units>", "auto: K, M, G and KiB, MiB; raw: plain numbers").choices(["auto", "raw"]).default("auto"));
}

/** Adds the flags that say what is printed, and where to. */
export function addOutputFlags(command: Command, formats: readonly FormatName[] = USUAL_FORMATS): Command {
  return command
    .addOption(new Option("-f, --format <format>", 'what to print (default: "table")').choices(formats))
    .option("--json", "short for --format json")
    .option("-o, --output <file>", "write to a file, whole or not at all");
}

/** A parser of a flag that may be given several times. */
export function collect(text: string, before: string[] = []): string[] {
  // In its place: a copy for each would be slow for very many. The list belongs to one run of the program.
  before.push(text);
  return before;
}

/** A parser of a flag's whole number from 1 to 2^31 - 1. */
export function wholeNumber(flag: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= MAX_DIMENSION) return value;
    throw new InvalidArgumentError(`${flag} takes a whole number from 1 to ${MAX_DIMENSION}.`);
  };
}

/** A parser of `--jobs`: a number of cores, 0 for all. */
export function jobCount(text: string): number {
  return text === "0" ? 0 : wholeNumber("--jobs")(text);
}

/** The options of `analyze` that the common flags set. */
export async function analyzeOptions(flags: ModelFlags): Promise<AnalyzeOptions> {
  return withConvention(writtenOptions(flags));
}

/** The options of a count that the common flags set, as they were written. */
export function writtenOptions(flags: ModelFlags): WrittenOptions {
  if (!isDType(flags.dtype)) throw new Error("commander let an unknown type through");
  return { input: inputShapes(flags.input), batch: flags.batch, dtype: flags.dtype, layout: flags.layout, convention: flags.convention };
}

/** `--dim batch=1,seq=128` as sizes by name. Throws `bad-dimension`. */
export function dimensions(written: readonly string[]): Readonly<Record<string, number>> {
  const pairs = written
    .flatMap((text) => text.split(","))
    .map((text): [string, number] => {
      // No pattern of blanks before and behind: on thousands of them it would go back and forth without end.
      const [name = "", size = "", ...more] = text.split("=").map((part) => part.trim());
      if (name !== "" && more.length === 0 && /^\d+$/.test(size) && Number(size) >= 1 && Number(size) <= MAX_DIMENSION) return [name, Number(size)];
      return fail("bad-dimension", `'${text}' binds no dimension`, {
        place: { kind: "flag", flag: "--dim" },
        expected: "NAME=SIZE, as in --dim batch=1,seq=128",
      });
    });
  return Object.fromEntries(pairs);
}

/** `--input 3x32x32`, or `--input x=3x32x32` for each input by its name. */
export function inputShapes(written: readonly string[] | undefined): AnalyzeOptions["input"] {
  const [only, ...more] = written ?? [];
  if (only === undefined) return undefined;
  if (more.length === 0 && !only.includes("=")) return parseShape(only);
  const pairs = [only, ...more].map((text): [string, Shape] => {
    const [, name, shape] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    if (name !== undefined && shape !== undefined) return [name.trim(), parseShape(shape)];
    return fail("repeated-input", "several inputs are set, and this one has no name", {
      place: { kind: "flag", flag: "--input" },
      expected: "--input NAME=SHAPE for each",
    });
  });
  return Object.fromEntries(pairs);
}

/** The format asked for. Throws `contradicting-flags` where --json meets another --format. */
export function formatOf<F extends FormatName>({ format, json }: OutputFlags<F>): F | "json" | "table" {
  if (json === true && format !== undefined && format !== "json") {
    return fail("contradicting-flags", `--json contradicts --format ${format}`, { expected: "one of the two" });
  }
  return json === true ? "json" : (format ?? "table");
}

/** The names of `--columns`, each checked by `read`. */
export function columnList<T>(flags: CommonFlags, read: (name: string, flag: string) => T): readonly T[] | undefined {
  return flags.columns?.split(",").map((name) => read(name, "--columns"));
}

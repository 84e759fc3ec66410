import { analyze, type AnalyzeOptions } from "../src/analyze/analyze.js";
import { dimensions } from "../src/commands/command.js";
import { InputError } from "../src/graph/diagnostic.js";
import { parseShape } from "../src/graph/shape-text.js";
import { readModel } from "../src/source/read.js";
import type { Case } from "./case.js";
import { checkContradiction, checkMacs, checkRefusal, checkSame } from "./claim.js";
import { checkAnalysis, Failure, ioOf, LAYER, runCommand, type Outcome, type Valid } from "./oracle.js";
import { Random } from "./random.js";
import type { Target } from "./target.js";

/** The case of a target that a seed and a number make, the same on every machine. */
export function caseOf({ name, make }: Target, seed: number, index: number): Case {
  return make(new Random(seed, ...Array.from(name, (letter) => letter.charCodeAt(0)), index));
}

/** One case in this many goes through the whole command; the others through what it calls, which is faster. */
const WHOLE = 16;
const FORMATS = [["--json"], ["--json"], ["--format", "csv"], ["--format", "markdown"], []] as const;

/** Tries a case. Throws {@link Failure}, or whatever the program should not have thrown. */
export async function tryCase(made: Case, index: number, valid: Valid): Promise<Outcome> {
  const before = prototypes();
  const outcome = await outcomeOf(made, index, valid);
  if (prototypes() !== before) throw new Failure("a prototype has changed");
  return outcome;
}

function outcomeOf(made: Case, index: number, valid: Valid): Promise<Outcome> {
  const [first = "", ...rest] = made.argv;
  if (first.startsWith("!")) return tryCommand(made, [first.slice(1), ...rest], index, valid);
  if (made.claim !== undefined || index % WHOLE !== 0) return tryModel(made, first, rest);
  return runCommand(made, ["count", first, ...rest, ...(FORMATS[(index / WHOLE) % FORMATS.length] ?? [])], valid);
}

/** One command in this many runs twice: it answers the same. */
const AGAIN = 8;

async function tryCommand(made: Case, argv: readonly string[], index: number, valid: Valid): Promise<Outcome> {
  const outcome = await runCommand(made, argv, valid);
  const { claim } = made;
  if (claim !== undefined && outcome.answer !== undefined) checkRefusal(claim, outcome.answer, argv);
  if (claim?.kind === "same") {
    const [first = "", ...rest] = claim.argv;
    const other = await runCommand(made, [first.slice(1), ...rest], valid);
    checkSame(outcome.answer, other.answer, `${argv.join(" ")} against ${claim.argv.join(" ")}`);
  } else if (index % AGAIN === 0) checkSame(outcome.answer, (await runCommand(made, argv, valid)).answer, `${argv.join(" ")} twice`);
  return outcome;
}

async function tryModel(made: Case, path: string, flags: readonly string[]): Promise<Outcome> {
  try {
    const { sets, dims, options } = optionsOf(flags);
    const graph = await readModel([path], ioOf(made.files).io, sets, { ...options, dims });
    const analysis = analyze(graph, options);
    checkAnalysis(analysis, made);
    if (made.claim?.kind === "macs") checkMacs(made.claim, analysis);
    if (made.claim?.kind === "contradicts") checkContradiction(made.claim, analysis);
    return { ended: "read", extra: analysis.layers.length * LAYER };
  } catch (error) {
    if (error instanceof InputError) return { ended: "refused", extra: 0 };
    throw error;
  }
}

function optionsOf(flags: readonly string[]) {
  const value = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
  const [batch, input, dim, set] = [value("--batch"), value("--input"), value("--dim"), value("--set")];
  const [, name, shape] = /^([^=]+)=(.*)$/.exec(input ?? "") ?? [];
  const options: AnalyzeOptions = {
    batch: batch === undefined ? undefined : Number(batch),
    input: input === undefined ? undefined : name === undefined ? parseShape(input) : Object.fromEntries([[name, parseShape(shape ?? "")]]),
  };
  return { options, dims: dimensions(dim === undefined ? [] : [dim]), sets: set === undefined ? [] : [set] };
}

const WATCHED = [Object, Array, Function, String, Number, Boolean, RegExp, Map, Set, Promise, Uint8Array, Error].map(
  ({ prototype }): object => prototype,
);

/** What the built-in prototypes have, by name. */
function prototypes(): string {
  return WATCHED.map((prototype) => Reflect.ownKeys(prototype).length).join();
}

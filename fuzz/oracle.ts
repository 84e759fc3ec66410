import type { Analysis, Figures, LayerAnalysis } from "../src/analyze/analysis.js";
import { run } from "../src/cli.js";
import type { FileBytes, Io } from "../src/io.js";
import type { Case } from "./case.js";

/** How a case ended that is right either way, and how many seconds it may take for what it is besides the second that every case has. */
export interface Outcome {
  readonly ended: "read" | "refused";
  readonly extra: number;
  /** What the whole command answered. */
  readonly answer?: Answer;
}

export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A file of a few lines may stand for a hundred thousand layers: seconds for each of those, and for each model of a sweep. */
export const LAYER = 1e-4;
const SWEPT = 2e-3;

/** What a case may end in, besides a complaint of the program: nothing. */
export class Failure extends Error {}

/** A sweep of a million points is slow by right: it is left after so many pauses. */
const ENOUGH = 20;

const OUTSIDE = new Error("the program asked for something it was not given");

// eslint-disable-next-line @typescript-eslint/require-await -- as the program reads a file, which has to wait
async function* pieces(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 1000) yield content.subarray(at, at + 1000);
}

/** Files and streams of the case alone; what it writes is kept, to be looked at. */
export function ioOf(files: Case["files"]): { readonly io: Io; readonly out: { stdout: string; stderr: string; breaths: number } } {
  const out = { stdout: "", stderr: "", breaths: 0 };
  const written = () => {
    throw OUTSIDE;
  };
  const bytesOf = (path: string) => (Object.hasOwn(files, path) ? files[path] : undefined);
  const openBytes = (path: string): FileBytes | undefined => {
    const content = bytesOf(path);
    return content && { length: content.length, read: (start, end) => content.subarray(start, end), close: () => undefined };
  };
  const io: Io = {
    cwd: () => "/",
    env: {},
    stdout: { write: (text) => void (out.stdout += text), isTerminal: false },
    stderr: { write: (text) => void (out.stderr += text), isTerminal: false },
    readStdin: () => ({ type: "file", bytes: new Uint8Array() }),
    readFile: (path) => {
      const bytes = bytesOf(path);
      return bytes === undefined ? { type: "missing" } : { type: "file", bytes };
    },
    openBytes,
    readChunks: (path) => {
      const content = bytesOf(path);
      if (content === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
      return pieces(content);
    },
    writeFile: written,
    appendFile: written,
    openFile: written,
    now: () => 0,
    breathe: () => {
      out.breaths += 1;
      return out.breaths > ENOUGH ? Promise.reject(OUTSIDE) : Promise.resolve();
    },
    cores: 1,
  };
  return { io, out };
}

/** Figures that cannot be: negative ones, quotients that are no number, FLOPs that are not what they consist of. */
function checkFigures(figures: Figures, where: string): void {
  const { params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, operations, intensity } = figures;
  const counts = { params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, ...operations };
  for (const [name, value] of Object.entries(counts))
    if (typeof value !== "bigint" || value < 0n) throw new Failure(`${name} of ${where} is ${String(value)}`);
  if (!Number.isFinite(intensity) || intensity < 0) throw new Failure(`the intensity of ${where} is ${intensity}`);
  const sum = Object.values(operations).reduce((total, value) => total + value, 2n * macs);
  if (sum !== flops) throw new Failure(`the FLOPs of ${where} are ${flops}, and their parts ${sum}`);
}

function checkLayer(layer: LayerAnalysis): void {
  checkFigures(layer, `layer ${layer.name}`);
  for (const size of [...layer.inputs, ...layer.outputs].flat())
    if (!Number.isSafeInteger(size) || size < 0) throw new Failure(`layer ${layer.name} has a size of ${String(size)}`);
  layer.steps.forEach(checkLayer);
}

const SUMMED = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const;

/** A result that looks whole must be: totals are the sum of the layers, and what is not known is said. */
export function checkAnalysis(analysis: Analysis, { hides }: Pick<Case, "hides">): void {
  const { layers, totals, partial, uncounted } = analysis;
  checkFigures(totals, "the total");
  layers.forEach(checkLayer);
  for (const key of SUMMED) {
    const sum = layers.reduce((total, layer) => total + layer[key], 0n);
    if (sum !== totals[key]) throw new Failure(`${key}: the total is ${totals[key]}, and the layers have ${sum}`);
  }
  // Weights that no layer reads are an entry of their own.
  const isLayer = (reason: string) => layers.some((layer) => layer.uncounted === reason);
  const unread = uncounted.filter(({ op, reason }) => op === "weights" && !isLayer(reason)).length;
  const unknown = layers.filter((layer) => layer.uncounted !== undefined).length + unread;
  if (unknown !== totals.uncounted || unknown !== uncounted.reduce((sum, { count }) => sum + count, 0))
    throw new Failure(`${unknown} layers are not counted, and the totals say ${totals.uncounted}`);
  if (partial !== unknown > 0) throw new Failure(`partial is ${String(partial)}, and ${unknown} layers are not counted`);
  if (hides === true && !partial) throw new Failure("an operator that nobody knows passes without a word");
}

const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Whether data fits the schema that it names; what is wrong with it, if not. */
export type Valid = (data: unknown) => string | undefined;

/** What a program that reads the output will see: one value, or one a line. */
function checkJson(text: string, valid: Valid): void {
  const values = text.startsWith("{\n") || text === "" ? [text] : text.trimEnd().split("\n");
  for (const value of values.filter((line) => line !== "")) {
    const wrong = valid(JSON.parse(value));
    if (wrong !== undefined) throw new Failure(`the JSON does not fit its schema: ${wrong}`);
  }
}

/** Commands that end with 1 where a check failed, and such as print what they have before they complain. */
const CHECKS: ReadonlySet<string> = new Set(["check", "diff"]);
const STREAMS: ReadonlySet<string> = new Set(["sweep", "batch", "check"]);
/** Commands whose JSON has a schema. */
const SCHEMAS: ReadonlySet<string> = new Set(["count", "whatif", "check", "diff", "batch"]);

/** Runs the whole command on a case: its exit code, and nothing harmful on a terminal. */
export async function runCommand({ files }: Case, argv: readonly string[], valid: Valid): Promise<Outcome> {
  const { io, out } = ioOf(files);
  const [command = ""] = argv;
  const code = await run(argv, io);
  const extra = out.stdout.split("\n").length * (command === "sweep" ? SWEPT : LAYER);
  if (out.breaths > ENOUGH) return { ended: "read", extra };
  if (code !== 0 && code !== 2 && !(code === 1 && CHECKS.has(command))) throw new Failure(`exit code ${code}: ${out.stderr}`);
  if (/\n\s+at .*:\d+:\d+/.test(out.stderr)) throw new Failure(`a stack trace: ${out.stderr}`);
  const csv = argv.some((word) => /^(--format=)?csv$/.test(word));
  if (HARMFUL.test(out.stderr) || HARMFUL.test(csv ? out.stdout.replaceAll("\r\n", "\n") : out.stdout))
    throw new Failure("control characters in the output");
  if (/^::/m.test(out.stderr) || (/^::/m.test(out.stdout) && !argv.includes("github"))) throw new Failure("a line that a CI runs");
  const json = command === "batch" || argv.includes("--json");
  if (json && code !== 2 && SCHEMAS.has(command)) checkJson(out.stdout, valid);
  if (code === 2 && out.stdout !== "" && !STREAMS.has(command)) throw new Failure("a result and a complaint");
  if (code === 2 && out.stderr.trim() === "" && out.stdout === "") throw new Failure("a failure without a word");
  return { ended: code === 2 ? "refused" : "read", extra, answer: { code, stdout: out.stdout, stderr: out.stderr } };
}

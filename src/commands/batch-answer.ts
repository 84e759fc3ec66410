import { analyze } from "../analyze/analyze.js";
import { InputError, tooManyFiles, type Diagnostic, type Place } from "../graph/diagnostic.js";
import type { Io } from "../io.js";
import { MAX_LINE, type Line } from "../read/batch/lines.js";
import { parseLine, readRequest, type BatchRequest, type Envelope } from "../read/batch/request.js";
import { batchLine, type BatchOutcome } from "../report/batch.js";
import { NetworkCache } from "../source/networks.js";
import { closingFiles } from "../source/closing.js";
import { openModel, openTexts, type OpenModel } from "../source/read.js";
import { withConvention, type WrittenOptions } from "./written-options.js";

/** What holds for every line that does not say otherwise, as plain data, so that a worker can be handed it. */
export interface BatchTask {
  readonly options: WrittenOptions;
  readonly dims: Readonly<Record<string, number>>;
  readonly set: Parameters<OpenModel>[0];
  readonly layers: boolean;
}

/** Lines that are answered together, and the file that they are from, if it has a name. */
export interface Block {
  readonly file?: string | undefined;
  readonly lines: readonly Line[];
}

export interface Answered {
  /** A line of JSON for each. */
  readonly text: string;
  /** How many of them are error records. */
  readonly failed: number;
}

/** Answers blocks, as a worker does. */
export function answerBlock(task: BatchTask, io: Io): (block: unknown) => Promise<Answered> {
  const answer = answerer(task, io);
  return async (block) => {
    if (!isBlock(block)) throw new Error("a worker was asked for something that is no block of lines");
    const answers: Answered[] = [];
    for (const line of block.lines) answers.push(await answer(line, block.file));
    return { text: answers.map(({ text }) => text).join(""), failed: answers.filter(({ failed }) => failed > 0).length };
  };
}

function isBlock(block: unknown): block is Block {
  return typeof block === "object" && block !== null && "lines" in block;
}

/** Answers one line after the other: never throws, whatever is in them. */
export function answerer(task: BatchTask, io: Io): (line: Line, file?: string) => Promise<Answered> {
  const networks = new NetworkCache();
  return async (line, file) => {
    let envelope: Envelope | undefined;
    let outcome: BatchOutcome;
    try {
      envelope = parseLine(textOf(line));
      outcome = await counted(envelope.value, task, io, networks);
    } catch (error) {
      outcome = { ok: false, error: atKey(diagnosticOf(error), envelope?.value) };
    }
    return { text: batchLine({ file, line: line.number, id: envelope?.id }, outcome), failed: outcome.ok ? 0 : 1 };
  };
}

/** The record of a line on which the program itself failed. */
export function bugRecord({ number }: Line, file: string | undefined, error: unknown): Answered {
  return { text: batchLine({ file, line: number }, { ok: false, error: diagnosticOf(error) }), failed: 1 };
}

function textOf(line: Line): string {
  if (line.text !== undefined) return line.text;
  const message = line.problem === "not-utf8" ? "this line is not UTF-8" : `this line is longer than ${MAX_LINE / 1024 / 1024} MiB`;
  throw new InputError({ code: line.problem, message });
}

async function counted(value: unknown, task: BatchTask, io: Io, networks: NetworkCache): Promise<BatchOutcome> {
  const { of, dims, set, layers, ...own } = readRequest(value);
  const options = await withConvention({ ...task.options, ...own });
  return closingFiles({ ...io, readStdin: refuseStdin }, async (files) => {
    const open = of.type === "spec" ? await openTexts(of.layers) : await openModel(of.source, files, networks);
    const graph = open({ ...task.set, ...set }, { ...options, dims: { ...task.dims, ...dims } });
    return { ok: true, analysis: analyze(graph, options), layers: layers ?? task.layers };
  });
}

function refuseStdin(): never {
  throw new InputError({
    code: "no-stdin",
    message: "standard input has the requests, and is no model",
    place: { kind: "key", key: "source" },
    expected: "a file, or zoo:NAME",
  });
}

function diagnosticOf(error: unknown): Diagnostic {
  if (error instanceof InputError) return error.diagnostic;
  const files = tooManyFiles(error);
  if (files !== undefined) return files;
  return {
    code: "bug",
    message: `convcost failed where it should not: ${error instanceof Error ? error.message : String(error)}`,
    hint: "please report it with this line",
  };
}

/** The key of a request that says what a flag says to other commands. */
const KEY_OF: Readonly<Record<string, keyof BatchRequest>> = {
  "--input": "input",
  "--batch": "batch",
  "--dim": "dims",
  "--set": "set",
  "--dtype": "dtype",
  "--layout": "layout",
  "--convention": "convention",
};

/** A complaint about a flag is about the key, where the request has it, and not a flag of the command. */
function atKey(diagnostic: Diagnostic, request: unknown): Diagnostic {
  const { place } = diagnostic;
  const key = place?.kind === "flag" ? KEY_OF[place.flag] : undefined;
  if (key === undefined || typeof request !== "object" || request === null || !(key in request)) return diagnostic;
  return { ...diagnostic, place: { kind: "key", key } satisfies Place };
}

import { fail } from "../graph/diagnostic.js";
import { grouped } from "../report/numbers.js";
import type { Line } from "../read/batch/lines.js";
import { settingsOf } from "../source/read.js";
import type { Answered, BatchTask } from "./batch-answer.js";
import {
  addConventionFlag,
  addModelFlags,
  writtenOptions,
  collect,
  dimensions,
  jobCount,
  type Context,
  type ModelFlags,
  type OutputFlags,
  type Register,
} from "./command.js";
import { emitting } from "./output.js";
import { gathered } from "./gathered.js";

interface BatchFlags extends ModelFlags, OutputFlags {
  readonly set: readonly string[];
  readonly dim: readonly string[];
  readonly layers?: boolean;
  readonly jobs?: number;
  readonly fail?: boolean;
}

const HELP = `
A request is a JSON object on a line, or a string that convcost count would take:
  {"spec": "conv 3x3 64->128 @56x56"}             layers, or a list of them
  {"source": "model.onnx", "dims": {"seq": 128}}  a file, or zoo:NAME
and may have id (any JSON, given back as it is), input, batch, dims, set, dtype, layout, convention and layers (true: a row a layer).
The flags say what holds for every line that does not say otherwise.

An answer is a line (convcost/batch@1), in the order of the requests: "ok": true and what count --json has, or "ok": false and an
"error" with code, message, expected, hint and place. Blank lines are skipped, and count as lines.

Exit codes: 0 all lines were answered, error records among them; 1 there are some, and --fail was given; 2 a flag or file was wrong.

Examples:
  echo '{"id": 1, "source": "zoo:mobilenet_v2", "set": {"alpha": 0.5}}' | convcost batch
  convcost batch requests.jsonl --jobs 0 -o answers.jsonl
  split -l 1000 requests.jsonl part. && ls part.* | xargs -P 8 -I{} convcost batch {} -o {}.out
  parallel --pipe --keep-order --block 1M convcost batch < requests.jsonl`;

/** `convcost batch`: a request a line in, an answer a line out. */
export const batch: Register = (program, context) => {
  const command = program
    .command("batch")
    .argument("[file...]", "files of requests, a JSON value a line (default: standard input)")
    .description("answer requests from a stream: a line of JSON each, one in, one out");
  addConventionFlag(addModelFlags(command))
    .option("--dim <name=n>", "bind a dimension that a model file names: seq=128, or several separated by commas", collect, [])
    .option("--set <name=value>", "set a parameter of a network file or zoo network: alpha=0.5, variant=NAME", collect, [])
    .option("--layers", "a row a layer in every answer")
    .option("-j, --jobs <n>", "work on n cores; 0 on all", jobCount)
    .option("--fail", "exit with 1 where a line could not be answered")
    .option("-o, --output <file>", "write to a file, whole or not at all")
    .addHelpText("after", HELP)
    .action(async (files: readonly string[], flags: BatchFlags) => {
      await run(files, flags, context);
    });
};

async function run(files: readonly string[], flags: BatchFlags, context: Context): Promise<void> {
  const { io } = context;
  const task: BatchTask = {
    options: writtenOptions(flags),
    dims: dimensions(flags.dim),
    set: await settingsOf(flags.set),
    layers: flags.layers === true,
  };
  const output = emitting(context, flags);
  const out = gathered(output.write, io.now);
  let [answers, failed] = [0, 0];
  const answerLines = await linesAnswered(task, flags.jobs === 0 ? io.cores : Math.min(flags.jobs ?? 1, io.cores), context, {
    write: (answered) => {
      failed += answered.failed;
      out.write(answered.text);
    },
    flush: out.flush,
  });
  await output.finish(async () => {
    try {
      for await (const { lines, file } of linesOfAll(files, context)) {
        answers += lines.length;
        await answerLines.add(lines, file);
      }
      await answerLines.end();
    } finally {
      await answerLines.stop();
    }
  });
  if (failed === 0) return;
  if (flags.fail === true) context.exitWith(1);
  io.stderr.write(`warning: ${grouped(BigInt(failed))} of ${grouped(BigInt(answers))} lines could not be answered: their records say why\n`);
}

/** The lines of standard input, or of one file after the other. Throws `unreadable-file`. */
async function* linesOfAll(files: readonly string[], { io }: Context): AsyncGenerator<{ lines: readonly Line[]; file: string | undefined }> {
  const { linesOf } = await import("../read/batch/lines.js");
  for (const path of files.length === 0 ? ["-"] : files) {
    const file = path === "-" ? undefined : path;
    for await (const lines of linesOf(readable(io.readChunks(path), path))) yield { lines, file };
  }
}

async function* readable(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    fail("unreadable-file", `${path === "-" ? "standard input" : "this file"} cannot be read (${reason})`, {
      place: path === "-" ? undefined : { kind: "file", path },
      expected: "a file of requests, a JSON value a line",
    });
  }
}

interface Sink {
  readonly write: (answered: Answered) => void;
  /** Nothing more comes for now. */
  readonly flush: () => void;
}

interface Answering {
  readonly add: (lines: readonly Line[], file: string | undefined) => Promise<void>;
  readonly end: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Lines are answered here, or by workers. */
async function linesAnswered(task: BatchTask, jobs: number, { io }: Context, sink: Sink): Promise<Answering> {
  if (jobs > 1 && io.startWorker !== undefined) {
    const { BatchWorkers } = await import("./batch-workers.js");
    return new BatchWorkers(task, jobs, io.startWorker, (answered) => {
      sink.write(answered);
      sink.flush();
    });
  }
  const { answerer } = await import("./batch-answer.js");
  const answer = answerer(task, io);
  return {
    add: async (lines, file) => {
      for (const line of lines) {
        sink.write(await answer(line, file));
        await io.breathe();
      }
      sink.flush();
    },
    end: () => Promise.resolve(),
    stop: () => Promise.resolve(),
  };
}

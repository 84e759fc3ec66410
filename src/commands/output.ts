import { fail } from "../graph/diagnostic.js";
import { FORMATS, type FormatName } from "../report/formats.js";
import { harmless } from "../report/grid.js";
import type { Report } from "../report/report.js";
import { formatOf, type CommonFlags, type Context, type OutputFlags } from "./command.js";

/** Writes a report in the format that was asked for. What the format has no place for is said on standard error. Throws `unwritable-file`. */
export async function show<F extends FormatName>(
  context: Context,
  flags: OutputFlags<F> & Pick<CommonFlags, "columns" | "top">,
  report: Report,
): Promise<void> {
  const { render, hasRemarks } = await FORMATS[formatOf(flags)]();
  if (!hasRemarks) for (const { type, text } of report.remarks ?? []) context.io.stderr.write(`${type}: ${harmless(text)}\n`);
  emit(context, flags, render(report, { chalk: context.chalk, width: tableWidth(context, flags), rows: flags.top }));
}

/** Writes the result, whole or in pieces, where it was asked for. Throws `unwritable-file`. */
export function emit({ io }: Context, flags: Pick<OutputFlags, "output">, result: string | Iterable<string>): void {
  const output = outputOf(flags);
  if (output === undefined || output === "-") {
    for (const text of inLargeWrites(result)) io.stdout.write(text);
    return;
  }
  writable(output, () => {
    io.writeFile(output, inLargeWrites(result));
  });
}

/** The file that is named; an empty name is what a script is left with whose variable is not set. Throws `unwritable-file`. */
function outputOf({ output }: Pick<OutputFlags, "output">): string | undefined {
  if (output !== "") return output;
  return fail("unwritable-file", "the name of the file is empty", {
    place: { kind: "flag", flag: "--output" },
    expected: "--output FILE, or - for standard output",
  });
}

/** Small pieces make one write. */
const LARGE_WRITE = 1 << 16;

function* inLargeWrites(pieces: string | Iterable<string>): Generator<string> {
  if (typeof pieces === "string") {
    yield pieces;
    return;
  }
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < LARGE_WRITE) continue;
    yield text;
    text = "";
  }
  if (text !== "") yield text;
}

/** Where a result goes that comes bit by bit: `finish` runs what writes it, and makes the file whole, or undoes it. Throws `unwritable-file`. */
export function emitting({ io }: Context, flags: OutputFlags) {
  const output = outputOf(flags);
  if (output === undefined || output === "-") return { write: io.stdout.write, finish: (run: () => Promise<void>) => run() };
  const file = writable(output, () => io.openFile(output));
  return {
    write: (text: string) => {
      writable(output, () => {
        file.write(text);
      });
    },
    finish: async (run: () => Promise<void>) => {
      try {
        await run();
      } catch (error) {
        file.discard();
        throw error;
      }
      writable(output, file.close);
    },
  };
}

/** Adds a text to the end of a file. Throws `unwritable-file`. */
export function append({ io }: Context, path: string, text: string): void {
  writable(path, () => {
    io.appendFile(path, text);
  });
}

function writable<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    // What is not the system's is a bug of ours.
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return fail("unwritable-file", `this file cannot be written (${String(error.code)})`, {
      place: { kind: "file", path },
      expected: "a path in a folder that exists and may be written",
    });
  }
}

/** Columns that a table may take: the terminal's where it goes to one, and its columns were not chosen by name, which are shown all of them. */
export function tableWidth({ io }: Context, flags: Pick<OutputFlags, "output"> & Pick<CommonFlags, "columns">): number | undefined {
  return flags.output === undefined && flags.columns === undefined && io.stdout.isTerminal ? (io.stdout.columns ?? 80) : undefined;
}

import * as v from "valibot";
import type { Outcome, Setting } from "../cli/run.js";

/** One wrong request: its code, the arguments, what its message must say, and the files that are there. */
export interface Wrong {
  readonly code: string;
  readonly argv: readonly string[];
  readonly says: string;
  readonly setting?: Setting | undefined;
  /** Who says it: the error of the whole, unless it is a row, a warning or a note, or the record of a line of a batch. */
  readonly told?: "error" | "row" | "record" | undefined;
  /** 2, and 0 where it is no error of the whole. */
  readonly exit?: Outcome["code"] | undefined;
  /** Beside the error there are results: rows of a sweep that have gone, models of a check. */
  readonly results?: boolean | undefined;
}

/** The answer to a line of a batch that could not be given. */
const RECORD = v.object({ error: v.object({ code: v.string(), message: v.string(), expected: v.optional(v.string()) }) });

/** What is heard of a wrong request. */
export interface Heard {
  /** Without what every error begins with. */
  readonly message: string;
  /** Where it is told. */
  readonly code?: string | undefined;
  readonly expected?: string | undefined;
}

export function heard({ told = "error" }: Wrong, { stdout, stderr }: Outcome): Heard {
  if (told === "row") return { message: stdout + stderr };
  if (told === "record") return v.parse(RECORD, JSON.parse(stdout)).error;
  return { message: (stderr.split("\n")[0] ?? "").replace(/^error: /, ""), expected: /^expected: (.*)$/m.exec(stderr)?.[1] };
}

/** A table of layers: code, spec, input, message. */
export const ofLayers = (rows: readonly (readonly [code: string, spec: string, input: string, says: string])[]): readonly Wrong[] =>
  rows.map(([code, spec, input, says]) => ({ code, argv: ["count", spec, ...(input === "" ? [] : ["--input", input])], says }));

/** A table of files: code, content, message, more arguments. */
export const ofFiles = (
  name: string,
  rows: readonly (readonly [code: string, content: string | Uint8Array, says: string, ...flags: string[]])[],
): readonly Wrong[] =>
  rows.map(([code, content, says, ...flags]) => ({
    code,
    argv: ["count", name, ...flags],
    says,
    setting: { files: { [name]: { type: "file", bytes: typeof content === "string" ? new TextEncoder().encode(content) : content } } },
  }));

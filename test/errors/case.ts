import type { Setting } from "../cli/run.js";

/** One wrong request: its code, the arguments, what its message must say, and the files that are there. */
export interface Wrong {
  readonly code: string;
  readonly argv: readonly string[];
  readonly says: string;
  readonly setting?: Setting | undefined;
  /** It is no error of the whole: a row or a warning says it. */
  readonly row?: boolean | undefined;
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

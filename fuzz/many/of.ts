import { strToU8 } from "fflate";
import type { Case, Files } from "../case.js";

/** A file or a line that has so many of something small. */
export interface Many {
  readonly what: string;
  readonly make: (count: number) => Pick<Case, "argv" | "files">;
  /** How many make a file of about a megabyte, or where a limit refuses more. */
  readonly most: number;
}

export const list = <T>(count: number, each: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => each(index));
export const joined = (count: number, each: (index: number) => string, between = "\n"): string => list(count, each).join(between);

export const one = (name: string, content: Uint8Array | string, ...flags: readonly string[]): Pick<Case, "argv" | "files"> => ({
  argv: ["!count", name, ...flags],
  files: { [name]: typeof content === "string" ? strToU8(content) : content },
});
export const files = (all: Files, ...argv: readonly string[]): Pick<Case, "argv" | "files"> => ({ argv, files: all });

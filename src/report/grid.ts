import { CI_COMMAND, UNSEEN } from "../graph/unseen.js";

/** A table before it is text: what every tabular format is rendered from. */
export interface Grid {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly key: string;
  readonly title: string;
  /** Said once, in the header. */
  readonly unit: string;
  readonly align: "left" | "right";
  /** Which column a narrow terminal does without first: the highest; absent, never. */
  readonly expendable?: number | undefined;
}

export interface Row {
  readonly cells: readonly string[];
  readonly style: "normal" | "step" | "total" | "failed" | "unavailable";
}

/** Nothing of it can do harm: printable ASCII without # and :. Most texts are so, and the pattern is compiled in no time. */
const SAFE = /^[ -"$-9;-~]*$/;

/** What {@link harmless} changes. */
const HARM = new RegExp(`${UNSEEN.source}|^\\s*::|${CI_COMMAND.source}`, "u");

/**
 * Text from a model or a file made harmless where it is printed: what does something or shows nothing becomes a visible escape, and so does the sign
 * that makes a line a command of a CI (`::error::`, `##[error]`, `##vso[...]`, `##teamcity[...]`).
 */
export function harmless(text: string): string {
  if (SAFE.test(text)) return text;
  return HARM.test(text) ? harmlessUnits(text).join("") : text;
}

/** The same, a piece for each UTF-16 unit of the text: for who has to know what became of which. */
export function harmlessUnits(text: string): readonly string[] {
  // What is written with two units has its escape at the first.
  const units = Array.from(text).flatMap((character) => [character.replace(UNSEEN, escaped), ...(character.length > 1 ? [""] : [])]);
  // The runner of GitHub trims a line before it looks for `::`, and finds `##[` anywhere.
  const command = /^\s*:(?=:)/.exec(text)?.[0].length;
  if (command !== undefined) units[command - 1] = "\\x3a";
  for (const { index } of text.matchAll(CI_COMMAND)) units[index + 1] = "\\x23";
  return units;
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 256) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\u{${code.toString(16)}}`;
}

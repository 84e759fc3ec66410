import { fail, type Diagnostic, type Place } from "../../graph/diagnostic.js";

/** A piece of text inside a network file that still knows where it stands: offsets in it become places in the file. */
export interface Snippet {
  readonly text: string;
  /** Place of the characters from `start` to `end` of the piece. */
  place(start: number, end: number): Place;
}

/** A part of a snippet, with offsets of its own. */
export function part(snippet: Snippet, start: number, end: number): Snippet {
  return { text: snippet.text.slice(start, end), place: (from, to) => snippet.place(start + from, start + to) };
}

/** Complains about a span of a snippet. */
export function failIn(
  snippet: Snippet,
  start: number,
  end: number,
  code: string,
  message: string,
  rest: Omit<Diagnostic, "code" | "message" | "place"> = {},
): never {
  return fail(code, message, { ...rest, place: snippet.place(start, Math.max(end, start + 1)) });
}

import type { Place } from "../../graph/diagnostic.js";
import { parseExpression, type Expression } from "./expression.js";
import { format, type Scope } from "./scope.js";
import { failIn, part, type Snippet } from "./snippet.js";

/** A text with `{expressions}` in it: `conv 3x3 {width(64)} s{stride}`. */
export interface Template {
  readonly snippet: Snippet;
  /** Every name in its expressions. */
  readonly names: readonly string[];
  /** The text with every expression replaced by its value. */
  render(scope: Scope): string;
  /** Where in the file the characters `start` to `end` of the rendered text come from. */
  trace(scope: Scope, start: number, end: number): Place;
}

type Piece = { readonly start: number; readonly end: number } & ({ readonly text: string } | { readonly value: Expression });

/** Reads a text with `{...}` in it. Throws `bad-expression` with its place. */
export function parseTemplate(snippet: Snippet): Template {
  const pieces = piecesOf(snippet);
  const [only] = pieces;
  const fixed = pieces.length === 1 && only !== undefined && "text" in only ? only.text : undefined;
  const written = (piece: Piece, scope: Scope) => ("text" in piece ? piece.text : format(piece.value(scope)));
  return {
    snippet,
    names: pieces.flatMap((piece) => ("text" in piece ? [] : piece.value.names)),
    render: (scope) => fixed ?? pieces.map((piece) => written(piece, scope)).join(""),
    trace: (scope, start, end) => {
      let at = 0;
      let [from, to] = [0, snippet.text.length];
      for (const piece of pieces) {
        const length = written(piece, scope).length;
        const exact = "text" in piece;
        if (start >= at && start < at + length) from = exact ? piece.start + (start - at) : piece.start;
        if (end > at && end <= at + length) to = exact ? piece.start + (end - at) : piece.end;
        at += length;
      }
      return snippet.place(from, Math.max(to, from + 1));
    },
  };
}

function piecesOf(snippet: Snippet): readonly Piece[] {
  const { text } = snippet;
  const pieces: Piece[] = [];
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf("{", at);
    if (open < 0) break;
    const close = closing(snippet, open);
    if (open > at) pieces.push({ start: at, end: open, text: text.slice(at, open) });
    pieces.push({ start: open, end: close + 1, value: parseExpression(part(snippet, open + 1, close)) });
    at = close + 1;
  }
  if (at < text.length || pieces.length === 0) pieces.push({ start: at, end: text.length, text: text.slice(at) });
  return pieces;
}

function closing(snippet: Snippet, open: number): number {
  let depth = 0;
  for (let at = open; at < snippet.text.length; at++) {
    const character = snippet.text.charAt(at);
    if (character === "{") depth += 1;
    if (character === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return failIn(snippet, open, open + 1, "unbalanced", "this brace is never closed", { expected: "`{expression}`" });
}

import type { ChalkInstance } from "chalk";
import type { Diagnostic, Place } from "../graph/diagnostic.js";
import { harmless, harmlessUnits } from "./grid.js";

const MAX_LINE = 100;

/**
 * A diagnostic as a person reads it: what is wrong, where (the line with a caret), what was expected, a hint. The one place where an
 * error becomes text.
 */
export function renderDiagnostic(diagnostic: Diagnostic, chalk: ChalkInstance): string {
  const { message, place, expected, hint } = diagnostic;
  const head = `${chalk.red("error")}: ${location(place)}${harmless(message)}`;
  const lines = [head, ...(place?.kind === "text" ? excerpt(place, chalk) : [])];
  if (expected !== undefined) lines.push(`${chalk.bold("expected")}: ${harmless(expected)}`);
  if (hint !== undefined) lines.push(`${chalk.bold("hint")}: ${harmless(hint)}`);
  return lines.join("\n") + "\n";
}

/** A diagnostic on one line, without colour: for reports that have a line for it. */
export function diagnosticLine({ message, place, expected, hint }: Diagnostic): string {
  const rest = [expected === undefined ? "" : `expected ${expected}`, hint ?? ""].filter((text) => text !== "");
  return `${location(place)}${harmless(message)}${rest.length === 0 ? "" : ` (${rest.map(harmless).join("; ")})`}`;
}

/** Line and column, from 1, of a place in a text. */
export function lineOf(place: Extract<Place, { kind: "text" }>): { readonly line: number; readonly column: number } {
  const { line, column } = position(place);
  return { line, column };
}

function location(place: Place | undefined): string {
  if (place === undefined) return "";
  switch (place.kind) {
    case "flag":
      return `${harmless(place.flag)}: `;
    case "key":
      return `"${harmless(place.key)}": `;
    case "file":
      return `${harmless(place.path)}: `;
    case "node":
      return `${harmless(place.path)}: ${harmless(place.node)}: `;
    case "text": {
      const { line, column } = position(place);
      const single = !place.text.trim().includes("\n") && /^spec\b/.test(place.source);
      return single ? "" : `${harmless(place.source)}:${line}:${column}: `;
    }
  }
}

type TextPlace = Extract<Place, { kind: "text" }>;

/** Line and column of a place, from 1. */
export function position({ text, start }: TextPlace): { line: number; column: number; lineStart: number } {
  const lineStart = text.lastIndexOf("\n", Math.max(0, start - 1)) + 1;
  const begin = start === 0 ? 0 : lineStart;
  const line = text.slice(0, begin).split("\n").length;
  return { line, column: start - begin + 1, lineStart: begin };
}

/** The line of the place with carets below, cut to a window around it where it is long. */
function excerpt(place: TextPlace, chalk: ChalkInstance): readonly string[] {
  const { lineStart } = position(place);
  const lineEnd = endOfLine(place.text, lineStart);
  const from = Math.max(lineStart, Math.min(place.start - 40, lineEnd - MAX_LINE));
  const to = Math.min(lineEnd, from + MAX_LINE);
  const shown = place.text.slice(from, to).replaceAll("\t", " ");
  // All of the line at once: what is a command of a CI may begin before the place and end in it.
  const units = harmlessUnits(shown);
  const marks = [place.start - from, Math.max(place.start, Math.min(place.end, to)) - from] as const;
  const before = units.slice(0, marks[0]).join("");
  const marked = units.slice(...marks).join("");
  const after = units.slice(marks[1]).join("");
  const [cutLeft, cutRight] = [from > lineStart ? "..." : "", to < lineEnd ? "..." : ""];
  const carets = "^".repeat(Math.max(1, marked.length));
  return [`  ${cutLeft}${before}${marked}${after}${cutRight}`, `  ${" ".repeat(cutLeft.length + before.length)}${chalk.red(carets)}`];
}

function endOfLine(text: string, start: number): number {
  const end = text.indexOf("\n", start);
  return end < 0 ? text.length : end;
}

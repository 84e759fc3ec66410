import { fail } from "../graph/diagnostic.js";
import type { Renderer } from "./formats.js";
import { harmless, type Grid } from "./grid.js";

/** Rows for a spreadsheet. Throws `contradicting-flags` where a report is no table. */
export const csv: Renderer = {
  hasRemarks: false,
  render: ({ csv: rows }) => (rows === undefined ? noTable() : renderCsv(rows())),
};

function noTable(): never {
  return fail("contradicting-flags", "this is no table for CSV", {
    place: { kind: "flag", flag: "--format" },
    expected: "--format table, json or markdown",
  });
}

/** A grid as CSV (RFC 4180): a header of keys, raw numbers, cells that a spreadsheet would run as formulas made text. */
export function renderCsv(grid: Grid): string {
  const header = grid.columns.map((column) => column.key);
  const lines = [header, ...grid.rows.map((row) => row.cells)];
  return lines.map(csvLine).join("");
}

/** One line of CSV with its line end. */
export function csvLine(cells: readonly string[]): string {
  return `${csvCells(cells)}\r\n`;
}

/** A part of a line of CSV. */
export function csvCells(cells: readonly string[]): string {
  return cells.map(cell).join(",");
}

/** What a spreadsheet takes for a formula, blanks before it or not: the signs, and their full-width forms. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20\u2212]/;

function cell(text: string): string {
  const clean = harmless(text);
  const inert = FORMULA.test(clean) && !/^-?[\d.]+$/.test(clean) ? `'${clean}` : clean;
  return /[",\r\n']/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

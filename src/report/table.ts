import type { ChalkInstance } from "chalk";
import CliTable from "cli-table3";
import { harmless, type Grid, type Row } from "./grid.js";

export interface TableStyle {
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
}

const NO_BORDER = {
  top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "", "bottom-left": "", "bottom-right": "",
  left: "", "left-mid": "", mid: "", "mid-mid": "", right: "", "right-mid": "", middle: "",
};

/** A grid as an aligned table without borders: the header says units once, numbers stand on the right. */
export function renderTable(grid: Grid, style: TableStyle): string {
  const { chalk } = style;
  const twoLines = grid.columns.some((column) => column.unit !== "");
  const header = grid.columns.map((column) => chalk.bold(twoLines ? `${column.title}\n${chalk.dim(column.unit)}` : column.title));
  const widths = grid.columns.map((column, index) => Math.max(column.title.length, column.unit.length, ...grid.rows.map((row) => spanned(row) ? 0 : harmless(row.cells[index] ?? "").length)));
  const gap = gapFor(widths, style.width);
  const table = new CliTable({
    head: header,
    chars: NO_BORDER,
    colAligns: grid.columns.map((column) => column.align),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": gap },
  });
  for (const row of grid.rows) table.push(cellsOf(row, chalk, grid.columns.length));
  return table.toString().split("\n").map((line) => line.trimEnd()).join("\n") + "\n";
}

/** A row that says only why it has no figures: label and reason over all columns. */
function spanned(row: Row): boolean {
  return row.style === "unavailable";
}

function cellsOf(row: Row, chalk: ChalkInstance, columns: number) {
  if (!spanned(row)) return row.cells.map((text) => painted(harmless(text), row, chalk));
  const [label = "", reason = ""] = row.cells;
  return [harmless(label), { content: chalk.dim(`- ${harmless(reason)}`), colSpan: columns - 1 }];
}

function painted(text: string, row: Row, chalk: ChalkInstance): string {
  if (row.style === "total") return chalk.bold(text);
  return row.style === "step" ? chalk.dim(text) : text;
}

// Two blanks between columns where they fit, one where the terminal is narrow.
function gapFor(widths: readonly number[], width: number | undefined): number {
  const text = widths.reduce((sum, column) => sum + column, 0);
  return width !== undefined && text + 2 * (widths.length - 1) > width ? 1 : 2;
}

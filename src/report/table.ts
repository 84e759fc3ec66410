import type { ChalkInstance } from "chalk";
import CliTable from "cli-table3";
import { harmless, type Grid, type Row } from "./grid.js";

export interface TableStyle {
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
}

const NO_BORDER = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};

/**
 * A grid as an aligned table without borders: the header says units once, numbers stand on the right. What a narrow terminal has no
 * room for is left out and named below.
 */
export function renderTable(whole: Grid, style: TableStyle): string {
  const { chalk, width } = style;
  const { grid, dropped } = fitted(whole, width);
  const twoLines = grid.columns.some((column) => column.unit !== "");
  const header = grid.columns.map((column) => chalk.bold(twoLines ? `${column.title}\n${chalk.dim(column.unit)}` : column.title));
  const table = new CliTable({
    head: header,
    chars: NO_BORDER,
    colAligns: grid.columns.map((column) => column.align),
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": gapFor(widthsOf(grid), width) },
  });
  for (const row of grid.rows) table.push(cellsOf(row, chalk, grid.columns.length));
  const text =
    table
      .toString()
      .split("\n")
      .map((line) => line.trimEnd())
      .join("\n") + "\n";
  if (dropped.length === 0) return text;
  return `${text}${chalk.dim(`not shown at this width: ${dropped.join(", ")} (--columns, or a wider terminal)`)}\n`;
}

function widthsOf(grid: Grid): readonly number[] {
  return grid.columns.map((column, index) =>
    Math.max(
      column.title.length,
      column.unit.length,
      ...grid.rows.map((row) => (spanned(row) && index > 0 ? 0 : harmless(row.cells[index] ?? "").length)),
    ),
  );
}

/** The grid without the columns that have no room, the most expendable first. */
function fitted(grid: Grid, width: number | undefined): { readonly grid: Grid; readonly dropped: readonly string[] } {
  if (width === undefined) return { grid, dropped: [] };
  const dropped: string[] = [];
  let kept = grid;
  while (textWidth(widthsOf(kept), 1) > width) {
    const order = Math.max(...kept.columns.map((column) => column.expendable ?? 0));
    if (order === 0) break;
    // Columns of one order belong together (a figure before and after), and are told by the first of them.
    const going = kept.columns.map((column) => column.expendable === order);
    dropped.push(kept.columns[going.indexOf(true)]?.title ?? "");
    const without = <T>(list: readonly T[]) => list.filter((_, position) => going[position] !== true);
    kept = { columns: without(kept.columns), rows: kept.rows.map((row) => ({ ...row, cells: spanned(row) ? row.cells : without(row.cells) })) };
  }
  return { grid: kept, dropped };
}

function textWidth(widths: readonly number[], gap: number): number {
  return widths.reduce((sum, column) => sum + column, 0) + gap * (widths.length - 1);
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
  if (row.style === "failed") return chalk.red(text);
  return row.style === "step" ? chalk.dim(text) : text;
}

// Two blanks between columns where they fit, one where the terminal is narrow.
function gapFor(widths: readonly number[], width: number | undefined): number {
  return width !== undefined && textWidth(widths, 2) > width ? 1 : 2;
}

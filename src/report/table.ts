import type { ChalkInstance } from "chalk";
import { eastAsianWidth } from "get-east-asian-width";
import { harmless, type Grid, type Row } from "./grid.js";

export interface TableStyle {
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
}

/**
 * A grid as an aligned table without borders: the header says units once, numbers stand on the right. What a narrow terminal has no
 * room for is left out and named below. (cli-table3 takes time that grows with the square of the rows: 17 s for 10,000.)
 */
export function renderTable(whole: Grid, style: TableStyle): string {
  const { chalk, width } = style;
  const shown = { ...whole, rows: whole.rows.map(({ style: kind, cells }) => ({ style: kind, cells: cells.map(harmless) })) };
  const { grid, dropped } = fitted(shown, width);
  const { columns } = grid;
  const widths = widthsOf(grid);
  const gap = " ".repeat(gapFor(widths, width));
  const line = (cells: readonly string[], paint: Paint) =>
    columns
      .map(({ align }, index) => aligned(cells[index] ?? "", widths[index] ?? 0, align, paint))
      .join(gap)
      .trimEnd() + "\n";
  const hasUnits = columns.some(({ unit }) => unit !== "");
  const titles = columns.map(({ title }) => title);
  const units = columns.map(({ unit }) => unit);
  let text = line(titles, chalk.bold) + (hasUnits ? line(units, (unit) => chalk.bold(chalk.dim(unit))) : "");
  for (const row of grid.rows) {
    const { cells } = row;
    if (spanned(row)) text += `${aligned(cells[0] ?? "", widths[0] ?? 0, "left", plain)}${gap}${chalk.dim(`- ${cells[1] ?? ""}`)}\n`;
    else text += line(cells, paintOf(row, chalk));
  }
  if (dropped.length === 0) return text;
  return `${text}${chalk.dim(`not shown at this width: ${dropped.join(", ")} (--columns, or a wider terminal)`)}\n`;
}

type Paint = (text: string) => string;
const plain: Paint = (text) => text;

function paintOf({ style }: Row, chalk: ChalkInstance): Paint {
  if (style === "total") return chalk.bold;
  if (style === "failed") return chalk.red;
  return style === "step" ? chalk.dim : plain;
}

function aligned(text: string, width: number, align: "left" | "right", paint: Paint): string {
  const blanks = " ".repeat(Math.max(0, width - columnsOf(text)));
  const painted = text === "" ? "" : paint(text);
  return align === "right" ? blanks + painted : painted + blanks;
}

/** Columns that a text takes on a terminal: two for a character of East Asian width, none for a mark that is put on another. */
function columnsOf(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const character of text.replace(/[\p{Mark}\p{Format}]/gu, "")) columns += eastAsianWidth(character.codePointAt(0) ?? 0);
  return columns;
}

function widthsOf(grid: Grid): readonly number[] {
  const widths = grid.columns.map(({ title, unit }) => Math.max(columnsOf(title), columnsOf(unit)));
  for (const row of grid.rows) {
    (spanned(row) ? row.cells.slice(0, 1) : row.cells).forEach((cell, index) => {
      const columns = columnsOf(cell);
      if (columns > (widths[index] ?? 0)) widths[index] = columns;
    });
  }
  return widths;
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

// Two blanks between columns where they fit, one where the terminal is narrow.
function gapFor(widths: readonly number[], width: number | undefined): number {
  return width !== undefined && textWidth(widths, 2) > width ? 1 : 2;
}

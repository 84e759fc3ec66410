import type { ChalkInstance } from "chalk";
import Table from "cli-table3";
import stringWidth from "string-width";
import { harmless, type Column, type Grid, type Row } from "./grid.js";

export interface TableStyle {
  readonly chalk: ChalkInstance;
  /** Columns of the terminal; absent where there is none. */
  readonly width?: number | undefined;
  /** Rows that were asked for. */
  readonly rows?: number | undefined;
}

/** Rows that a table has unless more are asked for: nobody reads as many, and each takes cli-table3 0.15 ms. */
const MOST_ROWS = 1000;

/** A column with its place in the rows and the width of its widest cell. */
interface Sized extends Column {
  readonly index: number;
  readonly width: number;
}

/** cli-table3 slows with the square of the rows: 3,000 rows take 1.6 s at once and 0.5 s in blocks of this many. */
const BLOCK = 100;

/** No borders: figures stand on the right, names on the left, and blanks between them. */
const NO_BORDERS = {
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
} as const;

/**
 * Draws a grid as a table without borders. The header says each unit once.
 * A table wider than the terminal loses its most expendable columns; a line below names them.
 */
export function renderTable(grid: Grid, style: TableStyle): string {
  const shown = rowsShown(grid.rows, Math.max(MOST_ROWS, style.rows ?? 0));
  const rows = shown.map(({ style: kind, cells }): Row => ({ style: kind, cells: cells.map(harmless) }));
  const { columns, dropped } = fitted(sized(grid.columns, rows), style.width);
  const gap = style.width !== undefined && widthOf(columns, 2) > style.width ? 1 : 2;
  const head = drawn([headOf(columns, style.chalk)], columns, gap);
  const body = blocksOf(rows).map((block) => {
    const [first] = block;
    if (first?.style === "unavailable") return drawnReason(first, columns, gap, style);
    return drawn(
      block.map((row) => cellsOf(row, columns, style.chalk)),
      columns,
      gap,
    );
  });
  const left = grid.rows.length - rows.length;
  const notes = [
    ...(left === 0 ? [] : [`${left} more rows are not shown (--top N, or --format json)`]),
    ...(dropped.length === 0 ? [] : [`not shown at this width: ${dropped.join(", ")} (--columns, or a wider terminal)`]),
  ];
  return [head, ...body, ...notes.map((note) => `${style.chalk.dim(note)}\n`)].join("");
}

/** The first rows, and the totals after them. */
function rowsShown(rows: readonly Row[], most: number): readonly Row[] {
  if (rows.length <= most) return rows;
  return [...rows.slice(0, most), ...rows.slice(most).filter(({ style }) => style === "total")];
}

/** Rows in blocks that cli-table3 draws quickly. A row without figures is a block of its own: it has other columns. */
function blocksOf(rows: readonly Row[]): readonly (readonly Row[])[] {
  const blocks: Row[][] = [];
  for (const row of rows) {
    const block = blocks.at(-1);
    const fits = block !== undefined && block.length < BLOCK && block[0]?.style !== "unavailable" && row.style !== "unavailable";
    if (fits) block.push(row);
    else blocks.push([row]);
  }
  return blocks;
}

type DrawnColumn = Pick<Sized, "align" | "width">;

function drawn(lines: readonly Table.HorizontalTableRow[], columns: readonly DrawnColumn[], gap: number): string {
  const table = new Table({
    chars: { ...NO_BORDERS, middle: " ".repeat(gap) },
    colAligns: columns.map(({ align }) => align),
    colWidths: columns.map(({ width }) => width),
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [] },
  });
  table.push(...lines);
  return table
    .toString()
    .split("\n")
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

/** The least width at which a reason is still readable. */
const NARROWEST_REASON = 20;

/** A row without figures: its label, and the reason across all other columns. A terminal's width wraps it at words. */
function drawnReason({ cells: [label = "", reason = ""] }: Row, [first]: readonly Sized[], gap: number, { chalk, width }: TableStyle): string {
  const text = `- ${reason}`;
  const labelWidth = first?.width ?? 0;
  const room = width === undefined ? Infinity : Math.max(NARROWEST_REASON, width - labelWidth - gap);
  const columns: readonly DrawnColumn[] = [
    { align: "left", width: labelWidth },
    { align: "left", width: Math.min(stringWidth(text), room) },
  ];
  return drawn([[label, { content: chalk.dim(text), wordWrap: true }]], columns, gap);
}

function headOf(columns: readonly Sized[], chalk: ChalkInstance): Table.HorizontalTableRow {
  const hasUnits = columns.some(({ unit }) => unit !== "");
  return columns.map(({ title, unit }) => chalk.bold(title) + (hasUnits ? `\n${chalk.bold(chalk.dim(unit))}` : ""));
}

function cellsOf(row: Row, columns: readonly Sized[], chalk: ChalkInstance): Table.HorizontalTableRow {
  const paint = paintOf(row, chalk);
  return columns.map(({ index }) => paint(row.cells[index] ?? ""));
}

function paintOf({ style }: Row, chalk: ChalkInstance): (text: string) => string {
  if (style === "total") return chalk.bold;
  if (style === "failed") return chalk.red;
  return style === "step" ? chalk.dim : (text) => text;
}

function sized(columns: readonly Column[], rows: readonly Row[]): readonly Sized[] {
  return columns.map((column, index) => {
    const cells = rows.flatMap(({ style, cells }) => (style === "unavailable" && index > 0 ? [] : [cells[index] ?? ""]));
    const width = [column.title, column.unit, ...cells].reduce((widest, text) => Math.max(widest, stringWidth(text)), 0);
    return { ...column, index, width };
  });
}

/** The columns that fit, without the most expendable ones. Columns of one order (a figure before and after) go together and are named by the first. */
function fitted(columns: readonly Sized[], width: number | undefined): { readonly columns: readonly Sized[]; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  let kept = columns;
  while (width !== undefined && widthOf(kept, 1) > width) {
    const order = Math.max(...kept.map(({ expendable = 0 }) => expendable));
    if (order === 0) break;
    dropped.push(kept.find(({ expendable }) => expendable === order)?.title ?? "");
    kept = kept.filter(({ expendable }) => expendable !== order);
  }
  return { columns: kept, dropped };
}

function widthOf(columns: readonly Sized[], gap: number): number {
  return columns.reduce((sum, { width }) => sum + width, 0) + gap * (columns.length - 1);
}

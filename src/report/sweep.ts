import { escape } from "./markdown.js";
import type { ChalkInstance } from "chalk";
import { isMeasureKnown, MEASURES, measure, type Measure, type SweepFigures, type SweepRow } from "../compare/sweep.js";
import { formatShape } from "../graph/shape.js";
import { csvCells, csvLine } from "./csv.js";
import type { USUAL_FORMATS } from "./formats.js";
import { harmless } from "./grid.js";
import { compact, jsonLine, jsonText, type JsonObject } from "./json.js";
import { lowerBoundsJson } from "./layer-json.js";
import { bounded, byteScale, countScale, NOT_KNOWN, quotient, scaled, type Scale } from "./numbers.js";

/** Writes rows one by one, so that the first stands before the last is known. */
export interface RowWriter {
  /** What stands before the first row; it may look at that row. */
  readonly head: (first: SweepRow | undefined) => string;
  readonly row: (row: SweepRow) => string;
}

export interface SweepLayout {
  /** Names of the parameters, in the order of the flags. */
  readonly names: readonly string[];
  /** The width of the widest value of each. */
  readonly widths: readonly number[];
  readonly columns: readonly Measure[];
  /** What a file of rows has. */
  readonly all: readonly Measure[];
  readonly units: "auto" | "raw";
  /** What the column of another convention is called, and its unit. */
  readonly counted: { readonly title: string; readonly unit: string };
}

const BYTES: ReadonlySet<Measure> = new Set(["weights", "activations", "peak", "moved"]);
const TITLES: Readonly<Partial<Record<Measure, string>>> = { macs: "MACs", flops: "FLOPs", intensity: "FLOP/B" };

/** A setting as it would be typed. */
export function settingText(value: SweepRow["set"][string]): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** A JSON object a line (ndjson): raw integers, the parameters under `set`, the reason under `error` where there are no figures. */
function jsonRows(): RowWriter {
  const figures = (result: SweepFigures): JsonObject => {
    const intensity = isMeasureKnown(result, "intensity") ? result.intensity : undefined;
    const written = Object.entries({ ...result, intensity, lowerBounds: lowerBoundsJson(result) }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, jsonText(compact(value))] as const],
    );
    return Object.fromEntries(written);
  };
  return {
    head: () => "",
    row: ({ index, set, result }) => jsonLine("error" in result ? { index, set, error: result.error } : { index, set, ...figures(result) }),
  };
}

/** CSV with a header of keys and raw numbers. */
function csvRows({ names, all: columns }: SweepLayout): RowWriter {
  const figures = (result: SweepFigures) => csvCells([...columns.map((column) => measureText(result, column, String)), shapesText(result), ""]);
  return {
    head: () => csvLine([...names, ...columns, "output", "error"]),
    row: ({ set, result }) => {
      const point = names.map((name) => settingText(set[name] ?? null));
      if ("error" in result) return csvLine([...point, ...columns.map(() => ""), "", result.error]);
      return `${csvCells(point)},${figures(result)}\r\n`;
    },
  };
}

/** A number of a row as text, marked where it is a lower bound. */
function measureText(figures: SweepFigures, name: Measure, write: (value: bigint | number) => string): string {
  const value = measure(figures, name);
  if (typeof value === "bigint") return bounded(value, !isMeasureKnown(figures, name), write);
  return isMeasureKnown(figures, name) ? write(value) : NOT_KNOWN;
}

function shapesText({ outputs }: SweepFigures): string {
  return outputs.map(formatShape).join(" ");
}

/** Space for a number that is a thousand times the first row's. */
const NUMBER_WIDTH = 10;

interface Cells {
  readonly titles: readonly string[];
  readonly units: readonly string[];
  readonly row: (row: SweepRow) => readonly string[];
}

/** Units are chosen by the first row: what comes later is not known yet. */
function cellsOf({ names, columns, units, counted }: SweepLayout, first: SweepRow | undefined): Cells {
  const known = first === undefined || "error" in first.result ? undefined : first.result;
  const scales = columns.map((column): Scale | undefined => {
    const value = known === undefined ? 0n : measure(known, column);
    if (typeof value === "number") return undefined;
    return BYTES.has(column) ? byteScale([value], units) : countScale([value], units);
  });
  const figures = (result: SweepFigures) =>
    columns.map((column, index) => {
      const scale = scales[index];
      return measureText(result, column, (value) => {
        if (typeof value === "number") return units === "raw" || column === "layers" ? String(value) : quotient(value);
        return scale === undefined ? String(value) : scaled(value, scale, units);
      });
    });
  return {
    titles: [...names.map(harmless), ...columns.map((column) => (column === "counted" ? counted.title : (TITLES[column] ?? column)))],
    units: [...names.map(() => ""), ...scales.map((scale, index) => unitOf(scale, columns[index] === "counted" ? counted.unit : ""))],
    row: ({ set, result }) => {
      const point = names.map((name) => harmless(settingText(set[name] ?? null)));
      if ("error" in result) return [...point, harmless(result.error)];
      return [...point, ...figures(result)];
    },
  };
}

/** `M MAC`: the scale, and the unit where it is another tool's. */
function unitOf(scale: Scale | undefined, unit: string): string {
  return [scale?.unit ?? "", unit].filter(Boolean).join(" ");
}

/** A table for people: columns of fixed width, numbers on the right. */
function tableRows(layout: SweepLayout, chalk: ChalkInstance): RowWriter {
  let cells: Cells | undefined;
  const widths = [
    ...layout.names.map((name, index) => Math.max(name.length, layout.widths[index] ?? 0)),
    ...layout.columns.map(() => (layout.units === "raw" ? 15 : NUMBER_WIDTH)),
  ];
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) =>
        texts.length <= layout.names.length + 1 && index === layout.names.length && layout.columns.length > 1
          ? text
          : text.padStart(widths[index] ?? 0),
      )
      .join("  ")
      .trimEnd() + "\n";
  return {
    head: (first) => {
      cells = cellsOf(layout, first);
      const units = cells.units.some((unit) => unit !== "") ? chalk.dim(line(cells.units)) : "";
      return chalk.bold(line(cells.titles)) + units;
    },
    row: (row) => line((cells ??= cellsOf(layout, row)).row(row)),
  };
}

/** A Markdown table. */
function markdownRows(layout: SweepLayout): RowWriter {
  let cells: Cells | undefined;
  const line = (texts: readonly string[]) => `| ${texts.map(escape).join(" | ")} |\n`;
  return {
    head: (first) => {
      const made = (cells = cellsOf(layout, first));
      const titles = made.titles.map((title, index) => [title, made.units[index]].filter(Boolean).join(" "));
      return line(titles) + `|${titles.map(() => " ---: |").join("")}\n`;
    },
    row: (row) => line((cells ??= cellsOf(layout, row)).row(row)),
  };
}

/** The one table of formats whose rows are written one by one. */
export const ROW_WRITERS: Readonly<Record<(typeof USUAL_FORMATS)[number], (layout: SweepLayout, chalk: ChalkInstance) => RowWriter>> = {
  table: tableRows,
  json: jsonRows,
  csv: csvRows,
  markdown: markdownRows,
};

/** A measure by its name. */
export function isMeasure(name: string): name is Measure {
  return MEASURES.some((known) => known === name);
}

import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import type { Group } from "../analyze/group.js";
import type { Column, Grid, Row } from "./grid.js";
import { COLUMNS, LAYER_COLUMNS, type Cell, type Definition, type LayerColumn, type LayerRow, type Units } from "./layer-columns.js";
import { byteScale, countScale, percent, quotient, scaled, type Scale } from "./numbers.js";

/** All that one layer has: what a file of layers shows. */
export function csvColumns({ totals }: Analysis): readonly LayerColumn[] {
  return LAYER_COLUMNS.filter((key) => key !== "layers" && key !== "uncounted" && (key !== "counted" || totals.counted !== undefined));
}

const DEFAULT: readonly LayerColumn[] = ["layer", "op", "kind", "output", "params", "macs", "flops", "share"];

/** What a narrow terminal does without, the highest first. */
const EXPENDABLE: Readonly<Partial<Record<LayerColumn, number>>> = { flops: 3, op: 1, kind: 2 };

export interface LayerGridOptions {
  readonly columns?: readonly LayerColumn[] | undefined;
  readonly units: Units;
  /** Whether the steps of composites and the total stand as rows; not for CSV. */
  readonly summary: boolean;
}

/** The layers of an analysis as a grid, the total last. */
export function layerGrid(analysis: Analysis, layers: readonly LayerAnalysis[], options: LayerGridOptions): Grid {
  const rows = layers.flatMap((layer) => layerRows(layer, options.summary));
  const usual = underConvention(analysis, DEFAULT).filter((key) => key !== "kind" || layers.some((layer) => layer.kind !== undefined));
  return gridOf(analysis, rows, options.columns ?? usual, options);
}

/** Under another convention its figure stands where the FLOPs do else. */
function underConvention({ totals }: Analysis, columns: readonly LayerColumn[]): readonly LayerColumn[] {
  return totals.counted === undefined ? columns : columns.map((key) => (key === "flops" ? "counted" : key));
}

/** What groups of layers show: what is one layer's alone they have none of. */
const OF_GROUPS: readonly LayerColumn[] = ["layer", "layers", "params", "macs", "flops", "share"];

/** Groups of layers as a grid, modules indented by their depth, the total last. */
export function groupGrid(analysis: Analysis, groups: readonly Group[], options: LayerGridOptions): Grid {
  const rows = groups.map((group): Shown => {
    const label = options.summary ? `${"  ".repeat(group.depth - 1)}${group.name}` : group.name;
    return { row: { label, layer: undefined, figures: group }, style: "normal" };
  });
  const usual = underConvention(analysis, OF_GROUPS);
  const columns = options.columns ?? (analysis.partial ? [...usual.slice(0, 2), "uncounted" as const, ...usual.slice(2)] : usual);
  return gridOf(analysis, rows, columns, options);
}

interface Shown {
  readonly row: LayerRow;
  readonly style: Row["style"];
}

function gridOf(analysis: Analysis, shown: readonly Shown[], keys: readonly LayerColumn[], options: LayerGridOptions): Grid {
  const total: Shown = { row: { label: "total", layer: undefined, figures: analysis.totals }, style: "total" };
  const rows = options.summary ? [...shown, total] : shown;
  const columns = keys.map((key) => ({
    key,
    ...columnOf(
      COLUMNS[key],
      rows.map(({ row }) => row),
      analysis,
      options.units,
    ),
  }));
  return {
    columns: columns.map(({ key, column }) => ({ key, ...column, expendable: EXPENDABLE[key] })),
    rows: rows.map(({ row, style }) => ({ style, cells: columns.map(({ write }) => write(row)) })),
  };
}

function layerRows(layer: LayerAnalysis, withSteps: boolean, depth = 0): readonly Shown[] {
  const row: LayerRow = { label: `${"  ".repeat(depth)}${layer.name}`, layer, figures: layer };
  const steps = withSteps ? layer.steps.flatMap((step) => layerRows(step, true, depth + 1)) : [];
  return [{ row, style: depth === 0 ? "normal" : "step" }, ...steps];
}

function columnOf(
  definition: Definition,
  rows: readonly LayerRow[],
  analysis: Analysis,
  units: Units,
): { column: Omit<Column, "key">; write: (row: LayerRow) => string } {
  const { title, cell } = definition;
  const found = knownColumn(title, cell, rows, analysis, units);
  if (cell.type === "text" || cell.type === "whole" || ("stored" in cell && cell.stored)) return found;
  return { ...found, write: (row) => (isUnknown(row) ? NOT_KNOWN : found.write(row)) };
}

/** Whether nothing of a row could be counted: a layer, or all the layers of a group or model. */
function isUnknown({ layer, figures }: LayerRow): boolean {
  if (layer !== undefined) return layer.uncounted !== undefined;
  return "layers" in figures && figures.layers > 0 && figures.uncounted === figures.layers;
}

/** Stands where a number would: no zero, since nobody knows. */
const NOT_KNOWN = "?";

function knownColumn(
  title: string,
  cell: Cell,
  rows: readonly LayerRow[],
  analysis: Analysis,
  units: Units,
): { column: Omit<Column, "key">; write: (row: LayerRow) => string } {
  switch (cell.type) {
    case "text":
      return { column: { title, unit: "", align: "left" }, write: cell.text };
    case "share": {
      // Where nothing is a multiply-accumulate, the share is that of the FLOPs.
      const { macs, flops } = analysis.totals;
      const share = ({ figures }: LayerRow) => (macs > 0n ? percent(figures.macs, macs) : percent(figures.flops, flops));
      return { column: { title: macs > 0n ? "% MACs" : "% FLOPs", unit: "", align: "right" }, write: (row) => share(row).replace("%", "") };
    }
    case "counted":
      return countedColumn(rows, analysis, units);
    case "whole":
      return { column: { title, unit: "", align: "right" }, write: (row) => String(cell.value(row)) };
    case "quotient":
      return { column: { title, unit: "", align: "right" }, write: (row) => (units === "raw" ? String(cell.value(row)) : quotient(cell.value(row))) };
    default:
      return scaledColumn(
        title,
        cell.value,
        cell.type === "bytes" ? byteScale(rows.map(cell.value), units) : countScale(rows.map(cell.value), units),
        units,
      );
  }
}

/** The column of a convention: its name above, its unit below. The program's own counts multiply-adds. A step of what a convention takes whole has no figure. */
function countedColumn(rows: readonly LayerRow[], { convention, totals }: Analysis, units: Units) {
  const amount = ({ figures }: LayerRow) => (totals.counted === undefined ? figures.macs : figures.counted);
  const scale = countScale(
    rows.map((row) => amount(row) ?? 0n),
    units,
  );
  const unit = [scale.unit, totals.unit].filter(Boolean).join(" ");
  const write = (row: LayerRow) => {
    const counted = amount(row);
    return counted === undefined ? "" : scaled(counted, scale, units);
  };
  return { column: { title: convention, unit, align: "right" as const }, write };
}

function scaledColumn(title: string, value: (row: LayerRow) => bigint, scale: Scale, units: Units) {
  return { column: { title, unit: scale.unit, align: "right" as const }, write: (row: LayerRow) => scaled(value(row), scale, units) };
}

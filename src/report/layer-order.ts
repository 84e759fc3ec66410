import type { LayerAnalysis } from "../analyze/analysis.js";
import type { Group } from "../analyze/group.js";
import { COLUMNS, type Cell, type LayerColumn, type LayerRow } from "./layer-columns.js";

/** Layers in the order of a column: numbers from the largest, text from A; equal ones stay in execution order. */
export function sortLayers(layers: readonly LayerAnalysis[], column: LayerColumn): readonly LayerAnalysis[] {
  const { cell } = COLUMNS[column];
  const row = (layer: LayerAnalysis): LayerRow => ({ label: layer.name, layer, figures: layer });
  return [...layers].sort((left, right) => compareRows(cell, row(left), row(right)));
}

/** Order of two groups by a column, as {@link sortLayers} orders layers. */
export function groupOrder(column: LayerColumn): (left: Group, right: Group) => number {
  const { cell } = COLUMNS[column];
  const row = (group: Group): LayerRow => ({ label: group.name, layer: undefined, figures: group });
  return (left, right) => compareRows(cell, row(left), row(right));
}

function compareRows(cell: Cell, left: LayerRow, right: LayerRow): number {
  if (cell.type === "text") return cell.text(left).localeCompare(cell.text(right), "en", { numeric: true });
  const [a, b] = [sortKey(cell, left), sortKey(cell, right)];
  return a === b ? 0 : a > b ? -1 : 1;
}

function sortKey(cell: Exclude<Cell, { type: "text" }>, row: LayerRow): bigint | number {
  if (cell.type === "share") return row.figures.macs;
  if (cell.type === "counted") return row.figures.counted ?? 0n;
  if (cell.type === "intensity") return row.figures.intensity;
  return cell.type === "whole" ? cell.value(row) : row.figures[cell.figure];
}

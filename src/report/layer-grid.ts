import { isIntensityKnown, isLowerBound, type Analysis, type LayerAnalysis } from "../analyze/analysis.js";
import type { Group } from "../analyze/group.js";
import type { Column, Grid, Row } from "./grid.js";
import { COLUMNS, LAYER_COLUMNS, type Definition, type LayerColumn, type LayerRow, type Units } from "./layer-columns.js";
import { bounded, byteScale, countScale, NOT_KNOWN, percent, quotient, scaled } from "./numbers.js";

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

interface Written {
  readonly column: Omit<Column, "key">;
  readonly write: (row: LayerRow) => string;
}

function columnOf({ title, cell }: Definition, rows: readonly LayerRow[], analysis: Analysis, units: Units): Written {
  switch (cell.type) {
    case "text":
      return { column: { title, unit: "", align: "left" }, write: cell.text };
    case "share":
      return shareColumn(analysis);
    case "counted":
      return countedColumn(rows, analysis, units);
    case "whole":
      return { column: { title, unit: "", align: "right" }, write: (row) => String(cell.value(row)) };
    case "intensity": {
      const write = (value: number) => (units === "raw" ? String(value) : quotient(value));
      return {
        column: { title, unit: "", align: "right" },
        write: ({ figures }) => (isIntensityKnown(figures) ? write(figures.intensity) : NOT_KNOWN),
      };
    }
    default: {
      const values = rows.map(({ figures }) => figures[cell.figure]);
      const scale = cell.type === "bytes" ? byteScale(values, units) : countScale(values, units);
      return {
        column: { title, unit: scale.unit, align: "right" },
        write: ({ figures }) => bounded(figures[cell.figure], isLowerBound(figures, cell.figure), (value) => scaled(value, scale, units)),
      };
    }
  }
}

/** The share of the multiply-accumulates, or of the FLOPs where there are none: of those that are known. */
function shareColumn({ totals }: Analysis): Written {
  const figure = totals.macs > 0n ? "macs" : "flops";
  const of = isLowerBound(totals, figure) ? "% of known" : "%";
  const write = ({ figures }: LayerRow) =>
    figures[figure] === 0n && isLowerBound(figures, figure) ? NOT_KNOWN : percent(figures[figure], totals[figure]).replace("%", "");
  return { column: { title: `${of} ${figure === "macs" ? "MACs" : "FLOPs"}`, unit: "", align: "right" }, write };
}

/** The column of a convention: its name above, its unit below. The program's own counts multiply-adds. A step of what a convention takes whole has no figure. */
function countedColumn(rows: readonly LayerRow[], { convention, totals }: Analysis, units: Units): Written {
  const figure = totals.counted === undefined ? "macs" : "counted";
  const scale = countScale(
    rows.map(({ figures }) => figures[figure] ?? 0n),
    units,
  );
  const unit = [scale.unit, totals.unit].filter(Boolean).join(" ");
  const write = ({ figures }: LayerRow) => {
    const counted = figures[figure];
    return counted === undefined ? "" : bounded(counted, isLowerBound(figures, figure), (value) => scaled(value, scale, units));
  };
  return { column: { title: convention, unit, align: "right" }, write };
}

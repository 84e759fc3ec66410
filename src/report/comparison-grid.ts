import type { Comparison, ComparisonRow } from "../compare/compare.js";
import { isIntensityKnown, isLowerBound, type LayerAnalysis } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import { formatShape } from "../graph/shape.js";
import type { Grid, Row } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { bounded, byteScale, countScale, NOT_KNOWN, quotient, ratio, scaled, type Scale } from "./numbers.js";

type Available = Extract<ComparisonRow, { available: true }>;
type Figures = Available | LayerAnalysis;

type ScaledFigure = "params" | "macs" | "flops" | "counted" | "bytesMoved" | "peakActivationBytes";
type Scales = Readonly<Record<ScaledFigure, Scale>>;

interface Definition {
  readonly title: string;
  readonly align: "left" | "right";
  readonly unit?: (scales: Scales) => string;
  readonly expendable?: number | undefined;
  readonly cell: (row: Figures, scales: Scales, units: Units) => string;
}

const mixed = ({ channels, space }: Figures["mixes"]) => {
  if (channels && space) return "both";
  if (channels) return "channels";
  return space ? "space" : "neither";
};
/** A column of counts or bytes: all its cells in one unit, lower bounds marked. */
const figure = (title: string, key: ScaledFigure, expendable?: number): Definition => ({
  title,
  align: "right",
  expendable,
  unit: (scales) => scales[key].unit,
  cell: (row, scales, units) => {
    // A step has no peak, and what a convention takes whole has steps without its figure.
    const value = key === "peakActivationBytes" ? ("peakActivationBytes" in row ? row.peakActivationBytes : undefined) : row[key];
    return value === undefined ? "" : bounded(value, isLowerBound(row, key), (known) => scaled(known, scales[key], units));
  },
});

/** A column of shares of the first row. */
const share = (of: "params" | "macs" | "flops", unit: string): Definition => ({
  title: "ratio",
  align: "right",
  unit: () => unit,
  cell: (row, _, units) => {
    if (!("ratio" in row)) return "";
    const value = row.ratio[of];
    return value === undefined ? NOT_KNOWN : units === "raw" ? String(value) : ratio(value);
  },
});

const intensityText = (row: Figures, units: Units) => (units === "raw" ? String(row.intensity) : quotient(row.intensity));

/** What a comparison's row can show, by the name that `--columns` takes. */
const COLUMNS = {
  output: { title: "output", align: "left", expendable: 1, cell: (row) => row.outputs.map(formatShape).join(", ") },
  params: figure("params", "params"),
  macs: figure("MACs", "macs"),
  flops: figure("FLOPs", "flops", 2),
  counted: figure("counted", "counted"),
  ratio: share("macs", "MACs"),
  "ratio-params": share("params", "params"),
  "ratio-flops": share("flops", "FLOPs"),
  moved: figure("moved", "bytesMoved"),
  peak: figure("peak", "peakActivationBytes"),
  intensity: { title: "FLOP/B", align: "right", cell: (row, _, units) => (isIntensityKnown(row) ? intensityText(row, units) : NOT_KNOWN) },
  mixes: { title: "mixes", align: "left", cell: (row) => mixed(row.mixes) },
} as const satisfies Record<string, Definition>;

export type ComparisonColumn = keyof typeof COLUMNS;
const MODELS: readonly ComparisonColumn[] = ["params", "ratio-params", "macs", "ratio", "flops", "moved", "peak", "intensity"];
const COMPARISON_COLUMNS = Object.keys(COLUMNS).filter(isColumn);
const DEFAULT: readonly ComparisonColumn[] = ["output", "params", "macs", "flops", "ratio", "moved", "intensity", "mixes"];

/** Another convention's figure stands after the MACs where one was asked for, in place of the FLOPs. */
function columnsOf({ of, convention }: Comparison, flat: boolean): readonly ComparisonColumn[] {
  const usual = flat ? COMPARISON_COLUMNS : of === "models" ? MODELS : DEFAULT;
  if (convention === undefined) return usual.filter((key) => key !== "counted");
  return flat ? usual : usual.map((key) => (key === "flops" ? "counted" : key));
}

function isColumn(name: string): name is ComparisonColumn {
  return Object.hasOwn(COLUMNS, name);
}

/** A column's name from a flag. Throws `unknown-column` with the list. */
export function comparisonColumn(name: string, flag: string): ComparisonColumn {
  const lower = name.trim().toLowerCase();
  if (isColumn(lower)) return lower;
  return fail("unknown-column", `there is no column '${name}'`, { place: { kind: "flag", flag }, expected: COMPARISON_COLUMNS.join(", ") });
}

export interface ComparisonGridOptions {
  readonly columns?: readonly ComparisonColumn[] | undefined;
  readonly units: Units;
  /** All columns, a column for what a row cannot be, and no steps: for CSV. */
  readonly flat: boolean;
}

/** A comparison as a grid: a row a variant, the steps of a composite below it, what cannot exist with its reason. */
export function comparisonGrid(comparison: Comparison, rows: readonly ComparisonRow[], options: ComparisonGridOptions): Grid {
  const keys = options.columns ?? columnsOf(comparison, options.flat);
  const scales = scalesOf(rows, options.units);
  const definitions = keys.map((key): Definition & { key: string } => ({ key, ...COLUMNS[key] }));
  const cells = (row: Figures) => definitions.map(({ cell }) => cell(row, scales, options.units));
  const lines = rows.flatMap((row): Row[] => {
    if (!row.available) return [unavailable(row, definitions.length, options.flat)];
    const own: Row = { style: "normal", cells: [row.label, ...cells(row), ...(options.flat ? ["yes"] : [])] };
    // A model's layers are what count shows.
    return options.flat || comparison.of === "models"
      ? [own]
      : [own, ...row.steps.flatMap((step): Row[] => (row.steps.length > 1 ? [{ style: "step", cells: [`  ${step.name}`, ...cells(step)] }] : []))];
  });
  const label = { key: "label", title: comparison.of === "models" ? "model" : "variant", unit: "", align: "left" as const };
  const columns = definitions.map(({ key, title, align, unit, expendable }) => {
    const scale = unit?.(scales) ?? "";
    if (key !== "counted") return { key, title, align, unit: scale, expendable };
    return { key, title: comparison.convention ?? title, align, unit: [scale, comparison.unit ?? ""].filter(Boolean).join(" "), expendable };
  });
  const note = options.flat ? [{ key: "available", title: "available", unit: "", align: "left" as const }] : [];
  return { columns: [label, ...columns, ...note], rows: lines };
}

/** The unit of each column, that of its largest figure. */
function scalesOf(rows: readonly ComparisonRow[], units: Units): Scales {
  const values = (key: ScaledFigure) => rows.flatMap((row) => (row.available ? [row[key] ?? 0n] : []));
  return {
    params: countScale(values("params"), units),
    macs: countScale(values("macs"), units),
    flops: countScale(values("flops"), units),
    counted: countScale(values("counted"), units),
    bytesMoved: byteScale(values("bytesMoved"), units),
    peakActivationBytes: byteScale(values("peakActivationBytes"), units),
  };
}

function unavailable(row: Extract<ComparisonRow, { available: false }>, columns: number, flat: boolean): Row {
  const blanks = Array<string>(columns).fill("");
  if (flat) return { style: "normal", cells: [row.label, ...blanks, row.reason] };
  return { style: "unavailable", cells: [row.label, row.reason, ...blanks.slice(1)] };
}

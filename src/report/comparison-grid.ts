import type { Comparison, ComparisonRow } from "../compare/compare.js";
import type { LayerAnalysis } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import { formatShape } from "../graph/shape.js";
import type { Grid, Row } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { byteScale, countScale, quotient, ratio, scaled, type Scale } from "./numbers.js";

type Available = Extract<ComparisonRow, { available: true }>;
type Figures = Available | LayerAnalysis;

interface Scales {
  readonly params: Scale;
  readonly macs: Scale;
  readonly flops: Scale;
  readonly moved: Scale;
  readonly peak: Scale;
  readonly counted: Scale;
}

interface Definition {
  readonly title: string;
  readonly align: "left" | "right";
  readonly unit?: (scales: Scales) => string;
  readonly expendable?: number;
  readonly cell: (row: Figures, scales: Scales, units: Units) => string;
}

const mixed = ({ channels, space }: Figures["mixes"]) => {
  if (channels && space) return "both";
  if (channels) return "channels";
  return space ? "space" : "neither";
};
const ratioOf = (row: Figures, pick: "params" | "macs" | "flops", units: Units) => {
  if (!("ratio" in row)) return "";
  return units === "raw" ? String(row.ratio[pick]) : ratio(row.ratio[pick]);
};

/** What a comparison's row can show, by the name that `--columns` takes. */
const COLUMNS = {
  output: { title: "output", align: "left", expendable: 1, cell: (row) => row.outputs.map(formatShape).join(", ") },
  params: {
    title: "params",
    align: "right",
    unit: (scales) => scales.params.unit,
    cell: (row, scales, units) => scaled(row.params, scales.params, units),
  },
  macs: { title: "MACs", align: "right", unit: (scales) => scales.macs.unit, cell: (row, scales, units) => scaled(row.macs, scales.macs, units) },
  flops: {
    title: "FLOPs",
    align: "right",
    expendable: 2,
    unit: (scales) => scales.flops.unit,
    cell: (row, scales, units) => scaled(row.flops, scales.flops, units),
  },
  counted: {
    title: "counted",
    align: "right",
    unit: (scales) => scales.counted.unit,
    cell: (row, scales, units) => (row.counted === undefined ? "" : scaled(row.counted, scales.counted, units)),
  },
  ratio: { title: "ratio", align: "right", unit: () => "MACs", cell: (row, _, units) => ratioOf(row, "macs", units) },
  "ratio-params": { title: "ratio", align: "right", unit: () => "params", cell: (row, _, units) => ratioOf(row, "params", units) },
  "ratio-flops": { title: "ratio", align: "right", unit: () => "FLOPs", cell: (row, _, units) => ratioOf(row, "flops", units) },
  moved: {
    title: "moved",
    align: "right",
    unit: (scales) => scales.moved.unit,
    cell: (row, scales, units) => scaled(row.bytesMoved, scales.moved, units),
  },
  peak: {
    title: "peak",
    align: "right",
    unit: (scales) => scales.peak.unit,
    cell: (row, scales, units) => ("peakActivationBytes" in row ? scaled(row.peakActivationBytes, scales.peak, units) : ""),
  },
  intensity: { title: "FLOP/B", align: "right", cell: (row, _, units) => (units === "raw" ? String(row.intensity) : quotient(row.intensity)) },
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
  const available = rows.flatMap((row) => (row.available ? [row] : []));
  const scales: Scales = {
    params: countScale(
      available.map((row) => row.params),
      options.units,
    ),
    macs: countScale(
      available.map((row) => row.macs),
      options.units,
    ),
    flops: countScale(
      available.map((row) => row.flops),
      options.units,
    ),
    moved: byteScale(
      available.map((row) => row.bytesMoved),
      options.units,
    ),
    counted: countScale(
      available.map((row) => row.counted ?? 0n),
      options.units,
    ),
    peak: byteScale(
      available.map((row) => row.peakActivationBytes),
      options.units,
    ),
  };
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

function unavailable(row: Extract<ComparisonRow, { available: false }>, columns: number, flat: boolean): Row {
  const blanks = Array<string>(columns).fill("");
  if (flat) return { style: "normal", cells: [row.label, ...blanks, row.reason] };
  return { style: "unavailable", cells: [row.label, row.reason, ...blanks.slice(1)] };
}

import { ratio as quotientOf } from "../analyze/figures.js";
import { isIntensityKnown, isLowerBound, type BoundedFigure, type Figures, type Totals } from "../analyze/analysis.js";
import type { ReplacedLayer, Replacement, WhatIf } from "../compare/what-if.js";
import { fail } from "../graph/diagnostic.js";
import { formatShape } from "../graph/shape.js";
import type { Grid, Row } from "./grid.js";
import { analysisObject, totalsJson } from "./analysis-json.js";
import { writeJson, type Json } from "./json.js";
import { layerJson, lowerBoundsJson } from "./layer-json.js";
import type { Units } from "./layer-columns.js";
import { bounded, byteScale, bytes, count, countScale, NOT_KNOWN, quotient, ratio, scaled, type Scale } from "./numbers.js";

/** Figures of a layer that have a value before and one after. */
const FIGURES = {
  params: { title: "params", bytes: false, key: "params" },
  macs: { title: "MACs", bytes: false, key: "macs" },
  flops: { title: "FLOPs", bytes: false, key: "flops" },
  weights: { title: "weights", bytes: true, key: "weightBytes" },
  activations: { title: "activations", bytes: true, key: "activationBytes" },
  moved: { title: "moved", bytes: true, key: "bytesMoved" },
} as const;

type Figure = keyof typeof FIGURES;
export type WhatIfColumn = "layer" | "kind" | "kernel" | "output" | "with" | "intensity" | Figure;

const TEXTS = {
  layer: ({ before }: ReplacedLayer) => before.name,
  kind: ({ before }: ReplacedLayer) => before.kind ?? "",
  kernel: ({ before }: ReplacedLayer) => kernelOf(before.attributes["kernelSize"]),
  output: ({ before }: ReplacedLayer) => before.outputs.map(formatShape).join(", "),
  with: ({ with: label }: ReplacedLayer) => label,
} as const;

export const WHAT_IF_COLUMNS: readonly WhatIfColumn[] = [
  ...(["layer", "kind", "kernel", "output", "with"] as const),
  ...(["params", "macs", "flops", "weights", "activations", "moved", "intensity"] as const),
];
const DEFAULT: readonly WhatIfColumn[] = ["layer", "kernel", "params", "macs", "moved", "intensity"];
/** What a narrow terminal does without, the highest first. */
const EXPENDABLE: Readonly<Partial<Record<WhatIfColumn, number>>> = { kernel: 3, params: 2, intensity: 1 };

function kernelOf(value: ReplacedLayer["before"]["attributes"][string] | undefined): string {
  return Array.isArray(value) ? value.join("x") : "";
}

/** A column's name from a flag. Throws `unknown-column` with the list. */
export function whatIfColumn(name: string, flag: string): WhatIfColumn {
  const lower = name.trim().toLowerCase();
  const found = WHAT_IF_COLUMNS.find((column) => column === lower);
  return found ?? fail("unknown-column", `there is no column '${name}'`, { place: { kind: "flag", flag }, expected: WHAT_IF_COLUMNS.join(", ") });
}

function isFigure(column: WhatIfColumn): column is Figure {
  return Object.hasOwn(FIGURES, column);
}

/** Replaced layers in the order of a column as it was before: numbers from the largest, text from A. */
export function sortReplaced(rows: readonly ReplacedLayer[], column: WhatIfColumn): readonly ReplacedLayer[] {
  return [...rows].sort((left, right) => {
    if (column !== "intensity" && !isFigure(column)) return TEXTS[column](left).localeCompare(TEXTS[column](right), "en", { numeric: true });
    const [a, b] =
      column === "intensity"
        ? [left.before.intensity, right.before.intensity]
        : [left.before[FIGURES[column].key], right.before[FIGURES[column].key]];
    return a === b ? 0 : a > b ? -1 : 1;
  });
}

interface Part {
  readonly column: Grid["columns"][number];
  readonly cell: (row: ReplacedLayer) => string;
}

/** A row for each replaced layer: a figure before and after, and their ratio. */
export function replacedGrid(rows: readonly ReplacedLayer[], columns: readonly WhatIfColumn[] | undefined, units: Units): Grid {
  const several = new Set(rows.map((row) => row.with)).size > 1;
  const usual = several ? [...DEFAULT.slice(0, 2), "with" as const, ...DEFAULT.slice(2)] : DEFAULT;
  const parts = (columns ?? usual).flatMap((column) => partsOf(column, rows, units));
  const lines = rows.map((row): Row => ({ style: "normal", cells: parts.map(({ cell }) => cell(row)) }));
  return { columns: parts.map(({ column }) => column), rows: lines };
}

function partsOf(column: WhatIfColumn, rows: readonly ReplacedLayer[], units: Units): readonly Part[] {
  const expendable = EXPENDABLE[column];
  const right = { align: "right", expendable } as const;
  if (column === "intensity") {
    const written = (value: number) => (units === "raw" ? String(value) : quotient(value));
    return [
      { column: { ...right, key: "intensity", title: "FLOP/B", unit: "before" }, cell: ({ before }) => written(before.intensity) },
      { column: { ...right, key: "intensity_after", title: "FLOP/B", unit: "after" }, cell: ({ after }) => written(after.intensity) },
    ];
  }
  if (!isFigure(column)) return [{ column: { key: column, title: column, unit: "", align: "left", expendable }, cell: TEXTS[column] }];
  const { title, key, bytes: isBytes } = FIGURES[column];
  const values = rows.flatMap(({ before, after }) => [before[key], after[key]]);
  const scale: Scale = isBytes ? byteScale(values, units) : countScale(values, units);
  const written = (figures: Figures) => bounded(figures[key], isLowerBound(figures, key), (value) => scaled(value, scale, units));
  const share = ({ before, after }: ReplacedLayer) => {
    if (isLowerBound(before, key) || isLowerBound(after, key)) return NOT_KNOWN;
    if (before[key] === 0n) return "";
    const quotientOfBoth = quotientOf(after[key], before[key]);
    return units === "raw" ? String(quotientOfBoth) : ratio(quotientOfBoth);
  };
  return [
    { column: { ...right, key: column, title, unit: scale.unit }, cell: ({ before }) => written(before) },
    { column: { ...right, key: `${column}_after`, title: "after", unit: "" }, cell: ({ after }) => written(after) },
    { column: { ...right, key: `${column}_ratio`, title: "ratio", unit: "" }, cell: share },
  ];
}

const TOTALS = [
  { label: "MACs", key: "macs", bytes: false },
  { label: "Parameters", key: "params", bytes: false },
  { label: "FLOPs", key: "flops", bytes: false },
  { label: "Weights", key: "weightBytes", bytes: true },
  { label: "Activations", key: "activationBytes", bytes: true },
  { label: "Peak memory", key: "peakActivationBytes", bytes: true },
  { label: "Moved", key: "bytesMoved", bytes: true },
] as const;

/** The whole model before and after. */
export function totalsGrid({ before, after }: WhatIf, units: Units): Grid {
  const rows = TOTALS.map(({ label, key, bytes: isBytes }): Row => totalRow(label, key, { before, after }, isBytes ? bytes : count, units));
  const isKnown = isIntensityKnown(before.totals) && isIntensityKnown(after.totals);
  const [old, made] = [before.totals.intensity, after.totals.intensity];
  const quotients = isKnown ? [quotient(old), quotient(made), old === 0 ? "" : ratio(made / old)] : [NOT_KNOWN, NOT_KNOWN, NOT_KNOWN];
  const intensity: Row = { style: "normal", cells: ["Intensity (FLOP/B)", ...quotients] };
  const right = { unit: "", align: "right" } as const;
  return {
    columns: [
      { key: "figure", title: "whole model", unit: "", align: "left" },
      { key: "before", title: "before", ...right },
      { key: "after", title: "after", ...right },
      { key: "ratio", title: "ratio", ...right },
    ],
    rows: [...countedRows({ before, after }, units), ...rows, intensity],
  };
}

type TotalKey = (typeof TOTALS)[number]["key"] | "counted";

/** A total before and after. Of lower bounds there is no ratio. */
function totalRow(
  label: string,
  key: TotalKey,
  { before, after }: Pick<WhatIf, "before" | "after">,
  write: (value: bigint, units: Units) => string,
  units: Units,
): Row {
  const [old, made] = [before.totals[key] ?? 0n, after.totals[key] ?? 0n];
  const isBound = isLowerBound(before.totals, key) || isLowerBound(after.totals, key);
  const written = (value: bigint) => bounded(value, isBound, (known) => write(known, units));
  const share = isBound ? NOT_KNOWN : old === 0n ? "" : ratio(quotientOf(made, old));
  return { style: "normal", cells: [isBound ? `${label} (at least)` : label, written(old), written(made), share] };
}

/** What another convention counts, where one was asked for, first. */
function countedRows({ before, after }: Pick<WhatIf, "before" | "after">, units: Units): readonly Row[] {
  if (before.totals.counted === undefined) return [];
  return [totalRow(`${before.convention} (${before.totals.unit ?? ""})`, "counted", { before, after }, count, units)];
}

/** Reasons, and names for each, that are told; the JSON has all of them. */
const MAX_NAMES = 4;

/** What a reader of the figures should know: what was left as it was, and what stands between the steps. */
export function whatIfNotes({ replaced, left, unmet }: WhatIf, between: string | undefined): readonly string[] {
  const reasons = [...new Set(left.map(({ reason }) => reason))];
  const told = reasons.map((reason) => {
    const names = left.filter((layer) => layer.reason === reason).map(({ name }) => name);
    const more = names.length - MAX_NAMES;
    return `left as it was: ${names.slice(0, MAX_NAMES).join(", ")}${more > 0 ? ` and ${more} more` : ""}: ${reason}`;
  });
  const idle = unmet.map(({ replace }) => `'${replace.text}' replaces nothing: no convolution is meant that an earlier selector leaves`);
  const several = replaced.some(({ after }) => after.steps.length > 1);
  const steps =
    between === undefined ? "no norm or activation is put between the steps of a replacement (--between)" : `between the steps: ${between}`;
  return [...told, ...idle, ...(several ? [steps] : [])];
}

/** `convcost/whatif@1`. */
export function whatIfJson(
  result: WhatIf,
  rows: readonly ReplacedLayer[],
  rules: readonly Replacement[],
  notes: readonly string[],
  version: string,
): string {
  const { before, after, left } = result;
  return (
    writeJson({
      schema: "convcost/whatif@1",
      version,
      rules: rules.map((rule): Json => ({ replace: rule.replace.text, with: rule.with })),
      replaced: rows.map((row): Json => ({
        index: row.before.index,
        name: row.before.name,
        with: row.with,
        ratio: ratiosJson(row.before, row.after),
        before: layerJson(row.before),
        after: layerJson(row.after),
      })),
      left: left.map((layer): Json => ({ ...layer })),
      notes,
      ...analysisObject(after, true),
      // Of the whole, before and after.
      totals: {
        before: { ...totalsJson(before.totals), lowerBounds: lowerBoundsJson(before.totals) },
        after: { ...totalsJson(after.totals), lowerBounds: lowerBoundsJson(after.totals) },
        ratio: ratiosJson(before.totals, after.totals),
      },
    }) + "\n"
  );
}

function ratiosJson(before: Figures | Totals, after: Figures | Totals): Json {
  const isBound = (figure: BoundedFigure) => isLowerBound(before, figure) || isLowerBound(after, figure);
  const peak = "peakActivationBytes" in before && "peakActivationBytes" in after ? after.peakActivationBytes : undefined;
  return {
    ...Object.fromEntries(
      (["params", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const).map((key) => [
        key,
        isBound(key) ? undefined : shareOf(after[key], before[key]),
      ]),
    ),
    peakActivationBytes:
      peak === undefined || !("peakActivationBytes" in before) || isBound("peakActivationBytes")
        ? undefined
        : shareOf(peak, before.peakActivationBytes),
    intensity: before.intensity === 0 || isBound("flops") || isBound("bytesMoved") ? undefined : after.intensity / before.intensity,
  };
}

/** Absent where there was nothing. */
function shareOf(after: bigint, before: bigint): number | undefined {
  return before === 0n ? undefined : quotientOf(after, before);
}

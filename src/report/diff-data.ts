import { isIntensityKnown, isLowerBound, type Costs, type LayerCosts } from "../analyze/analysis.js";
import { gain, isGainKnown, isKnown, type Difference, type LayerChange } from "../compare/diff.js";
import { fieldText, layerOf } from "./diff-rows.js";
import type { Grid } from "./grid.js";
import { writeJson, type Json } from "./json.js";
import { layerHead, lowerBoundsJson } from "./layer-json.js";
import { bounded, NOT_KNOWN } from "./numbers.js";

const FIGURES = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const;
const COUNTED = "counted";

/** A difference as `convcost/diff@1`. */
export function diffJson(difference: Difference, layers: readonly LayerChange[], labels: readonly [string, string], version: string): string {
  const { before, after, equal, totals, intensity, counts, notes } = difference;
  return `${writeJson({
    schema: "convcost/diff@1",
    version,
    equal,
    before: modelJson(labels[0], before),
    after: modelJson(labels[1], after),
    totals: {
      ...Object.fromEntries(
        totals.map((total) => [
          total.measure.name,
          {
            unit: total.measure.unit,
            before: total.before,
            after: total.after,
            change: isKnown(total.atLeast) ? total.after - total.before : undefined,
            percent:
              total.before === 0n || !isKnown(total.atLeast)
                ? undefined
                : Number(((total.after - total.before) * 1_000_000n) / total.before) / 10_000,
            atLeast: { ...total.atLeast },
          },
        ]),
      ),
      intensity: {
        before: isIntensityKnown(before.totals) ? intensity.before : undefined,
        after: isIntensityKnown(after.totals) ? intensity.after : undefined,
      },
    },
    counts: { ...counts },
    layers: layers.map(changeJson),
    notes,
  })}\n`;
}

function modelJson(label: string, { model, convention, totals: { unit }, partial, uncounted }: Costs): Json {
  return { label, ...model, convention, unit, partial, uncounted: uncounted.map((entry) => ({ ...entry })) };
}

function changeJson(change: LayerChange): Json {
  return {
    type: change.type,
    before: change.type === "added" ? undefined : layerJson(change.before),
    after: change.type === "removed" ? undefined : layerJson(change.after),
    fields: change.type === "changed" ? change.fields.map((field) => ({ ...field })) : undefined,
    moved: change.type === "changed" ? change.moved : undefined,
    change: Object.fromEntries(
      figuresOf([change]).map((key) => [key, isGainKnown(change, key) ? gain(change, (layer) => layer[key] ?? 0n) : undefined]),
    ),
  };
}

function layerJson(layer: LayerCosts): Json {
  return {
    ...layerHead(layer),
    ...Object.fromEntries(FIGURES.map((key) => [key, layer[key]])),
    counted: layer.counted,
    lowerBounds: lowerBoundsJson(layer),
  };
}

/** A row a change, raw numbers. */
export function diffRows(layers: readonly LayerChange[]): Grid {
  const keys = figuresOf(layers);
  const names = ["change", "before", "after", "op", "kind", "fields", ...keys.flatMap((key) => [`${key}Before`, `${key}After`, `${key}Change`])];
  return {
    columns: names.map((key) => ({ key, title: key, unit: "", align: "left" })),
    rows: layers.map((change) => ({ style: "normal", cells: cells(change, keys) })),
  };
}

type FigureKey = (typeof FIGURES)[number] | typeof COUNTED;

/** What another tool counts is there where a convention was asked for. */
function figuresOf(layers: readonly LayerChange[]): readonly FigureKey[] {
  return layers.some((change) => layerOf(change).counted !== undefined) ? [...FIGURES, COUNTED] : FIGURES;
}

function cells(change: LayerChange, keys: readonly FigureKey[]): readonly string[] {
  const before = change.type === "added" ? undefined : change.before;
  const after = change.type === "removed" ? undefined : change.after;
  const layer = after ?? before;
  const fields = change.type === "changed" ? change.fields.map(fieldText).join("; ") : "";
  const written = (side: LayerCosts | undefined, key: FigureKey) =>
    side?.[key] === undefined ? "" : bounded(side[key], isLowerBound(side, key), String);
  const figures = keys.flatMap((key) => [
    written(before, key),
    written(after, key),
    isGainKnown(change, key) ? String(gain(change, (each) => each[key] ?? 0n)) : NOT_KNOWN,
  ]);
  return [change.type, before?.name ?? "", after?.name ?? "", layer?.op ?? "", layer?.kind ?? "", fields, ...figures];
}

import { isLowerBound, type BoundedFigure, type Costs, type LayerCosts } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import type { AttributeValue } from "../graph/layer.js";
import { own } from "../graph/own.js";
import { longestIncreasing } from "./align.js";
import { matchLayers } from "./match.js";
import { hasAllLayers, isAtLeast, MEASURES, valueOf, type Measure } from "./measures.js";

/** A figure of two models. */
export interface Change {
  readonly before: bigint;
  readonly after: bigint;
}

export interface TotalChange extends Change {
  readonly measure: Measure;
  /** The figures are lower bounds. */
  readonly atLeast: { readonly before: boolean; readonly after: boolean };
}

/** One thing that a layer is set to, before and after; absent where one of the two has no such thing. */
export interface FieldChange {
  /** `op`, `kind`, `inputs`, `outputs`, or an attribute by its name. */
  readonly field: string;
  readonly before?: AttributeValue | undefined;
  readonly after?: AttributeValue | undefined;
}

/** A layer that only one of the models has, or that differs between them. */
export type LayerChange =
  | { readonly type: "added"; readonly after: LayerCosts }
  | { readonly type: "removed"; readonly before: LayerCosts }
  | {
      readonly type: "changed";
      readonly before: LayerCosts;
      readonly after: LayerCosts;
      readonly fields: readonly FieldChange[];
      readonly moved: boolean;
    };

export interface Difference {
  readonly before: Costs;
  readonly after: Costs;
  /** Nothing that is counted differs; names and the order of layers are not counted. Undefined where that is so, and some figure is not known whole. */
  readonly equal: boolean | undefined;
  readonly totals: readonly TotalChange[];
  /** Floating-point operations a byte moved. */
  readonly intensity: { readonly before: number; readonly after: number };
  readonly counts: Readonly<Record<"added" | "removed" | "changed" | "unchanged", number>> & {
    /** Of those that both have: under another name, or at another place among the others. */
    readonly renamed: number;
    readonly moved: number;
  };
  /** In the order of the second model, what was removed where it had been. */
  readonly layers: readonly LayerChange[];
  readonly notes: readonly string[];
}

/**
 * What differs between two models, layer by layer. Layers are matched by name where that finds equal layers, else by structure
 * ({@link matchLayers}), so that one that was put in shifts none.
 * @throws InputError `cut-analysis` where an analysis was saved without some of its layers
 */
export function diffCosts(before: Costs, after: Costs): Difference {
  refuseCut(before);
  refuseCut(after);
  const acrossFormats = before.model.format !== after.model.format;
  const partners = matchLayers(before.layers, after.layers, { acrossFormats });
  // Figures in the units of two tools have no difference.
  const comparable = before.convention === after.convention && before.totals.counted !== undefined;
  const { layers, counts } = compared(before.layers, after.layers, partners, { acrossFormats, comparable });
  const totals = MEASURES.flatMap((measure): TotalChange[] =>
    measure.of === "layer" || (measure.name === "counted" && !comparable)
      ? []
      : [
          {
            measure,
            before: valueOf(measure, before),
            after: valueOf(measure, after),
            atLeast: { before: isAtLeast(measure, before), after: isAtLeast(measure, after) },
          },
        ],
  );
  const differs = layers.length > 0 || totals.some((total) => total.before !== total.after);
  return {
    before,
    after,
    equal: differs ? false : totals.every(({ atLeast }) => isKnown(atLeast)) || undefined,
    totals,
    intensity: { before: before.totals.intensity, after: after.totals.intensity },
    counts,
    layers,
    notes: notesOf(before, after),
  };
}

/** Whether the change of a figure is known: of two lower bounds it is not. */
export function isKnown({ before, after }: TotalChange["atLeast"]): boolean {
  return !before && !after;
}

/** How much more a figure of a layer is after than before. */
export function gain(change: LayerChange, figure: (layer: LayerCosts) => bigint): bigint {
  const before = change.type === "added" ? 0n : figure(change.before);
  const after = change.type === "removed" ? 0n : figure(change.after);
  return after - before;
}

/** Whether {@link gain} of a figure is known: of a lower bound it is not. */
export function isGainKnown(change: LayerChange, figure: BoundedFigure): boolean {
  const sides = [change.type === "added" ? [] : [change.before], change.type === "removed" ? [] : [change.after]].flat();
  return !sides.some((layer) => isLowerBound(layer, figure));
}

/** The changes that weigh most, by MACs, then by parameters, then by bytes moved; they stay in their order. */
export function heaviestChanges(layers: readonly LayerChange[], top: number): readonly LayerChange[] {
  if (layers.length <= top) return layers;
  const sizes = layers.map((change, index) => ({ index, weights: WEIGHTS.map((figure) => magnitude(gain(change, figure))) }));
  sizes.sort((a, b) => {
    const at = a.weights.findIndex((weight, index) => weight !== b.weights[index]);
    return at < 0 ? a.index - b.index : (a.weights[at] ?? 0n) > (b.weights[at] ?? 0n) ? -1 : 1;
  });
  const kept = new Set(sizes.slice(0, top).map(({ index }) => index));
  return layers.filter((_, index) => kept.has(index));
}

const WEIGHTS: readonly ((layer: LayerCosts) => bigint)[] = [(layer) => layer.macs, (layer) => layer.params, (layer) => layer.bytesMoved];

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function refuseCut(costs: Costs): void {
  if (hasAllLayers(costs)) return;
  fail("cut-analysis", `${costs.layers.length} of ${costs.totals.layers} layers were saved: it was counted with --top`, {
    place: { kind: "file", path: costs.model.source },
    expected: "an analysis of all layers",
  });
}

function notesOf(before: Costs, after: Costs): readonly string[] {
  const other = before.convention === after.convention ? [] : [`counted by different conventions: ${before.convention}, ${after.convention}`];
  const partial = [before, after].flatMap((costs, index) =>
    costs.partial
      ? [
          `${index === 0 ? "before" : "after"}: ${costs.uncounted.map(({ op, count }) => `${op} (${count})`).join(", ")} not counted; totals are at least what they say`,
        ]
      : [],
  );
  const unsigned = [before, after].flatMap((costs) => costs.unsigned ?? []);
  return [...other, ...partial, ...unsigned, ...new Set([before, after].flatMap(({ caveats }) => caveats ?? []))];
}

/** What of two layers can be compared: whether they come of one format, and what a convention counts. */
interface Comparability {
  readonly acrossFormats: boolean;
  readonly comparable: boolean;
}

function compared(
  before: readonly LayerCosts[],
  after: readonly LayerCosts[],
  partners: ReadonlyMap<number, number>,
  { acrossFormats, comparable }: Comparability,
): Pick<Difference, "layers" | "counts"> {
  const origins = new Map([...partners].map(([i, j]) => [j, i]));
  const inOrder = new Set(longestIncreasing([...partners].sort(([a], [b]) => a - b)).map(([i]) => i));
  const layers: LayerChange[] = [];
  let [unchanged, changed, renamed, moved, next] = [0, 0, 0, 0, 0];
  const removeUntil = (end: number) => {
    for (; next < end; next++) {
      const layer = before[next];
      if (layer !== undefined && !partners.has(next)) layers.push({ type: "removed", before: layer });
    }
  };
  after.forEach((layer, j) => {
    const i = origins.get(j);
    const origin = i === undefined ? undefined : before[i];
    if (i === undefined || origin === undefined) {
      layers.push({ type: "added", after: layer });
      return;
    }
    const crosses = !inOrder.has(i);
    if (crosses) moved++;
    else removeUntil(i);
    if (origin.name !== layer.name) renamed++;
    const fields = fieldsOf(origin, layer, acrossFormats);
    if (fields.length === 0 && sameFigures(origin, layer, comparable)) unchanged++;
    else {
      changed++;
      layers.push({ type: "changed", before: origin, after: layer, fields, moved: crosses });
    }
  });
  removeUntil(before.length);
  const added = layers.filter(({ type }) => type === "added").length;
  const removed = layers.filter(({ type }) => type === "removed").length;
  return { layers, counts: { added, removed, changed, unchanged, renamed, moved } };
}

function fieldsOf(before: LayerCosts, after: LayerCosts, acrossFormats: boolean): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  const compare = (field: string, left: AttributeValue | undefined, right: AttributeValue | undefined) => {
    if (!same(left, right)) changes.push({ field, before: left, after: right });
  };
  compare("op", before.op, after.op);
  compare("kind", before.kind, after.kind);
  // Formats differ in what they say: an attribute that one of them has none of is no difference.
  for (const name of Object.keys(before.attributes)) {
    const other = own(after.attributes, name);
    if (!acrossFormats || other !== undefined) compare(name, before.attributes[name], other);
  }
  if (!acrossFormats)
    for (const name of Object.keys(after.attributes))
      if (own(before.attributes, name) === undefined) compare(name, undefined, after.attributes[name]);
  compare("times", before.times?.toString(), after.times?.toString());
  compare("inputs", before.inputs, after.inputs);
  compare("outputs", before.outputs, after.outputs);
  compare("uncounted", before.uncounted, after.uncounted);
  return changes;
}

function same(left: AttributeValue | undefined, right: AttributeValue | undefined): boolean {
  if (left === right) return true;
  if (!isList(left) || !isList(right)) return false;
  return left.length === right.length && left.every((item, index) => same(item, right[index]));
}

function isList(value: AttributeValue | undefined): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

const FIGURES = ["params", "sharedParams", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const;

function sameFigures(before: LayerCosts, after: LayerCosts, comparable: boolean): boolean {
  return FIGURES.every((key) => before[key] === after[key]) && (!comparable || before.counted === after.counted);
}

import type { LayerCosts } from "../analyze/analysis.js";
import { gain, type Difference, type FieldChange, type LayerChange } from "../compare/diff.js";
import type { AttributeValue } from "../graph/layer.js";
import { formatShape, type OpenShape } from "../graph/shape.js";

/** Changes that are shown as one: the same fields change in the same way, and nothing that is counted. */
export interface ShownChange {
  readonly change: LayerChange;
  /** Further layers of which the same holds. */
  readonly more: number;
}

/** Folds changes that only rename an operator or an attribute, as from one format to another. */
export function folded(layers: readonly LayerChange[]): readonly ShownChange[] {
  const rows: { change: LayerChange; more: number }[] = [];
  const byText = new Map<string, { more: number }>();
  for (const change of layers) {
    const text = change.type === "changed" && costsNothing(change) ? change.fields.map((field) => fieldText(field)).join("\n") : undefined;
    const known = text === undefined ? undefined : byText.get(text);
    if (known !== undefined) {
      known.more++;
      continue;
    }
    const row = { change, more: 0 };
    rows.push(row);
    if (text !== undefined) byText.set(text, row);
  }
  return rows;
}

const COUNTED: readonly ((layer: LayerCosts) => bigint)[] = [
  (layer) => layer.params,
  (layer) => layer.macs,
  (layer) => layer.flops,
  (layer) => layer.weightBytes,
  (layer) => layer.activationBytes,
  (layer) => layer.bytesMoved,
];

function costsNothing(change: LayerChange): boolean {
  return COUNTED.every((figure) => gain(change, figure) === 0n);
}

/** The layer that a row is about: as it is now, or as it was. */
export function layerOf(change: LayerChange): LayerCosts {
  return change.type === "removed" ? change.before : change.after;
}

export const SIGNS: Readonly<Record<LayerChange["type"], string>> = { added: "+", removed: "-", changed: "~" };

/** `stride: 1x1 -> 2x2`. */
export function fieldText({ field, before, after }: FieldChange): string {
  return `${field}: ${valueText(field, before)} -> ${valueText(field, after)}`;
}

function valueText(field: string, value: AttributeValue | undefined): string {
  if (value === undefined) return "none";
  if (field === "inputs" || field === "outputs")
    return isList(value) ? value.map((shape) => (isShape(shape) ? formatShape(shape) : "?")).join(", ") : "?";
  if (isList(value) && value.length > 0 && value.every((size) => typeof size === "number")) return value.join("x");
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isList(value: AttributeValue): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

function isShape(value: AttributeValue): value is OpenShape {
  return isList(value) && value.every((size) => size === null || typeof size === "number" || typeof size === "string");
}

/** `2 added, 1 removed, 3 changed, 94 unchanged (12 renamed, 1 moved)`. */
export function countsLine({ counts }: Difference): string {
  const { added, removed, changed, unchanged, renamed, moved } = counts;
  const parts = [`${added} added`, `${removed} removed`, `${changed} changed`, `${unchanged} unchanged`].join(", ");
  const aside = [...(renamed > 0 ? [`${renamed} under another name`] : []), ...(moved > 0 ? [`${moved} in another order`] : [])];
  return aside.length === 0 ? parts : `${parts}; of those in both, ${aside.join(", ")}`;
}

import type { Figures, LayerAnalysis } from "../analyze/analysis.js";
import { compact, isList, jsonText, type Json, type JsonObject, type JsonText } from "./json.js";

const FIGURES = ["params", "buffers", "macs", "flops", "operations", "weightBytes", "activationBytes", "bytesMoved", "intensity", "counted"] as const;

/** Figures of a layer or of a whole, as JSON has them. */
export function figuresJson(figures: Figures): JsonObject {
  return Object.fromEntries(FIGURES.map((field) => [field, figures[field]]));
}

/** What rows say besides number, name and steps. */
const FIELDS = ["op", "kind", "inputs", "outputs", "attributes", "mixes", "times", "sharedParams", "uncounted", ...FIGURES] as const;

/** A layer as the JSON of an analysis has it. */
export function layerJson(layer: LayerAnalysis): JsonObject {
  return { index: layer.index, name: layer.name, ...restJson(layer) };
}

function restJson(layer: LayerAnalysis): JsonObject {
  const fields: JsonObject = Object.fromEntries(FIELDS.map((field) => [field, layer[field]]));
  return layer.steps.length === 0 ? fields : { ...fields, steps: layer.steps.map(layerJson) };
}

/** Texts of rows that are kept: of a model whose rows all differ it is not the whole. */
const MAX_KEPT = 1000;

/** Rows of layers, one after the other. Of rows that are alike but for number and name the rest is written once: deep models say the same over and over. */
export function* layerLines(layers: readonly LayerAnalysis[]): Generator<JsonText> {
  const written = new Map<LayerAnalysis["attributes"], { readonly layer: LayerAnalysis; readonly text: string }>();
  for (const layer of layers) {
    let known = written.get(layer.attributes);
    if (known === undefined || !isAlike(layer, known.layer)) {
      known = { layer, text: compact(restJson(layer)).slice(1) };
      if (written.size >= MAX_KEPT) written.clear();
      written.set(layer.attributes, known);
    }
    yield jsonText(`{ "index": ${layer.index}, "name": ${compact(layer.name)},${known.text}`);
  }
}

/** Whether rows say the same but for number and name, as far as a glance tells: what is no plain value or list of such must be the very same. */
function isAlike(layer: LayerAnalysis, other: LayerAnalysis): boolean {
  if (layer.steps !== other.steps && layer.steps.length + other.steps.length > 0) return false;
  for (const field of FIELDS) if (!isSame(layer[field], other[field])) return false;
  return true;
}

function isSame(value: Json | undefined, other: Json | undefined): boolean {
  if (value === other) return true;
  return isList(value) && isList(other) && value.length === other.length && value.every((item, index) => item === other[index]);
}

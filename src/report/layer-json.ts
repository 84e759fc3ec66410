import { isIntensityKnown, type BoundedFigure, type Figures, type LayerAnalysis, type Totals } from "../analyze/analysis.js";
import { compact, isList, jsonText, type Json, type JsonObject, type JsonText } from "./json.js";

const FIGURES = ["params", "buffers", "macs", "flops", "operations", "weightBytes", "activationBytes", "bytesMoved", "intensity", "counted"] as const;

/** Figures of a layer or of a whole, as JSON has them; an intensity that is not known is absent. */
export function figuresJson(figures: Figures): JsonObject {
  const fields = Object.fromEntries(FIGURES.map((field) => [field, figures[field]]));
  return isIntensityKnown(figures) ? fields : { ...fields, intensity: undefined };
}

/** Names of the fields of `figures` that are lower bounds; undefined where all are exact. */
export function lowerBoundsJson(figures: Pick<Figures, "lowerBounds"> & Partial<Pick<Totals, BoundedFigure>>): readonly string[] | undefined {
  const names = figures.lowerBounds.filter((name) => figures[name] !== undefined);
  return names.length === 0 ? undefined : names;
}

/** What rows say besides number, name, figures and steps. */
const OWN = ["op", "kind", "inputs", "outputs", "attributes", "mixes", "times", "sharedParams", "uncounted"] as const;
const FIELDS = [...OWN, ...FIGURES, "lowerBounds"] as const;

/** A layer as the JSON of an analysis has it. */
export function layerJson(layer: LayerAnalysis): JsonObject {
  return { index: layer.index, name: layer.name, ...restJson(layer) };
}

function restJson(layer: LayerAnalysis): JsonObject {
  const fields: JsonObject = {
    ...Object.fromEntries(OWN.map((field) => [field, layer[field]])),
    ...figuresJson(layer),
    lowerBounds: lowerBoundsJson(layer),
  };
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

import { isIntensityKnown, type BoundedFigure, type Figures, type LayerAnalysis, type LayerCosts, type Totals } from "../analyze/analysis.js";
import type { JsonObject } from "./json.js";

/** Figures of a layer or of a whole, as JSON has them; an intensity that is not known is absent. */
export function figuresJson(figures: Figures): JsonObject {
  const { params, buffers, macs, flops, operations, weightBytes, activationBytes, bytesMoved, counted } = figures;
  const intensity = isIntensityKnown(figures) ? figures.intensity : undefined;
  return { params, buffers, macs, flops, operations, weightBytes, activationBytes, bytesMoved, intensity, counted };
}

/** Names of the fields of `figures` that are lower bounds; undefined where all are exact. */
export function lowerBoundsJson(figures: Pick<Figures, "lowerBounds"> & Partial<Pick<Totals, BoundedFigure>>): readonly string[] | undefined {
  const names = figures.lowerBounds.filter((name) => figures[name] !== undefined);
  return names.length === 0 ? undefined : names;
}

/** What a layer is, without its figures; `more` stands behind its attributes. */
export function layerHead(layer: LayerCosts, more: JsonObject = {}): JsonObject {
  const { index, name, op, kind, inputs, outputs, attributes, times, sharedParams, uncounted } = layer;
  return { index, name, op, kind, inputs, outputs, attributes, ...more, times, sharedParams, uncounted };
}

/** A layer as the JSON of an analysis has it. */
export function layerJson(layer: LayerAnalysis): JsonObject {
  return {
    ...layerHead(layer, { mixes: layer.mixes }),
    ...figuresJson(layer),
    lowerBounds: lowerBoundsJson(layer),
    steps: layer.steps.length === 0 ? undefined : layer.steps.map(layerJson),
  };
}

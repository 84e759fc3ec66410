import type { Figures, LayerAnalysis } from "../analyze/analysis.js";
import { compact, isList, jsonText, type Json, type JsonObject, type JsonText } from "./json.js";

/** Figures of a layer or of a whole, as JSON has them. */
export function figuresJson(figures: Figures) {
  return {
    params: figures.params,
    buffers: figures.buffers,
    macs: figures.macs,
    flops: figures.flops,
    operations: figures.operations,
    weightBytes: figures.weightBytes,
    activationBytes: figures.activationBytes,
    bytesMoved: figures.bytesMoved,
    intensity: figures.intensity,
    counted: figures.counted,
  };
}

/** A layer as the JSON of an analysis has it. */
export function layerJson(layer: LayerAnalysis): JsonObject {
  return {
    index: layer.index,
    name: layer.name,
    op: layer.op,
    kind: layer.kind,
    inputs: layer.inputs,
    outputs: layer.outputs,
    attributes: layer.attributes,
    mixes: layer.mixes,
    times: layer.times,
    sharedParams: layer.sharedParams,
    uncounted: layer.uncounted,
    ...figuresJson(layer),
    steps: layer.steps.length === 0 ? undefined : layer.steps.map(layerJson),
  };
}

/** Texts of rows that are kept: of a model whose rows all differ it is not the whole. */
const MAX_KEPT = 1000;

/** Rows of layers, one after the other. Of rows that are alike but for number and name the rest is written once: deep models say the same over and over. */
export function* layerLines(layers: readonly LayerAnalysis[]): Generator<JsonText> {
  const written = new Map<LayerAnalysis["attributes"], { readonly fields: JsonObject; readonly text: string }>();
  for (const layer of layers) {
    const fields = layerJson(layer);
    let known = written.get(layer.attributes);
    if (known === undefined || !isAlike(fields, known.fields)) {
      known = { fields, text: compact({ ...fields, index: undefined, name: undefined }).slice(1) };
      if (written.size >= MAX_KEPT) written.clear();
      written.set(layer.attributes, known);
    }
    yield jsonText(`{ "index": ${layer.index}, "name": ${compact(layer.name)},${known.text}`);
  }
}

/** Whether rows say the same but for number and name, as far as a glance tells: what is no plain value or list of such must be the very same. */
function isAlike(fields: JsonObject, others: JsonObject): boolean {
  for (const key in fields) if (key !== "index" && key !== "name" && !isSame(fields[key], others[key])) return false;
  return true;
}

function isSame(value: Json | undefined, other: Json | undefined): boolean {
  if (value === other) return true;
  return isList(value) && isList(other) && value.length === other.length && value.every((item, index) => item === other[index]);
}

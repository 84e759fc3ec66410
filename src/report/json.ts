import type { Analysis, Figures, LayerAnalysis } from "../analyze/analysis.js";
import type { Comparison, ComparisonRow } from "../compare/compare.js";

/** A value that can be written as JSON; integers of any size are bigint. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/** JSON with integers in full at any size (JSON.stringify refuses bigint), indented by two, short lists on one line. */
export function writeJson(value: Json, indent = ""): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (isList(value)) return writeList(value, indent, inner);
  const entries = Object.entries(value).flatMap(([key, item]) =>
    item === undefined ? [] : [`${inner}${JSON.stringify(key)}: ${writeJson(item, inner)}`],
  );
  return entries.length === 0 ? "{}" : `{\n${entries.join(",\n")}\n${indent}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function writeList(items: readonly Json[], indent: string, inner: string): string {
  if (items.every((item) => typeof item !== "object" || item === null || (isList(item) && item.every((part) => typeof part !== "object")))) {
    return `[${items.map((item) => writeJson(item)).join(", ")}]`;
  }
  return `[\n${items.map((item) => inner + writeJson(item, inner)).join(",\n")}\n${indent}]`;
}

/** An analysis as `convcost/analysis@1`. */
export function analysisJson(analysis: Analysis, version: string, layers: readonly LayerAnalysis[]): string {
  const { totals } = analysis;
  return (
    writeJson({
      schema: "convcost/analysis@1",
      version,
      model: { ...analysis.model },
      convention: analysis.convention,
      partial: analysis.partial,
      layout: analysis.layout,
      inputs: analysis.inputs.map((tensor) => ({ ...tensor })),
      outputs: analysis.outputs.map((tensor) => ({ ...tensor })),
      totals: { layers: totals.layers, ...figuresJson(totals), peakActivationBytes: totals.peakActivationBytes },
      layers: layers.map(layerJson),
      uncounted: analysis.uncounted.map((entry) => ({ ...entry })),
      warnings: analysis.warnings,
    }) + "\n"
  );
}

function figuresJson(figures: Figures) {
  return {
    params: figures.params,
    buffers: figures.buffers,
    macs: figures.macs,
    flops: figures.flops,
    operations: { ...figures.operations },
    weightBytes: figures.weightBytes,
    activationBytes: figures.activationBytes,
    bytesMoved: figures.bytesMoved,
    intensity: figures.intensity,
  };
}

function layerJson(layer: LayerAnalysis): Json {
  return {
    index: layer.index,
    name: layer.name,
    op: layer.op,
    kind: layer.kind,
    inputs: layer.inputs,
    outputs: layer.outputs,
    attributes: layer.attributes,
    mixes: { ...layer.mixes },
    ...figuresJson(layer),
    formulas: layer.formulas && { ...layer.formulas },
    steps: layer.steps.length === 0 ? undefined : layer.steps.map(layerJson),
  };
}

/** A comparison as `convcost/comparison@1`. */
export function comparisonJson(comparison: Comparison, version: string): string {
  return (
    writeJson({
      schema: "convcost/comparison@1",
      version,
      baseline: comparison.baseline,
      inputs: comparison.inputs.map((tensor) => ({ ...tensor })),
      rows: comparison.rows.map(rowJson),
    }) + "\n"
  );
}

function rowJson(row: ComparisonRow): Json {
  if (!row.available) return { ...row };
  return {
    label: row.label,
    available: true,
    inputs: row.inputs,
    outputs: row.outputs,
    ...figuresJson(row),
    ratio: { ...row.ratio },
    mixes: { ...row.mixes },
    formulas: row.formulas && { ...row.formulas },
    law: row.law && { ...row.law },
    steps: row.steps.map(layerJson),
  };
}

import type { Group } from "../analyze/group.js";
import type { Analysis, LayerAnalysis, Totals } from "../analyze/analysis.js";
import { Digest } from "../analyze/digest.js";
import type { Comparison, ComparisonRow } from "../compare/compare.js";
import { jsonPieces, writeJson, type Json, type JsonObject } from "./json.js";
import { figuresJson, layerJson, lowerBoundsJson } from "./layer-json.js";

/** An analysis as `convcost/analysis@1`. */
export function analysisJson(...of: Parameters<typeof analysisPieces>): string {
  return [...analysisPieces(...of)].join("");
}

/** An analysis as `convcost/analysis@1`, piece by piece, with a digest of all that is before it. */
export function* analysisPieces(...of: Parameters<typeof analysisFields>): Generator<string> {
  const digest = new Digest();
  let held = "";
  for (const piece of jsonPieces(analysisFields(...of))) {
    digest.add(held);
    yield held;
    held = piece;
  }
  // The last piece is the closing bracket.
  yield `,\n  "digest": "${digest.text()}"${held}\n`;
}

function analysisFields(analysis: Analysis, version: string, layers: readonly LayerAnalysis[], groups?: readonly Group[]): JsonObject {
  return {
    schema: "convcost/analysis@1",
    version,
    ...headJson(analysis),
    peak: { layer: analysis.peak.at, alive: analysis.peak.alive.map(({ by, bytes }) => ({ layer: by, bytes })) },
    groups: groups?.map(({ name, depth, layers: count, uncounted, ...figures }) => ({
      name,
      depth,
      layers: count,
      uncounted,
      ...figuresJson(figures),
      lowerBounds: lowerBoundsJson(figures),
    })),
    layers: () => layerRows(layers),
    ...tailJson(analysis),
  };
}

/** Rows that are made when they are written: those of a large model are never all there. */
function* layerRows(layers: readonly LayerAnalysis[]): Generator<Json> {
  for (const layer of layers) yield layerJson(layer);
}

/** An analysis as one object, its layers left out unless they are asked for. */
export function analysisObject(analysis: Analysis, withLayers: boolean): JsonObject {
  return { ...headJson(analysis), layers: withLayers ? () => layerRows(analysis.layers) : undefined, ...tailJson(analysis) };
}

function headJson(analysis: Analysis) {
  return {
    model: { ...analysis.model },
    convention: analysis.convention,
    caveats: analysis.caveats.length === 0 ? undefined : analysis.caveats,
    partial: analysis.partial,
    layout: analysis.layout,
    inputs: analysis.inputs.map((tensor) => ({ ...tensor })),
    outputs: analysis.outputs.map((tensor) => ({ ...tensor })),
    totals: totalsJson(analysis.totals),
    lowerBounds: lowerBoundsJson(analysis.totals),
    differences: analysis.differences?.map((difference) => ({ ...difference })),
  };
}

function tailJson({ uncounted, warnings }: Analysis) {
  return { uncounted: uncounted.map((entry) => ({ ...entry })), warnings };
}

/** Totals of a model. */
export function totalsJson(totals: Totals) {
  const { layers, uncounted, peakActivationBytes, unit, countedParams } = totals;
  return { layers, uncounted, ...figuresJson(totals), peakActivationBytes, unit, countedParams };
}

/** A comparison as `convcost/comparison@1`. */
export function comparisonJson(comparison: Comparison, version: string): string {
  return (
    writeJson({
      schema: "convcost/comparison@1",
      version,
      baseline: comparison.baseline,
      convention: comparison.convention,
      unit: comparison.unit,
      inputs: comparison.inputs.map((tensor) => ({ ...tensor })),
      rows: comparison.rows.map(rowJson),
      notes: comparison.notes,
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
    peakActivationBytes: row.peakActivationBytes,
    lowerBounds: lowerBoundsJson(row),
    ratio: { ...row.ratio },
    mixes: { ...row.mixes },
    formulas: row.formulas && { ...row.formulas() },
    law: row.law && { ...row.law },
    steps: row.steps.map(layerJson),
  };
}

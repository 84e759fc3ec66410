import type { Group } from "../analyze/group.js";
import type { Analysis, Figures, LayerAnalysis, Totals } from "../analyze/analysis.js";
import { UNSEEN } from "./grid.js";
import type { Comparison, ComparisonRow } from "../compare/compare.js";

/** A value that can be written as JSON; integers of any size are bigint. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | MadeList | { readonly [key: string]: Json | undefined };

/** A list of objects that are made when they are written: the layers of a large model are never all there as text, or as objects for it. */
export type MadeList = () => Iterable<Json>;

/**
 * JSON with integers in full at any size (JSON.stringify refuses bigint): objects of the first two levels are spread over lines, what is
 * inside a list stands on a line of its own, so that a layer is a line.
 */
export function writeJson(value: Json): string {
  return spread(value, "");
}

/** {@link writeJson} of an object, piece by piece: a piece to each field, and to each item of a list that is made as it is written. */
export function* jsonPieces(value: { readonly [key: string]: Json | undefined }): Generator<string> {
  let open = "{";
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    const field = `${open}\n  ${keyText(key)}: `;
    open = ",";
    if (typeof item !== "function") {
      yield field + spread(item, "  ");
      continue;
    }
    let lead = `${field}[`;
    for (const each of item()) {
      yield `${lead}\n    ${compact(each)}`;
      lead = ",";
    }
    yield lead === "," ? "\n  ]" : `${lead}]`;
  }
  yield open === "{" ? "{}" : "\n}";
}

/** A value over several lines. */
function spread(value: Json, indent: string): string {
  if (typeof value === "function") return spread([...value()], indent);
  if (typeof value !== "object" || value === null) return compact(value);
  const inner = `\n${indent}  `;
  if (isList(value)) {
    if (value.every((item) => typeof item !== "object" || item === null || isList(item))) return compact(value);
    return `[${value.map((item) => inner + compact(item)).join(",")}\n${indent}]`;
  }
  const fields = fieldsOf(value, `,${inner}`, (item) => spread(item, `${indent}  `));
  return fields === "" ? "{}" : `{${inner}${fields}\n${indent}}`;
}

/** A value on one line, with a line end: a record of JSON lines. */
export function jsonLine(value: Json): string {
  return `${compact(value)}\n`;
}

/** Nothing in these needs a look. */
const HARMLESS = /^[ -"$-~]*$/;

/** A text as JSON. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  return HARMLESS.test(json) ? json : quietJson(json);
}

/** JSON with what does something on a terminal or in a CI's log escaped, which only texts have: the same to whoever parses it. */
export function quietJson(json: string): string {
  return json.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).replace(/##(?=\[|vso\[)/g, "#\\u0023");
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Keys that stand in JSON as they are. */
const PLAIN = /^\w+$/;

function keyText(key: string): string {
  return PLAIN.test(key) ? `"${key}"` : quoted(key);
}

/** The fields of an object, as `write` puts their values. A loop: lists of them take half as long again for a long model. */
function fieldsOf(value: { readonly [key: string]: Json | undefined }, between: string, write: (item: Json) => string): string {
  let text = "";
  for (const key in value) {
    const item = value[key];
    if (item !== undefined) text += `${text === "" ? "" : between}${keyText(key)}: ${write(item)}`;
  }
  return text;
}

function compact(value: Json): string {
  if (typeof value === "bigint") return String(value);
  // JSON has no word for what is no number: null, as JSON.stringify writes it.
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "function") return compact([...value()]);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(compact).join(", ")}]`;
  const fields = fieldsOf(value, ", ", compact);
  return fields === "" ? "{}" : `{ ${fields} }`;
}

/** An analysis as `convcost/analysis@1`. */
export function analysisJson(...of: Parameters<typeof analysisPieces>): string {
  return [...analysisPieces(...of)].join("");
}

/** An analysis as `convcost/analysis@1`, piece by piece. */
export function* analysisPieces(analysis: Analysis, version: string, layers: readonly LayerAnalysis[], groups?: readonly Group[]): Generator<string> {
  yield* jsonPieces({
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
    })),
    layers: function* () {
      for (const layer of layers) yield layerJson(layer);
    },
    ...tailJson(analysis),
  });
  yield "\n";
}

/** An analysis as one object, its layers left out unless they are asked for. */
export function analysisObject(analysis: Analysis, withLayers: boolean): { readonly [key: string]: Json | undefined } {
  return { ...headJson(analysis), layers: withLayers ? analysis.layers.map(layerJson) : undefined, ...tailJson(analysis) };
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
    counted: figures.counted,
  };
}

/** A layer as the JSON of an analysis has it. */
export function layerJson(layer: LayerAnalysis): Json {
  return {
    index: layer.index,
    name: layer.name,
    op: layer.op,
    kind: layer.kind,
    inputs: layer.inputs,
    outputs: layer.outputs,
    attributes: layer.attributes,
    mixes: { ...layer.mixes },
    times: layer.times,
    sharedParams: layer.sharedParams,
    uncounted: layer.uncounted,
    ...figuresJson(layer),
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
    ratio: { ...row.ratio },
    mixes: { ...row.mixes },
    formulas: row.formulas && { ...row.formulas() },
    law: row.law && { ...row.law },
    steps: row.steps.map(layerJson),
  };
}

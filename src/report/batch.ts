import type { Analysis } from "../analyze/analysis.js";
import type { Diagnostic, Place } from "../graph/diagnostic.js";
import { position } from "./diagnostic.js";
import { analysisObject } from "./analysis-json.js";
import { jsonLine, quietJson, type Json } from "./json.js";

/** Where a request stood, and the id that it gave, as JSON. */
export interface BatchOrigin {
  /** Absent for standard input. */
  readonly file?: string | undefined;
  readonly line: number;
  readonly id?: string | undefined;
}

export type BatchOutcome =
  { readonly ok: true; readonly analysis: Analysis; readonly layers: boolean } | { readonly ok: false; readonly error: Diagnostic };

/** One answer as a line of `convcost/batch@1`. */
export function batchLine({ file, line, id }: BatchOrigin, outcome: BatchOutcome): string {
  const rest = outcome.ok ? analysisObject(outcome.analysis, outcome.layers) : { error: errorJson(outcome.error) };
  const text = jsonLine({ file, line, ok: outcome.ok, ...rest });
  const head = '{ "schema": "convcost/batch@1", ';
  // The id is JSON already, and stays as it was written.
  return `${head}${id === undefined ? "" : `"id": ${quietJson(id)}, `}${text.slice(2)}`;
}

function errorJson({ code, message, place, expected, hint }: Diagnostic): Json {
  return { code, message, place: place && placeJson(place), expected, hint };
}

/** Text around a place, in characters: enough to find it, where the whole may be long. */
const EXCERPT = 80;

function placeJson(place: Place): Json {
  switch (place.kind) {
    case "text": {
      const { line, column } = position(place);
      return { source: place.source, line, column, text: place.text.slice(place.start, Math.min(place.end, place.start + EXCERPT)) };
    }
    case "flag":
      return { flag: place.flag };
    case "key":
      return { key: place.key };
    case "file":
      return { file: place.path };
    case "node":
      return { file: place.path, node: place.node };
  }
}

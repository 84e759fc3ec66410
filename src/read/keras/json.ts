import { fail } from "../../graph/diagnostic.js";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const MAX_DEPTH = 200;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** A JSON text that is an object. Throws `bad-json` for one that is none, or is nested deeper than models are. */
export function readJson(text: string, path: string): JsonObject {
  const place = { kind: "file", path } as const;
  if (depthOf(text) > MAX_DEPTH) fail("bad-json", `this JSON is nested more than ${MAX_DEPTH} deep`, { place, expected: "the JSON of a model" });
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Falls through: what is no JSON is told like what is no object.
  }
  return fail("bad-json", "this is no JSON of a model, or a damaged one", { place, expected: "an object with the model's architecture" });
}

/** How deep brackets are nested, strings apart. */
function depthOf(text: string): number {
  let [depth, most] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "{" || character === "[") most = Math.max(most, ++depth);
    else if (character === "}" || character === "]") depth--;
  }
  return most;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

import { fail, type Place } from "../../graph/diagnostic.js";

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

/** A JSON text that is an object. Throws `bad-json` for other text, for nesting deeper than models have, and for a key that an object has twice. */
export function readJson(text: string, path: string): JsonObject {
  const place = { kind: "file", path } as const;
  if (depthOf(text) > MAX_DEPTH) fail("bad-json", `this JSON is nested more than ${MAX_DEPTH} deep`, { place, expected: "the JSON of a model" });
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return withoutTwins(value, text, place);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return fail("bad-json", "this is no JSON of a model, or a damaged one", { place, expected: "an object with the model's architecture" });
}

/** JSON.parse keeps the last member of a name and drops the others silently. */
function withoutTwins(value: JsonObject, text: string, place: Place): JsonObject {
  const twin = doubledKey(text);
  if (twin !== undefined) fail("bad-json", `the key ${JSON.stringify(twin)} is twice in one object`, { place, expected: "each key once" });
  return value;
}

/** A key that an object of a JSON text has twice. */
function doubledKey(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{") open.push(new Set());
    else if (character === "}") open.pop();
    else if (character === '"') {
      const start = at;
      at = endOfString(text, at);
      if (!isKey(text, at + 1)) continue;
      const key = String(JSON.parse(text.slice(start, at + 1)));
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

/** Whether a colon follows, blanks apart. */
function isKey(text: string, at: number): boolean {
  while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
  return text[at] === ":";
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

import { CI_COMMAND, UNSEEN } from "../graph/unseen.js";

/** A value that can be written as JSON; integers of any size are bigint. */
export type Json = string | number | bigint | boolean | null | readonly Json[] | MadeList | JsonText | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** A list of objects that are made when they are written: the layers of a large model are never all there as text, or as objects for it. */
export type MadeList = () => Iterable<Json>;

const TEXT = Symbol("JSON");

/** What is JSON already. */
export interface JsonText {
  readonly [TEXT]: string;
}

/** A text that is JSON, on one line, as a value. */
export function jsonText(text: string): JsonText {
  return { [TEXT]: text };
}

function isText(value: JsonText | JsonObject): value is JsonText {
  return TEXT in value;
}

/**
 * JSON with integers in full at any size (JSON.stringify refuses bigint): objects of the first two levels are spread over lines, what is
 * inside a list stands on a line of its own, so that a layer is a line.
 */
export function writeJson(value: Json): string {
  return spread(value, "");
}

/** {@link writeJson} of an object, piece by piece: a piece to each field, and to each item of a list that is made as it is written. */
export function* jsonPieces(value: JsonObject): Generator<string> {
  let open = "{";
  for (const key of Object.keys(value)) {
    const item = value[key];
    if (item === undefined) continue;
    const field = `${open}\n  ${keyText(key)}`;
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
  if (isText(value)) return value[TEXT];
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
  return json.replace(UNSEEN, (character) => character.split("").map(unitEscape).join("")).replace(CI_COMMAND, "#\\u0023");
}

function unitEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Whether a value is a list that is there. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Keys that stand in JSON as they are. */
const PLAIN = /^\w+$/;

function keyText(key: string): string {
  return `${PLAIN.test(key) ? `"${key}"` : quoted(key)}: `;
}

/** The fields of an object, as `write` puts their values. A loop: lists of them take half as long again for a long model. */
function fieldsOf(value: JsonObject, between: string, write: (item: Json) => string): string {
  let text = "";
  for (const key in value) {
    const item = value[key];
    if (item === undefined) continue;
    if (text !== "") text += between;
    text += keyText(key);
    text += write(item);
  }
  return text;
}

/** A value on one line. */
export function compact(value: Json): string {
  if (typeof value === "bigint") return String(value);
  // JSON has no word for what is no number: null, as JSON.stringify writes it.
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "null";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "function") return compact([...value()]);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(compact).join(", ")}]`;
  if (isText(value)) return value[TEXT];
  const fields = fieldsOf(value, ", ", compact);
  return fields === "" ? "{}" : `{ ${fields} }`;
}

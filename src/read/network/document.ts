import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Snippet } from "./snippet.js";

/** A YAML or JSON value with its place in the file. */
export type Item = ScalarItem | ListItem | MapItem;

export interface ScalarItem {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  /** The value as text; what stands in the file, where the two are the same. */
  readonly snippet: Snippet;
  readonly place: Place;
}

export interface ListItem {
  readonly kind: "list";
  readonly items: readonly Item[];
  readonly place: Place;
}

export interface Entry {
  readonly key: string;
  readonly keySnippet: Snippet;
  readonly value: Item;
}

export interface MapItem {
  readonly kind: "map";
  readonly entries: readonly Entry[];
  readonly place: Place;
}

const MAX_DEPTH = 100;
const MAX_TEXT = 1 << 20;

/**
 * Reads YAML 1.2 or JSON. Throws `bad-yaml` or `bad-json` with line and column, `too-deep`, `file-too-large`.
 * @param syntax JSON is held to JSON's own syntax; YAML takes both
 */
export function readDocument(text: string, source: string, syntax: "yaml" | "json"): Item {
  const place = (start: number, end: number): Place => ({ kind: "text", source, text, start, end: Math.max(end, start + 1) });
  if (text.length > MAX_TEXT) fail("file-too-large", "this file is larger than 1 MiB", { place: { kind: "file", path: source } });
  // The YAML library takes seconds over a million brackets before it gives up.
  if (nesting(text) > 10 * MAX_DEPTH) tooDeep(source);
  try {
    return new Reader(parsed(text, syntax, place), text, place).root();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep(source);
  }
}

function tooDeep(source: string): never {
  return fail("too-deep", "this file is nested too deeply", { place: { kind: "file", path: source }, expected: `at most ${MAX_DEPTH} levels` });
}

/** Brackets that are open at once, at most: those in strings with the rest, of which no file has as many. */
function nesting(text: string): number {
  let [depth, most] = [0, 0];
  for (const bracket of text.matchAll(/[[\]{}]/g)) {
    depth += bracket[0] === "[" || bracket[0] === "{" ? 1 : -1;
    if (depth > most) most = depth;
  }
  return most;
}

type Placer = (start: number, end: number) => Place;

function parsed(text: string, syntax: "yaml" | "json", place: Placer): Document.Parsed {
  const wellFormed = syntax === "yaml" || isJson(text);
  const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, schema: syntax === "json" ? "json" : "core" });
  const [problem] = document.errors;
  const name = syntax === "json" ? "JSON" : "YAML";
  // The library's word for a stack that is full.
  if (problem?.code === "RESOURCE_EXHAUSTION") throw new RangeError(problem.message);
  if (problem !== undefined) {
    throw new InputError({
      code: `bad-${syntax}`,
      message: `this is not ${name}: ${lowered(problem.message)}`,
      place: place(problem.pos[0], problem.pos[1]),
      hint: /indent|implicit|flow|map/i.test(problem.message) ? "a value that starts with { or [ or has `: ` in it needs quotes" : undefined,
    });
  }
  if (!wellFormed) fail("bad-json", "this is not JSON", { place: place(0, 1), expected: "JSON; YAML goes in a file named .yaml" });
  return document;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function lowered(message: string): string {
  const [line = ""] = message.split("\n");
  return line.charAt(0).toLowerCase() + line.slice(1);
}

class Reader {
  private readonly anchors = new Map<string, Item | "open">();

  constructor(
    private readonly document: Document.Parsed,
    private readonly text: string,
    private readonly place: Placer,
  ) {}

  root(): Item {
    const { contents } = this.document;
    return this.item(contents, 0, 0);
  }

  private item(node: unknown, depth: number, at: number): Item {
    if (depth > MAX_DEPTH) fail("too-deep", "this is nested too deeply", { place: this.place(at, at), expected: `at most ${MAX_DEPTH} levels` });
    if (isAlias(node)) return this.alias(node.source, this.placeOf(node, at));
    const anchor = isScalar(node) || isSeq(node) || isMap(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, "open");
    const item = this.content(node, depth, at);
    if (anchor !== undefined) this.anchors.set(anchor, item);
    return item;
  }

  private alias(name: string, place: Place): Item {
    const found = this.anchors.get(name);
    if (found !== undefined && found !== "open") return found;
    return fail("bad-yaml", found === "open" ? `*${name} stands inside what it names` : `there is no &${name} before this`, { place });
  }

  private content(node: unknown, depth: number, at: number): Item {
    if (isScalar(node)) return this.scalar(node.value, node.range?.[0] ?? at, node.range?.[1] ?? at, node.type === "BLOCK_LITERAL");
    const start = isSeq(node) || isMap(node) ? (node.range?.[0] ?? at) : at;
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => this.item(item, depth + 1, start)), place: this.placeOf(node, at) };
    if (isMap(node)) return { kind: "map", entries: this.entries(node.items, depth, start), place: this.placeOf(node, at) };
    return this.scalar(null, at, at);
  }

  private entries(pairs: readonly { readonly key: unknown; readonly value: unknown }[], depth: number, at: number): readonly Entry[] {
    const seen = new Set<string>();
    return pairs.map(({ key, value }): Entry => {
      const read = this.item(key, depth + 1, at);
      if (read.kind !== "scalar") return fail("bad-key", "a key is a word", { place: read.place });
      const name = read.snippet.text;
      if (seen.has(name)) fail("repeated-key", `\`${name}\` is given twice`, { place: read.place });
      seen.add(name);
      return { key: name, keySnippet: read.snippet, value: this.item(value, depth + 1, isScalar(key) ? (key.range?.[1] ?? at) : at) };
    });
  }

  private scalar(value: unknown, start: number, end: number, literal = false): ScalarItem {
    const known = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
    const raw = this.text.slice(start, end);
    const text = known === null ? "" : typeof known === "string" ? known : raw;
    const offset = literal ? literalOffsets(text, raw) : writtenOffset(text, raw);
    const place = (from: number, to: number) =>
      offset === undefined ? this.place(start, end) : this.place(start + offset(from), start + offset(Math.max(from, to - 1)) + 1);
    return { kind: "scalar", value: known, snippet: { text, place }, place: this.place(start, end) };
  }

  /** A list or map is pointed at by its first line. */
  private placeOf(node: Pick<Node, "range">, at: number): Place {
    const [start, end] = node.range ?? [at, at];
    const line = this.text.indexOf("\n", start);
    return this.place(start, line < 0 ? end : Math.min(end, line));
  }
}

/**
 * Where a character of a scalar stands in what is written for it. Nothing for a text that folds lines or has escapes: its place is then the
 * whole of it.
 */
function writtenOffset(text: string, raw: string): ((at: number) => number) | undefined {
  const shift = raw === text ? 0 : raw.slice(1, -1) === text ? 1 : undefined;
  return shift === undefined ? undefined : (at) => at + shift;
}

/** The same for a literal block (`|`): every line of the text is a line of the file behind the block's indentation. */
function literalOffsets(text: string, raw: string): ((at: number) => number) | undefined {
  const [, ...written] = raw.split("\n");
  const first = written.find((line) => line.trim() !== "") ?? "";
  const indent = first.length - first.trimStart().length;
  const header = raw.indexOf("\n") + 1;
  return (at) => {
    const line = text.slice(0, at).split("\n").length - 1;
    const column = at - (text.lastIndexOf("\n", at - 1) + 1);
    const before = written.slice(0, line).reduce((sum, { length }) => sum + length + 1, 0);
    return header + before + indent + column;
  };
}

import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node } from "yaml";
import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Scalar, ScalarTree, Tree } from "./tree.js";

const MAX_DEPTH = 100;
/** The YAML library takes three seconds over some texts of a megabyte. */
const MAX_TEXT = 1 << 18;

/**
 * Parses YAML 1.2 or JSON. What an alias names is one tree in several places.
 * Throws `bad-yaml` or `bad-json` with line and column, `too-deep`, `file-too-large`.
 * @param syntax JSON is held to JSON's own syntax; YAML takes both
 */
export function parseTree(text: string, source: string, syntax: "yaml" | "json"): Tree {
  const place = (start: number, end: number): Place => ({ kind: "text", source, text, start, end: Math.max(end, start + 1) });
  if (text.length > MAX_TEXT) fail("file-too-large", "this file is larger than 256 KiB", { place: { kind: "file", path: source } });
  // The YAML library takes seconds over a million brackets before it gives up.
  if (nesting(text) > 10 * MAX_DEPTH) tooDeep(source);
  try {
    return new Walk(text, place).tree(parsed(text, syntax, place).contents, 0, 0);
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

/** Goes through what the library has parsed. What has no range of its own (an empty value) stands at the end of what is before it. */
class Walk {
  private readonly anchors = new Map<string, Tree | "open">();

  constructor(
    private readonly text: string,
    private readonly place: Placer,
  ) {}

  tree(node: unknown, depth: number, at: number): Tree {
    if (depth > MAX_DEPTH) fail("too-deep", "this is nested too deeply", { place: this.place(at, at), expected: `at most ${MAX_DEPTH} levels` });
    if (isAlias(node)) return this.alias(node, at);
    const anchor = isScalar(node) || isSeq(node) || isMap(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, "open");
    const tree = this.content(node, depth, at);
    if (anchor !== undefined) this.anchors.set(anchor, tree);
    return tree;
  }

  private alias(node: Pick<Node, "range"> & { readonly source: string }, at: number): Tree {
    const found = this.anchors.get(node.source);
    if (found !== undefined && found !== "open") return found;
    const [start, end] = node.range ?? [at, at];
    return fail("bad-yaml", found === "open" ? `*${node.source} stands inside what it names` : `there is no &${node.source} before this`, {
      place: this.place(start, end),
    });
  }

  private content(node: unknown, depth: number, at: number): Tree {
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return { value: null, range: [at, at] };
    const [start, end] = node.range ?? [at, at];
    if (isScalar(node)) return this.scalar(node.value, start, end, node.type === "BLOCK_LITERAL");
    if (isSeq(node)) return { items: node.items.map((item) => this.tree(item, depth + 1, start)), range: [start, end] };
    const pairs = node.items.map(({ key, value }): readonly [Tree, Tree] => {
      const read = this.tree(key, depth + 1, start);
      return [read, this.tree(value, depth + 1, isScalar(key) ? (key.range?.[1] ?? start) : start)];
    });
    return { pairs, range: [start, end] };
  }

  private scalar(value: unknown, start: number, end: number, literal: boolean): ScalarTree {
    const known: Scalar = typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
    const range = [start, end] as const;
    if (literal) return { range, value: known, literal };
    return known === this.text.slice(start, end) ? { range } : { range, value: known };
  }
}

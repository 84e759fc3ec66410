import { fail, type Place } from "../../graph/diagnostic.js";
import type { Snippet } from "./snippet.js";
import { parseTree } from "./syntax.js";
import type { MapTree, Scalar, ScalarTree, Tree } from "./tree.js";

/** A YAML or JSON value with its place in the file. */
export type Item = ScalarItem | ListItem | MapItem;

export interface ScalarItem {
  readonly kind: "scalar";
  readonly value: Scalar;
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

/**
 * Reads YAML 1.2 or JSON. Throws `bad-yaml` or `bad-json` with line and column, `bad-key`, `repeated-key`, `too-deep`, `file-too-large`.
 * @param syntax JSON is held to JSON's own syntax; YAML takes both
 */
export function readDocument(text: string, source: string, syntax: "yaml" | "json"): Item {
  return new Reader(text, source).item(parseTree(text, source, syntax));
}

class Reader {
  /** What an alias names is read once: a few lines of aliases stand for a thousand million values. */
  private readonly known = new Map<Tree, Item>();

  constructor(
    private readonly text: string,
    private readonly source: string,
  ) {}

  item(tree: Tree): Item {
    const item = this.known.get(tree) ?? this.read(tree);
    this.known.set(tree, item);
    return item;
  }

  private read(tree: Tree): Item {
    if ("items" in tree) return { kind: "list", items: tree.items.map((item) => this.item(item)), place: this.firstLine(tree) };
    if ("pairs" in tree) return { kind: "map", entries: this.entries(tree), place: this.firstLine(tree) };
    return this.scalar(tree);
  }

  private entries({ pairs }: MapTree): readonly Entry[] {
    const seen = new Set<string>();
    return pairs.map(([key, value]): Entry => {
      const read = this.item(key);
      if (read.kind !== "scalar") return fail("bad-key", "a key is a word", { place: read.place });
      const name = read.snippet.text;
      if (seen.has(name)) fail("repeated-key", `\`${name}\` is given twice`, { place: read.place });
      seen.add(name);
      return { key: name, keySnippet: read.snippet, value: this.item(value) };
    });
  }

  private scalar({ range: [start, end], value: written, literal }: ScalarTree): ScalarItem {
    const raw = this.text.slice(start, end);
    const value = written === undefined ? raw : written;
    const text = value === null ? "" : typeof value === "string" ? value : raw;
    const offset = literal === true ? literalOffsets(text, raw) : writtenOffset(text, raw);
    const place = (from: number, to: number) =>
      offset === undefined ? this.place(start, end) : this.place(start + offset(from), start + offset(Math.max(from, to - 1)) + 1);
    return { kind: "scalar", value, snippet: { text, place }, place: this.place(start, end) };
  }

  /** A list or map is pointed at by its first line. */
  private firstLine({ range: [start, end] }: Tree): Place {
    const line = this.text.indexOf("\n", start);
    return this.place(start, line < 0 ? end : Math.min(end, line));
  }

  private place(start: number, end: number): Place {
    return { kind: "text", source: this.source, text: this.text, start, end: Math.max(end, start + 1) };
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

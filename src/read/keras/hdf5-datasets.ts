import { isDType, type DType } from "../../graph/dtype.js";
import type { ByteSource } from "../onnx/bytes.js";
import { Hdf5, text, type Message, type View } from "./hdf5.js";

/*
 * The datasets of an HDF5 file (HDF5 File Format Specification, version 3.0): groups as h5py writes them, in symbol tables or, where they are newer
 * and small, in link messages.
 */

/** An array of numbers. */
export interface Dataset {
  /** Names of the groups that it is in, then its own. */
  readonly path: readonly string[];
  readonly shape: readonly number[];
  readonly dtype: DType;
}

const MAX_DEPTH = 64;
const MAX_OBJECTS = 300_000;
const SPACE = 0x01;
const LINKS = 0x02;
const TYPE = 0x03;
const LINK = 0x06;
const ATTRIBUTE = 0x0c;
const SYMBOLS = 0x11;

/** The arrays of numbers in a file, each once, in the order of their names. Texts are none. Throws `bad-hdf5`. */
export function datasets(source: ByteSource, path: string): readonly Dataset[] {
  const walk = new Walk(new Hdf5(source, path));
  walk.object(walk.file.rootHeader(), []);
  return walk.found;
}

/** The arrays of a file, and what Keras 3 says beside them: the name of the layer whose variables a group holds, by the group's path. */
export function datasetsAndNames(
  source: ByteSource,
  path: string,
): { readonly found: readonly Dataset[]; readonly names: ReadonlyMap<string, string> } {
  const walk = new Walk(new Hdf5(source, path));
  walk.object(walk.file.rootHeader(), []);
  return walk;
}

class Walk {
  readonly found: Dataset[] = [];
  readonly names = new Map<string, string>();
  private readonly visited = new Set<number>();

  constructor(readonly file: Hdf5) {}

  /** A group or a dataset; one that is linked twice counts once. */
  object(header: number, path: readonly string[]): void {
    if (this.visited.has(header)) return;
    this.visited.add(header);
    if (path.length > MAX_DEPTH || this.visited.size > MAX_OBJECTS) this.file.damaged();
    const messages = this.file.messages(header);
    const data = (type: number) => messages.find((message) => message.type === type)?.data;
    const [space, type] = [data(SPACE), data(TYPE)];
    if (space !== undefined && type !== undefined) {
      const dtype = typeOf(type);
      if (dtype !== undefined) this.found.push({ path, shape: this.shapeOf(space), dtype });
      return;
    }
    const attributes = messages.filter(({ type: kind }) => kind === ATTRIBUTE).flatMap(({ data: view }) => this.file.attribute(view) ?? []);
    for (const [key, value] of attributes) if (key === "name") this.names.set(path.join("/"), value);
    for (const [name, at] of this.links(messages)) this.object(at, [...path, name]);
  }

  private links(messages: readonly Message[]): readonly (readonly [name: string, header: number])[] {
    return messages.flatMap(({ type, data }) => {
      if (type === SYMBOLS) return this.symbols(data.uint(this.file.offsets), data.uint(this.file.offsets));
      if (type === LINK) return this.link(data);
      // A group of many links keeps them in a heap of its own.
      if (type === LINKS) return this.refuseHeap(data);
      return [];
    });
  }

  private link(data: View): readonly (readonly [string, number])[] {
    data.skip(1);
    const flags = data.uint(1);
    const kind = (flags & 8) === 0 ? 0 : data.uint(1);
    data.skip(((flags & 4) === 0 ? 0 : 8) + ((flags & 16) === 0 ? 0 : 1));
    const name = new TextDecoder().decode(data.take(data.uint(1 << (flags & 3))));
    // Soft and external links lead to what is linked elsewhere.
    return kind === 0 ? [[name, data.uint(this.file.offsets)]] : [];
  }

  private refuseHeap(data: View): readonly (readonly [string, number])[] {
    data.skip(1);
    const flags = data.uint(1);
    data.skip((flags & 1) === 0 ? 0 : 8);
    const heap = data.uint(this.file.offsets);
    return heap >= 2 ** 53 ? [] : this.file.damaged();
  }

  /** A group of the older kind: a B-tree of symbol table nodes, names in a local heap. */
  private symbols(tree: number, heap: number): readonly (readonly [string, number])[] {
    const { offsets, lengths } = this.file;
    const head = this.file.read(heap, 8 + 2 * lengths + offsets);
    if (text(head.take(4)) !== "HEAP") this.file.damaged();
    head.skip(4);
    const size = head.uint(lengths);
    head.skip(lengths);
    const names = this.file.read(head.uint(offsets), size).bytes;
    return this.leaves(tree, 0).flatMap((leaf) => this.entries(leaf, names));
  }

  /** Addresses of the symbol table nodes under a node of a B-tree. */
  private leaves(at: number, depth: number): readonly number[] {
    const { offsets, lengths } = this.file;
    if (depth > MAX_DEPTH || this.visited.has(at)) this.file.damaged();
    this.visited.add(at);
    const head = this.file.read(at, 8 + 2 * offsets);
    if (text(head.take(4)) !== "TREE") this.file.damaged();
    head.skip(1);
    const [level, count] = [head.uint(1), head.uint(2)];
    const body = this.file.read(at + 8 + 2 * offsets, count * (lengths + offsets));
    const children = Array.from({ length: count }, () => {
      body.skip(lengths);
      return body.uint(offsets);
    });
    return level === 0 ? children : children.flatMap((child) => this.leaves(child, depth + 1));
  }

  private entries(at: number, names: Uint8Array): readonly (readonly [string, number])[] {
    const { offsets } = this.file;
    const head = this.file.read(at, 8);
    if (text(head.take(4)) !== "SNOD") this.file.damaged();
    head.skip(2);
    const count = head.uint(2);
    const body = this.file.read(at + 8, count * (2 * offsets + 24));
    return Array.from({ length: count }, (): readonly [string, number] => {
      const [name, header] = [body.uint(offsets), body.uint(offsets)];
      body.skip(24);
      return [text(names.subarray(name)), header];
    });
  }

  private shapeOf(space: View): readonly number[] {
    const [version, rank] = [space.uint(1), space.uint(1)];
    space.skip(version === 1 ? 6 : 2);
    return Array.from({ length: rank }, () => space.uint(this.file.lengths));
  }
}

/** The element type of a dataset; nothing for what is no number. Truth is an enumeration of one byte. */
function typeOf(type: View): DType | undefined {
  const kind = type.uint(1) & 15;
  const flags = type.uint(1);
  type.skip(2);
  const bits = 8 * type.uint(4);
  if (kind === 8) return "bool";
  const name = kind === 1 ? `float${bits}` : kind === 0 ? `${(flags & 8) === 0 ? "u" : ""}int${bits}` : "";
  return isDType(name) ? name : undefined;
}

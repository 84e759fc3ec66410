import { fail } from "../../graph/diagnostic.js";
import type { ByteSource } from "../onnx/bytes.js";

/*
 * The attributes of an HDF5 file's root group (HDF5 File Format Specification, version 3.0). A library would do, but those for JavaScript take
 * the whole file into memory and follow its addresses without end; this reads some kilobytes, and none of them twice.
 */

const MAX_MESSAGES = 10_000;
const MAX_TEXT = 256 * 1024 * 1024;
const UNDEFINED_ADDRESS = 2 ** 53;

export interface Message {
  readonly type: number;
  readonly data: View;
}

/** Text attributes of the root group, by name: those stored as one text, of fixed or variable length. Throws `bad-hdf5`. */
export function rootAttributes(source: ByteSource, path: string): ReadonlyMap<string, string> {
  const file = new Hdf5(source, path);
  return new Map(
    file
      .messages(file.rootHeader())
      .filter(({ type }) => type === 0x0c)
      .flatMap(({ data }) => file.attribute(data) ?? []),
  );
}

/** A piece of the file, read from the left. */
export class View {
  private at = 0;

  constructor(
    readonly bytes: Uint8Array,
    private readonly damaged: () => never,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  skip(count: number): void {
    this.at += count;
  }

  /** A whole number, the least significant byte first. */
  uint(size: number): number {
    const part = this.take(size);
    return part.reduceRight((value, byte) => value * 256 + byte, 0);
  }

  take(size: number): Uint8Array {
    if (size > this.left) this.damaged();
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}

export class Hdf5 {
  private readonly visited = new Set<number>();
  private readonly version: number;
  /** Bytes of an address and of a length. */
  offsets = 8;
  lengths = 8;

  constructor(
    private readonly source: ByteSource,
    private readonly path: string,
  ) {
    const head = this.read(0, Math.min(64, source.length));
    head.skip(8);
    this.version = head.uint(1);
    if (this.version > 3) this.damaged();
    if (this.version < 2) head.skip(4);
    this.offsets = head.uint(1);
    this.lengths = head.uint(1);
    if (![2, 4, 8].includes(this.offsets) || ![2, 4, 8].includes(this.lengths)) this.damaged();
  }

  /** Where the object header of the root group is: behind the superblock's four addresses, in an entry of its own before version 2. */
  rootHeader(): number {
    const size = this.offsets;
    if (this.version >= 2) return this.addressAt(12 + 3 * size);
    const entry = 24 + (this.version === 1 ? 4 : 0) + 4 * size;
    return this.addressAt(entry + size);
  }

  messages(header: number): readonly Message[] {
    const first = this.read(header, 4).bytes;
    return new TextDecoder("latin1").decode(first) === "OHDR" ? this.newMessages(header) : this.oldMessages(header);
  }

  /** Version 1: a count of messages, in blocks that continue one another. */
  private oldMessages(header: number): readonly Message[] {
    const prefix = this.read(header, 16);
    prefix.skip(8);
    const blocks = [{ at: header + 16, size: prefix.uint(4) }];
    const found: Message[] = [];
    for (const block of blocks) {
      const view = this.once(block.at, block.size);
      while (view.left >= 8 && found.length < MAX_MESSAGES) {
        const [type, size] = [view.uint(2), view.uint(2)];
        view.skip(4);
        const data = new View(view.take(Math.min(size, view.left)), () => this.damaged());
        if (type === 0x10) blocks.push({ at: data.uint(this.offsets), size: data.uint(this.lengths) });
        else found.push({ type, data });
      }
    }
    return found;
  }

  /** Version 2: messages without padding, blocks with a signature and a checksum. */
  private newMessages(header: number): readonly Message[] {
    const prefix = this.read(header, Math.min(64, this.source.length - header));
    prefix.skip(5);
    const flags = prefix.uint(1);
    const times = (flags & 0x20) === 0 ? 0 : 16;
    const phases = (flags & 0x10) === 0 ? 0 : 4;
    prefix.skip(times + phases);
    const wide = 1 << (flags & 3);
    const size = prefix.uint(wide);
    const blocks = [{ at: header + 6 + times + phases + wide, size }];
    const ordered = (flags & 4) === 0 ? 0 : 2;
    const found: Message[] = [];
    for (const block of blocks) {
      const view = this.once(block.at, block.size);
      while (view.left >= 4 + ordered && found.length < MAX_MESSAGES) {
        const [type, length] = [view.uint(1), view.uint(2)];
        view.skip(1 + ordered);
        const data = new View(view.take(Math.min(length, view.left)), () => this.damaged());
        // A continuation has a signature of 4 bytes before its messages, and a checksum of 4 behind them.
        if (type === 0x10) blocks.push({ at: data.uint(this.offsets) + 4, size: data.uint(this.lengths) - 8 });
        else found.push({ type, data });
      }
    }
    return found;
  }

  /** An attribute that is a text: its name and value. Nothing for numbers and lists; they say nothing here. */
  attribute(view: View): readonly (readonly [string, string])[] | undefined {
    const version = view.uint(1);
    view.skip(1);
    const sizes = [view.uint(2), view.uint(2), view.uint(2)] as const;
    if (version === 3) view.skip(1);
    const padded = (size: number) => (version === 1 ? Math.ceil(size / 8) * 8 : size);
    const name = text(view.take(padded(sizes[0])));
    const type = new View(view.take(padded(sizes[1])), () => this.damaged());
    const space = view.take(padded(sizes[2]));
    const kind = type.uint(1) & 15;
    type.skip(3);
    const size = type.uint(4);
    // One value: a scalar, or a list of dimension 0.
    if ((space[1] ?? 0) !== 0) return undefined;
    if (kind === 3) return [[name, text(view.take(size))]];
    if (kind !== 9) return undefined;
    view.skip(4);
    return [[name, this.heapText(view.uint(this.offsets), view.uint(4))]];
  }

  /** An object of a global heap: texts of variable length are there. */
  private heapText(heap: number, wanted: number): string {
    const head = this.read(heap, 8 + this.lengths);
    if (text(head.take(4)) !== "GCOL") this.damaged();
    head.skip(4);
    const end = heap + head.uint(this.lengths);
    let at = heap + 8 + this.lengths;
    while (at + 8 + this.lengths <= end) {
      const object = this.read(at, 8 + this.lengths);
      const index = object.uint(2);
      object.skip(6);
      const size = object.uint(this.lengths);
      if (size > MAX_TEXT || (index === 0 && size === 0)) break;
      const start = at + 8 + this.lengths;
      if (index === wanted) return text(this.read(start, size).bytes);
      at = start + Math.ceil(size / 8) * 8;
    }
    return this.damaged();
  }

  private addressAt(at: number): number {
    return this.read(at, this.offsets).uint(this.offsets);
  }

  /** A block of messages, each of which is read once: a file whose blocks run in a circle ends here. */
  private once(at: number, size: number): View {
    if (this.visited.has(at)) this.damaged();
    this.visited.add(at);
    return this.read(at, size);
  }

  /** Bytes at an address. Throws `bad-hdf5` where they are not in the file. */
  read(at: number, size: number): View {
    if (at < 0 || size < 0 || size > MAX_TEXT || at >= UNDEFINED_ADDRESS || at + size > this.source.length) this.damaged();
    return new View(this.source.read(at, at + size), () => this.damaged());
  }

  damaged(): never {
    return fail("bad-hdf5", "this HDF5 file is damaged, or not written as Keras writes it", {
      place: { kind: "file", path: this.path },
      expected: "a model saved by Keras with its architecture",
    });
  }
}

/** A text up to its first NUL. */
export function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

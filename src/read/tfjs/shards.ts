import type { ByteSource } from "../onnx/bytes.js";
import type { Sibling } from "./manifest.js";

/** The files of a group of weights as one run of bytes, cut anywhere; it ends at the first file that is not there. */
export class Shards {
  private at = 0;
  private whole: readonly { readonly start: number; readonly file: ByteSource }[] | undefined;
  /** Where the bytes are no longer known: behind a text whose file is missing. */
  private lost = false;
  private missing: readonly string[] | undefined;

  constructor(
    private readonly names: readonly string[],
    private readonly sibling: Sibling,
  ) {}

  /** The names of the files that are not there. */
  get absent(): readonly string[] {
    return (this.missing ??= this.names.filter((name) => this.sibling(name) === undefined));
  }

  /** Why bytes are not there. */
  get reason(): string {
    const [first] = this.absent;
    return first === undefined ? "the weights files are shorter than the manifest says" : `weights file ${first} is missing`;
  }

  skip(size: number): void {
    this.at += size;
  }

  /** Passes over texts: the length of each stands before it, in 4 bytes. */
  skipTexts(count: number): void {
    for (let index = 0; index < count && !this.lost; index++) {
      const length = this.take(4);
      if (length === undefined) this.lost = true;
      else this.skip(new DataView(length.buffer, length.byteOffset, 4).getUint32(0, true));
    }
  }

  /** The next bytes; nothing where a file of them is not there. */
  take(size: number): Uint8Array | undefined {
    const start = this.at;
    this.at += size;
    if (this.lost) return undefined;
    const bytes = new Uint8Array(size);
    let found = 0;
    for (const part of this.parts()) {
      const [from, to] = [Math.max(start, part.start), Math.min(start + size, part.start + part.file.length)];
      if (from >= to) continue;
      bytes.set(part.file.read(from - part.start, to - part.start), from - start);
      found += to - from;
    }
    return found === size ? bytes : undefined;
  }

  private parts() {
    if (this.whole !== undefined) return this.whole;
    const parts: { readonly start: number; readonly file: ByteSource }[] = [];
    let start = 0;
    for (const name of this.names) {
      const file = this.sibling(name);
      if (file === undefined) break;
      parts.push({ start, file });
      start += file.length;
    }
    return (this.whole = parts);
  }
}

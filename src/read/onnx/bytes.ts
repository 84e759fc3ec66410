/** A file that is read in pieces: what is never asked for is never loaded. */
export interface ByteSource {
  readonly length: number;
  /** Bytes from `start` to `end`; fewer at the end of the file. */
  readonly read: (start: number, end: number) => Uint8Array;
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array): ByteSource {
  return { length: bytes.length, read: (start, end) => bytes.subarray(start, end) };
}

/** A window somewhere else is small, since behind a payload stands a name and the next payload; one that goes on from the last is twice as large. */
const [SMALLEST, LARGEST] = [1 << 10, 1 << 16];

/** Small reads anywhere in a source, from windows of it. */
export class Windowed {
  private window: Uint8Array = new Uint8Array(0);
  private start = 0;
  private size = SMALLEST;

  constructor(private readonly source: ByteSource) {}

  get length(): number {
    return this.source.length;
  }

  /** One byte, or nothing past the end. */
  byte(at: number): number | undefined {
    if (at < this.start || at >= this.start + this.window.length) {
      if (at < 0 || at >= this.source.length) return undefined;
      this.size = at === this.start + this.window.length ? Math.min(2 * this.size, LARGEST) : SMALLEST;
      this.start = at;
      this.window = this.source.read(at, Math.min(at + this.size, this.source.length));
    }
    return this.window[at - this.start];
  }

  /** A copy of the bytes from `start` to `end`. */
  bytes(start: number, end: number): Uint8Array {
    if (start >= this.start && end <= this.start + this.window.length) return this.window.slice(start - this.start, end - this.start);
    return this.source.read(start, end).slice();
  }
}

interface Known<T> {
  readonly start: number;
  readonly end: number;
  readonly value: T;
}

/** Values of one hash that are kept: more of them are no accident, and would be gone through for each value that is asked for. */
const MAX_ALIKE_HASH = 8;

/** FNV-1a (Fowler, Noll, Vo), 32 bits. */
export function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash;
}

/** Values by the bytes that they were read from: what stands in a file over and over is read once. */
export class SameBytes<T> {
  private readonly known = new Map<number, Known<T>[]>();

  constructor(private readonly bytes: Uint8Array) {}

  get(start: number, end: number): T | undefined {
    return this.known.get(hashOf(this.bytes, start, end))?.find((other) => this.isSame(start, end, other))?.value;
  }

  set(start: number, end: number, value: T): void {
    const hash = hashOf(this.bytes, start, end);
    const list = this.known.get(hash);
    if (list === undefined) this.known.set(hash, [{ start, end, value }]);
    else if (list.length < MAX_ALIKE_HASH) list.push({ start, end, value });
  }

  private isSame(start: number, end: number, other: Known<T>): boolean {
    if (other.end - other.start !== end - start) return false;
    for (let at = start; at < end; at++) if (this.bytes[at] !== this.bytes[at - start + other.start]) return false;
    return true;
  }
}

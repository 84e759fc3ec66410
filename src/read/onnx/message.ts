import type PbfReader from "pbf";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A copy of a list that has room for what is in it alone: one that grew by itself has room for 17. */
export function compacted<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}

/** Reads one message: `field` is told each field's number, and where the message ends, and takes what it knows; the rest is passed over. */
export function message(pbf: PbfReader, field: (number: number, end: number) => void): void {
  const end = pbf.type === 2 ? pbf.readVarint() + pbf.pos : pbf.length;
  while (pbf.pos < end) {
    const tag = pbf.readVarint();
    const start = pbf.pos;
    pbf.type = tag & 7;
    field(tag >> 3, end);
    if (pbf.pos === start) pbf.skip(tag);
  }
}

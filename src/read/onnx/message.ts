export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A copy of a list that has room for what is in it alone: one that grew by itself has room for 17. */
export function compacted<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}

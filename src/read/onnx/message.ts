import { fail } from "../../graph/diagnostic.js";

export type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A copy of a list that has room for what is in it alone: one that grew by itself has room for 17. */
export function compacted<T>(list: readonly T[]): readonly T[] {
  return list.slice();
}

/** A part of a message that there is one of. Throws `bad-onnx` where there was one before. */
export function single<T>(before: T | undefined, what: string, now: T): T {
  return before === undefined ? now : fail("bad-onnx", `${what} is given twice`, { expected: "one" });
}

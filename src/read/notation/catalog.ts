import type { CallEntry, Family, ShorthandEntry } from "../../ops/entry.js";

/** Every name a notation knows, from one list of families. */
export interface Catalog {
  readonly torch: ReadonlyMap<string, CallEntry>;
  readonly keras: ReadonlyMap<string, CallEntry>;
  readonly shorthand: ReadonlyMap<string, ShorthandEntry>;
}

/** Indexes families by name; a name given twice in one framework is a bug of ours. */
export function catalogOf(families: readonly Family[]): Catalog {
  return {
    torch: index(families.flatMap((family) => (family.torch ?? []).flatMap((entry) => entry.names.map((name) => [name, entry] as const)))),
    keras: index(families.flatMap((family) => (family.keras ?? []).flatMap((entry) => entry.names.map((name) => [name, entry] as const)))),
    shorthand: index(families.flatMap((family) => (family.shorthand ?? []).flatMap((entry) => entry.words.map((word) => [word, entry] as const)))),
  };
}

function index<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const map = new Map<string, T>();
  for (const [name, entry] of pairs) {
    if (map.has(name)) throw new Error(`two layers are called ${name}`);
    map.set(name, entry);
  }
  return map;
}

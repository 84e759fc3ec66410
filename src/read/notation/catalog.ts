import type { CallEntry, Family, ShorthandEntry } from "../../ops/entry.js";

/** Every name that a notation knows. */
export interface Catalog {
  readonly calls: Names<CallEntries>;
  readonly shorthand: Names<ShorthandEntry>;
  /** The calls are layers that a framework has built and saved: only what another framework would refuse in them is not refused. */
  readonly saved?: boolean | undefined;
}

export type Names<T> = Pick<ReadonlyMap<string, T>, "get" | "has" | "keys">;

/** A name's layers in PyTorch and in Keras. */
export type CallEntries = Partial<Record<Framework, CallEntry>>;

export type Framework = "torch" | "keras";

/** Indexes families by the names of their layers. A name given twice in one notation is a bug of ours. */
export function catalogOf(families: readonly Family[]): Catalog {
  const torch = named(families.flatMap(({ torch = [] }) => torch.flatMap((entry) => entry.names.map((name) => [name, entry] as const))));
  const keras = named(families.flatMap(({ keras = [] }) => keras.flatMap((entry) => entry.names.map((name) => [name, entry] as const))));
  const calls = new Map<string, CallEntries>();
  for (const [name, entry] of torch) calls.set(name, { torch: entry });
  for (const [name, entry] of keras) calls.set(name, { ...calls.get(name), keras: entry });
  return { calls, shorthand: shorthandOf(families) };
}

/** The words of the shorthand in some families. */
export function shorthandOf(families: readonly Family[]): ReadonlyMap<string, ShorthandEntry> {
  return named(families.flatMap(({ shorthand = [] }) => shorthand.flatMap((entry) => entry.words.map((word) => [word, entry] as const))));
}

/** The names of layers in frameworks: PyTorch's first, as they are preferred. */
export function callNames({ calls }: Catalog, frameworks: readonly Framework[] = ["torch", "keras"]): readonly string[] {
  return frameworks.flatMap((framework) => [...calls.keys()].filter((name) => calls.get(name)?.[framework] !== undefined));
}

function named<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const entries = new Map(pairs);
  const [twice] = pairs.find(([name, entry]) => entries.get(name) !== entry) ?? [];
  if (twice !== undefined) throw new Error(`two layers are called ${twice}`);
  return entries;
}

import type { CallEntry, Families, Family, ShorthandEntry } from "../../ops/entry.js";

/** Every name a notation knows, from one list of families. */
export interface Catalog {
  readonly calls: Names<CallEntries>;
  readonly shorthand: Names<ShorthandEntry>;
  /** The calls stand for layers that a framework has built and saved: only what another framework would refuse in them is not refused. */
  readonly saved?: boolean | undefined;
}

/** What a name means in PyTorch and in Keras. Both are of one family, so that the first family to know a name knows all of it. */
export type CallEntries = Partial<Record<Framework, CallEntry>>;

export type Framework = "torch" | "keras";

/** Looks names up in families. */
export function catalogOf({ calls, shorthand: words }: Families): Catalog {
  return {
    calls: new Names(calls, callsOf),
    shorthand: new Names(words, ({ shorthand = [] }) => named(shorthand.flatMap((entry) => entry.words.map((word) => [word, entry] as const)))),
  };
}

/** The names of layers in frameworks: PyTorch's first, as they are preferred. */
export function callNames({ calls }: Catalog, frameworks: readonly Framework[] = ["torch", "keras"]): readonly string[] {
  return frameworks.flatMap((framework) => calls.keys().filter((name) => calls.get(name)?.[framework] !== undefined));
}

function callsOf({ torch = [], keras = [] }: Family): ReadonlyMap<string, CallEntries> {
  const entries = (list: readonly CallEntry[]) => named(list.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));
  const calls = new Map<string, CallEntries>();
  for (const [name, entry] of entries(torch)) calls.set(name, { torch: entry });
  for (const [name, entry] of entries(keras)) calls.set(name, { ...calls.get(name), keras: entry });
  return calls;
}

/** A name given twice in one framework is a bug of ours. */
function named<T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, T> {
  const entries = new Map(pairs);
  const [twice] = pairs.find(([name, entry]) => entries.get(name) !== entry) ?? [];
  if (twice !== undefined) throw new Error(`two layers are called ${twice}`);
  return entries;
}

/** Entries by name; a family is asked for its own when none before it has the name. */
export class Names<T> {
  private readonly known = new Map<string, T>();
  private asked = 0;

  constructor(
    private readonly families: readonly (() => Family)[],
    private readonly entriesOf: (family: Family) => ReadonlyMap<string, T>,
  ) {}

  get(name: string): T | undefined {
    while (!this.known.has(name) && this.askNext());
    return this.known.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** All names there are. */
  keys(): readonly string[] {
    while (this.askNext());
    return [...this.known.keys()];
  }

  /** A name given by two families is a bug of ours. */
  private askNext(): boolean {
    const family = this.families[this.asked];
    if (family === undefined) return false;
    this.asked += 1;
    for (const [name, entry] of this.entriesOf(family())) {
      if (this.known.has(name)) throw new Error(`two layers are called ${name}`);
      this.known.set(name, entry);
    }
    return true;
  }
}

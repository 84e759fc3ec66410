import type { CallEntry, Family, ShorthandEntry } from "../../ops/entry.js";

/** Every name a notation knows, from one list of families. */
export interface Catalog {
  readonly torch: Names<CallEntry>;
  readonly keras: Names<CallEntry>;
  readonly shorthand: Names<ShorthandEntry>;
}

type Families = readonly (() => Family)[];

/** Looks names up in families. */
export function catalogOf(families: Families): Catalog {
  return {
    torch: new Names(families, ({ torch = [] }) => torch.flatMap((entry) => entry.names.map((name) => [name, entry] as const))),
    keras: new Names(families, ({ keras = [] }) => keras.flatMap((entry) => entry.names.map((name) => [name, entry] as const))),
    shorthand: new Names(families, ({ shorthand = [] }) => shorthand.flatMap((entry) => entry.words.map((word) => [word, entry] as const))),
  };
}

/** Entries by name; a family is asked for its own when none before it has the name. */
export class Names<T> {
  private readonly known = new Map<string, T>();
  private asked = 0;

  constructor(
    private readonly families: Families,
    private readonly entriesOf: (family: Family) => readonly (readonly [string, T])[],
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

  /** A name given twice in one framework is a bug of ours. */
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

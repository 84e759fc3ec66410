import type { Origin } from "./operand.js";

/**
 * The tensors of the file that a constant is, or was computed from, each once. What nodes make of several is joined and not copied: a chain of nodes that adds
 * a tensor each would copy as many as the square of its length.
 */
export class Origins {
  static readonly none = new Origins([], []);

  private constructor(
    private readonly own: readonly Origin[],
    private readonly parts: readonly Origins[],
  ) {}

  static of(origin: Origin): Origins {
    return new Origins([origin], []);
  }

  /** Those of several constants, in their order. */
  static joined(all: readonly Origins[]): Origins {
    // A tensor that is added to itself over and over would have twice as many each time.
    const parts = [...new Map(all.filter(({ isEmpty }) => !isEmpty).map((part) => [part.only ?? part, part])).values()];
    const [first = Origins.none] = parts;
    return parts.length > 1 ? new Origins([], parts) : first;
  }

  get isEmpty(): boolean {
    return this.own.length + this.parts.length === 0;
  }

  /** The tensor, where it is one. */
  get only(): Origin | undefined {
    return this.own[0];
  }

  /** All of them: the work of a walk over the joined parts. */
  list(): readonly Origin[] {
    const found = new Set<Origin>();
    const seen = new Set<Origins>();
    const left: Origins[] = [this];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      for (const origin of next.own) found.add(origin);
      for (const part of [...next.parts].reverse()) left.push(part);
    }
    return [...found];
  }

  some(holds: (origin: Origin) => boolean): boolean {
    return this.list().some(holds);
  }
}

/** Lists that are remembered: more shapes than most models have. */
const SLOTS = 1 << 8;

/** Sizes of tensors: lists that say the same are one list, as far as there is room to remember. */
export class SameSizes {
  private readonly known: (readonly number[])[] = [];

  /** The same sizes, in a list that others may have too, and that has room for what is in it alone. */
  of(sizes: readonly number[]): readonly number[] {
    let hash = sizes.length;
    for (const size of sizes) hash = Math.imul(hash ^ size, 0x01000193);
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
    const known = this.known[slot];
    if (known?.length === sizes.length && known.every((size, axis) => size === sizes[axis])) return known;
    return (this.known[slot] = sizes.slice());
  }
}

import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** Numbers at which readers trip: the ends of integer types, sizes nobody has, and their neighbours. */
const INTERESTING: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  7,
  8,
  16,
  63,
  64,
  127,
  128,
  255,
  256,
  1000,
  4096,
  32_767,
  32_768,
  65_535,
  65_536,
  1_000_000,
  16_777_216,
  2_147_483_647,
  2_147_483_648,
  4_294_967_295,
  4_294_967_296,
  2 ** 40,
  Number.MAX_SAFE_INTEGER,
  2 ** 53,
  2 ** 62,
  -1,
  -2,
  -128,
  -32_768,
  -2_147_483_648,
  -(2 ** 53),
];

/** Choices that depend on a seed alone: the same numbers make the same case, on every machine. */
export class Random {
  private readonly generator;
  constructor(...seeds: readonly number[]) {
    this.generator = xoroshiro128plus(seeds.reduce((hash, seed) => Math.imul(hash ^ (seed >>> 0), 0x9e37_79b1) ^ (hash >>> 15), 0x2545_f491));
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return bound <= 1 ? 0 : uniformInt(this.generator, 0, bound - 1);
  }

  chance(of: number): boolean {
    return this.below(of) === 0;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new Error("there is nothing to choose from");
    return found;
  }

  /** Small numbers mostly, since few changes are read further than many. */
  few(most: number): number {
    return 1 + Math.min(this.below(most), this.below(most));
  }

  interesting(): number {
    return this.chance(3) ? this.below(64) : this.pick(INTERESTING);
  }
}

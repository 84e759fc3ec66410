import { describe, expect, it } from "vitest";
import { align, longestIncreasing } from "../../src/compare/align.js";

/** The length of the longest common subsequence, by the textbook's table. */
function longest(left: readonly number[], right: readonly number[]): number {
  let row = new Array<number>(right.length + 1).fill(0);
  for (const item of left) {
    const next = [0];
    right.forEach((other, j) => next.push(item === other ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0)));
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Numbers that look random and are the same each time (Park and Miller's generator). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function check(left: readonly number[], right: readonly number[]) {
  const pairs = align(left, right);
  let last: readonly [number, number] = [-1, -1];
  for (const pair of pairs) {
    expect(pair[0]).toBeGreaterThan(last[0]);
    expect(pair[1]).toBeGreaterThan(last[1]);
    expect(left[pair[0]]).toBe(right[pair[1]]);
    last = pair;
  }
  return pairs.length;
}

describe("alignment", () => {
  it("is the longest there is, in order, of short sequences of every kind", () => {
    const next = numbers(7);
    for (let round = 0; round < 300; round++) {
      const letters = 1 + Math.floor(next() * 6);
      const make = () => Array.from({ length: Math.floor(next() * 40) }, () => Math.floor(next() * letters));
      const [left, right] = [make(), make()];
      expect(check(left, right)).toBe(longest(left, right));
    }
  });

  it("is right where sequences differ in more places than are tried out", () => {
    const next = numbers(11);
    const left = Array.from({ length: 5000 }, () => Math.floor(next() * 4));
    const right = Array.from({ length: 4000 }, () => Math.floor(next() * 4));
    // No bound is promised here; half of what is shortest is far below what any alignment of four letters has.
    expect(check(left, right)).toBeGreaterThan(2000);
  });

  it("finds unique tokens in order among a great many changes", () => {
    const left = Array.from({ length: 4000 }, (_, index) => (index % 4 === 0 ? 1_000_000 + index : index % 3));
    const right = Array.from({ length: 4000 }, (_, index) => (index % 4 === 0 ? 1_000_000 + index : (index + 1) % 3));
    expect(check(left, right)).toBeGreaterThanOrEqual(1000);
  });

  it("keeps the order of unique tokens that were shuffled", () => {
    const next = numbers(3);
    const left = Array.from({ length: 2000 }, (_, index) => index);
    const right = left.map((item) => ({ item, key: next() })).sort((a, b) => a.key - b.key);
    expect(
      check(
        left,
        right.map(({ item }) => item),
      ),
    ).toBe(
      longest(
        left,
        right.map(({ item }) => item),
      ),
    );
  });

  it("ends on the empty", () => {
    expect([check([], []), check([1], []), check([], [1])]).toEqual([0, 0, 0]);
  });

  it("the longest run in order", () => {
    const places = [3, 0, 1, 4, 2, 5];
    expect(longestIncreasing(places.map((j, i) => [i, j])).map(([, j]) => j)).toEqual([0, 1, 2, 5]);
  });
});

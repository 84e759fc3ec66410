import { diffArrays } from "diff";

/** A place in one sequence and its partner in another. */
export type Pair = readonly [number, number];

/** Insertions and deletions that are tried out before a pair of sequences is split: the time that Myers' algorithm takes grows with their square. */
const MAX_EDITS = 600;
/** The length of the pieces that sequences are cut into where nothing else divides them. */
const PIECE = 150;

/**
 * Partners of equal tokens in two sequences, in order on both sides, as many as there are: the longest common subsequence (Myers, "An O(ND)
 * difference algorithm", 1986) where the sequences differ in some hundred places; where they differ in more, they are split at tokens that
 * each has once (patience diff) or into pieces, and some partners may be missed. Takes time in proportion to their lengths.
 */
export function align(left: readonly number[], right: readonly number[]): readonly Pair[] {
  const pairs: Pair[] = [];
  aligned({ items: left, offset: identity(left) }, { items: right, offset: identity(right) }, pairs);
  return pairs;
}

/** A part of a sequence; `offset` tells where its items stand in the whole. */
interface Part {
  readonly items: readonly number[];
  readonly offset: readonly number[];
}

function identity(items: readonly number[]): readonly number[] {
  return items.map((_, index) => index);
}

function slice({ items, offset }: Part, start: number, end: number): Part {
  return { items: items.slice(start, end), offset: offset.slice(start, end) };
}

function aligned(left: Part, right: Part, into: Pair[]): void {
  const [a, b] = [left.items, right.items];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  for (let index = 0; index < start; index++) add(left, index, right, index, into);
  const inner = [slice(left, start, a.length - end), slice(right, start, b.length - end)] as const;
  middle(common(inner[0], inner[1]), common(inner[1], inner[0]), into);
  for (let index = end; index > 0; index--) add(left, a.length - index, right, b.length - index, into);
}

function add(left: Part, i: number, right: Part, j: number, into: Pair[]): void {
  const [first, second] = [left.offset[i], right.offset[j]];
  if (first !== undefined && second !== undefined) into.push([first, second]);
}

/** A part without what the other has nowhere: no partner is lost. */
function common(part: Part, other: Part): Part {
  const known = new Set(other.items);
  const kept = part.items.flatMap((item, index) => (known.has(item) ? [index] : []));
  return { items: kept.map((index) => part.items[index] ?? -1), offset: kept.map((index) => part.offset[index] ?? -1) };
}

function middle(left: Part, right: Part, into: Pair[]): void {
  if (left.items.length === 0 || right.items.length === 0) return;
  const changes = diffArrays([...left.items], [...right.items], { maxEditLength: MAX_EDITS });
  if (changes === undefined) {
    split(left, right, into);
    return;
  }
  let [i, j] = [0, 0];
  for (const { count, added, removed } of changes) {
    for (let index = 0; index < count; index++) {
      if (!added && !removed) add(left, i, right, j, into);
      if (!added) i++;
      if (!removed) j++;
    }
  }
}

function split(left: Part, right: Part, into: Pair[]): void {
  const unique = anchorsOf(left.items, right.items);
  const anchors = unique.length > 0 ? unique : cuts(left.items.length, right.items.length);
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...anchors, [left.items.length, right.items.length] as const]) {
    aligned(slice(left, i, nextI), slice(right, j, nextJ), into);
    [i, j] = [nextI, nextJ];
  }
}

/** Places that cut both sequences into as many pieces, the longer one into pieces of {@link PIECE}. */
function cuts(left: number, right: number): readonly Pair[] {
  const pieces = Math.ceil(Math.max(left, right) / PIECE);
  return Array.from({ length: pieces - 1 }, (_, index) => [Math.floor((left * (index + 1)) / pieces), Math.floor((right * (index + 1)) / pieces)]);
}

/** Partners of tokens that each side has once, the longest run of them that is in order on both sides. */
function anchorsOf(left: readonly number[], right: readonly number[]): Pair[] {
  const places = once(right);
  const candidates = [...once(left)].flatMap(([token, i]): Pair[] => {
    const j = places.get(token);
    return j === undefined ? [] : [[i, j]];
  });
  return longestIncreasing(candidates);
}

function once(items: readonly number[]): ReadonlyMap<number, number> {
  const first = new Map<number, number>();
  const repeated = new Set<number>();
  items.forEach((item, index) => {
    if (first.has(item)) repeated.add(item);
    else first.set(item, index);
  });
  for (const item of repeated) first.delete(item);
  return first;
}

/** The longest run of pairs that is in order on both sides (patience sorting); pairs come in order of their first place. */
export function longestIncreasing(candidates: readonly Pair[]): Pair[] {
  const tops: number[] = [];
  const before: (number | undefined)[] = [];
  candidates.forEach(([, j], index) => {
    let [low, high] = [0, tops.length];
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((candidates[tops[mid] ?? 0]?.[1] ?? 0) < j) low = mid + 1;
      else high = mid;
    }
    before[index] = tops[low - 1];
    tops[low] = index;
  });
  const run: Pair[] = [];
  for (let at = tops.at(-1); at !== undefined; at = before[at]) {
    const pair = candidates[at];
    if (pair !== undefined) run.push(pair);
  }
  return run.reverse();
}

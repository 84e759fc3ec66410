import type { LayerCosts } from "../analyze/analysis.js";
import { modulePath } from "../analyze/group.js";
import { align, type Pair } from "./align.js";

type Layers = readonly LayerCosts[];
type Describe = (layer: LayerCosts) => string;

/** An operator with the window it looks through. */
const window: Describe = ({ op, kind, attributes }) =>
  JSON.stringify([op, kind, attributes["kernelSize"], attributes["stride"], attributes["dilation"]]);

/**
 * What makes two layers the same, from all that is known of them to the operator alone. Each is tried on what the one before has left
 * between its partners, in order.
 */
const LEVELS: readonly Describe[] = [
  (layer) => `${traits(layer)}${shapes(layer)}`,
  // The same work under another name: relu6 and a clip from 0 to 6.
  (layer) => `${shapes(layer)}${layer.params},${layer.macs},${layer.flops}`,
  traits,
  window,
  ({ op, kind }) => `${op},${kind ?? ""}`,
  ({ op }) => op,
];

function traits({ op, kind, attributes, times }: LayerCosts): string {
  const keys = Object.keys(attributes).sort();
  return JSON.stringify([op, kind, times?.toString(), keys, keys.map((key) => attributes[key])]);
}

function shapes({ inputs, outputs }: LayerCosts): string {
  return JSON.stringify([inputs, outputs]);
}

export interface MatchOptions {
  /** The two come from different formats, which name the same module in their own ways. */
  readonly acrossFormats: boolean;
}

/**
 * Finds for each layer its partner in another model: by name where names go with what the layers are, by structure where they do not. Names
 * that are positions (`3`, `features.3.0`, `Conv_12`) say nothing once a layer was put in before them: of two ways to pair, the one that finds
 * more equal layers is taken, and of two that find as many the one that goes by names.
 * @returns partners by place, the first model's to the second's
 */
export function matchLayers(before: Layers, after: Layers, { acrossFormats }: MatchOptions): ReadonlyMap<number, number> {
  const nameOf = acrossFormats ? (layer: LayerCosts) => modulePath(layer.name).join(".") : (layer: LayerCosts) => layer.name;
  if (isSameNetwork(before, after, nameOf)) return new Map(before.map((_, place) => [place, place]));
  const matching = new Matching(before, after, nameOf);
  const [exact, ...looser] = LEVELS;
  if (exact === undefined) throw new Error("there is no way to compare layers");
  matching.inOrder(exact);
  matching.anywhere((layer) => `${exact(layer)}\n${nameOf(layer)}`);
  for (const level of looser) matching.inOrder(level);
  matching.sameNames(true);
  matching.anywhere(exact);
  matching.sameNames(false);
  return matching.partners;
}

/** Whether every layer has the name and the window of the one in its place: a network at another width or size, where equal layers elsewhere say nothing. */
function isSameNetwork(before: Layers, after: Layers, nameOf: Describe): boolean {
  const isSame = (layer: LayerCosts, place: number) => {
    const other = layerAt(after, place);
    return nameOf(layer) === nameOf(other) && window(layer) === window(other);
  };
  return before.length === after.length && before.every(isSame) && before.some(({ name }) => !/^\d+$/.test(name));
}

/** Numbers for texts, the same for the same text. */
class Tokens {
  private readonly numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.numbers.get(text);
    if (known !== undefined) return known;
    this.numbers.set(text, this.numbers.size);
    return this.numbers.size - 1;
  }
}

/** Layers of both sides that stand between the same partners and have none yet. */
interface Gap {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

class Matching {
  readonly partners = new Map<number, number>();
  private readonly taken = new Set<number>();
  /** Partners that are in order on both sides: what lies between two of them belongs together. */
  private fence: readonly Pair[] = [];

  constructor(
    private readonly before: Layers,
    private readonly after: Layers,
    private readonly nameOf: Describe,
  ) {}

  /** Pairs layers of equal description in every gap, without crossing each other or what is paired. */
  inOrder(describe: Describe): void {
    const tokens = new Tokens();
    const found = this.gaps().flatMap((gap) => this.paired(gap, describe, tokens));
    if (found.length === 0) return;
    for (const [i, j] of found) this.add(i, j);
    this.fence = [...this.fence, ...found].sort((a, b) => a[0] - b[0]);
  }

  /** Pairs layers of equal description wherever they stand, the first with the first. */
  anywhere(describe: Describe): void {
    const free = new Map<string, number[]>();
    for (const j of this.rest(this.after, this.taken)) push(free, describe(layerAt(this.after, j)), j);
    for (const list of free.values()) list.reverse();
    for (const i of this.rest(this.before, this.partners)) {
      const j = free.get(describe(layerAt(this.before, i)))?.pop();
      if (j !== undefined) this.add(i, j);
    }
  }

  /** Pairs what has the same name, if that is no mere number: in a gap whatever it is, elsewhere where the operator is the same. */
  sameNames(inGaps: boolean): void {
    const gaps = inGaps ? this.gaps() : [{ left: [...this.rest(this.before, this.partners)], right: [...this.rest(this.after, this.taken)] }];
    for (const { left, right } of gaps) {
      const [mine, theirs] = [this.named(this.before, left), this.named(this.after, right)];
      for (const [name, i] of mine) {
        const j = theirs.get(name);
        if (j !== undefined && (inGaps || layerAt(this.before, i).op === layerAt(this.after, j).op)) this.add(i, j);
      }
    }
  }

  /** Names that are no numbers and that one layer has. */
  private named(layers: Layers, places: readonly number[]): ReadonlyMap<string, number> {
    const byName = new Map<string, number[]>();
    for (const place of places) push(byName, this.nameOf(layerAt(layers, place)), place);
    const single = [...byName].flatMap(([name, [place, ...more]]): [string, number][] =>
      place === undefined || more.length > 0 || /(?:^|\.)\d*$/.test(name) ? [] : [[name, place]],
    );
    return new Map(single);
  }

  private add(i: number, j: number): void {
    this.partners.set(i, j);
    this.taken.add(j);
  }

  private *rest(layers: Layers, done: { readonly has: (place: number) => boolean }): Generator<number> {
    for (let place = 0; place < layers.length; place++) if (!done.has(place)) yield place;
  }

  private gaps(): readonly Gap[] {
    const gaps: Gap[] = [];
    let [i, j] = [0, 0];
    for (const [nextI, nextJ] of [...this.fence, [this.before.length, this.after.length] as const]) {
      if (i < nextI && j < nextJ) {
        const left = range(i, nextI).filter((place) => !this.partners.has(place));
        const right = range(j, nextJ).filter((place) => !this.taken.has(place));
        if (left.length > 0 && right.length > 0) gaps.push({ left, right });
      }
      [i, j] = [nextI + 1, nextJ + 1];
    }
    return gaps;
  }

  private paired({ left, right }: Gap, describe: Describe, tokens: Tokens): readonly Pair[] {
    const what = (layers: Layers, places: readonly number[]) => places.map((place) => tokens.of(describe(layerAt(layers, place))));
    const sides: Sides = { left: what(this.before, left), right: what(this.after, right) };
    const names = (layers: Layers, places: readonly number[], own: readonly number[]) =>
      places.map((place, index) => tokens.of(`${own[index] ?? ""}\n${this.nameOf(layerAt(layers, place))}`));
    const byName = align(names(this.before, left, sides.left), names(this.after, right, sides.right));
    const named = filledUp(byName, sides);
    const pairs = named.length === most(sides) ? named : better(named, align(sides.left, sides.right));
    return pairs.map(([i, j]): Pair => [left[i] ?? 0, right[j] ?? 0]);
  }
}

interface Sides {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** How many partners there can be at most, were there no order. */
function most({ left, right }: Sides): number {
  const counts = new Map<number, number>();
  for (const token of left) counts.set(token, (counts.get(token) ?? 0) + 1);
  return right.filter((token) => {
    const count = counts.get(token) ?? 0;
    counts.set(token, count - 1);
    return count > 0;
  }).length;
}

/** Partners that go by names, and between them those that go by structure. */
function filledUp(pairs: readonly Pair[], { left, right }: Sides): readonly Pair[] {
  const all: Pair[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...pairs, [left.length, right.length] as const]) {
    const [fromI, fromJ] = [i, j];
    if (i < nextI && j < nextJ) for (const [a, b] of align(left.slice(i, nextI), right.slice(j, nextJ))) all.push([a + fromI, b + fromJ]);
    if (nextI < left.length) all.push([nextI, nextJ]);
    [i, j] = [nextI + 1, nextJ + 1];
  }
  return all;
}

/** Where two ways to pair agree they divide the sequences; of each part the way that pairs more is kept, the first where both pair as many. */
function better(first: readonly Pair[], second: readonly Pair[]): readonly Pair[] {
  const chosen: Pair[] = [];
  const partners = new Map(second);
  let from = 0;
  let at = 0;
  const part = (end: number, until: number) => {
    const mine = first.slice(from, end);
    const theirs = second.slice(at, until);
    chosen.push(...(theirs.length > mine.length ? theirs : mine));
  };
  const places = new Map(second.map(([i], index) => [i, index]));
  first.forEach(([i, j], index) => {
    const other = places.get(i);
    if (other === undefined || partners.get(i) !== j) return;
    part(index, other);
    chosen.push([i, j]);
    [from, at] = [index + 1, other + 1];
  });
  part(first.length, second.length);
  return chosen;
}

function layerAt(layers: Layers, place: number): LayerCosts {
  const layer = layers[place];
  if (layer === undefined) throw new Error(`there is no layer ${place}`);
  return layer;
}

function range(start: number, end: number): readonly number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, index) => start + index);
}

function push<K>(into: Map<K, number[]>, key: K, value: number): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}

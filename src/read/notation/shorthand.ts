import { fail } from "../../graph/diagnostic.js";
import type { Layer } from "../../graph/layer.js";
import { MAX_DIMENSION } from "../../graph/shape.js";
import type { ShorthandArgs, ShorthandEntry, ShorthandPart } from "../../ops/entry.js";
import { callNames, type Catalog } from "./catalog.js";
import { closest } from "./closest.js";
import type { Cursor } from "./cursor.js";

const WORD = /[A-Za-z_][\w]*/y;
const PART = /[^\s;)#,]+/y;

interface Part {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the parts of one layer say, before the word decides what they mean. */
interface Collected {
  readonly values: Mutable<Partial<Omit<ShorthandArgs, "word" | "place" | "rank" | "numbers">>>;
  readonly sizes: Map<ShorthandPart, { readonly sizes: readonly number[]; readonly part: Part }>;
  readonly bare: { readonly value: number; readonly part: Part }[];
  at?: { readonly sizes: readonly number[]; readonly part: Part } | undefined;
}

export interface ShorthandLayer {
  readonly layer: Layer;
  /** `@56x56`. */
  readonly at?: readonly number[] | undefined;
}

/** Letters that carry one size an axis, as in `s2` or `s2x1`. */
const SIZED: Readonly<Record<string, { readonly part: ShorthandPart; readonly minimum: number }>> = {
  k: { part: "kernel", minimum: 1 },
  s: { part: "stride", minimum: 1 },
  p: { part: "padding", minimum: 0 },
  d: { part: "dilation", minimum: 1 },
  op: { part: "outputPadding", minimum: 0 },
};

/** Letters that carry one number. */
const COUNTED: Readonly<Record<string, { readonly part: ShorthandPart; readonly key: "groups" | "multiplier" | "expand" }>> = {
  g: { part: "groups", key: "groups" },
  m: { part: "multiplier", key: "multiplier" },
  t: { part: "expand", key: "expand" },
};

/**
 * Reads one shorthand layer: a word and its parts, in any order (`conv 3x3 64->128 s2 p1 d1 g4 bias @56x56`).
 * Throws `unknown-layer`, `unknown-part`, `repeated-part`, `bad-size`, `wrong-rank`.
 */
export function readShorthand(cursor: Cursor, catalog: Catalog): ShorthandLayer {
  const start = cursor.position;
  const word =
    cursor.take(WORD)?.[0] ?? cursor.fail("unexpected-text", "a layer should start here", start, { expected: "a layer, as in `conv 3x3 64->128`" });
  const entry = catalog.shorthand.get(word.toLowerCase()) ?? unknownWord(cursor, catalog, word, start);
  const collected: Collected = { values: {}, sizes: new Map(), bare: [] };
  let end = cursor.position;
  for (;;) {
    cursor.skip(false);
    const partStart = cursor.position;
    const text = cursor.take(PART)?.[0];
    if (text === undefined) break;
    end = cursor.position;
    collect(cursor, entry, word, { text, start: partStart, end }, collected);
  }
  const rank = rankOf(word, collected);
  if (rank > MAX_RANK && entry.takes.includes("stride")) refuseRank(cursor, word, collected);
  const args: ShorthandArgs = { ...resolve(cursor, entry, word, collected, rank), word, place: cursor.place(start, end), rank };
  return { layer: entry.build(args), at: collected.at && perAxis(cursor, collected.at, rank) };
}

/** `.ReLU` behind `nn`: a class without its brackets. */
const CLASS = /(?:\.\w+)*\.[A-Z]\w*/y;

function unknownWord(cursor: Cursor, catalog: Catalog, word: string, start: number): never {
  const name = cursor.take(CLASS)?.[0];
  if (name !== undefined) {
    return cursor.fail("unknown-layer", `there is no layer \`${word}${name}\``, start, { hint: `a class is called with brackets: ${word}${name}()` });
  }
  const near = closest(word, [...catalog.shorthand.keys()]) ?? closest(word, callNames(catalog));
  return cursor.fail("unknown-layer", `there is no layer \`${word}\``, start, {
    hint: near === undefined ? "`convcost count --help` shows the notations" : `did you mean \`${near}\`?`,
  });
}

function collect(cursor: Cursor, entry: ShorthandEntry, word: string, part: Part, into: Collected): void {
  const text = part.text.replaceAll("×", "x").replaceAll("→", "->");
  const channels = /^(\d*)->(\d+)$/.exec(text);
  if (channels !== null) {
    once(cursor, into.values.outChannels, part, "channels");
    allow(cursor, entry, word, part, "channels");
    if (channels[1] !== "") into.values.inChannels = integer(cursor, channels[1] ?? "", part, 1);
    into.values.outChannels = integer(cursor, channels[2] ?? "", part, 1);
    return;
  }
  const at = /^@(\d+(?:x\d+)*)$/.exec(text);
  if (at !== null) {
    once(cursor, into.at, part, "@");
    into.at = { sizes: sizesOf(cursor, at[1] ?? "", part, 1), part };
    return;
  }
  if (/^-?\d+(x\d+)+$/.test(text)) return addSizes(cursor, entry, word, part, "kernel", sizesOf(cursor, text, part, 1), into);
  if (/^-?\d+$/.test(text)) {
    into.bare.push({ value: integer(cursor, text, part, 1), part });
    return;
  }
  const lettered = /^([a-z]+)(-?\d+(?:x\d+)*)$/.exec(text);
  const sized = lettered === null ? undefined : own(SIZED, lettered[1]);
  if (lettered !== null && sized !== undefined)
    return addSizes(cursor, entry, word, part, sized.part, sizesOf(cursor, lettered[2] ?? "", part, sized.minimum), into);
  const counted = lettered === null ? undefined : own(COUNTED, lettered[1]);
  if (lettered !== null && counted !== undefined) {
    allow(cursor, entry, word, part, counted.part);
    once(cursor, into.values[counted.key], part, counted.part);
    into.values[counted.key] = integer(cursor, lettered[2] ?? "", part, 1);
    return;
  }
  collectWord(cursor, entry, word, part, text.toLowerCase(), into);
}

function own<T>(table: Readonly<Record<string, T>>, key: string | undefined): T | undefined {
  return key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

function collectWord(cursor: Cursor, entry: ShorthandEntry, word: string, part: Part, text: string, into: Collected): void {
  if (text === "same" || text === "valid") {
    allow(cursor, entry, word, part, "padding");
    once(cursor, into.values.padding ?? into.sizes.get("padding"), part, "padding");
    into.values.padding = text;
    return;
  }
  if (text === "bias" || text === "nobias") {
    allow(cursor, entry, word, part, "bias");
    once(cursor, into.values.bias, part, "bias");
    into.values.bias = text === "bias";
    return;
  }
  if (text === "ceil") {
    allow(cursor, entry, word, part, "ceil");
    into.values.ceil = true;
    return;
  }
  cursor.position = part.end;
  cursor.fail("unknown-part", `\`${word}\` does not understand \`${part.text}\``, part.start, {
    expected: `parts as in \`${entry.example}\``,
    hint: "layers are separated by `;` or new lines",
  });
}

function addSizes(
  cursor: Cursor,
  entry: ShorthandEntry,
  word: string,
  part: Part,
  name: ShorthandPart,
  sizes: readonly number[],
  into: Collected,
): void {
  allow(cursor, entry, word, part, name);
  once(cursor, into.sizes.get(name) ?? (name === "padding" ? into.values.padding : undefined), part, name);
  into.sizes.set(name, { sizes, part });
}

function allow(cursor: Cursor, entry: ShorthandEntry, word: string, part: Part, name: ShorthandPart): void {
  if (entry.takes.includes(name)) return;
  fail("unknown-part", `\`${word}\` takes no ${name === "outputPadding" ? "output padding" : name}`, {
    place: cursor.place(part.start, part.end),
    expected: `parts as in \`${entry.example}\``,
  });
}

function once(cursor: Cursor, before: unknown, part: Part, name: string): void {
  if (before === undefined) return;
  fail("repeated-part", `${name} is given twice`, { place: cursor.place(part.start, part.end) });
}

function sizesOf(cursor: Cursor, text: string, part: Part, minimum: number): readonly number[] {
  return text.split("x").map((size) => integer(cursor, size, part, minimum));
}

function integer(cursor: Cursor, digits: string, part: Part, minimum: number): number {
  const value = Number(digits);
  if (value >= minimum && value <= MAX_DIMENSION) return value;
  return fail("bad-size", `\`${part.text}\` is ${value < minimum ? "too small" : "larger than 2^31 - 1"}`, {
    place: cursor.place(part.start, part.end),
    expected: `a whole number from ${minimum} to ${MAX_DIMENSION}`,
  });
}

/** Rank by the word (`conv1d`), else by the longest list of sizes, else 2. */
function rankOf(word: string, { sizes, at }: Collected): number {
  const named = /(\d)d$/i.exec(word)?.[1];
  if (named !== undefined) return Number(named);
  const lengths = [sizes.get("kernel")?.sizes.length, at?.sizes.length, ...[...sizes.values()].map((entry) => entry.sizes.length)];
  return lengths.find((length) => length !== undefined && length > 1) ?? 2;
}

/** Windows slide over as many dimensions at most, as in PyTorch and Keras. */
const MAX_RANK = 3;

function refuseRank(cursor: Cursor, word: string, { sizes, at }: Collected): never {
  const many = [...sizes.values(), ...(at === undefined ? [] : [at])].find((entry) => entry.sizes.length > MAX_RANK);
  return fail("wrong-rank", `\`${word}\` has ${MAX_RANK} spatial dimensions at most`, {
    place: many && cursor.place(many.part.start, many.part.end),
    expected: `up to ${MAX_RANK} sizes`,
  });
}

function perAxis(cursor: Cursor, { sizes, part }: { readonly sizes: readonly number[]; readonly part: Part }, rank: number): readonly number[] {
  const [only] = sizes;
  if (sizes.length === 1 && only !== undefined) return Array<number>(rank).fill(only);
  if (sizes.length === rank) return sizes;
  return fail("wrong-rank", `\`${part.text}\` has ${sizes.length} sizes where the layer has ${rank} spatial dimensions`, {
    place: cursor.place(part.start, part.end),
    expected: rank === 1 ? "1 size" : `1 or ${rank} sizes`,
  });
}

function resolve(cursor: Cursor, entry: ShorthandEntry, word: string, collected: Collected, rank: number) {
  const { values, sizes } = collected;
  const bare = [...collected.bare];
  const axis = (name: ShorthandPart) => {
    const found = sizes.get(name);
    return found === undefined ? undefined : perAxis(cursor, found, rank);
  };
  // For words of free numbers the kernel's list is taken as it is (`reshape 64x7x7`), its length no rank.
  const takesNumbers = entry.takes.includes("numbers");
  let kernel = takesNumbers ? sizes.get("kernel")?.sizes : axis("kernel");
  let outChannels = values.outChannels;
  const channelsOpen = entry.takes.includes("channels") && outChannels === undefined;
  // One bare number beside a kernel is the channels, as in `conv 3x3 128`; before them it is a square kernel, as in `conv 3 128`.
  if (!takesNumbers && kernel === undefined && entry.takes.includes("kernel") && bare.length > 0) {
    kernel = Array<number>(rank).fill(bare.shift()?.value ?? 1);
  }
  if (!takesNumbers && channelsOpen) outChannels = bare.shift()?.value;
  const [extra] = bare;
  if (!takesNumbers && extra !== undefined) {
    fail("unknown-part", `\`${word}\` does not understand \`${extra.part.text}\``, {
      place: cursor.place(extra.part.start, extra.part.end),
      expected: `parts as in \`${entry.example}\``,
    });
  }
  return {
    ...values,
    kernel,
    outChannels,
    stride: axis("stride"),
    padding: axis("padding") ?? values.padding,
    dilation: axis("dilation"),
    outputPadding: axis("outputPadding"),
    bias: values.bias ?? false,
    ceil: values.ceil ?? false,
    numbers: takesNumbers ? bare.map(({ value }) => value) : [],
  };
}

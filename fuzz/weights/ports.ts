import type { Random } from "../random.js";

/**
 * One tensor of an operator: sizes as numbers that the operator fixes, and letters that stand for the same size wherever they are: "2M C K L", M
 * outputs for each of 2 groups.
 */
export interface Port {
  readonly sizes: string;
  /** It broadcasts: sizes of 1 and missing axes in front contradict nothing. */
  readonly loose?: boolean;
  /** The file stores it; otherwise it is an input. */
  readonly stored?: boolean;
}

export interface Changed {
  readonly shapes: readonly (readonly number[])[];
  /** What was changed, for whoever reads the failure; nothing where all fit. */
  readonly what: string;
}

/** Sizes that differ, so that none fits in another's place. */
const SIZES: Readonly<Record<string, number>> = { C: 5, M: 7, F: 11, H: 13, K: 3, L: 3, D: 3, V: 17 };

const tokensOf = (sizes: string): readonly string[] => (sizes === "" ? [] : sizes.split(" "));
const letterOf = (token: string): string => token.replace(/^\d+/, "");

function sizeOf(token: string): number {
  const [, factor = "", letter = ""] = /^(\d*)([A-Z]?)$/.exec(token) ?? [];
  return (factor === "" ? 1 : Number(factor)) * (letter === "" ? 1 : (SIZES[letter] ?? 1));
}

/** The shapes of ports that fit. */
export function fitting(ports: readonly Port[]): readonly (readonly number[])[] {
  return ports.map(({ sizes }) => tokensOf(sizes).map(sizeOf));
}

/** The same with the size of one axis, or the rank, of one stored port changed so that it contradicts the others. */
export function contradicting(ports: readonly Port[], random: Random): Changed {
  const letters = ports.flatMap(({ sizes }) => tokensOf(sizes).map(letterOf));
  const isBound = (token: string) => letterOf(token) === "" || letters.filter((letter) => letter === letterOf(token)).length > 1;
  const choices = ports.flatMap(({ sizes, stored = false, loose = false }, port) => {
    const tokens = stored ? tokensOf(sizes) : [];
    const axes = tokens.flatMap((token, axis) => (isBound(token) && !(loose && token === "1") ? [{ port, axis }] : []));
    return stored && !loose ? [...axes, { port, axis: undefined }] : axes;
  });
  const { port, axis } = random.pick(choices);
  const shapes = fitting(ports);
  const shape = shapes[port] ?? [];
  const loose = ports[port]?.loose === true;
  const other = axis === undefined ? ranked(shape, random) : shape.map((size, at) => (at === axis ? anotherSize(size, loose, random) : size));
  return {
    shapes: shapes.map((each, at) => (at === port ? other : each)),
    what: `port ${String.fromCharCode(97 + port)} is ${other.join("x")} in the place of ${shape.join("x")}`,
  };
}

function anotherSize(size: number, isLoose: boolean, random: Random): number {
  const others = [size + 1, size - 1, 2 * size, 3 * size, 1, 1000].filter((other) => other > (isLoose ? 1 : 0) && other !== size);
  return random.pick(others);
}

/** One axis more, or one less. */
function ranked(shape: readonly number[], random: Random): readonly number[] {
  if (shape.length < 1 || random.chance(2)) return random.chance(2) ? [2, ...shape] : [...shape, 3];
  const left = random.below(shape.length);
  return shape.filter((_, axis) => axis !== left);
}

const input = (sizes: string): Port => ({ sizes });
const weight = (sizes: string): Port => ({ sizes, stored: true });

/** `ports("1 C 8 8", "M C K L", "M")`: an input, and what is stored; "~" before the sizes of one that broadcasts, "?" before a state. */
export function ports(first: string, ...rest: readonly string[]): readonly Port[] {
  const marked = (sizes: string): Port => {
    if (sizes.startsWith("?")) return input(sizes.slice(1));
    return sizes.startsWith("~") ? { ...weight(sizes.slice(1)), loose: true } : weight(sizes);
  };
  return [input(first), ...rest.map(marked)];
}

/** A tensor that is made: its sizes are known, and nothing stores it. */
export const made = input;

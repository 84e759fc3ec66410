import { node, scalar, tensorOf, truth, message, input, type AttributeValue, type Write } from "../../test/read/onnx-model.js";
import type { Random } from "../random.js";
import type { Runs } from "./expected.js";

/** Where a value is written: in a graph, which has initializers, or in a function, which has none. */
export interface Site {
  /** The field of its nodes. */
  readonly field: number;
  readonly fresh: (prefix: string) => string;
  /** Gives the model an input. */
  readonly addInput: (write: Write) => void;
  /** Nothing outside is visible: functions, and the graphs in them. */
  readonly closed: boolean;
  /** An attribute of the function that a constant may take, and what its call gives. */
  readonly reference?: { readonly name: string; readonly runs: Runs } | undefined;
}

/** A value that a node reads: its name, what writes it, and how often a Loop over it runs. */
export interface Count {
  readonly name: string;
  readonly writes: readonly Write[];
  readonly runs: Runs;
}

const [FLOAT, INT32, INT64] = [1, 6, 7];

const HOSTILE = [
  -1n,
  -(2n ** 31n),
  -(2n ** 53n) - 1n,
  -(2n ** 63n),
  0n,
  1000n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 62n,
  2n ** 63n - 1n,
] as const;

export const int64 = (...values: readonly bigint[]) => new Uint8Array(BigInt64Array.from(values).buffer);
const below = (value: bigint): bigint => (value < 0n ? 0n : value);

/** A number of iterations: small ones mostly, and those at which counting trips. */
export function hostile(random: Random): bigint {
  return random.chance(3) ? random.pick(HOSTILE) : BigInt(random.below(5));
}

/** A tensor as a graph stores it, or as a Constant gives it out. */
function stored(site: Site, name: string, tensor: readonly Write[], asNode: boolean): Write {
  return asNode || site.field !== 1 ? node("Constant", [], [name], { field: site.field, attributes: { value: { tensor } } }) : message(5, ...tensor);
}

const constant = (site: Site, op: { readonly name: string; readonly attributes: Readonly<Record<string, AttributeValue>> }): Write =>
  node("Constant", [], [op.name], { field: site.field, attributes: op.attributes });

/** The trip count of a Loop, from wherever one can come. */
export function tripCount(random: Random, site: Site): Count {
  const name = site.fresh("n");
  const value = hostile(random);
  const asNode = random.chance(2);
  const tensor = (type: number, dims: readonly number[], raw: Uint8Array) => stored(site, name, tensorOf(name, dims, { type, raw }), asNode);
  switch (random.below(12)) {
    case 0: {
      const fraction = random.pick([2.5, -0.5, 3, NaN, Infinity]);
      const writes = [tensor(FLOAT, [], new Uint8Array(Float32Array.of(fraction).buffer))];
      return { name, writes, runs: Number.isInteger(fraction) ? "free" : "said" };
    }
    case 1: {
      const small = BigInt.asIntN(32, value);
      return { name, writes: [tensor(INT32, [], new Uint8Array(Int32Array.of(Number(small)).buffer))], runs: below(small) };
    }
    case 2:
      return { name, writes: [tensor(INT64, [2], int64(value, value))], runs: "free" };
    case 3: {
      const [a, b] = [site.fresh("n"), site.fresh("n")];
      const parts = [a, b].map((part, at) => stored(site, part, tensorOf(part, [], { type: INT64, raw: int64(at === 0 ? 3n : -1n) }), asNode));
      return { name, writes: [...parts, node("Add", [a, b], [name], { field: site.field })], runs: 2n };
    }
    case 4:
      if (site.closed) return { name, writes: [], runs: "said" };
      site.addInput(input(name, random.pick([[], [1]]), INT64));
      return { name, writes: [], runs: "said" };
    case 5:
      return { name, writes: [], runs: "said" };
    case 6:
      if (site.reference === undefined) break;
      return { name, writes: [constant(site, { name, attributes: { value_int: { ref: site.reference.name } } })], runs: site.reference.runs };
    case 7:
      return {
        name,
        writes: [constant(site, { name, attributes: { value_int: Number(BigInt.asIntN(53, value)) } })],
        runs: below(BigInt.asIntN(53, value)),
      };
  }
  return { name, writes: [tensor(INT64, random.pick([[], [], [1]]), int64(value))], runs: below(value) };
}

/** A condition: whether it holds, "said" where that depends on the data. */
export interface Condition extends Omit<Count, "runs"> {
  readonly holds: boolean | "said";
}

export function condition(random: Random, site: Site): Condition {
  const name = site.fresh("c");
  const holds = random.chance(2);
  if (random.chance(5)) {
    if (!site.closed) site.addInput(input(name, [], 9));
    return { name, writes: [], holds: "said" };
  }
  if (site.field !== 1) {
    const made = tensorOf(name, [], { type: 9, raw: Uint8Array.of(Number(holds)) });
    return { name, writes: [stored(site, name, made, true)], holds };
  }
  if (random.chance(4)) {
    const other = site.fresh("c");
    return { name, writes: [truth(other, !holds), node("Not", [other], [name])], holds };
  }
  return { name, writes: [truth(name, holds)], holds };
}

/** A whole number as a graph or a function stores it. */
export function whole(site: Site, name: string, value: number): Write {
  return site.field === 1 ? scalar(name, value) : stored(site, name, tensorOf(name, [], { type: INT64, raw: int64(BigInt(value)) }), true);
}

import { bitsOf, halfToEven, rounded, type RealType, type WholeType } from "../../graph/rounding.js";
import { joined, reals, taken, truths, wholes, type Values } from "../../graph/values.js";
import { exactPower, shiftedLeft, shiftedRight } from "./power.js";

/**
 * What an operator makes of values that are known when a model is read, element by element: lists of one length. Nothing where the result cannot be told
 * to the last bit (a sine, which each library rounds its own way), or has no meaning (a division by 0).
 */
export type Fold = (operands: readonly Values[]) => Values | undefined;

type Maybe<T> = T | undefined;

/** An operation on one type of numbers each; of a type without one nothing is known. Results are wrapped, or rounded, to the type. */
interface Operation {
  readonly whole?: (a: bigint, b: bigint, dtype: WholeType) => Maybe<bigint>;
  readonly real?: (a: number, b: number, dtype: RealType) => Maybe<number>;
  readonly truth?: (a: boolean, b: boolean) => boolean;
}

function all<T>(list: readonly Maybe<T>[]): Maybe<readonly T[]> {
  const known = list.filter((value) => value !== undefined);
  return known.length === list.length ? known : undefined;
}

/** An operation on the elements of two lists of one type. */
function applied({ whole, real, truth }: Operation, a: Values, b: Values): Values | undefined {
  if (a.kind === "whole" && b.kind === "whole" && a.dtype === b.dtype && whole !== undefined) {
    const list = all(a.list.map((value, index) => whole(value, b.list[index] ?? 0n, a.dtype)));
    return list && wholes(a.dtype, list);
  }
  if (a.kind === "real" && b.kind === "real" && a.dtype === b.dtype && real !== undefined) {
    const list = all(a.list.map((value, index) => real(value, b.list[index] ?? 0, a.dtype)));
    return list && reals(a.dtype, list);
  }
  if (a.kind === "truth" && b.kind === "truth" && truth !== undefined)
    return truths(a.list.map((value, index) => truth(value, b.list[index] ?? false)));
  return undefined;
}

/** An operation on two operands, or on more from left to right. */
const binary =
  (operation: Operation): Fold =>
  ([first, ...rest]) =>
    rest.reduce<Maybe<Values>>((left, right) => left && applied(operation, left, right), first);

/** An operation on one operand. */
const unary =
  (operation: Operation): Fold =>
  ([only]) =>
    only && applied(operation, only, only);

const absolute = (value: bigint) => (value < 0n ? -value : value);
/** Towards minus infinity. */
const floorDivided = (a: bigint, b: bigint) => a / b - (a % b !== 0n && a < 0n !== b < 0n ? 1n : 0n);

export const add = binary({ whole: (a, b) => a + b, real: (a, b) => a + b });
export const subtract = binary({ whole: (a, b) => a - b, real: (a, b) => a - b });
export const multiply = binary({ whole: (a, b) => a * b, real: (a, b) => a * b });
/** Whole numbers are cut off towards zero, as C++ does (ONNX, Div-14). */
export const divide = binary({ whole: (a, b) => (b === 0n ? undefined : a / b), real: (a, b) => a / b });
export const floorDivide = binary({
  whole: (a, b) => (b === 0n ? undefined : floorDivided(a, b)),
  real: (a, b, dtype) => Math.floor(rounded(a / b, dtype)),
});
/** The remainder of the floor division: it has the sign of the divisor. */
export const floorModulo = binary({
  whole: (a, b) => (b === 0n ? undefined : a - b * floorDivided(a, b)),
  real: (a, b) => (a % b !== 0 && a < 0 !== b < 0 ? (a % b) + b : a % b),
});
/** C's fmod and %: it has the sign of the dividend. */
export const truncatedModulo = binary({ whole: (a, b) => (b === 0n ? undefined : a % b), real: (a, b) => a % b });
export const squaredDifference = binary({ whole: (a, b) => (a - b) ** 2n, real: squaredDistance });
export const maximum = binary({ whole: (a, b) => (a > b ? a : b), real: (a, b) => Math.max(a, b), truth: (a, b) => a || b });
export const minimum = binary({ whole: (a, b) => (a < b ? a : b), real: (a, b) => Math.min(a, b), truth: (a, b) => a && b });
/** It is carried where its result is exact: at zero. */
export const atan2 = binary({ real: (a, b) => (a === 0 && b > 0 ? a : undefined) });

/** A product of a difference that is rounded first. */
function squaredDistance(a: number, b: number, dtype: RealType): number {
  return rounded(a - b, dtype) ** 2;
}

/** Sums of more than two are divided by how many there are. */
export const mean: Fold = (operands) => {
  const sum = add(operands);
  return sum?.kind === "real"
    ? reals(
        sum.dtype,
        sum.list.map((value) => value / operands.length),
      )
    : undefined;
};

export const and = binary({ truth: (a, b) => a && b });
export const or = binary({ truth: (a, b) => a || b });
export const xor = binary({ truth: (a, b) => a !== b });
export const not = unary({ truth: (a) => !a });
export const bitwiseAnd = binary({ whole: (a, b) => a & b });
export const bitwiseOr = binary({ whole: (a, b) => a | b });
export const bitwiseXor = binary({ whole: (a, b) => a ^ b });
export const bitwiseNot = unary({ whole: (a) => ~a });
export const shiftLeft = binary({ whole: (a, b, dtype) => shiftedLeft(a, b, bitsOf(dtype)) });
export const shiftRight = binary({ whole: (a, b, dtype) => shiftedRight(a, b, bitsOf(dtype)) });

export const negate = unary({ whole: (a) => -a, real: (a) => -a });
export const magnitude = unary({ whole: absolute, real: Math.abs });
export const sign = unary({ whole: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n), real: Math.sign });
export const floor = unary({ real: Math.floor });
export const ceil = unary({ real: Math.ceil });
/** Halves go to the even neighbour (ONNX, Round-11). */
export const round = unary({ real: halfToEven });
export const relu = unary({ whole: (a) => (a > 0n ? a : 0n), real: (a) => Math.max(0, a) });
export const square = unary({ whole: (a) => a * a, real: (a) => a * a });
/** Square roots and quotients are rounded once, everywhere alike (IEEE 754). */
export const squareRoot = unary({ real: Math.sqrt });
export const reciprocal = unary({ real: (a) => 1 / a });
export const isNaNValue: Fold = ([a]) => (a?.kind === "real" ? truths(a.list.map(Number.isNaN)) : undefined);

/** A function that libraries round their own way: carried at the points where its result is exact, and at no other. */
const exactAt = (points: ReadonlyMap<number, number>): Fold => unary({ real: (a) => points.get(a) });
export const exponential = exactAt(new Map([[0, 1]]));
export const logarithm = exactAt(new Map([[1, 0]]));
export const sine = exactAt(new Map([[0, 0]]));
export const cosine = exactAt(new Map([[0, 1]]));

/** A base of one type to an exponent of perhaps another, where the result is exact in the type of the base. */
export const power: Fold = ([base, exponent]) => {
  if (base === undefined || exponent === undefined || base.kind === "truth") return undefined;
  const exponents = exponent.list.map(Number);
  if (base.kind === "whole") {
    const list = all(base.list.map((value, index) => wholePower(value, exponents[index] ?? 1)));
    return list && wholes(base.dtype, list);
  }
  const list = all(base.list.map((value, index) => exactPower(value, exponents[index] ?? 1, base.dtype)));
  return list && reals(base.dtype, list);
};

/** Powers of whole numbers go by way of float64. */
function wholePower(base: bigint, exponent: number): bigint | undefined {
  if (exponent === 1) return base;
  const power = Number.isSafeInteger(Number(base)) ? exactPower(Number(base), exponent, 53) : undefined;
  return power === undefined ? undefined : BigInt(Math.trunc(power));
}

/** The second or the third operand, as the first says. */
export const where: Fold = ([condition, yes, no]) => {
  const both = yes && no && joined([yes, no]);
  if (condition?.kind !== "truth" || both === undefined) return undefined;
  const { length } = condition.list;
  return taken(
    both,
    condition.list.map((value, index) => (value ? index : length + index)),
  );
};

type Ordered = bigint | number | boolean;
type Order = (a: Ordered, b: Ordered) => boolean;

const compare =
  (order: Order): Fold =>
  ([a, b]) => {
    if (a === undefined || b === undefined || a.dtype !== b.dtype) return undefined;
    const second: readonly Ordered[] = b.list;
    return truths(a.list.map((value: Ordered, index) => order(value, second[index] ?? 0)));
  };

export const equal = compare((a, b) => a === b);
export const notEqual = compare((a, b) => a !== b);
export const less = compare((a, b) => a < b);
export const lessOrEqual = compare((a, b) => a <= b);
export const greater = compare((a, b) => a > b);
export const greaterOrEqual = compare((a, b) => a >= b);

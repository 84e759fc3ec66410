import { precisionOf } from "../../graph/rounding.js";
import { reals, wholes, type Values } from "../../graph/values.js";
import { maximum, minimum, multiply, add, magnitude, square, squareRoot } from "./arithmetic.js";
import { taken } from "../../graph/values.js";

/** What a reduction makes of the elements of one group, of which there is one at least: one element. Nothing where it depends on the order of computing. */
export type Reduction = (group: Values) => Values | undefined;

const folded =
  (fold: typeof add): Reduction =>
  (group) =>
    fold(group.list.map((_, index) => taken(group, [index])));

/** Sums of real numbers are exact in any order where all of them are whole, and their sizes together are; or where there are two. */
function isExactSum({ kind, dtype, list }: Values): boolean {
  if (kind !== "real" || list.length <= 2) return true;
  const total = list.reduce((sum, value) => sum + Math.abs(value), 0);
  return list.every(Number.isInteger) && total <= 2 ** precisionOf(dtype);
}

const sum: Reduction = (group) => (isExactSum(group) ? folded(add)(group) : undefined);

const product: Reduction = (group) => {
  if (group.kind !== "real") return folded(multiply)(group);
  const size = group.list.reduce((left, value) => left * Math.max(1, Math.abs(value)), 1);
  const isExact = group.list.length <= 2 || (group.list.every(Number.isInteger) && size <= 2 ** precisionOf(group.dtype));
  return isExact ? folded(multiply)(group) : undefined;
};

/** Of whole numbers cut off towards zero. */
const average: Reduction = (group) => {
  const total = sum(group);
  const count = group.list.length;
  if (total?.kind === "whole")
    return wholes(
      total.dtype,
      total.list.map((value) => value / BigInt(count)),
    );
  return total?.kind === "real"
    ? reals(
        total.dtype,
        total.list.map((value) => value / count),
      )
    : undefined;
};

const after =
  (reduction: Reduction, change: typeof magnitude): Reduction =>
  (group) => {
    const changed = change([group]);
    return changed && reduction(changed);
  };

const largest: Reduction = (group) => (group.list.some(Number.isNaN) ? undefined : folded(maximum)(group));
const smallest: Reduction = (group) => (group.list.some(Number.isNaN) ? undefined : folded(minimum)(group));
const squares = after(sum, square);

/** Reductions by their names in ONNX; what takes a logarithm is not carried. */
export const reductions = {
  reduce_sum: sum,
  reduce_prod: product,
  reduce_mean: average,
  reduce_max: largest,
  reduce_min: smallest,
  reduce_l1: after(sum, magnitude),
  reduce_sumsquare: squares,
  reduce_l2: (group: Values) => {
    const total = squares(group);
    return total && squareRoot([total]);
  },
} satisfies Readonly<Record<string, Reduction>>;

/** The position of the largest element of a group, or of the smallest; the first or the last of them. */
export function extremeAt({ list }: Values, largestOne: boolean, last: boolean): number | undefined {
  if (list.length === 0 || list.some(Number.isNaN)) return undefined;
  let best = 0;
  list.forEach((value, index) => {
    const at = list[best] ?? value;
    const better = largestOne ? value > at : value < at;
    if (better || (last && value === at)) best = index;
  });
  return best;
}

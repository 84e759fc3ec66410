import type { DType } from "../../graph/dtype.js";
import { isRealType, isWholeType, rounded, roundedWhole, wrapped, type RealType, type WholeType } from "../../graph/rounding.js";
import { reals, truths, wholes, type Values } from "../../graph/values.js";

/**
 * Values as another type (ONNX, Cast-21): real numbers are cut off towards zero, whole ones keep their lower bits, truth is 1. Nothing where the result
 * depends on who computes it: a real number that no whole one of the type is, or one that is rounded twice.
 */
export function castValues(values: Values, to: DType): Values | undefined {
  if (values.dtype === to) return values;
  if (to === "bool") return truths(values.list.map((value) => Number.isNaN(value) || Boolean(value)));
  if (isWholeType(to)) return toWhole(values, to);
  return isRealType(to) ? toReal(values, to) : undefined;
}

function toWhole(values: Values, to: WholeType): Values | undefined {
  if (values.kind !== "real") return wholes(to, values.list.map(BigInt));
  const list = values.list.map(Math.trunc);
  const fits = list.every((value) => Number.isFinite(value) && wrapped(BigInt(value), to) === BigInt(value));
  return fits ? wholes(to, list) : undefined;
}

function toReal(values: Values, to: RealType): Values | undefined {
  const list = values.kind === "truth" ? values.list.map(Number) : values.list.map((value) => narrowed(value, to));
  const known = list.flatMap((value) => value ?? []);
  return known.length === list.length ? reals(to, known) : undefined;
}

/** Programs narrow to halves by way of float32, or at once: a number that differs between them is not known. */
function narrowed(value: number | bigint, to: RealType): number | undefined {
  const as = (type: RealType) => (typeof value === "bigint" ? roundedWhole(value, type) : rounded(value, type));
  if (to === "float64" || to === "float32") return as(to);
  const once = as(to);
  return Object.is(once, rounded(as("float32"), to)) ? once : undefined;
}

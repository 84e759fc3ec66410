import type { DType } from "./dtype.js";
import { rounded, wrapped, type RealType, type WholeType } from "./rounding.js";

/** The elements of a small tensor in row-major order, exact, with the type that they have. */
export type Values =
  | { readonly kind: "whole"; readonly dtype: WholeType; readonly list: readonly bigint[] }
  | { readonly kind: "real"; readonly dtype: RealType; readonly list: readonly number[] }
  | { readonly kind: "truth"; readonly dtype: "bool"; readonly list: readonly boolean[] };

/** Whole numbers, wrapped to their type. */
export function wholes(dtype: WholeType, list: readonly (bigint | number)[]): Values {
  return { kind: "whole", dtype, list: list.map((value) => wrapped(BigInt(value), dtype)) };
}

/** Real numbers, rounded to their type. */
export function reals(dtype: RealType, list: readonly number[]): Values {
  return { kind: "real", dtype, list: list.map((value) => rounded(value, dtype)) };
}

export function truths(list: readonly boolean[]): Values {
  return { kind: "truth", dtype: "bool", list };
}

/** Sizes of a shape, as ONNX's Shape gives them out. */
export function sizes(list: readonly number[], dtype: "int32" | "int64" = "int64"): Values {
  return wholes(dtype, list);
}

/** Values as numbers, to read sizes and axes of: what is beyond 2^53 is rounded, and truth is 1. */
export function numbersOf({ list }: Values): readonly number[] {
  return list.map(Number);
}

/** The elements at some positions, in that order. */
export function taken(values: Values, at: readonly number[]): Values {
  switch (values.kind) {
    case "whole":
      return { ...values, list: at.map((index) => values.list[index] ?? 0n) };
    case "real":
      return { ...values, list: at.map((index) => values.list[index] ?? 0) };
    case "truth":
      return { ...values, list: at.map((index) => values.list[index] ?? false) };
  }
}

/** Lists of one type, one after the other; nothing where their types differ, or there is none. */
export function joined(parts: readonly Values[]): Values | undefined {
  const [first] = parts;
  if (first === undefined || parts.some(({ dtype }) => dtype !== first.dtype)) return undefined;
  switch (first.kind) {
    case "whole":
      return { ...first, list: parts.flatMap((part) => (part.kind === "whole" ? part.list : [])) };
    case "real":
      return { ...first, list: parts.flatMap((part) => (part.kind === "real" ? part.list : [])) };
    case "truth":
      return { ...first, list: parts.flatMap((part) => (part.kind === "truth" ? part.list : [])) };
  }
}

/** A type and no element; nothing for types whose values are not carried. */
export function noValues(dtype: DType | undefined): Values | undefined {
  switch (dtype) {
    case "bool":
      return truths([]);
    case undefined:
    case "float32":
      return reals("float32", []);
    case "int64":
    case "int32":
      return wholes(dtype, []);
    default:
      return undefined;
  }
}

/** Whether all elements are the same. Of no element nothing is known. */
export function isUniform({ list }: Values): boolean {
  const [first] = list;
  return list.every((value) => Object.is(value, first));
}

/** Whether all elements are zero. */
export function isZero({ list }: Values): boolean {
  return list.every((value) => Number(value) === 0);
}

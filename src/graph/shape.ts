import { fail } from "./diagnostic.js";

/** Sizes of a tensor, batch included, channels first. */
export type Shape = readonly number[];

/** Sizes of which some are not known: the name that the source has for one, or null. */
export type OpenShape = readonly (number | string | null)[];

/** The largest size that may be written by hand (2^31 - 1, the limit of the frameworks' own int32 sizes). */
export const MAX_DIMENSION = 2_147_483_647;

/** The exact number of elements of a shape; 1 for a scalar. */
export function elements(shape: Shape): bigint {
  let product = 1;
  // No for-of: until V8 has optimized it, each round makes an object, and this is what most starts do most.
  for (let axis = 0; axis < shape.length; axis++) product *= shape[axis] ?? 1;
  // A product of whole numbers that is safe now has been so all along, unless a zero is among them: 0 is exact, too.
  return Number.isSafeInteger(product) ? BigInt(product) : shape.reduce((exact, size) => exact * BigInt(size), 1n);
}

/** `[1, 3, 32, 32]` as `1x3x32x32`; a size that is not known is its name, or `?`, as is a shape without a rank. */
export function formatShape(shape: OpenShape | null): string {
  if (shape === null) return "?";
  return shape.length === 0 ? "scalar" : shape.map((size) => size ?? "?").join("x");
}

/** A computed size, refused where it is no longer an exact integer. Throws `size-too-large`. */
export function exactSize(size: number): number {
  if (Number.isSafeInteger(size)) return size;
  return fail("size-too-large", "the output of this layer has a dimension of 2^53 or more");
}

/** The product of some sizes as one size, as Flatten makes it. Throws `size-too-large`. */
export function mergedSize(sizes: Shape): number {
  return exactSize(Number(elements(sizes)));
}

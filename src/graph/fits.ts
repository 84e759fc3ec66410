import type { OpenShape, Shape } from "./shape.js";

/** Whether a shape is another, whose null is any size. */
export function isExactly(shape: Shape, wanted: OpenShape): boolean {
  return shape.length === wanted.length && wanted.every((size, axis) => size === null || size === shape[axis]);
}

/** Whether a shape broadcasts to another and does not widen it (NumPy's rule in one direction). */
export function isWithin(shape: Shape, wanted: OpenShape): boolean {
  const before = wanted.length - shape.length;
  return before >= 0 && shape.every((size, axis) => size === 1 || wanted[axis + before] === null || size === wanted[axis + before]);
}

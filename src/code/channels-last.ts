import type { TypedValue } from "../graph/inferrer.js";
import { toLayout } from "../graph/layout.js";
import type { Shape } from "../graph/shape.js";
import type { Part } from "./part.js";

/** Whether a value has its channels last in a framework of that order: images and sequences that the core has as N, C, space. */
export function isTurned({ axes, shape }: TypedValue): boolean {
  return axes === "nchw" && shape.length >= 3;
}

/** The shape of a value as Keras and Flax hold it. */
export function lastShape(value: TypedValue): Shape {
  return isTurned(value) ? toLayout(value.shape, "nhwc") : value.shape;
}

/** An axis of the core (batch, channels, space) as Keras and Flax count it. */
export function lastAxis({ input }: Part, axis: number): number {
  const rank = input.shape.length;
  const resolved = axis < 0 ? axis + rank : axis;
  if (!isTurned(input) || resolved === 0) return resolved;
  return resolved === 1 ? rank - 1 : resolved - 1;
}

/** Whether an operator reads everything but the batch at once, so that the order of axes changes only the order of features. */
function readsAll({ op, layer }: Part): boolean {
  const { startDim, endDim } = layer.inference?.attributes ?? {};
  return op === "flatten" && startDim === 1 && endDim === -1;
}

export const FLATTENED = "Features come out of the flattening channels last: another order than channels first, and as many.";

/**
 * The order of axes that a layer needs and its input does not have, as a permutation: PyTorch's layers over the last axis read N, C, H, W
 * as it stands, its convolutions a sequence as N, C, L. What Keras reads otherwise is the same memory for it, and is not moved.
 */
export function turning(part: Part): readonly number[] | undefined {
  const { before, layer, input } = part;
  const { axes, channelsLast } = layer.layer;
  const rank = input.shape.length;
  if (rank < 3 || before.axes !== input.axes || channelsLast === true || layer.layer.readsLastAxis === true || readsAll(part)) return undefined;
  if (axes === "plain" && isTurned(input)) return [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)];
  const reads = axes === "nchw" && part.op !== "reshape" && part.op !== "permute";
  if (reads && !isTurned(input)) return [0, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 2), 1];
  return undefined;
}

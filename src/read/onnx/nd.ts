import { elements, type Shape } from "../../graph/shape.js";
import { taken, type Values } from "../../graph/values.js";
import { FEW } from "./operand.js";

/** Steps between neighbours along each axis of a tensor in row-major order. */
export function strides(shape: Shape): readonly number[] {
  const steps = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = (steps[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return steps;
}

/** Something for each index of a small tensor; nothing where it has more elements than are carried along. */
export function tabulated<T>(shape: Shape, at: (index: readonly number[]) => T): readonly T[] | undefined {
  const count = elements(shape);
  if (count > BigInt(FEW)) return undefined;
  const steps = strides(shape);
  return Array.from({ length: Number(count) }, (_, flat) => at(shape.map((size, axis) => Math.floor(flat / (steps[axis] ?? 1)) % size)));
}

/** Where an index stands in a tensor in row-major order. */
export function flatIndex(index: readonly number[], steps: readonly number[]): number {
  return index.reduce((sum, position, axis) => sum + position * (steps[axis] ?? 1), 0);
}

/** Values of one tensor picked for each index of another; nothing where they are not known, or too many. */
export function picked(
  values: Values | undefined,
  from: Shape,
  to: Shape,
  indexOf: (index: readonly number[]) => readonly number[],
): Values | undefined {
  if (values === undefined) return undefined;
  const steps = strides(from);
  const at = tabulated(to, (index) => flatIndex(indexOf(index), steps));
  return at && taken(values, at);
}

/** The value that an index of a broadcast tensor has in the tensor itself (numpy's rules). */
export function broadcastIndex(index: readonly number[], own: Shape): readonly number[] {
  const lead = index.length - own.length;
  return own.map((size, axis) => (size === 1 ? 0 : (index[axis + lead] ?? 0)));
}

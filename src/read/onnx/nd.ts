import { elements, type Shape } from "../../graph/shape.js";
import { FEW } from "./operand.js";

/** Steps between neighbours along each axis of a tensor in row-major order. */
export function strides(shape: Shape): readonly number[] {
  const steps = Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) steps[axis] = (steps[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return steps;
}

/** The value at each index of a small tensor; nothing where it has more elements than are carried along. */
export function tabulated(shape: Shape, valueAt: (index: readonly number[]) => number): readonly number[] | undefined {
  const count = elements(shape);
  if (count > BigInt(FEW)) return undefined;
  const steps = strides(shape);
  return Array.from({ length: Number(count) }, (_, flat) => valueAt(shape.map((size, axis) => Math.floor(flat / (steps[axis] ?? 1)) % size)));
}

/** Values of one tensor picked for each index of another; nothing where they are not known, or too many. */
export function picked(
  values: readonly number[] | undefined,
  from: Shape,
  to: Shape,
  indexOf: (index: readonly number[]) => readonly number[],
): readonly number[] | undefined {
  if (values === undefined) return undefined;
  const steps = strides(from);
  return tabulated(to, (index) => values[indexOf(index).reduce((sum, position, axis) => sum + position * (steps[axis] ?? 1), 0)] ?? 0);
}

/** The value that an index of a broadcast tensor has in the tensor itself (numpy's rules). */
export function broadcastIndex(index: readonly number[], own: Shape): readonly number[] {
  const lead = index.length - own.length;
  return own.map((size, axis) => (size === 1 ? 0 : (index[axis + lead] ?? 0)));
}

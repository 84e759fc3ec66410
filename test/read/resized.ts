import type { Shape } from "../../src/graph/shape.js";

/** An input of an operator that is given another shape than it must have. */
export interface Resized {
  /** Which of its inputs. */
  readonly at: number;
  readonly shape: Shape;
}

/**
 * Each weight of an operator with one of its sizes one larger, and with an axis more, which no operator can read as what it had. Sizes in `free` may be any,
 * as `input.axis`, and inputs in `loose` may have other ranks.
 */
export function resizings(shapes: readonly (Shape | undefined)[], free: readonly string[], loose: readonly number[] = []): readonly Resized[] {
  return shapes.flatMap((shape, at): readonly Resized[] => {
    if (at === 0 || shape === undefined) return [];
    const larger = shape.flatMap((size, axis) => (free.includes(`${at}.${axis}`) ? [] : [{ at, shape: replaced(shape, axis, size + 1) }]));
    return loose.includes(at) ? larger : [...larger, { at, shape: [...shape, 2] }];
  });
}

/** A list with another entry in one place. */
export function replaced<T>(list: readonly T[], at: number, entry: T): readonly T[] {
  return list.map((each, index) => (index === at ? entry : each));
}

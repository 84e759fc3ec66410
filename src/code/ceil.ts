import type { Border } from "./border.js";
import { spaces } from "./held.js";
import type { Part } from "./part.js";

/** Positions that ceil_mode adds after each axis, for the input that was counted. */
export function ceilExtra(part: Part, { pads, reach, stride }: Pick<Border, "pads" | "reach" | "stride">): readonly number[] {
  const [input, output] = spaces(part);
  return input.map((size, axis) => {
    const [before, after] = pads[axis] ?? [0, 0];
    return Math.max(0, ((output[axis] ?? 1) - 1) * (stride[axis] ?? 1) + (reach[axis] ?? 1) - size - before - after);
  });
}

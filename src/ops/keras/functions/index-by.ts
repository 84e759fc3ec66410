import { fail } from "../../../graph/diagnostic.js";
import type { Primitive } from "../../../graph/layer.js";
import { formatShape, type Shape } from "../../../graph/shape.js";
import { firstInput } from "../../primitive.js";
import { moving } from "./shape.js";

/** A part of an index of numpy: `x[0]`, `x[1:-1:2]`, `x[None]`, `x[...]`, `x[[0, 2]]`. */
export type Index =
  | { readonly kind: "at" }
  | { readonly kind: "new" }
  | { readonly kind: "rest" }
  | { readonly kind: "slice"; readonly start: number | undefined; readonly stop: number | undefined; readonly step: number }
  | { readonly kind: "list"; readonly shape: Shape };

/** How many elements a slice of Python takes. */
function sliceLength(length: number, { start, stop, step }: Extract<Index, { kind: "slice" }>): number {
  const bound = (value: number | undefined, otherwise: number, low: number, high: number) =>
    value === undefined ? otherwise : Math.min(high, Math.max(low, value < 0 ? value + length : value));
  const [from, to] =
    step > 0
      ? [bound(start, 0, 0, length), bound(stop, length, 0, length)]
      : [bound(start, length - 1, -1, length - 1), bound(stop, -1, -1, length - 1)];
  return Math.max(0, Math.ceil((to - from) / step));
}

/** Numpy's basic indexing, and lists of positions (keras.ops GetItem). Throws `bad-axis` for more parts than there are axes. */
export function sliced(index: readonly Index[]): Primitive {
  return moving("getitem", (inputs) => {
    const input = firstInput(inputs);
    const used = index.filter(({ kind }) => kind !== "new" && kind !== "rest").length;
    if (used > input.length)
      fail("bad-axis", `an index of ${used} parts takes nothing of ${formatShape(input)}`, { expected: `at most ${input.length}` });
    const whole = index.some(({ kind }) => kind === "rest") ? index : [...index, { kind: "rest" } as const];
    let axis = 0;
    return whole.flatMap((part): Shape => {
      if (part.kind === "new") return [1];
      if (part.kind === "rest") {
        const kept = input.slice(axis, axis + input.length - used);
        axis += kept.length;
        return kept;
      }
      const length = input[axis++] ?? 1;
      if (part.kind === "at") return [];
      return part.kind === "list" ? part.shape : [sliceLength(length, part)];
    });
  });
}

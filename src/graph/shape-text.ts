import { fail } from "./diagnostic.js";
import { MAX_DIMENSION, type Shape } from "./shape.js";

/**
 * `64x56x56` or `1,64,56,56` as sizes. Throws `bad-shape` and `bad-size` (larger than 2^31 - 1, negative).
 * Zero is left to whoever knows the layer that reads it.
 */
export function parseShape(text: string, flag = "--input"): Shape {
  // No pattern looks for the blanks: of a hundred thousand of them each would be tried as the first.
  const parts = text
    .trim()
    .replace(/^[[(]|[\])]$/g, "")
    .split(/[x×,]/i);
  return parts.map((each) => {
    const part = each.trim();
    if (!/^-?\d+$/.test(part)) {
      fail("bad-shape", `'${text}' is not a shape`, {
        place: { kind: "flag", flag },
        expected: "sizes as in 1x3x224x224 or 1,3,224,224",
        hint: "every dimension is a whole number",
      });
    }
    const size = Number(part);
    if (size >= 0 && size <= MAX_DIMENSION) return size;
    return fail("bad-size", `${part} in '${text}' is ${size < 0 ? "negative" : "larger than 2^31 - 1"}`, {
      place: { kind: "flag", flag },
      expected: `sizes from 1 to ${MAX_DIMENSION}`,
    });
  });
}

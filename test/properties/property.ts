import fc from "fast-check";

/** The same cases in every run: a property that fails says them again, the seed and the path to the smallest case with them. */
const SEED = 20_240_817;

/** Holds a property against `runs` random cases; what fails is shrunk, and told with its seed. */
export function holds<T>(cases: fc.Arbitrary<T>, check: (value: T) => void, runs = 100): void {
  fc.assert(
    fc.property(cases, (value) => {
      check(value);
    }),
    { seed: SEED, numRuns: runs },
  );
}

/** `length` numbers from `min` to `max`. */
export const numbers = (length: number, min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: length, maxLength: length });

/** Every combination of one index an axis, the last one fastest: `grid([2, 3])` has 6. */
export function grid(sizes: readonly number[]): readonly (readonly number[])[] {
  return sizes.reduce<readonly (readonly number[])[]>(
    (points, size) => points.flatMap((point) => Array.from({ length: size }, (_, index) => [...point, index])),
    [[]],
  );
}

/** A number or tuple as Python writes it. */
export const python = (values: readonly number[]) => (values.length === 1 ? String(values[0]) : `(${values.join(", ")})`);

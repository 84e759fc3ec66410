import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { resolveAxis } from "../primitive.js";
import { numbers, outputElements, tensors, text, type AtenRule } from "./call.js";

/** A term of an equation: a letter an axis, the axes of an ellipsis as `0`, `1`, ... counted from the end. */
function lettersOf(term: string, rank: number): readonly string[] {
  const [before = "", after] = term.split("...");
  if (after === undefined) return Array.from(before);
  const open = Math.max(0, rank - before.length - after.length);
  return [...Array.from(before), ...Array.from({ length: open }, (_, index) => String(open - 1 - index)), ...Array.from(after)];
}

/** The axes that come out: those after the arrow; without one, the ellipsis and every letter that stands once. */
function outputOf(right: string | undefined, terms: readonly (readonly string[])[]): ReadonlySet<string> {
  const all = terms.flat();
  const open = all.filter((letter) => /\d/.test(letter));
  if (right !== undefined) return new Set([...Array.from(right.replace("...", "")), ...(right.includes("...") ? open : [])]);
  return new Set([...open, ...all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter))]);
}

/** The size of each letter; 1 fits every other. Throws `bad-attribute` for terms that are not those of the operands, `shape-mismatch` for two sizes of a letter. */
function letterSizes(equation: string, terms: readonly (readonly string[])[], shapes: readonly Shape[]): ReadonlyMap<string, number> {
  if (terms.length !== shapes.length || terms.some((term, index) => term.length !== shapes[index]?.length)) {
    fail("bad-attribute", `the equation ${equation} does not fit operands of ${shapes.map(formatShape).join(" and ")}`, {
      expected: "a term for each operand, and a letter for each of its dimensions",
    });
  }
  const sizes = new Map<string, number>();
  terms.forEach((term, index) => {
    term.forEach((letter, axis) => {
      const [before = 1, size = 1] = [sizes.get(letter), shapes[index]?.[axis]];
      if (before !== size && before !== 1 && size !== 1) {
        fail("shape-mismatch", `${letter} of the equation ${equation} is ${before} and ${size}`, { expected: "one size for each letter" });
      }
      sizes.set(letter, before === 1 ? size : before);
    });
  });
  return sizes;
}

/** The operands that are joined at a step: those of the path, which counts what is left; else the first two. Throws `bad-attribute`. */
function pairAt(path: readonly number[] | undefined, step: number, count: number): readonly [number, number] {
  const [i = 0, j = 1] = path?.slice(2 * step, 2 * step + 2) ?? [];
  const isOne = (index: number) => Number.isInteger(index) && index >= 0 && index < count;
  if (isOne(i) && isOne(j) && i !== j) return [i, j];
  return fail("bad-attribute", `the path of einsum joins operands ${i} and ${j} of ${count}`, { expected: "two of the operands that are left" });
}

/**
 * The cost of an einsum (torch.einsum, numpy.einsum). Operands are joined two by two, from left to right, or in the order of a path (opt_einsum), where each result goes last: what stands in one alone and is not wanted later is summed first, as ATen does
 * (aten/src/ATen/native/Linear.cpp, sumproduct_pair); a join that sums over something is a matrix product, whose MACs are the product of all its sizes; one that
 * sums over nothing is a product an element.
 */
export function einsumCost(equation: string, shapes: readonly Shape[], path?: readonly number[]) {
  const [before = "", right] = equation.replaceAll(/\s/g, "").split("->");
  const terms = before.split(",").map((term, index) => lettersOf(term, shapes[index]?.length ?? 0));
  const sizes = letterSizes(equation, terms, shapes);
  const product = (letters: Iterable<string>) => elements([...new Set(letters)].map((letter) => sizes.get(letter) ?? 1));
  const output = outputOf(right, terms);
  let [macs, multiplied, summed] = [0n, 0n, 0n];
  const without = (term: readonly string[], wanted: ReadonlySet<string>) => {
    const kept = term.filter((letter) => wanted.has(letter));
    if (new Set(kept).size < new Set(term).size) summed += product(term);
    return kept;
  };
  if (terms.length === 1) without(terms[0] ?? [], output);
  for (let left = terms, step = 0; left.length > 1; step++) {
    const pair = pairAt(path, step, left.length);
    const [first = [], second = []] = pair.map((index) => left[index] ?? []);
    const others = left.filter((_, index) => !pair.includes(index));
    const afterwards = new Set([...output, ...others.flat()]);
    const a = without(first, new Set([...afterwards, ...second]));
    const b = without(second, new Set([...afterwards, ...a]));
    const together = [...new Set([...a, ...b])];
    const kept = together.filter((letter) => afterwards.has(letter));
    if (kept.length < together.length) macs += product(together);
    else multiplied += product(together);
    left = path === undefined ? [kept, ...others] : [...others, kept];
  }
  return { macs, operations: { ...(multiplied > 0n ? { elementwise: multiplied } : {}), ...(summed > 0n ? { reduction: summed } : {}) } };
}

export const einsum: AtenRule = (call) => {
  const equation = text(call, "equation") ?? "";
  const operands = tensors(call, "tensors");
  const written = numbers(call, "path") ?? [];
  const path = written.length > 0 ? written : undefined;
  return {
    op: "einsum",
    ...einsumCost(
      equation,
      operands.map(({ shape }) => shape),
      path,
    ),
    attributes: { equation },
    mixes: { channels: true, space: true },
  };
};

/** Multiply-adds of a contraction: one for each output and each value summed over. */
export const contraction = (outputs: bigint, summed: Shape): bigint => outputs * elements(summed);

/** tensordot: the sizes of `dims_self` are summed over. */
export const tensordot: AtenRule = (call) => {
  const shape = tensors(call, "self")[0]?.shape ?? [];
  const dims = call.args.get("dims_self");
  const axes = dims?.kind === "numbers" ? dims.values : [];
  const summed = axes.map((axis) => shape[resolveAxis(call.op, axis, shape.length)] ?? 1);
  return { op: "tensordot", macs: contraction(outputElements(call), summed), mixes: { channels: true, space: true } };
};

import { fail } from "../../../graph/diagnostic.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { text } from "../attributes.js";
import { shapeOf, type Rule } from "../operand.js";

/** A term of an equation: a letter an axis, the axes of an ellipsis as `0`, `1`, ... counted from the end. */
function lettersOf(term: string, rank: number): readonly string[] {
  const [before = "", after] = term.split("...");
  if (after === undefined) return Array.from(before);
  const open = rank - before.length - after.length;
  return [...Array.from(before), ...Array.from({ length: Math.max(0, open) }, (_, index) => String(open - 1 - index)), ...Array.from(after)];
}

/**
 * Einsum (ONNX, version 12; numpy.einsum): operands are joined from left to right. MACs of a join that sums over something are the product of
 * all its sizes, as of the matrix product that it is; one that sums over nothing is a product an element.
 */
const einsum: Rule = (node) => {
  const equation = text(node, "equation", "").replaceAll(" ", "");
  const [left = "", right] = equation.split("->");
  const shapes = node.inputs.map((operand) => shapeOf(operand) ?? []);
  const terms = left.split(",").map((term, index) => lettersOf(term, shapes[index]?.length ?? 0));
  const sizes = sizesOf(terms, shapes, equation);
  const rank = Math.max(0, ...terms.map((term) => term.filter((letter) => letter <= "9").length));
  const output = right === undefined ? implied(terms) : lettersOf(right, right.replace("...", "").length + (right.includes("...") ? rank : 0));
  const shape = output.map((letter) => sizes.get(letter) ?? fail("bad-attribute", `Einsum has no axis ${letter} to give out: ${equation}`));
  const layer = fixed({
    op: "einsum",
    outputs: [shape],
    stored: node.weights(node.inputs),
    ...costOf(terms, output, sizes),
    attributes: { equation },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** Without an arrow: the axes of an ellipsis, then every letter that stands once, in the order of the alphabet. */
function implied(terms: readonly (readonly string[])[]): readonly string[] {
  const all = terms.flat();
  const open = [...new Set(all.filter((letter) => letter <= "9"))].sort().reverse();
  return [...open, ...[...new Set(all)].filter((letter) => letter > "9" && all.filter((other) => other === letter).length === 1).sort()];
}

function sizesOf(terms: readonly (readonly string[])[], shapes: readonly Shape[], equation: string): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  if (terms.length !== shapes.length) fail("bad-attribute", `Einsum has ${shapes.length} operands: ${equation}`, { expected: `${terms.length}` });
  terms.forEach((term, index) => {
    const shape = shapes[index] ?? [];
    if (term.length !== shape.length)
      fail("wrong-rank", `operand ${index} of Einsum has ${shape.length} dimensions: ${equation}`, { expected: `${term.length}` });
    term.forEach((letter, axis) => {
      const [size, before] = [shape[axis] ?? 1, sizes.get(letter) ?? 1];
      if (before !== 1 && size !== 1 && before !== size) fail("shape-mismatch", `axis ${letter} of Einsum is ${before} and ${size}: ${equation}`);
      sizes.set(letter, Math.max(before, size));
    });
  });
  return sizes;
}

function costOf(terms: readonly (readonly string[])[], output: readonly string[], sizes: ReadonlyMap<string, number>) {
  const product = (letters: Iterable<string>) => elements([...new Set(letters)].map((letter) => sizes.get(letter) ?? 1));
  let [macs, multiplied, summed] = [0n, 0n, 0n];
  let [joined = [], ...rest] = terms;
  if (rest.length === 0 && joined.some((letter) => !output.includes(letter))) summed += product(joined);
  while (rest.length > 0) {
    const [next = [], ...later] = rest;
    const wanted = new Set([...output, ...later.flat()]);
    const all = [...new Set([...joined, ...next])];
    const kept = all.filter((letter) => wanted.has(letter));
    if (kept.length < all.length) macs += product(all);
    else multiplied += product(all);
    [joined, rest] = [kept, later];
  }
  return { macs, operations: { ...(multiplied > 0n ? { elementwise: multiplied } : {}), ...(summed > 0n ? { reduction: summed } : {}) } };
}

export const einsumRules: Readonly<Record<string, Rule>> = { Einsum: einsum };

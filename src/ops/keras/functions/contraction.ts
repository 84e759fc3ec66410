import { fail } from "../../../graph/diagnostic.js";
import type { Primitive } from "../../../graph/layer.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import type { Args } from "../../args.js";
import type { CallEntry } from "../../entry.js";
import { broadcast } from "../../join.js";
import { inference, resolveAxis } from "../../primitive.js";
import { calledFunction } from "./function.js";

// keras/src/ops/numpy.py, nn.py: products of tensors. MACs are the elements of the output for each that is summed.

interface Product {
  readonly output: Shape;
  readonly macs: bigint;
}

function product(op: string, of: (left: Shape, right: Shape) => Product): Primitive {
  return calledFunction(op, ([left = [], right = left]) => {
    const { output, macs } = of(left, right);
    return inference([{ shape: output }], { macs, mixes: { channels: true, space: true } });
  });
}

/** Numpy's matmul: vectors are rows or columns, leading axes broadcast. Throws `shape-mismatch`. */
export function matmulOf(left: Shape, right: Shape): Product {
  const [a, b] = [left.length === 1 ? [1, ...left] : left, right.length === 1 ? [...right, 1] : right];
  const [rows = 1, inner = 1] = a.slice(-2);
  const [other = 1, columns = 1] = b.slice(-2);
  if (inner !== other || a.length < 2 || b.length < 2) return mismatch("matmul", left, right);
  const batch = broadcast("matmul", a.slice(0, -2), b.slice(0, -2));
  const output = [...batch, ...(left.length === 1 ? [] : [rows]), ...(right.length === 1 ? [] : [columns])];
  return { output, macs: elements([...batch, rows, columns, inner]) };
}

function mismatch(op: string, left: Shape, right: Shape): never {
  return fail("shape-mismatch", `${op} cannot multiply ${formatShape(left)} by ${formatShape(right)}`, { expected: "sizes that fit" });
}

/** Numpy's dot: the last axis of the first with the last but one of the second. */
function dotOf(left: Shape, right: Shape): Product {
  if (left.length === 0 || right.length === 0) return { output: [...left, ...right], macs: 0n };
  if (right.length === 1) return matmulOf(left, right);
  return tensordotOf(left, right, [left.length - 1], [right.length - 2]);
}

function tensordotOf(left: Shape, right: Shape, first: readonly number[], second: readonly number[]): Product {
  const at = (shape: Shape, axes: readonly number[]) => axes.map((axis) => resolveAxis("tensordot", axis, shape.length));
  const [a, b] = [at(left, first), at(right, second)];
  const sizes = a.map((axis) => left[axis] ?? 1);
  if (formatShape(sizes) !== formatShape(b.map((axis) => right[axis] ?? 1))) return mismatch("tensordot", left, right);
  const output = [...left.filter((_, axis) => !a.includes(axis)), ...right.filter((_, axis) => !b.includes(axis))];
  return { output, macs: elements(output) * elements(sizes) };
}

function tensordot(args: Args): Primitive {
  const written = args.value("axes");
  const pair =
    written.kind === "tuple"
      ? written.items.map((item) => (item.kind === "tuple" ? item.items : [item]).map((each) => args.integerOf(each, "axes", -16)))
      : undefined;
  return product("tensordot", (left, right) => {
    if (pair !== undefined) return tensordotOf(left, right, pair[0] ?? [], pair[1] ?? pair[0] ?? []);
    const count = args.size("axes");
    const ascending = Array.from({ length: count }, (_, index) => index);
    return tensordotOf(
      left,
      right,
      ascending.map((index) => left.length - count + index),
      ascending,
    );
  });
}

function innerOf(left: Shape, right: Shape): Product {
  if (left.length === 0 || right.length === 0) return { output: [...left, ...right], macs: 0n };
  return tensordotOf(left, right, [left.length - 1], [right.length - 1]);
}

/** Sizes by letter, `...` by numbers from the right; a 1 gives way. Throws `shape-mismatch`. */
function lettersOf(terms: readonly string[], inputs: readonly Shape[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  terms.forEach((term, index) => {
    const shape = inputs[index] ?? [];
    if (term.length !== shape.length) fail("wrong-rank", `einsum reads ${formatShape(shape)} as ${term}`, { expected: `${term.length} dimensions` });
    Array.from(term).forEach((letter, axis) => {
      const [known = 1, size = 1] = [sizes.get(letter), shape[axis]];
      if (known !== 1 && size !== 1 && known !== size) fail("shape-mismatch", `einsum has ${known} and ${size} for ${letter}`);
      sizes.set(letter, Math.max(known, size));
    });
  });
  return sizes;
}

/** `...` as letters of its own for so many axes, the same from the right in every term. */
function spelledOut(term: string, rank: number): string {
  const written = term.replace("...", "").length;
  return term.replace("...", () =>
    String.fromCharCode(...Array.from({ length: Math.max(0, rank - written) }, (_, index) => 0x3b1 + (rank - written) - 1 - index)),
  );
}

/** Einstein's sum (numpy.einsum): MACs are the product of all letters, taken pair by pair from the left where there are more than two tensors. */
export function einsum(subscripts: string): Primitive {
  const [left = "", right] = subscripts.replaceAll(" ", "").split("->");
  return calledFunction("einsum", (inputs) => {
    const written = left.split(",");
    const terms = written.map((term, index) => spelledOut(term, inputs[index]?.length ?? 0));
    const sizes = lettersOf(terms, inputs);
    const dots = Math.max(0, ...written.map((term, index) => (term.includes("...") ? (inputs[index]?.length ?? 0) - term.length + 3 : 0)));
    const all = Array.from(terms.join(""));
    const alone = [...new Set(all)].filter((letter) => all.filter((other) => other === letter).length === 1).sort();
    const output = right === undefined ? alone.join("") : spelledOut(right, right.replace("...", "").length + (right.includes("...") ? dots : 0));
    const shape = (letters: string) => Array.from(letters).map((letter) => sizes.get(letter) ?? 1);
    return inference([{ shape: shape(output) }], {
      macs: contractions(terms, output).reduce((sum, letters) => sum + elements(shape(letters)), 0n),
      operations: terms.length === 1 && output.length < new Set(all).size ? { reduction: elements(shape([...new Set(all)].join(""))) } : {},
      attributes: { equation: subscripts },
      mixes: { channels: true, space: true },
    });
  });
}

/** The letters of each product of two, what nobody needs later summed up at once. */
function contractions(terms: readonly string[], output: string): readonly string[] {
  const [first = "", ...rest] = terms;
  let made = first;
  return rest.map((term, index) => {
    const letters = [...new Set(made + term)].join("");
    const later = rest.slice(index + 1).join("") + output;
    made = Array.from(letters)
      .filter((letter) => later.includes(letter))
      .join("");
    return letters;
  });
}

/** Scores, softmax and the weighted sum over batch, time, heads, width (keras.ops.dot_product_attention). */
const dotProductAttention: Primitive = calledFunction("scaled_dot_product_attention", ([query = [], key = query, value = key]) => {
  const [batch = 1, target = 1, heads = 1, width = 1] = query;
  const [source = 1, values = width] = [key[1], value.at(-1)];
  const scores = elements([batch, heads, target, source]);
  return inference([{ shape: [batch, target, heads, values] }], {
    macs: scores * BigInt(width + values),
    operations: { elementwise: scores, softmax: 3n * scores },
    mixes: { channels: true, space: true },
  });
});

export const contractionFunctions: readonly CallEntry[] = [
  { names: ["Matmul"], signature: "", build: () => product("matmul", matmulOf) },
  { names: ["Dot"], signature: "", build: () => product("dot", dotOf) },
  { names: ["Inner"], signature: "", build: () => product("inner", innerOf) },
  { names: ["Vdot"], signature: "", build: () => product("vdot", (left) => ({ output: [], macs: elements(left) })) },
  {
    names: ["Outer"],
    signature: "",
    build: () => product("outer", (left, right) => ({ output: [Number(elements(left)), Number(elements(right))], macs: 0n })),
  },
  { names: ["Tensordot"], signature: "axes=2", build: tensordot },
  { names: ["Einsum"], signature: "subscripts", build: (args) => einsum(args.text("subscripts")) },
  { names: ["DotProductAttention"], signature: "is_causal=False, flash_attention=None, attn_logits_soft_cap=None", build: () => dotProductAttention },
];

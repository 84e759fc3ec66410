import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Axes, Layer, Primitive } from "../../graph/layer.js";
import type { Layout } from "../../graph/layout.js";
import { elements, exactSize, formatShape, mergedSize, type Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import { inference, firstInput, resolveAxis, NOTHING } from "../primitive.js";
import type { CallEntry, ShorthandEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";

/** A layer that only moves data: `view` where not even that. */
export function movement(
  op: string,
  axes: Axes,
  shape: (input: Shape) => Shape,
  rest: { readonly view?: boolean; readonly ranks?: readonly number[]; readonly attributes?: Attributes } = {},
): Primitive {
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes,
    view: rest.view,
    ranks: rest.ranks,
    infer: (inputs) => {
      const output = shape(firstInput(inputs)).map(exactSize);
      return inference([{ shape: output }], { attributes: rest.attributes ?? {} });
    },
  };
}

/** Merges the dimensions from `start` to `end` (PyTorch, nn.Flatten). Throws `bad-axis`. */
function flatten(start: number, end: number): Primitive {
  const layer = movement(
    "flatten",
    "plain",
    (input) => {
      const first = resolveAxis("flatten", start, input.length);
      const last = resolveAxis("flatten", end, input.length);
      if (first > last) fail("bad-axis", "flatten has start_dim after end_dim", { expected: "start_dim up to end_dim" });
      return [...input.slice(0, first), mergedSize(input.slice(first, last + 1)), ...input.slice(last + 1)];
    },
    { view: true, attributes: { startDim: start, endDim: end } },
  );
  return { ...layer, anyOrder: start === 1 && end === -1 };
}

/** Keras and the shorthand keep the batch and merge the rest; a lone batch becomes N x 1. */
const flattenAll: Primitive = {
  ...movement("flatten", "plain", (input) => [...input.slice(0, 1), mergedSize(input.slice(1))], {
    view: true,
    attributes: { startDim: 1, endDim: -1 },
  }),
  anyOrder: true,
};

/** Replaces one dimension by several (PyTorch, nn.Unflatten); one of them may be -1. */
function unflatten(axis: number, sizes: readonly number[]): Primitive {
  return movement(
    "unflatten",
    "plain",
    (input) => {
      const position = resolveAxis("unflatten", axis, input.length);
      return [...input.slice(0, position), ...filled("unflatten", sizes, [input[position] ?? 0]), ...input.slice(position + 1)];
    },
    { view: true, attributes: { dim: axis, sizes } },
  );
}

/** Reshapes everything but the batch (Keras, Reshape); one size may be -1. Three sizes or more are an image, of that order. */
function reshape(sizes: readonly number[], images?: Layout): Primitive {
  const layer = movement("reshape", "plain", (input) => [...input.slice(0, 1), ...filled("reshape", sizes, input.slice(1))], {
    view: true,
    attributes: { sizes },
  });
  return sizes.length < 3 ? layer : { ...layer, makes: images };
}

/** Sizes with -1 worked out from what there is. Throws `size-mismatch` where the elements do not come out even. */
function filled(op: string, sizes: readonly number[], from: Shape): Shape {
  const known = elements(sizes.filter((size) => size !== -1));
  const total = elements(from);
  const open = sizes.filter((size) => size === -1).length;
  const fits = open === 0 ? known === total : open === 1 && known > 0n && total % known === 0n;
  if (!fits)
    fail("size-mismatch", `${op} cannot turn ${formatShape(from)} into ${formatShape(sizes)}`, { expected: `sizes whose product is ${total}` });
  return sizes.map((size) => (size === -1 ? Number(total / known) : size));
}

/** Reorders the dimensions after the batch, counted from 1 (Keras, Permute). Data moves. */
function permute(dims: readonly number[]): Primitive {
  const shape = (input: Shape): Shape => {
    const sorted = [...dims].sort((left, right) => left - right);
    if (sorted.length !== input.length - 1 || sorted.some((dim, index) => dim !== index + 1)) {
      fail("bad-axis", `permute (${dims.join(", ")}) is no order of the ${input.length - 1} dimensions after the batch`, {
        expected: `each of 1 to ${input.length - 1} once`,
      });
    }
    return [...input.slice(0, 1), ...dims.map((dim) => input[dim] ?? 0)];
  };
  return movement("permute", "plain", shape, { attributes: { dims } });
}

/** [N, F] repeated as [N, n, F] (Keras, RepeatVector). */
function repeatVector(count: number): Primitive {
  return movement("repeat_vector", "plain", (input) => [...input.slice(0, 1), count, ...input.slice(1)], {
    ranks: [2],
    attributes: { repeats: count },
  });
}

function unflattenedSize(args: Args): readonly number[] {
  // A named tensor's sizes are pairs: (('C', 2), ('H', 5)).
  return args.items("unflattened_size").map((item) => {
    const size = item.kind === "tuple" ? item.items.at(-1) : item;
    return args.integerOf(size ?? item, "unflattened_size", -1);
  });
}

export const torchReshapes: readonly CallEntry[] = [
  { names: ["Flatten"], signature: "start_dim=1, end_dim=-1", build: (args) => flatten(args.integer("start_dim"), args.integer("end_dim")) },
  { names: ["Unflatten"], signature: "dim, unflattened_size", build: (args) => unflatten(args.integer("dim"), unflattenedSize(args)) },
];

// https://keras.io/api/layers/reshaping_layers/
export const kerasReshapes: readonly CallEntry[] = [
  { names: ["Flatten"], signature: `data_format=None, ${KERAS_LAYER}`, build: () => flattenAll },
  { names: ["Reshape"], signature: `target_shape, ${KERAS_LAYER}`, build: (args) => reshape(args.integers("target_shape", -1), "nhwc") },
  { names: ["Permute"], signature: `dims, ${KERAS_LAYER}`, build: (args) => permute(args.integers("dims", 1)) },
  { names: ["RepeatVector"], signature: `n, ${KERAS_LAYER}`, build: (args) => repeatVector(args.count("n")) },
];

function sizes(word: string, list: readonly number[] | undefined, example: string): readonly number[] {
  if (list !== undefined && list.length > 0) return list;
  return fail("missing-argument", `${word} needs sizes`, { expected: `sizes, as in \`${example}\`` });
}

export const reshapeWords: readonly ShorthandEntry[] = [
  { words: ["flatten"], takes: [], example: "flatten", build: (): Layer => flattenAll },
  {
    words: ["reshape"],
    takes: ["kernel", "numbers"],
    example: "reshape 64x7x7",
    build: ({ kernel, numbers }) => reshape(sizes("reshape", kernel ?? numbers, "reshape 64x7x7")),
  },
  { words: ["permute"], takes: ["numbers"], example: "permute 2 1", build: ({ numbers }) => permute(sizes("permute", numbers, "permute 2 1")) },
];

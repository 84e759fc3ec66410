import { fail } from "../graph/diagnostic.js";
import type { Attributes, Layer, Primitive, Stored } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import type { Args } from "./args.js";
import type { CallEntry, ShorthandArgs, ShorthandEntry } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { ADAPTED, adapted, type Kernel } from "./keras/kernel.js";
import { firstInput, inference, requireRank } from "./primitive.js";

/** A table look-up: no arithmetic (PyTorch, nn.Embedding). Indices are int64. `length` is that of a sequence, where the layer says it. */
function embedding(count: number, dim: number, length?: number, settings: Attributes = {}): Primitive {
  const stores: readonly Stored[] = [{ name: "weight", role: "parameter", shape: [count, dim] }];
  return {
    type: "primitive",
    op: "embedding",
    stores,
    axes: "plain",
    inputDtype: "int64",
    impliedInput: length === undefined ? undefined : { shape: [1, length] },
    infer: (inputs) =>
      inference([{ shape: [...firstInput(inputs), dim] }], {
        stored: stores,
        attributes: { numEmbeddings: count, embeddingDim: dim, ...settings },
      }),
  };
}

/** Bags of rows looked up and joined: n - 1 additions or comparisons, a division more for a mean (PyTorch, nn.EmbeddingBag, without offsets). */
function embeddingBag(count: number, dim: number, mode: "mean" | "sum" | "max"): Primitive {
  const table = embedding(count, dim);
  return {
    ...table,
    op: "embedding_bag",
    ranks: [2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank("embedding_bag", input, [2], "bags, indices");
      const [bags = 0, length = 1] = input;
      const output = [bags, dim];
      return inference([{ shape: output }], {
        stored: table.stores ?? [],
        operations: { reduction: BigInt(mode === "mean" ? length : length - 1) * elements(output) },
        attributes: { numEmbeddings: count, embeddingDim: dim, mode },
      });
    },
  };
}

const EMBEDDING =
  "num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False, device=None, dtype=None";
const BAG =
  "num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode='mean', sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None";

function torchEmbedding(args: Args): Primitive {
  const settings = args.isNone("padding_idx") ? {} : { paddingIdx: args.integer("padding_idx") };
  return embedding(args.count("num_embeddings"), args.count("embedding_dim"), undefined, settings);
}

export const torchEmbeddings: readonly CallEntry[] = [
  { names: ["Embedding"], signature: EMBEDDING, build: torchEmbedding },
  {
    names: ["EmbeddingBag"],
    signature: BAG,
    build: (args) => embeddingBag(args.count("num_embeddings"), args.count("embedding_dim"), args.oneOf("mode", ["mean", "sum", "max"])),
  },
];

/** Quantised, each row of an embedding has its scale. */
function embeddings({ shape: [count = 1, dim = 1] }: Stored): Kernel {
  return { rows: dim, columns: count, packed: "rows", last: dim, before: count };
}

function kerasEmbedding(args: Args): Layer {
  const settings = args.flag("mask_zero") ? { maskZero: true } : {};
  return adapted(args, embedding(args.count("input_dim"), args.count("output_dim"), args.optionalCount("input_length"), settings), embeddings);
}

export const kerasEmbeddings: readonly CallEntry[] = [
  {
    names: ["Embedding"],
    signature: `input_dim, output_dim, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, weights=None, ${ADAPTED}, input_length=None, ${KERAS_LAYER}`,
    build: kerasEmbedding,
  },
];

function shorthandEmbedding(args: ShorthandArgs): Primitive {
  const sizes = args.outChannels === undefined ? args.numbers : [args.inChannels, args.outChannels, ...args.numbers];
  const [count, dim] = sizes;
  if (count !== undefined && dim !== undefined && sizes.length === 2) return embedding(count, dim);
  return fail("missing-argument", "embedding takes how many rows and how wide they are", {
    place: args.place,
    expected: "two numbers, as in `embedding 1000 64`",
  });
}

export const embeddingWords: readonly ShorthandEntry[] = [
  { words: ["embedding"], takes: ["numbers", "channels"], example: "embedding 1000 64", build: shorthandEmbedding },
];

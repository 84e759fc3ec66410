import type { Primitive, Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { firstInput, inference, requireRank } from "../primitive.js";
import { ADAPTED, adapted } from "./kernel.js";

interface ReversibleOptions {
  readonly count: number;
  readonly dim: number;
  /** One table serves both ways. */
  readonly tied: boolean;
  /** Vectors are turned into a score for each row (`layer(x, reverse=True)`). */
  readonly reverse: boolean;
  /** Scores are capped by a tangent. */
  readonly capped: boolean;
}

/** An embedding that can be read backwards, as language models do for their logits (Keras, ReversibleEmbedding). Reverse MACs: rows · dim · count. */
function reversible({ count, dim, tied, reverse, capped }: ReversibleOptions): Primitive {
  const stores: readonly Stored[] = [
    { name: "weight", role: "parameter", shape: [count, dim] },
    ...(tied ? [] : [{ name: "reverse_weight", role: "parameter" as const, shape: [dim, count] }]),
  ];
  const attributes = { numEmbeddings: count, embeddingDim: dim, ...(tied ? {} : { tied }), ...(reverse ? { reverse } : {}) };
  return {
    type: "primitive",
    op: "reversible_embedding",
    stores,
    axes: "plain",
    inputDtype: reverse ? undefined : "int64",
    infer(inputs) {
      const input = firstInput(inputs);
      if (!reverse) return inference([{ shape: [...input, dim] }], { stored: stores, attributes });
      requireRank("reversible_embedding", [...input.slice(0, -1), input.at(-1) ?? 0], [2, 3, 4, 5, 6], "vectors");
      const output = [...input.slice(0, -1), count];
      return inference([{ shape: output }], {
        stored: stores,
        macs: elements(output) * BigInt(dim),
        // A quotient, a tangent and a product for each capped score.
        operations: capped ? { activation: elements(output), elementwise: 2n * elements(output) } : {},
        attributes,
        mixes: { channels: true, space: false },
      });
    },
  };
}

function build(args: Args) {
  const layer = reversible({
    count: args.count("input_dim"),
    dim: args.count("output_dim"),
    tied: args.flag("tie_weights"),
    reverse: args.flag("reverse"),
    capped: !args.isNone("logit_soft_cap"),
  });
  return adapted(args, layer, ({ name, shape: [first = 1, second = 1] }) =>
    name === "weight"
      ? { rows: second, columns: first, packed: "rows", last: second, before: first }
      : { rows: first, columns: second, packed: "rows", last: second, before: first },
  );
}

export const kerasReversible: readonly CallEntry[] = [
  {
    names: ["ReversibleEmbedding"],
    signature: `input_dim, output_dim, tie_weights=True, embeddings_initializer='uniform', embeddings_regularizer=None, embeddings_constraint=None, mask_zero=False, reverse_dtype=None, logit_soft_cap=None, weights=None, ${ADAPTED}, reverse=False, ${KERAS_LAYER}`,
    build,
  },
];

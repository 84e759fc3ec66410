import type { Primitive, Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import { firstInput, given, inference, resolveAxis } from "../primitive.js";

/**
 * A norm by statistics that are learned before training (Keras, Normalization): a difference and a quotient an element. Mean and variance
 * along the axes, and a count, are kept, unless they are given.
 */
export function featureNorm(axes: readonly number[], statistics: "kept" | "given"): Primitive {
  return {
    type: "primitive",
    op: "normalization",
    stores: statistics === "given" ? [] : undefined,
    axes: "any",
    infer(inputs) {
      const input = firstInput(inputs);
      const kept = new Set(axes.map((axis) => resolveAxis("normalization", axis, input.length)));
      const sizes = input.filter((_, axis) => kept.has(axis));
      const buffer = (name: string, shape: readonly number[]): Stored => ({ name, role: "buffer", shape });
      return inference([{ shape: input }], {
        stored: statistics === "given" ? [] : [buffer("mean", sizes), buffer("variance", sizes), buffer("count", [])],
        operations: { normalization: 2n * elements(input) },
        attributes: given({ axes }),
      });
    },
  };
}

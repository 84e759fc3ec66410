import { elements } from "../../graph/shape.js";
import { all, inputElements, outputElements, shapeOf, type AtenRule } from "./call.js";

const MIXES = { channels: true, space: true };

/** So many operations for each value that is read. */
const each =
  (perElement = 1n): AtenRule =>
  (call) => ({ op: call.op, operations: { reduction: perElement * inputElements(call) }, mixes: MIXES });

/** max and min: a reduction, or two tensors element by element. */
const extreme: AtenRule = (call) => (call.overload === "other" ? { op: call.op, operations: { elementwise: outputElements(call) } } : each()(call));

/** Neighbours along an axis, one from the other: n times. */
const difference: AtenRule = (call) => ({ op: call.op, operations: { elementwise: outputElements(call) } });

/** Values that are added to others at places that indices say. */
const gathered: AtenRule = (call) => ({ op: call.op, operations: { reduction: elements(shapeOf(call, "source", "src", "values", "data")) } });

/** embedding_bag: rows of a table, added up or compared for each bag. */
const embeddingBag: AtenRule = (call) => {
  const [, width = 1] = shapeOf(call, "weight");
  const rows = elements(shapeOf(call, "indices"));
  const weighted = shapeOf(call, "per_sample_weights").length > 0 ? rows * BigInt(width) : 0n;
  return {
    op: "embedding_bag",
    operations: { reduction: rows * BigInt(width), ...(weighted > 0n ? { elementwise: weighted } : {}) },
    mixes: { channels: false, space: true },
  };
};

export const reductionRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    `mean sum amax amin prod any all argmax argmin cumsum cumprod cummax cummin nansum aminmax _aminmax median nanmedian mode kthvalue trace sum_to_size
     _grad_sum_to_size segment_reduce histc bincount histogram nuclear_norm quantile nanquantile`,
    each(),
  ),
  ...all("max min", extreme),
  ...all(
    "norm linalg_vector_norm linalg_norm linalg_matrix_norm frobenius_norm count_nonzero nanmean norm_except_dim native_norm dist pairwise_distance pdist _pdist_forward",
    each(2n),
  ),
  // The mean, a subtraction, a square and a sum.
  ...all("var std var_mean std_mean logsumexp special_logsumexp logcumsumexp _logcumsumexp", each(4n)),
  ...all("diff gradient trapezoid trapz cumulative_trapezoid linalg_cross cross", difference),
  ...all("index_add scatter_add scatter_reduce index_reduce", gathered),
  ...all("embedding_bag _embedding_bag _embedding_bag_forward_only", embeddingBag),
};

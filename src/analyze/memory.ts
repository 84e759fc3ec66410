import { bytesOf, type DType } from "../graph/dtype.js";
import type { TensorType } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import type { InferredLayer, TypedValue } from "../graph/inferrer.js";
import type { InferredGraph } from "./infer.js";

/** Bytes of one tensor; `dtype` is the model's, for tensors that have none of their own. */
export function tensorBytes(type: TensorType, dtype: DType): bigint {
  return bytesOf(elements(type.shape), type.dtype ?? dtype);
}

/** Bytes of some values, one that stands there twice counted once. */
export function distinctBytes(values: readonly TypedValue[], dtype: DType): bigint {
  const distinct = new Map(values.map((value) => [value.id, value]));
  return [...distinct.values()].reduce((sum, value) => sum + tensorBytes(value, dtype), 0n);
}

/** Bytes that a layer's outputs take besides its inputs: none for a view. */
export function newBytes({ inputs, outputs }: InferredLayer, dtype: DType): bigint {
  return distinctBytes(
    outputs.filter((output) => !inputs.some((input) => input.id === output.id)),
    dtype,
  );
}

/** A layer that runs as one: a primitive, or a convolution with its activation. */
export function isFused(layer: InferredLayer): boolean {
  return layer.layer.type === "primitive" || layer.layer.lead !== undefined;
}

/**
 * The most bytes of activations alive at once: a tensor lives from the layer that makes it to the last that reads it, the model's
 * outputs to the end. Nothing is done in place, and no layer is given scratch memory.
 */
export function peakActivationBytes(graph: InferredGraph, dtype: DType): bigint {
  const runs = graph.layers.flatMap(flatten);
  const lastUse = new Map<number, number>();
  runs.forEach((run, index) => {
    for (const value of [...run.outputs, ...run.inputs]) lastUse.set(value.id, index);
  });
  for (const output of graph.outputs) lastUse.set(output.id, runs.length);
  // A view has its source's number: the memory is as large as what was made first under it (one part of a split is smaller).
  const sizes = new Map(graph.inputs.map((input) => [input.id, tensorBytes(input, dtype)]));
  let alive = distinctBytes(graph.inputs, dtype);
  let peak = alive;
  runs.forEach((run, index) => {
    for (const output of run.outputs) {
      if (sizes.has(output.id)) continue;
      const bytes = tensorBytes(output, dtype);
      sizes.set(output.id, bytes);
      alive += bytes;
    }
    if (alive > peak) peak = alive;
    for (const { id } of [...run.inputs, ...run.outputs]) {
      if (lastUse.get(id) !== index) continue;
      alive -= sizes.get(id) ?? 0n;
      sizes.delete(id);
    }
  });
  return peak;
}

function flatten(layer: InferredLayer): readonly InferredLayer[] {
  return isFused(layer) ? [layer] : layer.steps.flatMap(flatten);
}

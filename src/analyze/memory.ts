import { bytesOf, type DType } from "../graph/dtype.js";
import type { Peak } from "./analysis.js";
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
export function peakActivations(graph: InferredGraph, dtype: DType): Peak {
  const runs = graph.layers.flatMap((layer) => flatten(layer));
  const lastUse = new Map<number, number>();
  runs.forEach((run, index) => {
    for (const value of [...run.outputs, ...run.inputs]) lastUse.set(value.id, index);
  });
  for (const output of graph.outputs) lastUse.set(output.id, runs.length);
  // A view has its source's number: the memory is as large as what was made first under it (one part of a split is smaller).
  const sizes = new Map(graph.inputs.map((input) => [input.id, tensorBytes(input, dtype)]));
  let alive = distinctBytes(graph.inputs, dtype);
  let peak = alive;
  let at = -1;
  const made = new Map<number, Made>(graph.inputs.map((input) => [input.id, { by: undefined, at: -1, bytes: tensorBytes(input, dtype) }]));
  runs.forEach((run, index) => {
    for (const output of run.outputs) {
      if (sizes.has(output.id)) continue;
      const bytes = tensorBytes(output, dtype);
      sizes.set(output.id, bytes);
      made.set(output.id, { by: run.name, at: index, bytes });
      alive += bytes;
    }
    if (alive > peak) [peak, at] = [alive, index];
    for (const { id } of [...run.inputs, ...run.outputs]) {
      if (lastUse.get(id) !== index) continue;
      alive -= sizes.get(id) ?? 0n;
      sizes.delete(id);
    }
  });
  const held = [...made].filter(([id, tensor]) => tensor.at <= at && (lastUse.get(id) ?? Infinity) >= at).map(([, { by, bytes }]) => ({ by, bytes }));
  return { bytes: peak, at: runs[at]?.name, alive: held.sort((a, b) => (a.bytes === b.bytes ? 0 : a.bytes > b.bytes ? -1 : 1)) };
}

interface Made {
  readonly by: string | undefined;
  readonly at: number;
  readonly bytes: bigint;
}

/** A layer, or the steps of one that does not run as one, each named as it is inside the model. */
function flatten(layer: InferredLayer, path = layer.name): readonly InferredLayer[] {
  return isFused(layer) ? [{ ...layer, name: path }] : layer.steps.flatMap((step) => flatten(step, `${path}.${step.name}`));
}

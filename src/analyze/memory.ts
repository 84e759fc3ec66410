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
  const [only, ...others] = values;
  if (only !== undefined && others.length === 0) return tensorBytes(only, dtype);
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
  const runs: Run[] = [];
  for (const layer of graph.layers) addRuns(runs, layer, layer.name);
  const lastUse = new Map<number, number>();
  runs.forEach(({ layer }, index) => {
    for (const { id } of layer.outputs) lastUse.set(id, index);
    for (const { id } of layer.inputs) lastUse.set(id, index);
  });
  for (const output of graph.outputs) lastUse.set(output.id, runs.length);
  // A view has its source's number: the memory is as large as what was made first under it (one part of a split is smaller).
  const sizes = new Map(graph.inputs.map((input) => [input.id, tensorBytes(input, dtype)]));
  let alive = distinctBytes(graph.inputs, dtype);
  let peak = alive;
  let at = -1;
  const made = new Map<number, Made>(graph.inputs.map((input) => [input.id, { by: undefined, at: -1, bytes: tensorBytes(input, dtype) }]));
  const free = (values: readonly TypedValue[], index: number) => {
    for (const { id } of values) {
      if (lastUse.get(id) !== index) continue;
      alive -= sizes.get(id) ?? 0n;
      sizes.delete(id);
    }
  };
  runs.forEach(({ layer, path }, index) => {
    for (const output of layer.outputs) {
      if (sizes.has(output.id)) continue;
      const bytes = tensorBytes(output, dtype);
      sizes.set(output.id, bytes);
      made.set(output.id, { by: path, at: index, bytes });
      alive += bytes;
    }
    if (alive > peak) [peak, at] = [alive, index];
    free(layer.inputs, index);
    free(layer.outputs, index);
  });
  const held = [...made].filter(([id, tensor]) => tensor.at <= at && (lastUse.get(id) ?? Infinity) >= at).map(([, { by, bytes }]) => ({ by, bytes }));
  return { bytes: peak, at: runs[at]?.path, alive: held.sort((a, b) => (a.bytes === b.bytes ? 0 : a.bytes > b.bytes ? -1 : 1)) };
}

interface Made {
  readonly by: string | undefined;
  readonly at: number;
  readonly bytes: bigint;
}

/** What runs as one, by its name inside the model. */
interface Run {
  readonly path: string;
  readonly layer: InferredLayer;
}

/** Adds a layer, or the steps of one that does not run as one. */
function addRuns(runs: Run[], layer: InferredLayer, path: string): void {
  if (isFused(layer)) runs.push({ path, layer });
  else for (const step of layer.steps) addRuns(runs, step, `${path}.${step.name}`);
}

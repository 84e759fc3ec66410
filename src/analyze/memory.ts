import { bytesOf, type DType } from "../graph/dtype.js";
import type { Peak } from "./analysis.js";
import type { TensorType } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import type { InferredGraph, InferredLayer, TypedValue } from "../graph/inferrer.js";

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
  const read = new Set(inputs.map(({ id }) => id));
  return distinctBytes(
    outputs.filter(({ id }) => !read.has(id)),
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
  const { paths, lives, peak, at } = lifetimes(graph, dtype);
  const held = lives.filter((life) => life.made <= at && life.lastUse >= at).map(({ by, bytes }) => ({ by, bytes }));
  return { bytes: peak, at: paths[at], alive: held.sort((a, b) => (a.bytes === b.bytes ? 0 : a.bytes > b.bytes ? -1 : 1)) };
}

/** From which run to which a tensor is alive, those of its views with it. */
interface Life {
  readonly by: string | undefined;
  /** The run that makes it; -1 for an input of the model. */
  readonly made: number;
  /** A view is no larger: one part of a split is smaller. */
  readonly bytes: bigint;
  lastUse: number;
}

/** Every tensor's life in the order in which they are made, the most bytes alive at once, and the first run where they are; -1 where that is before all. */
function lifetimes(graph: InferredGraph, dtype: DType) {
  const { layers, paths } = runsOf(graph);
  const lives: Life[] = [];
  // Ids are small numbers: an array is faster than a map.
  const byId: (Life | undefined)[] = [];
  const add = ({ id }: TypedValue, life: Life) => {
    lives.push(life);
    byId[id] = life;
  };
  for (const input of graph.inputs) add(input, { by: undefined, made: -1, bytes: tensorBytes(input, dtype), lastUse: Infinity });
  layers.forEach(({ inputs, outputs }, index) => {
    for (const output of outputs) {
      const known = byId[output.id];
      if (known === undefined) add(output, { by: paths[index], made: index, bytes: tensorBytes(output, dtype), lastUse: index });
      else known.lastUse = index;
    }
    for (const { id } of inputs) {
      const read = byId[id];
      if (read !== undefined) read.lastUse = index;
    }
  });
  for (const { id } of graph.outputs) {
    const life = byId[id];
    if (life !== undefined) life.lastUse = layers.length;
  }
  return { paths, lives, ...most(lives, layers.length) };
}

function most(lives: readonly Life[], runs: number): { readonly peak: bigint; readonly at: number } {
  // Bytes that go after each run.
  const ending: (bigint | undefined)[] = [];
  for (let run = 0; run < runs; run++) ending.push(undefined);
  for (const { bytes, lastUse } of lives) {
    if (lastUse >= runs) continue;
    const before = ending[lastUse];
    ending[lastUse] = before === undefined ? bytes : before + bytes;
  }
  let alive = 0n;
  let next = 0;
  const begin = (run: number) => {
    for (let life = lives[next]; life?.made === run; life = lives[++next]) alive += life.bytes;
  };
  begin(-1);
  let peak = alive;
  let at = -1;
  for (let run = 0; run < runs; run++) {
    begin(run);
    if (alive > peak) {
      peak = alive;
      at = run;
    }
    const gone = ending[run];
    if (gone !== undefined) alive -= gone;
  }
  return { peak, at };
}

/** What runs as one, by its name inside the model. */
interface Runs {
  readonly layers: InferredLayer[];
  readonly paths: string[];
}

function runsOf(graph: InferredGraph): Runs {
  const runs: Runs = { layers: [], paths: [] };
  for (const layer of graph.layers) addRuns(runs, layer, layer.name);
  return runs;
}

/** Adds a layer, or the steps of one that does not run as one. */
function addRuns(runs: Runs, layer: InferredLayer, path: string): void {
  if (!isFused(layer)) {
    for (const step of layer.steps) addRuns(runs, step, `${path}.${step.name}`);
    return;
  }
  runs.layers.push(layer);
  runs.paths.push(path);
}

import type { Graph } from "../graph/graph.js";
import { sumFigures } from "./figures.js";
import type { Analysis, LayerAnalysis } from "./analysis.js";

/** A depthwise convolution and the pointwise one that makes it depthwise separable, by their positions; norms and activations are between. */
export interface SeparablePair {
  readonly depthwise: number;
  /** What follows it, the pointwise convolution last. */
  readonly path: readonly number[];
}

/** The depthwise convolutions of a graph that a pointwise one follows, with nothing but norms and activations between (arXiv 1704.04861, section 3.1). */
export function separablePairs(graph: Graph, layers: readonly LayerAnalysis[]): readonly SeparablePair[] {
  const readers = readersOf(graph);
  return layers.flatMap((layer, depthwise): readonly SeparablePair[] => {
    if (layer.kind !== "depthwise" || layer.steps.length > 0) return [];
    const path = pathToPointwise(graph, layers, readers, depthwise);
    return path === undefined ? [] : [{ depthwise, path }];
  });
}

/** The same analysis with each such pair as one row, whose steps are the two convolutions and what is between. Totals stay as they are. */
export function withPairs(graph: Graph, analysis: Analysis): Analysis {
  const { layers } = analysis;
  const rows: (LayerAnalysis | undefined)[] = [...layers];
  for (const { depthwise, path } of separablePairs(graph, layers)) {
    const steps = [depthwise, ...path].flatMap((index) => layers[index] ?? []);
    const [first] = steps;
    const last = steps.at(-1);
    if (first === undefined || last === undefined) continue;
    for (const index of path) rows[index] = undefined;
    rows[depthwise] = {
      index: first.index,
      name: first.name,
      op: first.op.replace("conv", "separable_conv"),
      inputs: first.inputs,
      outputs: last.outputs,
      attributes: { ...first.attributes, outChannels: last.attributes["outChannels"] ?? null },
      mixes: { channels: true, space: true },
      steps,
      ...sumFigures(steps),
    };
  }
  return { ...analysis, layers: rows.flatMap((row) => row ?? []) };
}

/** Which nodes read each tensor; what the graph gives out is read once more, by no node. */
function readersOf(graph: Graph): ReadonlyMap<string, readonly (number | undefined)[]> {
  const readers = new Map<string, (number | undefined)[]>();
  const add = (tensor: string, reader: number | undefined) => {
    const list = readers.get(tensor);
    if (list === undefined) readers.set(tensor, [reader]);
    else list.push(reader);
  };
  graph.nodes.forEach((node, index) => {
    for (const tensor of node.inputs) add(tensor, index);
  });
  for (const tensor of graph.outputs) add(tensor, undefined);
  return readers;
}

/** The nodes from after a depthwise convolution to the pointwise one, with nothing but norms and activations between. */
function pathToPointwise(
  graph: Graph,
  layers: readonly LayerAnalysis[],
  readers: ReturnType<typeof readersOf>,
  start: number,
): readonly number[] | undefined {
  const path: number[] = [];
  let at = start;
  for (;;) {
    const tensor = graph.nodes[at]?.outputs[0] ?? "";
    const [next, ...others] = readers.get(tensor) ?? [];
    const layer = next === undefined ? undefined : layers[next];
    if (next === undefined || layer === undefined || others.length > 0) return undefined;
    path.push(next);
    if (isUnitPointwise(layer)) return path;
    if (!isBetween(layer)) return undefined;
    at = next;
  }
}

function isUnitPointwise({ kind, attributes, steps }: LayerAnalysis): boolean {
  const { stride } = attributes;
  return kind === "pointwise" && steps.length === 0 && Array.isArray(stride) && stride.every((size) => size === 1);
}

/** A norm or an activation: the shape is kept, and nothing else is computed. */
function isBetween({ inputs, outputs, operations, macs, steps, uncounted }: LayerAnalysis): boolean {
  const causes = Object.keys(operations);
  return (
    macs === 0n &&
    uncounted === undefined &&
    steps.length === 0 &&
    inputs.length === 1 &&
    inputs[0]?.join() === outputs[0]?.join() &&
    causes.every((cause) => cause === "normalization" || cause === "activation")
  );
}

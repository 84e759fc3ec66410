import { analyze, type AnalyzeOptions } from "../analyze/analyze.js";
import type { LayerAnalysis } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import type { Graph, Node } from "../graph/graph.js";
import type { Layer } from "../graph/layer.js";
import { convolution } from "../ops/conv/convolution.js";
import { convolutionOf, type ConvolutionShape } from "./convolution-of.js";

export interface FullConvolution {
  readonly graph: Graph;
  /** Depthwise convolutions that became one standard convolution with the pointwise one after them. */
  readonly pairs: number;
  /** Depthwise convolutions that no pointwise one follows (squeeze-and-excite is between): each became a standard one of as many channels. */
  readonly alone: number;
}

/**
 * The same network with a standard convolution in place of every depthwise separable one, as MobileNets compares them (arXiv 1704.04861,
 * table 4): the depthwise convolution, its norm and activation, and the pointwise one become one convolution of the depthwise one's window. A
 * depthwise convolution that no pointwise one follows becomes a standard one by itself.
 * Throws `nothing-to-replace`, and what {@link analyze} throws.
 */
export function fullConvolution(graph: Graph, options: AnalyzeOptions = {}): FullConvolution {
  const { layers } = analyze(graph, { ...options, layout: "nchw" });
  const readers = readersOf(graph);
  const changes = new Map<number, Node | "gone">();
  let [pairs, alone] = [0, 0];
  graph.nodes.forEach((node, index) => {
    const layer = layers[index];
    if (layer === undefined) return;
    if (isSeparable(layer)) {
      changes.set(index, { ...node, layer: standard(convolutionOf(layer)) });
      pairs += 1;
      return;
    }
    if (layer.kind !== "depthwise" || layer.steps.length > 0) return;
    const path = pathToPointwise(graph, layers, readers, index);
    const last = path?.at(-1);
    const [pointwise, end] = last === undefined ? [] : [layers[last], graph.nodes[last]];
    if (path === undefined || pointwise === undefined || end === undefined) {
      changes.set(index, { ...node, layer: standard(convolutionOf(layer)) });
      alone += 1;
      return;
    }
    for (const gone of path) changes.set(gone, "gone");
    const shape = convolutionOf({ ...layer, steps: [layer, pointwise] });
    changes.set(index, { ...node, layer: standard(shape), outputs: end.outputs });
    pairs += 1;
  });
  if (pairs + alone === 0) {
    fail("nothing-to-replace", `${graph.name} has no depthwise convolution`, {
      expected: "a network with depthwise convolutions",
    });
  }
  const nodes = graph.nodes.flatMap((node, index) => {
    const change = changes.get(index);
    return change === undefined ? [node] : change === "gone" ? [] : [change];
  });
  return { graph: { ...graph, name: `${graph.name}, full convolution`, nodes }, pairs, alone };
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
function isBetween({ inputs, outputs, operations, macs, steps }: LayerAnalysis): boolean {
  const causes = Object.keys(operations);
  return (
    macs === 0n &&
    steps.length === 0 &&
    inputs.length === 1 &&
    inputs[0]?.join() === outputs[0]?.join() &&
    causes.every((cause) => cause === "normalization" || cause === "activation")
  );
}

function isSeparable({ steps }: LayerAnalysis): boolean {
  const [first, second, ...more] = steps;
  return first?.kind === "depthwise" && second?.kind === "pointwise" && more.length === 0;
}

function standard({ rank, inChannels, outChannels, kernelSize, stride, dilation, padding, bias }: ConvolutionShape): Layer {
  return convolution({ rank, inChannels, connection: { type: "grouped", groups: 1, outChannels }, kernelSize, stride, dilation, padding, bias });
}

import { analyze, type AnalyzeOptions } from "../analyze/analyze.js";
import type { LayerAnalysis } from "../analyze/analysis.js";
import { separablePairs } from "../analyze/pairs.js";
import { fail } from "../graph/diagnostic.js";
import { withLayer, type Graph, type Node } from "../graph/graph.js";
import { isLayout, type Layer } from "../graph/layer.js";
import type { Layout } from "../graph/layout.js";
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
  const { layers } = analyze(graph, options);
  const paths = new Map(separablePairs(graph, layers).map(({ depthwise, path }) => [depthwise, path]));
  const changes = new Map<number, Node | "gone">();
  let [pairs, alone] = [0, 0];
  graph.nodes.forEach((node, index) => {
    const layer = layers[index];
    if (layer === undefined) return;
    if (isSeparable(layer)) {
      changes.set(index, withLayer(node, standard(convolutionOf(layer, layoutOf(node)), node)));
      pairs += 1;
      return;
    }
    if (layer.kind !== "depthwise" || layer.steps.length > 0) return;
    const path = paths.get(index);
    const last = path?.at(-1);
    const [pointwise, end] = last === undefined ? [] : [layers[last], graph.nodes[last]];
    if (path === undefined || pointwise === undefined || end === undefined) {
      changes.set(index, withLayer(node, standard(convolutionOf(layer, layoutOf(node)), node)));
      alone += 1;
      return;
    }
    for (const gone of path) changes.set(gone, "gone");
    const shape = convolutionOf({ ...layer, steps: [layer, pointwise] }, layoutOf(node));
    changes.set(index, { ...withLayer(node, standard(shape, node)), outputs: end.outputs });
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

function isSeparable({ steps }: LayerAnalysis): boolean {
  const [first, second, ...more] = steps;
  return first?.kind === "depthwise" && second?.kind === "pointwise" && more.length === 0;
}

function layoutOf({ layer: { axes } }: Node): Layout | undefined {
  return isLayout(axes) ? axes : undefined;
}

/** A standard convolution of the same order of axes as a node. */
function standard({ outChannels, ...shape }: ConvolutionShape, { layer: { imageOrder, ownOrder } }: Node): Layer {
  return { ...convolution({ ...shape, connection: { type: "grouped", groups: 1, outChannels } }), imageOrder, ownOrder };
}

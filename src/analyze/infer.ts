import { fail, InputError, type Place } from "../graph/diagnostic.js";
import type { Graph, Node } from "../graph/graph.js";
import { Inferrer, type InferredGraph, type InferredLayer, type TypedValue } from "../graph/inferrer.js";
import { isLayout } from "../graph/layer.js";
import { imageSizes } from "../graph/layout.js";
import { formatShape } from "../graph/shape.js";
import type { ResolvedInput } from "./input.js";

/**
 * Gives every tensor of the graph its shape, in execution order.
 * Throws what an operator finds wrong with its input, at the place of its layer.
 */
export function inferGraph(graph: Graph, types: readonly ResolvedInput[]): InferredGraph {
  const inferrer = new Inferrer();
  const inputs = types.map((type) => inferrer.value({ shape: type.shape, dtype: type.dtype }, type.axes, type.ownOrder));
  const tensors = new Map<string, TypedValue>(inputs.map((input, index) => [graph.inputs[index]?.name ?? "", input]));
  const layers = graph.nodes.map((node) => {
    const inferred = inferNode(inferrer, node, tensors);
    inferred.outputs.forEach((output, index) => {
      const name = node.outputs[index];
      if (name !== undefined) tensors.set(name, output);
    });
    return inferred;
  });
  return { inputs, layers, outputs: outputsOf(graph, tensors) };
}

function outputsOf(graph: Graph, values: ReadonlyMap<string, TypedValue>): readonly TypedValue[] {
  const open = new Set(graph.openOutputs?.map(({ name }) => name));
  return graph.outputs.filter((name) => !open.has(name)).map((name) => tensor(values, name));
}

function tensor(tensors: ReadonlyMap<string, TypedValue>, name: string): TypedValue {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`the graph has no tensor ${name} before it is used`);
  return found;
}

function inferNode(inferrer: Inferrer, node: Node, tensors: ReadonlyMap<string, TypedValue>): InferredLayer {
  const inputs = node.inputs.map((name) => tensor(tensors, name));
  checkAt(node, inputs);
  try {
    return inferrer.run(node.name, node.layer, inputs, node.storedNames);
  } catch (error) {
    throw error instanceof InputError ? placed(error, node.place) : error;
  }
}

/** A layer that stands in several places complains of the one where it was read first: it is told at its node. */
function placed(error: InputError, at: Place | undefined): InputError {
  const { place } = error.diagnostic;
  if (place?.kind !== "text" || at?.kind !== "text" || (place.start >= at.start && place.end <= at.end)) return error.at(at);
  return new InputError({ ...error.diagnostic, place: at });
}

function checkAt(node: Node, inputs: readonly TypedValue[]): void {
  const [input] = inputs;
  const { axes } = node.layer;
  const spatial = input === undefined ? [] : imageSizes(input.shape, isLayout(axes) ? axes : "nchw").space;
  if (node.at === undefined || formatShape(node.at) === formatShape(spatial)) return;
  fail("size-mismatch", `this layer is said to be at ${formatShape(node.at)}, but its input is ${formatShape(spatial)}`, {
    place: node.place,
    expected: `@${formatShape(spatial)}`,
    hint: "leave @ out: the size follows from --input or from the layer before",
  });
}

import { InputError } from "../../graph/diagnostic.js";
import { storedOf, type InferredLayer } from "../../graph/inferrer.js";
import type { Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import type { InferredModel } from "../onnx/read.js";
import type { GraphProto, ModelProto, NodeProto, ValueInfo } from "../onnx/schema.js";

/** Two sizes that stand for every open one: strides and windows divide them, and what is alike under both does not depend on them. */
const TRIED = [240, 360] as const;

/** What a model has under one size: the weights of each of its nodes, nothing where they are not known, and the shapes of its tensors. */
interface Tried {
  readonly weights: ReadonlyMap<string, readonly Stored[] | undefined>;
  readonly shapes: ReadonlyMap<string, Shape>;
}

/**
 * A model whose inputs are open (`None x None x 3`) with what does not depend on the open sizes: weights of its nodes, and the sizes of its tensors that
 * are fixed. Keras builds a layer from the axes that it needs alone.
 * @param read reads a model with all of its sizes given
 */
export function withFixedParts(model: ModelProto, read: (model: ModelProto) => InferredModel): ModelProto {
  const { graph } = model;
  if (graph === undefined) return model;
  try {
    const [one, other] = TRIED.map((size) => tried(graph, read({ ...model, graph: sized(graph, size) })));
    return one === undefined || other === undefined ? model : { ...model, graph: agreed(graph, one, other) };
  } catch (error) {
    // It asks for sizes that these are not: then nothing is said of what it stores.
    if (error instanceof InputError) return model;
    throw error;
  }
}

function sized(graph: GraphProto, open: number): GraphProto {
  const inputs = graph.inputs.map(({ name, type }): ValueInfo => {
    if (type?.kind !== "tensor") return { name, type };
    return { name, type: { ...type, shape: type.shape?.map((size) => size ?? open) } };
  });
  return { ...graph, inputs, valueInfo: [] };
}

function tried({ nodes }: GraphProto, { graph: { nodes: rows }, layers }: InferredModel): Tried {
  const names = new Set(nodes.map(({ name }) => name));
  const weights = new Map<string, readonly Stored[] | undefined>();
  const shapes = new Map<string, Shape>();
  rows.forEach((row, index) => {
    const layer = layers[index];
    if (layer === undefined) return;
    const owner = ownerOf(row.name, names);
    const before = weights.has(owner) ? weights.get(owner) : [];
    const own = weightsOf(layer)?.map((tensor) =>
      row.name === owner ? tensor : { ...tensor, name: `${row.name.slice(owner.length + 1)}.${tensor.name}` },
    );
    weights.set(owner, before && own && [...before, ...own]);
    row.outputs.forEach((name, at) => {
      const shape = layer.outputs[at]?.shape;
      if (shape !== undefined) shapes.set(name, shape);
    });
  });
  return { weights, shapes };
}

/** The node of the model itself that a row belongs to: those of a nested model are named `outer/inner`. */
export function ownerOf(row: string, names: ReadonlySet<string>): string {
  let owner = row;
  while (!names.has(owner) && owner.includes("/")) owner = owner.slice(0, owner.lastIndexOf("/"));
  return owner;
}

function weightsOf(layer: InferredLayer): readonly Stored[] | undefined {
  if (layer.inference?.uncounted?.of === "cost and weights") return undefined;
  const steps = layer.steps.map(weightsOf);
  const known = steps.flatMap((stored) => stored ?? []);
  return steps.includes(undefined) ? undefined : [...storedOf(layer), ...known];
}

function agreed(graph: GraphProto, one: Tried, other: Tried): GraphProto {
  const nodes = graph.nodes.map((node): NodeProto => {
    const stored = one.weights.get(node.name);
    return stored !== undefined && written(stored) === written(other.weights.get(node.name)) ? { ...node, stored } : node;
  });
  const typed = (name: string, info?: ValueInfo): ValueInfo => {
    const elementType = info?.type?.kind === "tensor" ? info.type.elementType : 1;
    const shape = one.shapes.get(name)?.map((size, axis) => (size === other.shapes.get(name)?.[axis] ? size : null));
    return shape === undefined ? (info ?? { name }) : { name, type: { kind: "tensor", elementType, shape } };
  };
  const infos = new Map(graph.valueInfo.map((info) => [info.name, info]));
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const made = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => !inputs.has(name));
  return {
    ...graph,
    nodes,
    outputs: graph.outputs.map((info) => typed(info.name, info)),
    valueInfo: made.map((name) => typed(name, infos.get(name))),
  };
}

function written(stored: readonly Stored[] | undefined): string | undefined {
  return stored?.map(({ name, role, shape, dtype, shared, bytes }) => [name, role, shape.join("x"), dtype, shared, bytes].join(" ")).join(";");
}

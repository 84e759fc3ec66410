import { fail } from "../graph/diagnostic.js";
import type { Graph, Node } from "../graph/graph.js";
import type { InferredLayer, TypedValue } from "../graph/inferrer.js";
import type { Layout } from "../graph/layout.js";
import { cannotWrite, type Part } from "./part.js";

/** What a framework writes as one: the operators of composites that it has a class for. */
export interface Dialect {
  readonly framework: string;
  /** The order in which it holds images. */
  readonly imageOrder: Layout;
  readonly isWhole: (layer: InferredLayer) => boolean;
}

/**
 * Refuses what is no chain: several inputs or outputs, a layer that joins several tensors, a tensor that several layers read.
 * Throws `has-branches` naming the layer, `cannot-write` for a model file.
 */
export function requireChain(graph: Graph): void {
  if (graph.format !== "spec" && graph.format !== "network") {
    fail("cannot-write", `${graph.name} is a model file, and its weights would not come along`, {
      expected: "layers, a network file, or zoo:NAME",
      hint: "write its layers as a spec, or as a network file",
    });
  }
  const [input, ...others] = graph.inputs;
  if (input === undefined || others.length > 0) branches(`${graph.name} has ${graph.inputs.length} inputs`, graph.nodes[0]);
  let current = input.name;
  for (const node of graph.nodes) {
    const [read, ...more] = node.inputs;
    if (more.length > 0) branches(`layer ${node.name} (${node.layer.op}) joins ${node.inputs.length} tensors`, node);
    if (read !== current) {
      const maker = graph.nodes.find(({ outputs }) => outputs.includes(read ?? ""));
      branches(
        `what ${maker === undefined ? "the input holds" : `layer ${maker.name} makes`} is read by several layers, one of them ${node.name}`,
        node,
      );
    }
    current = node.outputs[0] ?? current;
  }
  const [output, ...rest] = graph.outputs;
  if (output !== current || rest.length > 0)
    branches(`${graph.name} gives out ${rest.length > 0 ? "several tensors" : "a tensor from its middle"}`, undefined);
}

function branches(what: string, node: Node | undefined): never {
  return fail("has-branches", `code is written for a chain of layers, and ${what}`, {
    place: node?.place,
    expected: "layers one after the other, without residuals, joins and taps",
    hint: "write the branches as specs of their own, and join them in the forward function by hand",
  });
}

/** The layers of a chain, composites taken apart where the framework has no class for the whole. */
export function partsOf(graph: Graph, layers: readonly InferredLayer[], input: TypedValue, dialect: Dialect): readonly Part[] {
  const parts: Part[] = [];
  let before = input;
  layers.forEach((layer, index) => {
    for (const part of taken(layer, layer.name, graph.nodes[index]?.place, before, dialect)) {
      parts.push(part);
      before = part.output;
    }
  });
  return parts;
}

/** One layer as the parts that it is written as. */
export function taken(layer: InferredLayer, name: string, place: Part["place"], before: TypedValue, dialect: Dialect): readonly Part[] {
  const [input, ...others] = layer.inputs;
  const [output] = layer.outputs;
  if (input === undefined || output === undefined) throw new Error(`${layer.layer.op} has no input or output`);
  const part: Part = { name, layer, op: layer.layer.op, input, output, place, framework: dialect.framework, order: dialect.imageOrder };
  if (layer.inference?.attributes["trainingOnly"] === true) cannotWrite(part, "it runs in training alone, and leaves what it reads as it is");
  if (isAssumed(layer)) cannotWrite(part, "a printed module does not show all that it is set to", "write its constructor with its arguments");
  if (layer.layer.type === "primitive" || dialect.isWhole(layer)) {
    if (others.length > 0) throw new Error(`${layer.layer.op} joins several tensors in a chain`);
    return [part];
  }
  const parts: Part[] = [];
  let current = before;
  for (const step of layer.steps) {
    const [read, ...more] = step.inputs;
    if (read?.id !== current.id || more.length > 0) cannotWrite(part, "there is no class for it, and its steps are no chain");
    for (const inner of taken(step, stepName(layer, name, step), place, current, dialect)) {
      parts.push(inner);
      current = inner.output;
    }
  }
  if (current.id !== output.id) cannotWrite(part, "there is no class for it, and its steps are no chain");
  return parts;
}

/** Whether something that the source does not show was taken to be so. */
function isAssumed({ layer, steps }: InferredLayer): boolean {
  const assumed = layer.assumption !== undefined || (layer.type === "composite" && layer.attributes["headsAssumed"] === true);
  return assumed || steps.some(isAssumed);
}

/** The lead of a layer with its activation is the layer itself; steps of a layer without a name have their own. */
function stepName({ layer }: InferredLayer, name: string, step: InferredLayer): string {
  if (layer.type === "composite" && layer.lead === step.name) return name;
  return /^\d+$/.test(name) ? step.name : `${name}.${step.name}`;
}

import { fail, type Place } from "../../graph/diagnostic.js";
import { storedOf, type InferredLayer } from "../../graph/inferrer.js";
import type { Stored } from "../../graph/layer.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import type { InferredModel } from "../onnx/read.js";
import type { GraphProto } from "../onnx/schema.js";
import { ownerOf } from "./open-sizes.js";
import type { StoredGroup } from "./stored.js";

/** What a layer needs by its config: undefined where that is not known. */
type Needs = Map<string, readonly Stored[] | undefined>;

/**
 * Compares what the layers of a model need by its config with what its file stores. The orders of axes differ between frameworks, so tensors are compared by their
 * numbers of elements. Throws `shape-mismatch` for a layer whose weights are missing, left over or of another size.
 * @param groups nothing for a file without weights, or with weights in a form that is not read
 * @param isKnown whether all that a layer computes is known, by its name
 */
export function refuseOtherWeights(
  proto: GraphProto,
  model: InferredModel,
  groups: readonly StoredGroup[],
  isKnown: (layer: string) => boolean,
  place: Place,
): void {
  if (groups.length === 0) return;
  const needs = needsOf(proto, model, isKnown);
  for (const { layer, tensors } of groups) {
    if (layer === undefined || needs.get(layer) === undefined) continue;
    refuse(layer, needs.get(layer) ?? [], tensors, place);
  }
  const named = new Set(groups.map(({ layer }) => layer));
  const left = groups.filter(({ layer }) => layer === undefined || !needs.has(layer));
  const open = [...needs].filter(([layer]) => !named.has(layer));
  if (open.some(([, tensors]) => tensors === undefined)) return;
  const wanted = open.flatMap(([, tensors]) => tensors ?? []);
  const [first] = open.flatMap(([layer, tensors = []]) => (tensors.length > 0 ? [layer] : []));
  refuse(
    left[0]?.layer ?? first ?? "a layer",
    wanted,
    left.flatMap(({ tensors }) => tensors),
    place,
  );
}

function needsOf({ nodes }: GraphProto, { graph: { nodes: rows }, layers }: InferredModel, isKnown: (layer: string) => boolean): Needs {
  // A layer that is called again has a node for each call.
  const names = new Map(nodes.map(({ name }) => [name, name.replace(/ \(call \d+\)$/, "")]));
  const needs: Needs = new Map([...names.values()].map((name) => [name, isKnown(name) ? [] : undefined]));
  const owners = new Set(names.keys());
  rows.forEach(({ name }, index) => {
    const layer = layers[index];
    const owner = names.get(ownerOf(name, owners)) ?? "";
    const before = needs.get(owner);
    const own = layer === undefined ? undefined : weightsOf(layer);
    if (needs.has(owner)) needs.set(owner, before && own && [...before, ...own]);
  });
  return needs;
}

function weightsOf(layer: InferredLayer): readonly Stored[] | undefined {
  if (layer.inference?.uncounted !== undefined) return undefined;
  const steps = layer.steps.map(weightsOf);
  const own = storedOf(layer).filter(({ role, shared }) => role !== "constant" && shared !== true);
  return steps.includes(undefined) ? undefined : [...own, ...steps.flatMap((tensors) => tensors ?? [])];
}

function refuse(layer: string, needed: readonly Stored[], tensors: readonly { readonly shape: Shape }[], place: Place): void {
  const found = sizesOf(tensors.map(({ shape }) => elements(shape)));
  // Keras multiplies the matrices of LoRA out when it saves a layer.
  const fits = [needed, needed.filter(({ name }) => !/(^|\.)lora_/.test(name))].some((each) => sizesOf(neededElements(each)) === found);
  if (fits) return;
  const text = (shapes: readonly { readonly shape: Shape }[]) =>
    shapes.length === 0 ? "none" : shapes.map(({ shape }) => formatShape(shape) || "a number").join(", ");
  fail("shape-mismatch", `the file stores other weights for ${layer} than its config makes: ${text(tensors)}`, { place, expected: text(needed) });
}

const sizesOf = (counts: readonly bigint[]): string => counts.map(String).sort().join();

/** Elements of each tensor; the two biases of a GRU are one in Keras. */
function neededElements(needed: readonly Stored[]): readonly bigint[] {
  const second = needed.filter(({ name }) => /(^|\.)bias_hh/.test(name));
  const twice = new Set(second.map(({ name }) => name.replace("bias_hh", "bias_ih")));
  return needed.flatMap((tensor) => {
    if (second.includes(tensor)) return [];
    return [(twice.has(tensor.name) ? 2n : 1n) * elements(tensor.shape)];
  });
}

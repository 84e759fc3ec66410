import type { NodeProto } from "./schema.js";

/** What stands between attention's scores and their softmax. */
const PASSES = new Set(["Add", "Sub", "Mul", "Div", "Where", "Reshape", "Cast", "Identity", "Clip", "Max", "Min"]);
const MAX_STEPS = 6;

/** Tells of a tensor whether it goes on into a softmax: what is added to it on the way is a mask or a bias of attention's scores. */
export function softmaxReaders(nodes: readonly NodeProto[]): (tensor: string) => boolean {
  if (!nodes.some(({ opType }) => opType === "Softmax")) return () => false;
  const passing = new Map<string, NodeProto>();
  for (const node of nodes) if (PASSES.has(node.opType) && node.outputs[0] !== undefined) passing.set(node.outputs[0], node);
  // Back from the softmaxes, each tensor once: there are more ways between two nodes than anyone can follow.
  const found = new Set<string>();
  let next = nodes.flatMap(({ opType, inputs }) => (opType === "Softmax" ? inputs : []));
  for (let step = 0; step < MAX_STEPS; step++) {
    const fresh = next.filter((tensor) => !found.has(tensor));
    for (const tensor of fresh) found.add(tensor);
    next = [...new Set(fresh)].flatMap((tensor) => passing.get(tensor)?.inputs ?? []);
  }
  return (tensor) => found.has(tensor);
}

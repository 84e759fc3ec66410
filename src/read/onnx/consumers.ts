import type { NodeProto } from "./schema.js";

/** What stands between attention's scores and their softmax. */
const PASSES = new Set(["Add", "Sub", "Mul", "Div", "Where", "Reshape", "Cast", "Identity", "Clip", "Max", "Min"]);
const MAX_STEPS = 6;

/** Tells of a tensor whether it goes on into a softmax: what is added to it on the way is a mask or a bias of attention's scores. */
export function softmaxReaders(nodes: readonly NodeProto[]): (tensor: string) => boolean {
  if (!nodes.some(({ opType }) => opType === "Softmax")) return () => false;
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) {
      const list = readers.get(input);
      if (list === undefined) readers.set(input, [node]);
      else list.push(node);
    }
  }
  const reaches = (tensor: string, steps: number): boolean =>
    steps > 0 &&
    (readers.get(tensor) ?? []).some(
      ({ opType, outputs }) => opType === "Softmax" || (PASSES.has(opType) && outputs[0] !== undefined && reaches(outputs[0], steps - 1)),
    );
  return (tensor) => reaches(tensor, MAX_STEPS);
}

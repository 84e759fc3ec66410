import type { NodeProto } from "../onnx/schema.js";

/** Nodes after what they read, each as early as its place in the file allows; nothing where they run in a circle. */
export function inExecutionOrder(nodes: readonly NodeProto[], inputs: readonly string[]): readonly NodeProto[] | undefined {
  const made = new Set(inputs);
  const ordered: NodeProto[] = [];
  let waiting = nodes;
  while (waiting.length > 0) {
    const later: NodeProto[] = [];
    for (const node of waiting) {
      if (!node.inputs.every((name) => made.has(name))) {
        later.push(node);
        continue;
      }
      for (const output of node.outputs) made.add(output);
      ordered.push(node);
    }
    if (later.length === waiting.length) return undefined;
    waiting = later;
  }
  return ordered;
}

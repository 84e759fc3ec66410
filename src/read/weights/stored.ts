import type { Graph, Node } from "../../graph/graph.js";
import type { Stored, Unknown } from "../../graph/layer.js";
import { fixed } from "../onnx/fixed.js";

const ONLY_WEIGHTS: Unknown = { of: "cost", reason: "this file has weights only: nothing says how they are used" };

/** A file of weights as a model whose layers are its tensors: parameters and bytes are known, MACs are not. */
export function weightsGraph(tensors: readonly Stored[], format: string, path: string, warnings: readonly string[] = []): Graph {
  const nodes = tensors.map((tensor): Node => ({
    name: tensor.name,
    layer: fixed({
      op: "tensor",
      outputs: [],
      stored: [tensor],
      uncounted: ONLY_WEIGHTS,
      attributes: { shape: [...tensor.shape], dtype: tensor.dtype ?? "float32" },
    }),
    inputs: [],
    outputs: [],
  }));
  return { name: path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, ""), format, source: path, inputs: [], nodes, outputs: [], warnings };
}

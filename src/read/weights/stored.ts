import type { Graph, Node } from "../../graph/graph.js";
import type { Stored, Unknown } from "../../graph/layer.js";
import { fixed, type Fixed } from "../onnx/fixed.js";

const ONLY_WEIGHTS: Unknown = { of: "cost", reason: "this file has weights only: nothing says how they are used" };

/**
 * A file of weights as a model whose layers are its tensors: parameters and bytes are known, MACs are not.
 * @param missing why weights that belong to it are not there: a row for each
 * @param warnings what else is to be said of the file
 */
export function weightsGraph(
  tensors: readonly Stored[],
  format: string,
  path: string,
  missing: readonly string[] = [],
  warnings: readonly string[] = [],
): Graph {
  const nodes = tensors.map((tensor) =>
    row(tensor.name, {
      op: "tensor",
      outputs: [],
      stored: [tensor],
      uncounted: ONLY_WEIGHTS,
      attributes: { shape: [...tensor.shape], dtype: tensor.dtype ?? "float32" },
    }),
  );
  const lost = missing.map((reason) => row(reason, { op: "weights", outputs: [], uncounted: { of: "cost and weights", reason } }));
  const name = path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, "");
  return { name, format, source: path, inputs: [], nodes: [...nodes, ...lost], outputs: [], warnings: [...missing, ...warnings] };
}

function row(name: string, layer: Fixed): Node {
  return { name, layer: fixed(layer), inputs: [], outputs: [] };
}

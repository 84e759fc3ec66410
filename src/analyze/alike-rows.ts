import type { InferredLayer } from "../graph/inferrer.js";
import type { Inference } from "../graph/layer.js";
import type { LayerAnalysis } from "./analysis.js";

/** Rows of layers that have been counted: one that stands in a model a thousand times, on the same shapes, is counted once. */
export class AlikeRows {
  private readonly known = new Map<Inference, { readonly layer: InferredLayer; readonly row: LayerAnalysis }>();

  /** The row of a layer like this one, but for number and name. */
  get(layer: InferredLayer): LayerAnalysis | undefined {
    const known = layer.inference && this.known.get(layer.inference);
    return known !== undefined && isAlike(layer, known.layer) ? known.row : undefined;
  }

  /** Keeps the row of a layer of one input: with more of them it matters which are the same tensor. */
  set(layer: InferredLayer, row: LayerAnalysis): void {
    if (layer.inference !== undefined && layer.inputs.length <= 1) this.known.set(layer.inference, { layer, row });
  }
}

function isAlike({ layer, inputs }: InferredLayer, other: InferredLayer): boolean {
  const [input, ...more] = inputs;
  const [same] = other.inputs;
  return layer === other.layer && more.length === 0 && input?.shape === same?.shape && input?.dtype === same?.dtype && input?.axes === same?.axes;
}

import type { Layer } from "../graph/layer.js";

/**
 * A layer that is stored with the model but does not run at inference (the auxiliary classifiers of GoogLeNet, arXiv 1409.4842, section 5):
 * its parameters count, and nothing else. Throws what the layer throws.
 */
export function trainingOnly(layer: Layer): Layer {
  if (layer.type === "composite") {
    return {
      ...layer,
      attributes: { ...layer.attributes, trainingOnly: true },
      expand: (steps, inputs) => layer.expand({ add: (name, step, values) => steps.add(name, trainingOnly(step), values) }, inputs),
    };
  }
  return {
    ...layer,
    view: true,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, cost: { macs: 0n, operations: {} }, attributes: { ...inferred.attributes, trainingOnly: true }, formulas: undefined };
    },
  };
}

import type { Inference, Layer, Stored } from "../graph/layer.js";

/** What a tensor that a layer stores becomes: the same tensor in another role, or several in its place. */
export type Restored = (tensor: Stored, inference?: Inference) => readonly Stored[];

/** The same layer with what it and its steps store put otherwise. Formulas of the parameters would not fit any more, and are left out. */
export function withStored(layer: Layer, restored: Restored): Layer {
  const stores = layer.stores?.flatMap((tensor) => restored(tensor));
  if (layer.type === "primitive") {
    return {
      ...layer,
      stores,
      infer(inputs) {
        const inferred = layer.infer(inputs);
        return {
          ...inferred,
          ports: inferred.ports ?? inferred.stored,
          stored: inferred.stored.flatMap((tensor) => restored(tensor, inferred)),
          formulas: undefined,
        };
      },
    };
  }
  return {
    ...layer,
    stores,
    expand: (steps, inputs) => layer.expand({ add: (name, step, values) => steps.add(name, withStored(step, restored), values) }, inputs),
  };
}

/** The same layer, none of whose weights is trained: they are kept as running statistics are. */
export function frozen(layer: Layer): Layer {
  return withStored(layer, (tensor) => [{ ...tensor, role: "buffer" }]);
}

import type { CalledAs, Layer } from "../graph/layer.js";

/**
 * The same layer, called in another way: what it computes stays, what tools that hook modules see of it does not. Steps of a composite are called alike. A layer that
 * says itself how it is called (the addition of a residual) keeps that.
 */
export function calledAs(how: CalledAs, layer: Layer): Layer {
  if (layer.calledAs !== undefined) return layer;
  if (layer.type === "primitive") return { ...layer, calledAs: how };
  return {
    ...layer,
    calledAs: how,
    expand: (steps, inputs) => layer.expand({ add: (name, step, values) => steps.add(name, calledAs(how, step), values) }, inputs),
  };
}

import type { Args } from "./args.js";

/**
 * A linear layer that a printed module shows as its child (`(out_proj): NonDynamicallyQuantizableLinear(in_features=4, ...)`): modules such as
 * nn.MultiheadAttention print nothing else of their sizes.
 */
export function printedLinear(args: Args, name: string) {
  const layer = args.children.find((child) => child.name === name)?.layer;
  if (layer?.op !== "linear") return undefined;
  const [outFeatures, inFeatures] = layer.stores?.find((tensor) => tensor.name === "weight")?.shape ?? [];
  if (outFeatures === undefined || inFeatures === undefined) return undefined;
  return { inFeatures, outFeatures, bias: layer.stores?.some((tensor) => tensor.name === "bias") === true };
}

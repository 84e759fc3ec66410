import type { Args } from "./args.js";

/**
 * A linear layer that a printed module shows as its child (`(out_proj): NonDynamicallyQuantizableLinear(in_features=4, ...)`): modules such as
 * nn.MultiheadAttention print nothing else of their sizes.
 */
export function printedLinear(args: Args, name: string) {
  const layer = args.children.find((child) => child.name === name)?.layer;
  const inFeatures = layer?.impliedInput?.shape.at(-1);
  if (layer?.type !== "primitive" || layer.op !== "linear" || inFeatures === undefined) return undefined;
  const { outputs, stored } = layer.infer([[1, inFeatures]]);
  return { inFeatures, outFeatures: outputs[0]?.shape.at(-1) ?? inFeatures, bias: stored.some((tensor) => tensor.name === "bias") };
}

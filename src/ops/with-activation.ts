import type { Layer } from "../graph/layer.js";
import { activationArgument } from "./activation.js";
import type { Args } from "./args.js";
import { chain } from "./primitive.js";

/**
 * A Keras layer with the activation that its `activation` argument names, run as one; the layer itself where that is None or linear.
 * Throws `unknown-activation` at the argument.
 */
export function withActivation(args: Args, layer: Layer, lead: string): Layer {
  if (args.isNone("activation")) return layer;
  const activation = activationArgument(args, "activation");
  if (activation.op === "identity") return layer;
  return chain(
    layer.op,
    { activation: activation.op },
    [
      { name: lead, layer },
      { name: "activation", layer: activation },
    ],
    lead,
  );
}

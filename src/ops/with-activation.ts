import type { Layer } from "../graph/layer.js";
import { activationArgument, kerasActivation } from "./activation.js";
import type { Args } from "./args.js";
import { chain } from "./primitive.js";

/** The activation that an argument gives, by its name or as a layer (`activation=nn.GELU()`). Throws `unknown-activation` at the argument. */
export function activationOf(args: Args, name: string): Layer {
  const value = args.value(name);
  return value.kind === "layer" ? value.layer : activationArgument(args, name);
}

/**
 * A Keras layer with the activation that its `activation` argument names, run as one; the layer itself where that is None or linear.
 * Throws `unknown-activation` at the argument.
 */
export function withActivation(args: Args, layer: Layer, lead: string): Layer {
  if (args.isNone("activation")) return layer;
  const value = args.value("activation");
  const activation = value.kind === "layer" ? value.layer : kerasActivation(args, "activation");
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

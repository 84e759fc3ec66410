import type { Layer } from "../graph/layer.js";
import type { Layout } from "../graph/layout.js";
import type { Args } from "./args.js";

/** Arguments that every Keras layer takes (keras.layers.Layer; input_shape and batch_input_shape are Keras 2's). */
export const KERAS_LAYER = "name=None, trainable=True, dtype=None, autocast=True, input_shape=None, batch_input_shape=None";

/** The order of the axes that a layer of Keras reads: its `data_format`, channels last unless said (keras.config.image_data_format). */
export function kerasLayout(args: Args): Layout {
  if (!saysOrder(args)) return "nhwc";
  return args.oneOf("data_format", ["channels_first", "channels_last"]) === "channels_first" ? "nchw" : "nhwc";
}

function saysOrder(args: Args): boolean {
  return args.has("data_format") && !args.isNone("data_format");
}

/** A layer as Keras has it: images are channels last, and a `data_format` that is said holds whatever a flag says. */
export function inKerasOrder(layer: Layer, args: Args): Layer {
  return { ...layer, imageOrder: "nhwc", ownOrder: saysOrder(args) ? true : undefined };
}

import { isDType } from "../graph/dtype.js";
import type { Layer } from "../graph/layer.js";
import type { Args } from "./args.js";
import type { CallEntry } from "./entry.js";
import { inKerasOrder } from "./keras-common.js";
import { frozen, withStored } from "./with-stored.js";

/** A layer of Keras with what every one of them may be told: its element type (`dtype`), and that it is not trained (`trainable`). */
export function builtKeras(entry: CallEntry, args: Args): Layer {
  const typed = withVariableType(args, entry.build(args));
  const layer = args.has("trainable") && !args.flag("trainable") ? frozen(typed) : typed;
  return inKerasOrder(layer, args);
}

/** The weights of a policy such as `float16`; those of `mixed_float16` stay float32 (keras.dtype_policies). */
function withVariableType(args: Args, layer: Layer): Layer {
  if (!args.has("dtype") || !args.isText("dtype")) return layer;
  const dtype = args.text("dtype");
  if (!["float16", "bfloat16", "float64"].includes(dtype) || !isDType(dtype)) return layer;
  return withStored(layer, (tensor) => [{ ...tensor, dtype: tensor.dtype ?? dtype }]);
}

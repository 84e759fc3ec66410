import type { Primitive } from "../../../graph/layer.js";
import { NOTHING } from "../../primitive.js";

/** A function of keras.ops as a layer: it stores nothing, and code calls it as a function. */
export function calledFunction(op: string, infer: Primitive["infer"]): Primitive {
  return { type: "primitive", op, stores: NOTHING, axes: "plain", calledAs: "function", infer };
}

import type { Primitive } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";

/** A layer that stores one tensor more. */
export function storing(layer: Primitive, name: string, role: "parameter" | "buffer", shape: Shape): Primitive {
  return {
    ...layer,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, stored: [...inferred.stored, { name, role, shape, dtype: role === "buffer" ? "int64" : undefined }] };
    },
  };
}

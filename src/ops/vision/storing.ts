import type { Primitive, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";

/** A layer that stores one tensor more. */
export function storing(layer: Primitive, name: string, role: "parameter" | "buffer", shape: Shape): Primitive {
  const added: Stored = { name, role, shape, dtype: role === "buffer" ? "int64" : undefined };
  return {
    ...layer,
    stores: layer.stores === undefined ? undefined : [...layer.stores, added],
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, stored: [...inferred.stored, added] };
    },
  };
}

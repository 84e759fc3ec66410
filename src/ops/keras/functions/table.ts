import type { CallEntry } from "../../entry.js";
import { contractionFunctions } from "./contraction.js";
import { elementwiseFunctions } from "./elementwise.js";
import { partFunctions } from "./parts.js";
import { shapeFunctions } from "./shape.js";
import { windowFunctions } from "./window.js";

/** The functions of keras.ops by the class that a file names (`Mean`, `Einsum`): several have a layer's name, and are another thing. */
export const kerasFunctions: ReadonlyMap<string, CallEntry> = new Map(
  [elementwiseFunctions, shapeFunctions, partFunctions, contractionFunctions, windowFunctions].flatMap((entries) =>
    entries.flatMap((entry) => entry.names.map((name) => [name, entry] as const)),
  ),
);

import type { Layer } from "../../graph/layer.js";
import { kerasArguments, parseLayers } from "../notation/read.js";
import { isObject, type Json, type JsonObject } from "./json.js";

/** What decides neither a shape nor a cost. */
const SILENT =
  /^(name|trainable|dtype|autocast|seed|.*_(initializer|regularizer|constraint)|batch_input_shape|input_shape|sparse|ragged|lora_rank|lora_alpha|quantization_config)$/;

/** Whether Keras's layer of that class is counted. */
export function isKnown(className: string): boolean {
  return kerasArguments(className) !== undefined;
}

/**
 * A layer from its class and config (`Layer.get_config()`), by way of the constructor's call that it stands for.
 * Throws what the notation throws: unknown classes, values that do not fit.
 */
export function layerOf(className: string, config: JsonObject): Layer | undefined {
  return parseLayers(callOf(className, config), { saved: true }).nodes[0]?.layer;
}

function callOf(className: string, config: JsonObject): string {
  const known = kerasArguments(className) ?? new Set<string>();
  const written = Object.entries(config).filter(([key]) => known.has(key) && !SILENT.test(key));
  return `layers.${className}(${written.map(([key, value]) => `${key}=${literal(value, key)}`).join(", ")})`;
}

/** A value as Python writes it. */
function literal(value: Json, key: string): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (isObject(value)) return objectLiteral(value);
  // Older files have batch norm's one axis in a list.
  const [only] = value;
  if (key === "axis" && value.length === 1 && only !== undefined) return literal(only, key);
  return `(${value.map((item) => literal(item, key)).join(", ")}${value.length === 1 ? "," : ""})`;
}

/** A layer inside a layer (Bidirectional, TimeDistributed), an activation by its class, or a function. */
function objectLiteral(value: JsonObject): string {
  const { class_name: className, config } = value;
  if (typeof className !== "string") return "None";
  if (className === "function" && typeof config === "string") return JSON.stringify(config);
  if (className === "__tuple__" && Array.isArray(value["items"])) return literal(value["items"], "");
  if (isKnown(className) && isObject(config)) return callOf(className, config);
  return JSON.stringify(className.toLowerCase());
}

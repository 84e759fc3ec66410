import { InputError, type Place } from "../../graph/diagnostic.js";
import type { Layer, Primitive } from "../../graph/layer.js";
import type { Literal } from "../../ops/args.js";
import { chain, elementwise } from "../../ops/primitive.js";
import { kerasArguments, kerasLayer } from "../notation/read.js";
import { isList, isObject, type Json, type JsonObject } from "./json.js";

/** What decides neither a shape nor a cost. */
const SILENT = /^(name|autocast|seed|.*_(initializer|regularizer|constraint)|batch_input_shape|input_shape|sparse|ragged)$/;

/** Literals of a file have no place of their own: a complaint is told at its node. */
export const NOWHERE: Place = { kind: "file", path: "" };

/** Whether Keras's layer of that class is counted. */
export function isKnown(className: string): boolean {
  return kerasArguments(className) !== undefined;
}

/**
 * A layer from its class and config (`Layer.get_config()`), as its constructor makes it.
 * Throws what the constructor throws, without a place: values that do not fit.
 */
export function layerOf(className: string, config: JsonObject): Layer {
  try {
    // A file says the order of every layer: that does not keep a flag from turning what is shown.
    return { ...withKnownActivation(className, config), ownOrder: undefined };
  } catch (error) {
    if (error instanceof InputError && error.diagnostic.place === NOWHERE) throw new InputError({ ...error.diagnostic, place: undefined });
    throw error;
  }
}

/** An activation of one's own computes nobody knows what: the layer is counted without it, and it is named. */
function withKnownActivation(className: string, config: JsonObject): Layer {
  try {
    return built(className, config);
  } catch (error) {
    if (!(error instanceof InputError) || error.diagnostic.code !== "unknown-activation" || config["activation"] === "linear") throw error;
    const layer = built(className === "Activation" ? "Identity" : className, { ...config, activation: "linear" });
    const unknown = unknownActivation(error.diagnostic.message);
    return chain(layer.op, {}, [
      { name: "layer", layer },
      { name: "activation", layer: unknown },
    ]);
  }
}

function unknownActivation(reason: string): Primitive {
  const keeping = elementwise("activation", "activation", 0n);
  return { ...keeping, infer: (inputs) => ({ ...keeping.infer(inputs), uncounted: { of: "cost", reason } }) };
}

/** What a file means that does not write an argument: Keras before 2.2 and TensorFlow.js know only the GRU without `reset_after`. */
const UNWRITTEN: ReadonlyMap<string, JsonObject> = new Map(["GRU", "GRUCell"].map((name) => [name, { reset_after: false }]));

function built(className: string, given: JsonObject): Layer {
  const config = { ...UNWRITTEN.get(className), ...given };
  const known = kerasArguments(className) ?? new Map<string, Literal | undefined>();
  // TensorFlow.js writes null for a switch that was not set.
  const isUnset = (key: string, value: Json) => value === null && known.get(key)?.kind === "boolean";
  const written = Object.entries(config).filter(([key, value]) => known.has(key) && !SILENT.test(key) && !isUnset(key, value));
  return kerasLayer(
    className,
    written.map(([name, value]) => ({ name, value: literal(value, name), place: NOWHERE })),
    NOWHERE,
  );
}

/** A value of a file as the constructors of the notations take it. */
export function literal(value: Json, key = ""): Literal {
  const place = NOWHERE;
  if (value === null) return { kind: "none", place };
  if (typeof value === "boolean") return { kind: "boolean", value, place };
  if (typeof value === "number") return { kind: "number", value, integer: Number.isInteger(value), place };
  if (typeof value === "string") return { kind: "string", value, place };
  if (isObject(value)) return objectLiteral(value);
  // Older files have batch norm's one axis in a list.
  const [only] = value;
  // TensorFlow.js's null stands for the size that follows from the others.
  if (key === "target_shape") return { kind: "tuple", items: value.map((item) => literal(item ?? -1)), place };
  if (key === "axis" && value.length === 1 && only !== undefined) return literal(only);
  return { kind: "tuple", items: value.map((item) => literal(item)), place };
}

/** A layer inside a layer (Bidirectional, TimeDistributed), an activation by its class, or a function. */
function objectLiteral(value: JsonObject): Literal {
  const { class_name: className, config } = value;
  const place = NOWHERE;
  if (typeof className !== "string") return { kind: "none", place };
  if (className === "function" && typeof config === "string") return { kind: "string", value: config, place };
  if (className === "__tuple__" && isList(value["items"])) return literal(value["items"]);
  if (isKnown(className) && isObject(config)) return { kind: "layer", name: className, layer: layerOf(className, config), place };
  if (isPolicy(className) && isObject(config)) return { kind: "string", value: policyName(config), place };
  return { kind: "string", value: className.toLowerCase(), place };
}

/** A policy of element types, `{ name: "mixed_float16" }` or `{ mode: "int8", source_name: "float32" }`, by its name: `int8_from_float32`. */
function policyName({ name, mode, source_name: source }: JsonObject): string {
  if (typeof mode === "string") return `${mode}_from_${typeof source === "string" ? source : "float32"}`;
  return typeof name === "string" ? name : "float32";
}

function isPolicy(className: string): boolean {
  return className.endsWith("DTypePolicy") || className === "Policy";
}

import { fail } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "./json.js";

/** One output of one call of a layer, as Keras names it: `["conv", 0, 0]`. */
export interface History {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
  /** The shape that Keras 3 notes beside it, its batch null. */
  readonly shape?: readonly (number | null)[] | undefined;
  readonly dtype?: string | undefined;
}

/** A call of a layer: the tensors that it reads, and its arguments, where `{ tensor: 1 }` stands for the second of them. */
export interface Call {
  readonly tensors: readonly History[];
  readonly args: readonly Json[];
  readonly kwargs: JsonObject;
}

/** Arguments that change neither a shape nor a cost. */
const SILENT = /(^|_)mask$|^training$/;
/** Tensors given by name, in the order of Keras's signatures (MultiHeadAttention). */
const FIRST = ["query", "value", "key"];

/**
 * Reads a call as a layer's `inbound_nodes` have it: `{ args, kwargs }` in Keras 3, where each tensor is an object with its history and shape; a list of
 * `[layer, call, output, kwargs]` before. Masks are left out: they change neither a shape nor a cost.
 */
export function readCall(value: Json): Call {
  const tensors: History[] = [];
  if (isObject(value) && isList(value["args"])) {
    const convert = (item: Json) => converted(item, tensors, false);
    const args = value["args"].map(convert);
    return { tensors, args, kwargs: keywords(value["kwargs"], convert) };
  }
  const convert = (item: Json) => converted(item, tensors, true);
  const list = isList(value) && historyOf(value) === undefined ? value : [value];
  const args = list.map(convert);
  const [first] = list;
  const named = isList(first) ? first[3] : undefined;
  return { tensors, args: args.length === 1 ? args : [args], kwargs: keywords(named, convert) };
}

function keywords(value: Json | undefined, convert: (item: Json) => Json): JsonObject {
  if (!isObject(value)) return {};
  const names = Object.keys(value).filter((name) => !SILENT.test(name));
  const ordered = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))];
  return Object.fromEntries(ordered.map((name) => [name, convert(value[name] ?? null)]));
}

function converted(value: Json, tensors: History[], legacy: boolean): Json {
  const add = (history: History) => ({ tensor: tensors.push(history) - 1 });
  if (isList(value)) {
    const history = legacy ? historyOf(value) : undefined;
    // TensorFlow writes a constant in a tensor's place: ["_CONSTANT_VALUE", -1, 2.0, {}].
    if (history?.layer === "_CONSTANT_VALUE") return value[2] ?? null;
    return history === undefined ? value.map((item) => converted(item, tensors, legacy)) : add(history);
  }
  if (!isObject(value)) return value;
  const { class_name: className, config } = value;
  if (className === "__keras_tensor__" && isObject(config)) {
    const history = isList(config["keras_history"]) ? historyOf(config["keras_history"]) : undefined;
    if (history !== undefined) return add({ ...history, shape: sizesOf(config["shape"]), dtype: textOf(config["dtype"]) });
  }
  if ((className === "__numpy__" || className === "__tensor__") && isObject(config)) return { array: arrayShape(config["value"]) };
  return Object.fromEntries(sortedEntries(value).map(([key, item]) => [key, converted(item, tensors, legacy)]));
}

/** The shape of a constant that a file writes out, of which nothing else is kept. */
function arrayShape(value: Json | undefined): readonly number[] {
  if (!isList(value)) return [];
  return [value.length, ...arrayShape(value[0])];
}

/** The tensors that `input_layers` and `output_layers` name, in the order in which Keras returns them: dictionaries by their keys. */
export function histories(value: Json | undefined): readonly History[] {
  if (isList(value)) {
    const history = historyOf(value);
    return history === undefined ? value.flatMap(histories) : [history];
  }
  return isObject(value) ? sortedEntries(value).flatMap(([, item]) => histories(item)) : [];
}

function sortedEntries(value: JsonObject): readonly (readonly [string, Json])[] {
  return Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

/** More than a layer has: a number beyond these is damage, and would be a list as long. */
const MAX_OUTPUTS = 10_000;
const MAX_CALLS = 1_000_000;

const isNumber = (value: number, most: number) => Number.isInteger(value) && value >= 0 && value <= most;

function historyOf([layer, call, output]: readonly Json[]): History | undefined {
  if (typeof layer !== "string" || typeof call !== "number") return undefined;
  if (layer === "_CONSTANT_VALUE") return { layer, call, output: 0 };
  if (typeof output !== "number") return undefined;
  if (isNumber(call, MAX_CALLS) && isNumber(output, MAX_OUTPUTS)) return { layer, call, output };
  return fail("bad-keras", `${layer} has no output ${output} of a call ${call}`, { expected: `whole numbers from 0, at most ${MAX_OUTPUTS}` });
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Sizes as Keras writes them, those that are open null, or -1; none for shapes of several tensors. Throws `bad-keras` for what is no size. */
export function sizesOf(value: Json | undefined): readonly (number | null)[] | undefined {
  if (!isList(value) || value.some((size) => isList(size) || isObject(size))) return undefined;
  return value.map((size) => {
    if (size === null || size === -1) return null;
    if (typeof size === "number" && Number.isSafeInteger(size) && size >= 0) return size;
    return fail("bad-keras", `${JSON.stringify(size)} is not a size`, { expected: "a whole number, or null for a size that is open" });
  });
}

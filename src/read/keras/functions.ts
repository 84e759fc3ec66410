import { InputError } from "../../graph/diagnostic.js";
import type { Layer, Primitive } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { activationByName } from "../../ops/activation.js";
import { kerasFunctions } from "../../ops/keras/functions/table.js";
import { sliced, type Index } from "../../ops/keras/functions/index-by.js";
import { bindArguments, readSignature } from "../notation/binding.js";
import { fixed } from "../onnx/fixed.js";
import { dataDependent, shapeAt, type OnnxNode, type Rule } from "../onnx/operand.js";
import { isList, isObject, type Json, type JsonObject } from "./json.js";
import { literal, NOWHERE } from "./layer.js";
import { callOf, configOf } from "./preprocessing.js";

/** What a function reads: a tensor by its number, or a constant by its shape. */
type Argument = { readonly tensor: number } | { readonly constant: Shape };

/** The rule of a function of keras.ops, if there is one. */
export function functionRule(className: string): Rule | undefined {
  if (className === "GetItem") return getItem;
  return kerasFunctions.has(className) ? called : undefined;
}

const called: Rule = (node) => {
  const { args, kwargs } = callOf(node);
  return over(node, functionOf(node.op, configOf(node)), [...args, ...Object.values(kwargs)].flatMap(argumentsIn));
};

/** `x[:, 0]`: the key is no tensor. */
const getItem: Rule = (node) => {
  const { args, kwargs } = callOf(node);
  const [source = null, key = kwargs["key"] ?? null] = [...args, ...(args.length === 0 ? [kwargs["x"] ?? null] : [])];
  const index = indexOf(args.length > 1 ? (args[1] ?? null) : key);
  if (index === undefined) return dataDependent("which elements are taken depends on the data");
  return over(node, sliced(index), argumentsIn(source));
};

/** `x[:, 0]` as TensorFlow's Keras 2 writes it: `slice_spec` beside the tensor. */
export const slicing: Rule = (node) => {
  const { args, kwargs } = callOf(node);
  const spec = kwargs["slice_spec"];
  const index = isList(spec) ? spec.map((part) => (isObject(part) && part["tensor"] === undefined ? sliceOf(part) : oneIndex(part))) : [undefined];
  const known = index.flatMap((part) => part ?? []);
  if (known.length !== index.length) return dataDependent("which elements are taken depends on the data");
  return over(node, sliced(known), args.flatMap(argumentsIn));
};

/** Lambda: an activation by its name, or the shape that the file notes. What it computes is not known otherwise. */
export const lambda: Rule = (node) => {
  const { function: written, output_shape: noted } = configOf(node);
  const name = isObject(written) && typeof written["config"] === "string" ? written["config"] : undefined;
  const named = name === undefined ? undefined : activationByName(name);
  if (named !== undefined) return { kind: "written", layer: named, inputs: node.inputs };
  if (!isList(noted) || !noted.every((size) => typeof size === "number")) return dataDependent("what this Lambda computes is not written");
  const layer = fixed({
    op: "lambda",
    outputs: [[shapeAt(node, 0)[0] ?? 1, ...noted]],
    uncounted: { of: "cost", reason: "what a Lambda computes is not written" },
  });
  return { kind: "written", layer, inputs: node.inputs };
};

/** A layer over the tensors among what it reads, the constants put between them. */
function over(node: OnnxNode, layer: Layer, read: readonly Argument[]): ReturnType<Rule> {
  const order = read.flatMap((argument) => ("tensor" in argument ? [argument.tensor] : []));
  const inputs = order.flatMap((index) => node.inputs[index] ?? []);
  if (layer.type !== "primitive" || order.length === read.length) return { kind: "written", layer, inputs };
  const whole: Primitive = {
    ...layer,
    infer(shapes) {
      let next = 0;
      return layer.infer(read.map((argument) => ("tensor" in argument ? (shapes[next++] ?? []) : argument.constant)));
    },
  };
  return { kind: "written", layer: whole, inputs };
}

function functionOf(className: string, config: JsonObject): Layer {
  const entry = kerasFunctions.get(className);
  if (entry === undefined) throw new Error(`${className} is no function of Keras that is known`);
  const known = new Set(readSignature(entry.signature).map(({ name }) => name));
  const named = Object.entries(config).filter(([name]) => known.has(name) && name !== "dtype");
  try {
    const written = named.map(([name, value]) => ({ name, value: literal(value), place: NOWHERE }));
    return entry.build(bindArguments(className, entry, { positional: [], named: written, children: [] }, NOWHERE));
  } catch (error) {
    if (error instanceof InputError && error.diagnostic.place === NOWHERE) throw new InputError({ ...error.diagnostic, place: undefined });
    throw error;
  }
}

/** Tensors and constants of an argument, in order; what is left out, and texts, are none. */
function argumentsIn(value: Json): readonly Argument[] {
  if (typeof value === "number") return [{ constant: [] }];
  if (isList(value)) return isNumbers(value) ? [{ constant: shapeOf(value) }] : value.flatMap(argumentsIn);
  if (!isObject(value)) return [];
  const { tensor, array } = value;
  if (typeof tensor === "number") return [{ tensor }];
  if (isList(array)) return [{ constant: array.flatMap((size) => (typeof size === "number" ? [size] : [])) }];
  return value["class_name"] === undefined ? Object.values(value).flatMap(argumentsIn) : [];
}

function isNumbers(value: Json): boolean {
  return typeof value === "number" || (isList(value) && value.length > 0 && value.every(isNumbers));
}

/** The shape of a list that is written out. */
function shapeOf(value: Json | undefined): Shape {
  return isList(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** An index of numpy as a file has it; nothing where a tensor is part of it. */
function indexOf(key: Json): readonly Index[] | undefined {
  const parts = isList(key) ? key : isObject(key) && isList(key["items"]) ? key["items"] : [key];
  const indices = parts.map(oneIndex);
  const known = indices.flatMap((index) => index ?? []);
  return known.length === indices.length ? known : undefined;
}

function oneIndex(part: Json): Index | undefined {
  if (part === null) return { kind: "new" };
  if (typeof part === "number") return { kind: "at" };
  if (isList(part)) return { kind: "list", shape: [part.length] };
  if (!isObject(part)) return undefined;
  const { class_name: className, config } = part;
  if (className === "__ellipsis__") return { kind: "rest" };
  if (isList(part["array"])) return { kind: "list", shape: part["array"].flatMap((size) => (typeof size === "number" ? [size] : [])) };
  return className === "__slice__" && isObject(config) ? sliceOf(config) : undefined;
}

function sliceOf({ start, stop, step }: JsonObject): Index {
  const bound = (value: Json | undefined) => (typeof value === "number" ? value : undefined);
  return { kind: "slice", start: bound(start), stop: bound(stop), step: bound(step) ?? 1 };
}

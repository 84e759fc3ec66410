import { fail } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { AttributeProto, GraphProto, Sizes } from "../onnx/schema.js";
import { own } from "../../graph/own.js";

/** A node of a GraphDef (tensorflow/core/framework/node_def.proto). */
export interface TfNode {
  readonly name: string;
  readonly op: string;
  /** What it reads, as `name` or `name:number`. */
  readonly inputs: readonly string[];
  readonly attributes: JsonObject;
}

/** DataType of TensorFlow (types.proto) as TensorProto.DataType of ONNX. */
const TYPES: Readonly<Record<string, number>> = {
  DT_FLOAT: 1,
  DT_DOUBLE: 11,
  DT_INT32: 6,
  DT_UINT8: 2,
  DT_INT16: 5,
  DT_INT8: 3,
  DT_STRING: 8,
  DT_COMPLEX64: 14,
  DT_INT64: 7,
  DT_BOOL: 9,
  DT_BFLOAT16: 16,
  DT_UINT16: 4,
  DT_COMPLEX128: 15,
  DT_HALF: 10,
  DT_UINT32: 12,
  DT_UINT64: 13,
};

/** Names of outputs by operator, where a function's nodes read them by name: `TopKV2:indices:0` is the second. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV2: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV3: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
  LSTMBlockCell: ["i", "cs", "f", "o", "ci", "co", "h"],
  MaxPoolWithArgmax: ["output", "argmax"],
  Merge: ["output", "value_index"],
  NonMaxSuppressionV4: ["selected_indices", "valid_outputs"],
  NonMaxSuppressionV5: ["selected_indices", "selected_scores", "valid_outputs"],
  Switch: ["output_false", "output_true"],
  TensorArrayV3: ["handle", "flow"],
  TensorArrayConcatV3: ["value", "lengths"],
  TensorListConcat: ["tensor", "lengths"],
  TensorListConcatV2: ["tensor", "lengths"],
  TensorListPopBack: ["output_handle", "tensor"],
  TopKV2: ["values", "indices"],
  Unique: ["y", "idx"],
  UniqueV2: ["y", "idx"],
};

/** A tensor as a node reads it: the node that makes it, and which of its outputs it is. */
export interface Reference {
  readonly node: string;
  readonly output: number;
}

/** Takes `name`, `name:number` and `name:output:number` apart; what makes it decides what an output's name means. */
export function referenceOf(text: string, opOf: (node: string) => string | undefined): Reference {
  const [node = "", ...rest] = text.split(":");
  const number = Number(rest.at(-1) ?? 0);
  const [named] = rest.length > 1 ? rest : [];
  const at = named === undefined ? 0 : Math.max(0, (OUTPUTS[opOf(node) ?? ""] ?? []).indexOf(named));
  return { node, output: at + (Number.isSafeInteger(number) ? number : 0) };
}

/** The name of a tensor in the graph that the readers share. */
export function tensorName({ node, output }: Reference): string {
  return output === 0 ? node : `${node}:${output}`;
}

/** A text, which JSON has in base 64 (SAME is U0FNRQ==). */
function decoded(value: Json | undefined): string {
  if (typeof value !== "string") return "";
  try {
    return atob(value);
  } catch {
    return value;
  }
}

/** An attribute as the readers of model files share it: truth as 0 or 1, a type by its number, a shape as its sizes. */
export function attributeOf(name: string, value: Json, graphOf: (name: string) => GraphProto | undefined): AttributeProto {
  const empty = { name, floats: [], ints: [], strings: [] };
  if (!isObject(value)) return empty;
  const { s, i, f, b, type, shape, list, func } = value;
  if (s !== undefined) return { ...empty, s: decoded(s) };
  if (i !== undefined) return { ...empty, i: wholeOf(name, i) };
  if (f !== undefined) return { ...empty, f: Number(f) };
  if (b !== undefined) return { ...empty, i: Number(b === true) };
  if (type !== undefined) return { ...empty, i: typeNumber(type) };
  if (shape !== undefined) return { ...empty, ints: (sizesOf(shape) ?? []).map((size) => (typeof size === "number" ? size : -1)) };
  if (isObject(func) && typeof func["name"] === "string") return { ...empty, g: graphOf(func["name"]) };
  if (!isObject(list)) return empty;
  const items = (key: string) => {
    const found = list[key];
    return isList(found) ? found : [];
  };
  return { ...empty, ints: items("i").map((item) => wholeOf(name, item)), floats: items("f").map(Number), strings: items("s").map(decoded) };
}

/** A whole number, which JSON has as a text. Throws `bad-tfjs`. */
function wholeOf(name: string, value: Json): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number)) return number;
  return fail("bad-tfjs", `the attribute ${name} is ${JSON.stringify(value)}`, { expected: "a whole number" });
}

function typeNumber(type: Json): number {
  return (typeof type === "string" ? own(TYPES, type) : undefined) ?? 0;
}

/** The element type of a placeholder: float32 where it is not said. */
export function typeOf({ attributes }: TfNode): number {
  const { dtype } = attributes;
  return isObject(dtype) && dtype["type"] !== undefined ? typeNumber(dtype["type"]) : 1;
}

/** The shape of a placeholder: nothing for a size that is open, and for an unknown rank. */
export function shapeOf({ attributes }: TfNode): Sizes | undefined {
  const { shape } = attributes;
  return isObject(shape) ? sizesOf(shape["shape"]) : undefined;
}

function sizesOf(shape: Json | undefined): Sizes | undefined {
  if (!isObject(shape) || shape["unknownRank"] === true) return undefined;
  const dims = shape["dim"];
  return (isList(dims) ? dims : []).map((dim) => {
    const size = isObject(dim) ? Number(dim["size"] ?? 0) : -1;
    return size >= 0 ? size : null;
  });
}

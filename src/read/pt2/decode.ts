import type { DType } from "../../graph/dtype.js";
import { fail, type Place } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import { originOf } from "./origin.js";
import { decodeSignature } from "./signature.js";
import type { NumberValue, Program, ProgramArgument, ProgramGraph, ProgramNode, Range, Size, TensorMeta, Value } from "./program.js";

/** ScalarType of torch/_export/serde/schema.py, schema version 8. */
const TYPES: Readonly<Record<number, DType>> = {
  1: "uint8",
  2: "int8",
  3: "int16",
  4: "int32",
  5: "int64",
  6: "float16",
  7: "float32",
  8: "float64",
  10: "complex64",
  11: "complex128",
  12: "bool",
  13: "bfloat16",
  28: "uint16",
  29: "float8e4m3fn",
  30: "float8e5m2",
  31: "float8e4m3fnuz",
  32: "float8e5m2fnuz",
};

/** Decodes an exported program of torch.export.save (PyTorch 2.1 on). Throws `bad-pt2`. */
export function decodeProgram(program: JsonObject, path: string): Program {
  return new Decoder({ kind: "file", path }).program(program);
}

class Decoder {
  constructor(private readonly place: Place) {}

  program(program: JsonObject): Program {
    const module = this.object(program["graph_module"], "graph_module");
    const written = this.object(module["graph"], "graph");
    const signature = this.object(module["signature"], "signature");
    return {
      graph: this.graph(written),
      ...decodeSignature(signature),
      ranges: ranges(program["range_constraints"]),
    };
  }

  private graph(written: JsonObject): ProgramGraph {
    const metas = Object.entries(this.object(written["tensor_values"], "tensor_values"));
    const numbers = ["sym_int_values", "sym_float_values", "sym_bool_values"].flatMap((key) =>
      Object.entries(isObject(written[key]) ? written[key] : {}),
    );
    return {
      inputs: list(written["inputs"]).map((input) => (isObject(input) ? (tensorNames(input)[0] ?? "") : "")),
      outputs: list(written["outputs"]).flatMap((output) => (isObject(output) ? tensorNames(output) : [])),
      tensors: new Map(metas.map(([name, meta]) => [name, this.meta(name, meta)])),
      numbers: new Map(numbers.map(([name, size]) => [name, this.size(size)])),
      nodes: list(written["nodes"]).map((node, index) => this.node(node, index)),
    };
  }

  private meta(name: string, written: Json): TensorMeta {
    // Files of PyTorch 2.1 wrap it once more.
    const inner = isObject(written) && isObject(written["meta"]) ? written["meta"] : written;
    const { dtype, sizes } = this.object(inner, name);
    return { dtype: TYPES[Number(dtype)], sizes: list(sizes).map((size) => this.tensorSize(size)) };
  }

  private tensorSize(written: Json): Size {
    const size = this.size(written);
    const number = typeof size === "number" ? size : (size.hint ?? 0);
    return Number.isSafeInteger(number) && number >= 0 ? size : this.bad(`no tensor has a size of ${number}`);
  }

  private size(written: Json): Size {
    if (typeof written === "number") return this.checked(written);
    const { as_int: int, as_bool: flag, as_float: float, as_expr: expression } = isObject(written) ? written : {};
    if (typeof int === "number") return this.checked(int);
    if (typeof flag === "boolean") return Number(flag);
    if (typeof float === "number") return float;
    if (!isObject(expression) || typeof expression["expr_str"] !== "string") return this.bad("a size of this model is not a number");
    const hint = isObject(expression["hint"]) ? Object.values(expression["hint"])[0] : undefined;
    return { text: expression["expr_str"], hint: typeof hint === "number" ? hint : undefined };
  }

  private checked(size: number): number {
    return Number.isSafeInteger(size) ? size : this.bad(`no tensor has a size of ${size}`);
  }

  private node(written: Json, index: number): ProgramNode {
    const node = this.object(written, `node ${index}`);
    const target = typeof node["target"] === "string" ? node["target"] : "";
    const parts = target.replace(/^torch\.ops\./, "").split(".");
    const [namespace = "", op = "", overload = ""] = parts;
    const outputs = list(node["outputs"]).flatMap((output) => (isObject(output) ? tensorNames(output) : []));
    const own = typeof node["name"] === "string" && node["name"] !== "" ? node["name"] : (outputs[0] ?? `${op}_${index}`);
    const args = list(node["inputs"]).flatMap((input): readonly ProgramArgument[] =>
      isObject(input) && isObject(input["arg"])
        ? [{ name: typeof input["name"] === "string" ? input["name"] : "", value: this.value(input["arg"]) }]
        : [],
    );
    const made = { name: own, namespace, op: op === "" ? target : op, overload, args, outputs, origin: originOf(node["metadata"]) };
    return made.op === "with_effects" ? withoutToken(made) : made;
  }

  private value(written: JsonObject): Value {
    const [kind = "", value] = Object.entries(written)[0] ?? [];
    if (kind === "as_graph" && isObject(value)) {
      const name = typeof value["name"] === "string" ? value["name"] : "graph";
      return { kind: "graph", name, graph: this.graph(this.object(value["graph"], name)) };
    }
    if (kind === "as_string" || kind === "as_operator") return { kind: "text", value: typeof value === "string" ? value : "" };
    if (TENSORS.has(kind)) return { kind: "tensors", names: optionalNames(kind, value), isList: kind.endsWith("s") };
    if (NUMBER.has(kind)) return { kind: "numbers", values: [this.number(value)], isList: false };
    if (NUMBERS.has(kind)) return { kind: "numbers", values: list(value).map((each) => this.number(each)), isList: true };
    return kind === "as_custom_obj" ? { kind: "object" } : { kind: "none" };
  }

  private number(value: Json | undefined): NumberValue {
    const { as_name: name, as_int: int, as_float: float, as_bool: flag } = isObject(value) ? value : {};
    if (typeof name === "string") return { name };
    const written = isObject(value) ? (int ?? float ?? flag) : value;
    if (typeof written === "number" || typeof written === "boolean") return Number(written);
    // Infinity and NaN are written as texts.
    if (typeof written === "string" && /^-?(Infinity|NaN)$/.test(written)) return Number(written);
    return this.bad("an argument of a node is not a number, or not a list of numbers");
  }

  private object(value: Json | undefined, what: string): JsonObject {
    return isObject(value) ? value : this.bad(`this model has no ${what}`);
  }

  private bad(message: string): never {
    return fail("bad-pt2", message, { place: this.place, expected: "an archive of torch.export.save" });
  }
}

/** with_effects(token, op, ...args): the operator itself. The token that goes in and comes out only keeps nodes in order. */
function withoutToken(node: ProgramNode): ProgramNode {
  const [, target, ...args] = node.args;
  const written = target?.value.kind === "text" ? target.value.value : "";
  const [namespace = "", op = "", overload = ""] = written.replace(/^torch\.ops\./, "").split(".");
  return op === "" ? node : { ...node, namespace, op, overload, args, outputs: node.outputs.slice(1) };
}

const TENSORS = new Set(["as_tensor", "as_tensors", "as_optional_tensor", "as_optional_tensors", "as_nested_tensors"]);
const NUMBER = new Set(["as_int", "as_float", "as_bool", "as_sym_int", "as_sym_float", "as_sym_bool"]);
const NUMBERS = new Set(["as_ints", "as_floats", "as_bools", "as_sym_ints", "as_sym_floats", "as_sym_bools"]);

const list = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

function nameOf(value: Json | undefined): string | undefined {
  if (!isObject(value)) return undefined;
  const inner = isObject(value["as_tensor"]) ? value["as_tensor"] : value;
  return typeof inner["name"] === "string" ? inner["name"] : undefined;
}

function optionalNames(kind: string, value: Json | undefined): readonly (string | undefined)[] {
  if (kind === "as_nested_tensors") return list(value).flatMap(list).map(nameOf);
  return kind.endsWith("s") ? list(value).map(nameOf) : [nameOf(value)];
}

/** Names of the tensors of an argument of a graph or of a node's outputs. */
function tensorNames(written: JsonObject): readonly string[] {
  const [kind = "", value] = Object.entries(written)[0] ?? [];
  return TENSORS.has(kind) ? optionalNames(kind, value).flatMap((name) => name ?? []) : [];
}

function ranges(written: Json | undefined): readonly Range[] {
  const bound = (value: Json | undefined) => (typeof value === "number" && Number.isFinite(value) ? value : undefined);
  return Object.entries(isObject(written) ? written : {}).flatMap(([text, range]) =>
    isObject(range) ? [{ text, min: bound(range["min_val"]), max: bound(range["max_val"]) }] : [],
  );
}

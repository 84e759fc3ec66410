import { fail, type Place } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfo } from "../onnx/schema.js";

/** Domain of PyTorch's operators (torch.ops.aten). */
export const ATEN = "aten";
/** The node that stores what no other node reads. */
export const UNUSED = "unused";

/** ScalarType of torch/_export/serde/schema.py (schema version 8) as ONNX's DataType. */
const TYPES: Readonly<Record<number, number>> = {
  1: 2,
  2: 3,
  3: 5,
  4: 6,
  5: 7,
  6: 10,
  7: 1,
  8: 11,
  10: 14,
  11: 15,
  12: 9,
  13: 16,
  28: 4,
  29: 17,
  30: 19,
  31: 18,
  32: 20,
};

export interface ExportedProgram {
  readonly graph: GraphProto;
  /** Some sizes are symbols: those of the example that the model was exported with are taken. */
  readonly dynamic: boolean;
}

/** An exported program (torch.export, schema version 5 on) as a graph over its named tensors, each of which has its shape written. Throws `bad-pt2`. */
export function decodeProgram(program: JsonObject, path: string): ExportedProgram {
  return new ProgramDecoder({ kind: "file", path }).decode(program);
}

interface Argument {
  readonly name: string;
  readonly value: JsonObject;
}

class ProgramDecoder {
  private dynamic = false;

  constructor(private readonly place: Place) {}

  decode(program: JsonObject): ExportedProgram {
    const module = this.object(program["graph_module"], "graph_module");
    const graph = this.object(module["graph"], "graph");
    const signature = this.object(module["signature"], "signature");
    const infos = this.infos(graph);
    const specs = this.list(signature["input_specs"]).flatMap((spec) => (isObject(spec) ? [spec] : []));
    const initializers = specs.flatMap((spec) => this.stored(spec, infos));
    const inputs = specs.flatMap((spec): readonly ValueInfo[] => {
      const user = spec["user_input"];
      const name = isObject(user) && isObject(user["arg"]) ? tensorNames(user["arg"])[0] : undefined;
      const info = name === undefined ? undefined : infos.get(name);
      return info === undefined ? [] : [info];
    });
    const nodes = this.list(graph["nodes"]).map((node, index) => this.node(node, index));
    const read = new Set(nodes.flatMap((node) => node.inputs));
    const left = initializers.filter(({ name, role }) => role === "parameter" && !read.has(name)).map(({ name }) => name);
    const unused: NodeProto[] =
      left.length === 0
        ? []
        : [
            {
              name: "parameters that nothing reads",
              opType: UNUSED,
              domain: ATEN,
              overload: "",
              inputs: left,
              outputs: [],
              attributes: new Map(),
              metadata: new Map(),
            },
          ];
    const ends = this.list(signature["output_specs"]).flatMap((spec) => {
      const user = isObject(spec) ? spec["user_output"] : undefined;
      return isObject(user) && isObject(user["arg"]) ? tensorNames(user["arg"]) : [];
    });
    const outputs = ends.map((name): ValueInfo => infos.get(name) ?? { name });
    return {
      graph: { name: "", nodes: [...nodes, ...unused], initializers, sparseInitializers: [], inputs, outputs, valueInfo: [...infos.values()] },
      dynamic: this.dynamic,
    };
  }

  private infos(graph: JsonObject): ReadonlyMap<string, ValueInfo> {
    const values = this.object(graph["tensor_values"], "tensor_values");
    return new Map(
      Object.entries(values).map(([name, meta]): [string, ValueInfo] => {
        // Older files wrap the meta.
        const inner = isObject(meta) && isObject(meta["meta"]) ? meta["meta"] : meta;
        const { dtype, sizes } = this.object(inner, name);
        return [
          name,
          { name, type: { kind: "tensor", elementType: TYPES[Number(dtype)] ?? 0, shape: this.list(sizes).map((size) => this.size(size)) } },
        ];
      }),
    );
  }

  /** A size: a number, or a symbol with the number of the example. */
  private size(size: Json): number | null {
    if (typeof size === "number") return this.checked(size);
    if (!isObject(size)) return null;
    if (typeof size["as_int"] === "number") return this.checked(size["as_int"]);
    this.dynamic = true;
    const hint = isObject(size["as_expr"]) ? size["as_expr"]["hint"] : undefined;
    return isObject(hint) && typeof hint["as_int"] === "number" ? this.checked(hint["as_int"]) : null;
  }

  private checked(size: number): number {
    return Number.isSafeInteger(size) && size >= 0 ? size : this.bad(`no tensor has a size of ${size}`);
  }

  private stored(spec: JsonObject, infos: ReadonlyMap<string, ValueInfo>): readonly TensorProto[] {
    for (const kind of ["parameter", "buffer", "tensor_constant"] as const) {
      const found = spec[kind];
      if (!isObject(found) || !isObject(found["arg"])) continue;
      const name = found["arg"]["name"];
      const type = typeof name === "string" ? infos.get(name)?.type : undefined;
      if (typeof name !== "string" || type?.kind !== "tensor") return this.bad(`a ${kind} of this model has no shape`);
      const dims = (type.shape ?? []).map((size) => Number(size ?? 0));
      return [{ name, dims, dataType: type.elementType, role: kind === "parameter" ? "parameter" : kind === "buffer" ? "buffer" : "constant" }];
    }
    return [];
  }

  private node(written: Json, index: number): NodeProto {
    const node = this.object(written, `node ${index}`);
    const target = typeof node["target"] === "string" ? node["target"] : "";
    const op = target
      .replace(/^torch\.ops\./, "")
      .replace(/^aten\./, "")
      .replace(/\.[^.]*$/, "");
    const args = this.list(node["inputs"]).flatMap((input): readonly Argument[] =>
      isObject(input) && typeof input["name"] === "string" && isObject(input["arg"]) ? [{ name: input["name"], value: input["arg"] }] : [],
    );
    const named = args.flatMap(({ name, value }) => tensorNames(value).map((tensor) => ({ name, tensor })));
    const attributes = new Map(args.flatMap(({ name, value }) => this.attribute(name, value)));
    attributes.set("args", { name: "args", floats: [], ints: [], strings: named.map(({ name }) => name) });
    const outputs = this.list(node["outputs"]).flatMap((output) => (isObject(output) ? tensorNames(output) : []));
    const own = typeof node["name"] === "string" ? node["name"] : (outputs[0] ?? `${op}_${index}`);
    const path = modulePath(node["metadata"]);
    const domain = target.startsWith("torch.ops.") && !target.startsWith("torch.ops.aten.") ? "torch" : ATEN;
    return {
      name: path === "" ? own : `/${path}/${own}`,
      opType: op,
      domain,
      overload: "",
      inputs: named.map(({ tensor }) => tensor),
      outputs,
      attributes,
      metadata: new Map(),
    };
  }

  private object(value: Json | undefined, what: string): JsonObject {
    return isObject(value) ? value : this.bad(`this model has no ${what}`);
  }

  private attribute(name: string, value: JsonObject): readonly (readonly [string, AttributeProto])[] {
    const { as_ints: ints } = value;
    if (isList(ints) && !ints.every((int) => typeof int === "number")) this.bad(`the argument ${name} of a node is no list of integers`);
    return attributeOf(name, value);
  }

  private list(value: Json | undefined): readonly Json[] {
    return isList(value) ? value : [];
  }

  private bad(message: string): never {
    return fail("bad-pt2", message, { place: this.place, expected: "an archive of torch.export.save" });
  }
}

/** Names of the tensors that an argument is. */
function tensorNames(argument: JsonObject): readonly string[] {
  const one = (value: Json | undefined) => (isObject(value) && typeof value["name"] === "string" ? [value["name"]] : []);
  const { as_tensor: tensor, as_tensors: tensors, as_optional_tensor: optional, as_optional_tensors: optionals } = argument;
  const inner = (value: Json | undefined) => (isObject(value) ? one(value["as_tensor"]) : []);
  return [
    ...one(tensor),
    ...(isList(tensors) ? tensors.flatMap(one) : []),
    ...inner(optional),
    ...(isList(optionals) ? optionals.flatMap(inner) : []),
  ];
}

function attributeOf(name: string, value: JsonObject): readonly (readonly [string, AttributeProto])[] {
  const empty = { name, floats: [], ints: [], strings: [] };
  const { as_int: int, as_ints: ints, as_bool: flag, as_string: text, as_float: float } = value;
  if (typeof int === "number") return [[name, { ...empty, i: int }]];
  if (typeof flag === "boolean") return [[name, { ...empty, i: Number(flag) }]];
  if (typeof float === "number") return [[name, { ...empty, f: float }]];
  if (typeof text === "string") return [[name, { ...empty, s: text }]];
  return isList(ints) ? [[name, { ...empty, ints: ints.map(Number) }]] : [];
}

/** Path of the innermost module around a node: `L__self___features_0,features.0,torch.nn...;...` in its metadata. */
function modulePath(metadata: Json | undefined): string {
  const stack = isObject(metadata) ? metadata["nn_module_stack"] : undefined;
  const last = typeof stack === "string" ? stack.split(";").at(-1) : undefined;
  const path = last?.split(",")[1] ?? "";
  return path
    .replace(/^L\['self'\]/, "")
    .replace(/\[['"]?([^\]'"]*)['"]?\]/g, ".$1")
    .replace(/^\./, "");
}

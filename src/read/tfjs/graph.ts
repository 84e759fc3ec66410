import { own } from "../../graph/own.js";
import { fail, type Place } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { AttributeProto, GraphProto, NodeProto, Sizes, TensorProto, ValueInfo } from "../onnx/schema.js";
import { TFLITE } from "../tflite/decode.js";
import { OPERATORS, typeNumber, type Adapted } from "./operators.js";
import type { Manifest } from "./manifest.js";

const UNKNOWN_DOMAIN = "tensorflow";

interface TfNode {
  readonly name: string;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: JsonObject;
}

/** A graph model: a GraphDef of TensorFlow, its operators as those of TensorFlow Lite, which work on the same tensors. Throws `bad-tfjs`. */
export function decodeGraph(topology: JsonObject, signature: JsonObject | undefined, manifest: Manifest, path: string): GraphProto {
  return new GraphDecoder(manifest, { kind: "file", path }).graph(topology, signature);
}

class GraphDecoder {
  private readonly initializers: TensorProto[] = [];

  constructor(
    private readonly manifest: Manifest,
    private readonly place: Place,
  ) {}

  graph(topology: JsonObject, signature: JsonObject | undefined): GraphProto {
    const written = topology["node"];
    const all = (isList(written) ? written : []).map((node) => this.node(node));
    const byName = new Map(all.map((node) => [node.name, node]));
    const ordered = this.inOrder(all, byName);
    const read = new Set(all.flatMap(({ inputs }) => inputs));
    const inputs = ordered
      .filter(({ op }) => op === "Placeholder")
      .map((node): ValueInfo => ({ name: node.name, type: { kind: "tensor", elementType: typeOf(node), shape: shapeOf(node) } }));
    const consumers = new Map<string, TfNode[]>();
    for (const node of all) for (const input of node.inputs) consumers.set(input, [...(consumers.get(input) ?? []), node]);
    const nodes = ordered.flatMap((node): readonly NodeProto[] => {
      if (node.op === "Placeholder" || node.op === "NoOp") return [];
      if (node.op === "Const") {
        this.constant(node, consumers.get(node.name) ?? []);
        return [];
      }
      return [translated(node)];
    });
    const ends = outputsOf(signature) ?? all.filter(({ name, op }) => !read.has(name) && op !== "NoOp" && op !== "Const").map(({ name }) => name);
    return {
      name: "",
      nodes,
      initializers: this.initializers,
      sparseInitializers: [],
      inputs,
      outputs: ends.map((name) => ({ name })),
      valueInfo: [],
    };
  }

  private node(written: Json): TfNode {
    if (!isObject(written)) return this.bad("a node of this model is no object");
    const { name, op, input, attr } = written;
    if (typeof name !== "string" || typeof op !== "string") return this.bad("a node of this model has no name or operator");
    // `^a` only says that a runs before; `a:0` is `a`.
    const inputs = (isList(input) ? input : []).flatMap((each) =>
      typeof each === "string" && !each.startsWith("^") ? [each.replace(/:0$/, "")] : [],
    );
    return { name, op, inputs, attributes: isObject(attr) ? attr : {} };
  }

  /** What the weights manifest has under a node's name. Convolutions' weights are put as TensorFlow Lite has them: output channels first. */
  private constant(node: TfNode, readers: readonly TfNode[]): void {
    const weight = this.manifest.get(node.name);
    if (weight === undefined) return;
    const order = readers
      .map(({ op, inputs }) => (inputs[1] === node.name ? own(OPERATORS, op)?.weight : undefined))
      .find((each) => each !== undefined);
    const dims = order === undefined ? weight.dims : order(weight.dims);
    this.initializers.push({ name: node.name, dims, dataType: weight.dataType, quantised: weight.quantised, raw: weight.values });
  }

  private inOrder(all: readonly TfNode[], byName: ReadonlyMap<string, TfNode>): readonly TfNode[] {
    const done = new Set<string>();
    const ordered: TfNode[] = [];
    const stack: { readonly node: TfNode; next: number }[] = [];
    const open = new Set<string>();
    for (const start of all) {
      if (!done.has(start.name)) stack.push({ node: start, next: 0 });
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        open.add(top.node.name);
        const input = top.node.inputs[top.next]?.replace(/:\d+$/, "");
        top.next += 1;
        if (input === undefined) {
          stack.pop();
          open.delete(top.node.name);
          if (!done.has(top.node.name)) ordered.push(top.node);
          done.add(top.node.name);
          continue;
        }
        const before = byName.get(input) ?? this.bad(`nothing makes \`${input}\`, which ${top.node.name} reads`);
        if (done.has(input)) continue;
        // Loops of TensorFlow 1 go back through NextIteration.
        if (open.has(input)) return this.bad("the nodes of this model run in a circle: control flow of TensorFlow 1 is not read");
        stack.push({ node: before, next: 0 });
      }
    }
    return ordered;
  }

  private bad(message: string): never {
    return fail("bad-tfjs", message, { place: this.place, expected: "a graph model of TensorFlow.js" });
  }
}

function translated(node: TfNode): NodeProto {
  const rule = own(OPERATORS, node.op);
  const adapted: Adapted = rule === undefined ? { inputs: node.inputs } : rule.adapt(node);
  const attributes = new Map(
    Object.entries(adapted.attributes ?? {}).map(([name, value]): [string, AttributeProto] => {
      const empty = { name, floats: [], ints: [], strings: [] };
      return [
        name,
        typeof value === "number" ? { ...empty, i: value } : typeof value === "string" ? { ...empty, s: value } : { ...empty, ints: value },
      ];
    }),
  );
  const outputs = Array.from({ length: adapted.outputs ?? 1 }, (_, index) => (index === 0 ? node.name : `${node.name}:${index}`));
  const opType = rule === undefined ? node.op : rule.op;
  return {
    name: node.name,
    opType,
    domain: rule === undefined ? UNKNOWN_DOMAIN : TFLITE,
    overload: "",
    inputs: adapted.inputs,
    outputs,
    attributes,
    metadata: new Map(),
  };
}

/** DataType of TensorFlow as ONNX's number. */
function typeOf({ attributes }: TfNode): number {
  const dtype = attributes["dtype"];
  return typeNumber(isObject(dtype) ? dtype["type"] : undefined) || 1;
}

/** The shape of a placeholder: -1 where a size is open. */
function shapeOf({ attributes }: TfNode): Sizes | undefined {
  const shape = attributes["shape"];
  const inner = isObject(shape) ? shape["shape"] : undefined;
  if (!isObject(inner) || inner["unknownRank"] === true) return undefined;
  const dims = inner["dim"];
  return (isList(dims) ? dims : []).map((dim) => {
    const size = isObject(dim) ? Number(dim["size"]) : -1;
    return size >= 0 ? size : null;
  });
}

/** Names of the tensors that the model's signature gives out. */
function outputsOf(signature: JsonObject | undefined): readonly string[] | undefined {
  const outputs = signature?.["outputs"];
  if (!isObject(outputs)) return undefined;
  const names = Object.values(outputs).flatMap((output) =>
    isObject(output) && typeof output["name"] === "string" ? [output["name"].replace(/:0$/, "")] : [],
  );
  return names.length === 0 ? undefined : names;
}

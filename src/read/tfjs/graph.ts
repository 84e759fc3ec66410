import { fail, type Place } from "../../graph/diagnostic.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { GraphProto, NodeProto, TensorProto, ValueInfo } from "../onnx/schema.js";
import { inOrder } from "../order.js";
import type { Manifest } from "./manifest.js";
import { attributeOf, referenceOf, shapeOf, tensorName, typeOf, type TfNode } from "./node.js";

/** Domain of TensorFlow's operators among those that the readers of model files share. */
export const TENSORFLOW = "tensorflow";

/** Operators that are no part of what runs. */
const NOTHING = new Set(["Placeholder", "Const", "NoOp"]);

/** A graph model: a GraphDef of TensorFlow under its own operators' names. Throws `bad-tfjs`. */
export function decodeGraph(topology: JsonObject, signature: JsonObject | undefined, manifest: Manifest, path: string): GraphProto {
  return new GraphDecoder(topology["library"], manifest, { kind: "file", path }).main(topology, signature);
}

/** What of a list of nodes makes a graph: what goes in and comes out of it. */
interface Ends {
  readonly name: string;
  readonly inputs: readonly ValueInfo[];
  /** As a node reads them. */
  readonly outputs: readonly string[];
}

class GraphDecoder {
  private readonly functions = new Map<string, JsonObject>();
  private readonly decoded = new Map<string, GraphProto>();
  private readonly open = new Set<string>();

  constructor(
    library: Json | undefined,
    private readonly manifest: Manifest,
    private readonly place: Place,
  ) {
    for (const each of objects(isObject(library) ? library["function"] : undefined)) {
      const signature = each["signature"];
      if (isObject(signature) && typeof signature["name"] === "string") this.functions.set(signature["name"], each);
    }
  }

  main(topology: JsonObject, signature: JsonObject | undefined): GraphProto {
    const nodes = this.nodes(topology["node"]);
    const read = new Set(nodes.flatMap(({ inputs }) => inputs.map((input) => input.replace(/:.*$/, ""))));
    const ends = nodes.filter(({ name, op }) => !read.has(name) && op !== "NoOp" && op !== "Const").map(({ name }) => name);
    const inputs = nodes
      .filter(({ op }) => op === "Placeholder")
      .map((node): ValueInfo => ({ name: node.name, type: { kind: "tensor", elementType: typeOf(node), shape: shapeOf(node) } }));
    return this.graph(nodes, { name: "", inputs, outputs: outputsOf(signature) ?? ends });
  }

  /** A function of the library (function.proto). Throws `bad-tfjs` for one that runs itself. */
  private readonly function = (name: string): GraphProto | undefined => {
    const known = this.decoded.get(name);
    const written = this.functions.get(name);
    if (known !== undefined || written === undefined) return known;
    if (this.open.has(name)) this.bad(`the function ${name} of this model runs itself`);
    this.open.add(name);
    const { signature, nodeDef, ret } = written;
    const names = (key: string) =>
      objects(isObject(signature) ? signature[key] : undefined).flatMap((each) => (typeof each["name"] === "string" ? [each["name"]] : []));
    const outputs = names("outputArg").map((output) => {
      const from = isObject(ret) ? ret[output] : undefined;
      return typeof from === "string" ? from : output;
    });
    const graph = this.graph(this.nodes(nodeDef), { name, inputs: names("inputArg").map((input) => ({ name: input })), outputs });
    this.open.delete(name);
    this.decoded.set(name, graph);
    return graph;
  };

  private graph(all: readonly TfNode[], { name, inputs, outputs }: Ends): GraphProto {
    const byName = new Map(all.map((node) => [node.name, node]));
    const given = new Set(inputs.map((input) => input.name));
    const reference = (text: string) => referenceOf(text, (node) => byName.get(node)?.op);
    // A node has as many outputs as others read of it.
    const counts = new Map<string, number>();
    for (const text of [...all.flatMap((node) => node.inputs), ...outputs]) {
      const { node, output } = reference(text);
      counts.set(node, Math.max(counts.get(node) ?? 1, output + 1));
    }
    const ordered = this.inOrder(byName, given);
    const nodes = ordered.flatMap((node): readonly NodeProto[] => {
      if (NOTHING.has(node.op)) return [];
      const made = Array.from({ length: counts.get(node.name) ?? 1 }, (_, output) => tensorName({ node: node.name, output }));
      const isLoop = goesRound(node, byName);
      const read = isLoop ? node.inputs.slice(0, 1) : node.inputs;
      return [
        this.proto(
          isLoop ? { ...node, op: "LoopMerge" } : node,
          read.map((text) => tensorName(reference(text))),
          made,
        ),
      ];
    });
    return {
      name,
      nodes,
      initializers: all.flatMap((node) => (node.op === "Const" ? (this.constant(node.name) ?? []) : [])),
      sparseInitializers: [],
      inputs,
      outputs: outputs.map((text) => ({ name: tensorName(reference(text)) })),
      valueInfo: [],
    };
  }

  private proto({ name, op, attributes }: TfNode, inputs: readonly string[], outputs: readonly string[]): NodeProto {
    const decoded = new Map(Object.entries(attributes).map(([key, value]) => [key, attributeOf(key, value, this.function)]));
    return { name, opType: op, domain: TENSORFLOW, overload: "", inputs, outputs, attributes: decoded, metadata: new Map() };
  }

  private nodes(written: Json | undefined): readonly TfNode[] {
    return (isList(written) ? written : []).map((each) => {
      if (!isObject(each)) return this.bad("a node of this model is no object");
      const { name, op, input, attr } = each;
      if (typeof name !== "string" || typeof op !== "string") return this.bad("a node of this model has no name or operator");
      // `^a` only says that a runs before.
      const inputs = (isList(input) ? input : []).flatMap((text) => (typeof text === "string" && !text.startsWith("^") ? [text] : []));
      return { name, op, inputs, attributes: isObject(attr) ? attr : {} };
    });
  }

  /** What the weights manifest has under a node's name. */
  private constant(name: string): TensorProto | undefined {
    const weight = this.manifest.get(name);
    if (weight === undefined) return undefined;
    const { dims, dataType, quantised, raw, values, absent } = weight;
    return { name, dims, dataType, quantised, raw, values, absent };
  }

  /** The nodes, each behind those whose outputs it reads. What a loop of TensorFlow 1 takes back to its beginning is no such reading. */
  private inOrder(byName: ReadonlyMap<string, TfNode>, given: ReadonlySet<string>): readonly TfNode[] {
    const before = (input: string, reader: string) => byName.get(input) ?? this.bad(`nothing makes \`${input}\`, which ${reader} reads`);
    return inOrder(
      [...byName.values()],
      function* (node) {
        for (const text of goesRound(node, byName) ? node.inputs.slice(0, 1) : node.inputs) {
          const input = text.replace(/:.*$/, "");
          if (!given.has(input)) yield before(input, node.name);
        }
      },
      () => this.bad("the nodes of this model run in a circle"),
    );
  }

  private bad(message: string): never {
    return fail("bad-tfjs", message, { place: this.place, expected: "a graph model of TensorFlow.js" });
  }
}

/** Whether a Merge begins a loop of TensorFlow 1: its second input comes from the end of the loop's body. */
function goesRound({ op, inputs }: TfNode, byName: ReadonlyMap<string, TfNode>): boolean {
  const back = inputs[1]?.replace(/:.*$/, "");
  return op === "Merge" && back !== undefined && byName.get(back)?.op === "NextIteration";
}

function objects(list: Json | undefined): readonly JsonObject[] {
  return (isList(list) ? list : []).filter(isObject);
}

/** Names of the tensors that the model's signature gives out. */
function outputsOf(signature: JsonObject | undefined): readonly string[] | undefined {
  const outputs = signature?.["outputs"];
  if (!isObject(outputs)) return undefined;
  const names = Object.values(outputs).flatMap((output) => (isObject(output) && typeof output["name"] === "string" ? [output["name"]] : []));
  return names.length === 0 ? undefined : names;
}

import { fail, type Place } from "../../graph/diagnostic.js";
import type { AttributeProto, GraphProto, ModelProto, NodeProto, Sizes, ValueInfo } from "../onnx/schema.js";
import { isObject, type Json, type JsonObject } from "./json.js";

/** Domain of Keras's layers among the operators that the readers of model files share. */
export const KERAS = "keras";
const MODELS = new Set(["Sequential", "Functional", "Model"]);
const MAX_DEPTH = 32;

/** One output of one call of a layer. */
interface History {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** A model's architecture, as Keras writes it (model.to_json(), `model_config`, config.json), as a graph of layers. Throws `bad-keras`. */
export function decodeKeras(config: JsonObject, path: string): ModelProto {
  const decoder = new Decoder(path);
  return { irVersion: 3, producer: "", opsets: new Map([["", 1]]), graph: decoder.model(config, false, 0), functions: [] };
}

class Decoder {
  private readonly place: Place;

  constructor(path: string) {
    this.place = { kind: "file", path };
  }

  /** @param shared whether another call of the model stores its weights */
  model(written: JsonObject, shared: boolean, depth: number): GraphProto {
    const { class_name: className, config } = written;
    if (depth > MAX_DEPTH) return this.bad(`models are nested more than ${MAX_DEPTH} deep`);
    if (typeof className !== "string" || !MODELS.has(className))
      return this.bad(`a ${typeof className === "string" ? className : "model without a class"} has no layers that are written out`);
    // Keras 1 and early Keras 2 wrote a Sequential as a bare list.
    const list = Array.isArray(config) ? config : isObject(config) ? config["layers"] : undefined;
    if (!Array.isArray(list)) return this.bad("this model has no list of layers");
    const layers = list.map((layer: Json) => (isObject(layer) ? layer : this.bad("a layer of this model is no object")));
    return className === "Sequential"
      ? this.sequential(layers, isObject(config) ? config : {}, shared, depth)
      : this.functional(layers, isObject(config) ? config : {}, shared, depth);
  }

  private sequential(layers: readonly JsonObject[], config: JsonObject, shared: boolean, depth: number): GraphProto {
    const rest = layers.filter((layer) => layer["class_name"] !== "InputLayer");
    const [input = layers[0]] = layers.filter((layer) => layer["class_name"] === "InputLayer");
    const first = inputName(input) ?? "input";
    const shape = (input === undefined ? undefined : shapeOf(input)) ?? sizesOf(config["build_input_shape"]);
    let current = first;
    const nodes = rest.map((layer, index): NodeProto => {
      const name = nameOf(layer) ?? `layer ${index}`;
      const node = this.node(layer, name, [current], index === rest.length - 1 ? "output" : `${name}:0`, shared, depth);
      current = node.outputs[0] ?? current;
      return node;
    });
    return graph(nodes, [{ name: first, type: { kind: "tensor", elementType: dataType(input), shape } }], [nodes.length === 0 ? first : "output"]);
  }

  private functional(layers: readonly JsonObject[], config: JsonObject, shared: boolean, depth: number): GraphProto {
    const names = histories(config["input_layers"]).map(({ layer }) => layer);
    const inputs: ValueInfo[] = [];
    const calls: { readonly node: NodeProto; readonly layer: string; readonly call: number }[] = [];
    for (const layer of layers) {
      const name = nameOf(layer) ?? this.bad("a layer of this model has no name");
      if (layer["class_name"] === "InputLayer") {
        inputs.push({ name, type: { kind: "tensor", elementType: dataType(layer), shape: shapeOf(layer) } });
        continue;
      }
      const inbound = layer["inbound_nodes"];
      const nodes = Array.isArray(inbound) ? inbound : [];
      nodes.forEach((from: Json, call: number) => {
        const read = histories(from).map((history) => tensorName(history, inputs));
        // Keras 2 nests one list of tensors; a constant among them (a number that is added) has no history.
        calls.push({
          layer: name,
          call,
          node: this.node(layer, call === 0 ? name : `${name} (call ${call + 1})`, read, `${name}:${call}:0`, shared || call > 0, depth),
        });
      });
    }
    const ordered =
      inExecutionOrder(
        calls.map(({ node }) => node),
        inputs.map(({ name }) => name),
      ) ?? this.bad("the layers of this model run in a circle, or read what is not there");
    const outputs = histories(config["output_layers"]).map((history) => tensorName(history, inputs));
    const sorted = names.length === 0 ? inputs : names.flatMap((name) => inputs.filter((input) => input.name === name));
    return graph(ordered, sorted, outputs);
  }

  private node(layer: JsonObject, name: string, inputs: readonly string[], output: string, shared: boolean, depth: number): NodeProto {
    const { class_name: className } = layer;
    const config = isObject(layer["config"]) ? layer["config"] : {};
    const op = typeof className === "string" ? className : this.bad("a layer of this model has no class");
    const attributes = new Map<string, AttributeProto>();
    const set = (key: string, value: Partial<AttributeProto>) => attributes.set(key, { name: key, floats: [], ints: [], strings: [], ...value });
    set("shared", { i: Number(shared) });
    set("frozen", { i: Number(config["trainable"] === false) });
    if (MODELS.has(op)) set("model", { g: this.model(layer, shared, depth + 1) });
    else set("config", { s: JSON.stringify(config) });
    const outputs = MODELS.has(op)
      ? Array.from({ length: outputsOf(config) }, (_, index) => (index === 0 ? output : output.replace(/0$/, String(index))))
      : [output];
    return { name, opType: MODELS.has(op) ? "Model" : op, domain: KERAS, overload: "", inputs, outputs, attributes, metadata: new Map() };
  }

  private bad(message: string): never {
    return fail("bad-keras", message, { place: this.place, expected: "a Sequential or Functional model of Keras" });
  }
}

function graph(nodes: readonly NodeProto[], inputs: readonly ValueInfo[], outputs: readonly string[]): GraphProto {
  return { name: "", nodes, inputs, outputs: outputs.map((name) => ({ name })), initializers: [], sparseInitializers: [], valueInfo: [] };
}

function nameOf(layer: JsonObject): string | undefined {
  const config = layer["config"];
  const own = layer["name"] ?? (isObject(config) ? config["name"] : undefined);
  return typeof own === "string" ? own : undefined;
}

function inputName(layer: JsonObject | undefined): string | undefined {
  return layer?.["class_name"] === "InputLayer" ? nameOf(layer) : undefined;
}

/** The shape of an input, its batch first: Keras 2's batch_input_shape, Keras 3's batch_shape. */
function shapeOf(layer: JsonObject): Sizes | undefined {
  const config = layer["config"];
  return isObject(config) ? (sizesOf(config["batch_shape"]) ?? sizesOf(config["batch_input_shape"])) : undefined;
}

function sizesOf(value: Json | undefined): Sizes | undefined {
  return Array.isArray(value) ? value.map((size: Json) => (typeof size === "number" ? size : null)) : undefined;
}

function dataType(layer: JsonObject | undefined): number {
  const config = layer?.["config"];
  const dtype = isObject(config) ? config["dtype"] : undefined;
  return dtype === "int32" ? 6 : dtype === "int64" ? 7 : 1;
}

function outputsOf(config: JsonObject): number {
  return Math.max(1, histories(config["output_layers"]).length);
}

/** Tensors that a value names: `["conv", 0, 0, {}]` in Keras 2, `keras_history` in Keras 3, wherever they stand in it. */
function histories(value: Json | undefined): readonly History[] {
  if (Array.isArray(value)) return historyOf(value) ?? value.flatMap((item: Json) => histories(item));
  if (!isObject(value)) return [];
  const { config } = value;
  if (value["class_name"] === "__keras_tensor__" && isObject(config)) return histories(config["keras_history"]);
  return [
    ...histories(value["args"]),
    ...histories(value["kwargs"]),
    ...(value["args"] === undefined
      ? Object.entries(value)
          .filter(([key]) => key !== "kwargs")
          .flatMap(([, item]) => histories(item))
      : []),
  ];
}

function historyOf(value: readonly Json[]): readonly History[] | undefined {
  const [layer, call, output, keywords] = value;
  if (typeof layer !== "string" || typeof call !== "number" || typeof output !== "number") return undefined;
  return [{ layer, call, output }, ...(isObject(keywords) ? histories(keywords) : [])];
}

function tensorName({ layer, call, output }: History, inputs: readonly ValueInfo[]): string {
  return inputs.some(({ name }) => name === layer) ? layer : `${layer}:${call}:${output}`;
}

/** Nodes after what they read; nothing where they run in a circle. */
function inExecutionOrder(nodes: readonly NodeProto[], inputs: readonly string[]): readonly NodeProto[] | undefined {
  const made = new Set(inputs);
  const ordered: NodeProto[] = [];
  let waiting = nodes;
  while (waiting.length > 0) {
    const later: NodeProto[] = [];
    for (const node of waiting) {
      if (!node.inputs.every((name) => made.has(name) || made.has(name.replace(/\d+$/, "0")))) {
        later.push(node);
        continue;
      }
      for (const output of node.outputs) made.add(output);
      ordered.push(node);
    }
    if (later.length === waiting.length) return undefined;
    waiting = later;
  }
  return ordered;
}

import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Stored } from "../../graph/layer.js";
import type { AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfo } from "../onnx/schema.js";
import { histories, sizesOf, type Call, type History } from "./calls.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import { callsOf, isModel, shifts } from "./nested.js";
import { inExecutionOrder } from "./order.js";
import type { StoredShapes } from "./stored.js";

/** Domain of Keras's layers among the operators that the readers of model files share. */
export const KERAS = "keras";
/** Domain of the functions of keras.ops: several are called as a layer is (Add, Dot, Softmax), and take other arguments. */
export const KERAS_OPS = "keras.ops";
const FUNCTIONS = new Set<Json | undefined>(["Lambda", "TFOpLambda", "SlicingOpLambda"]);
const MAX_DEPTH = 32;

/** What a model inside a model has from those around it. */
interface Around {
  /** Another call of it stores its weights. */
  readonly shared: boolean;
  /** A model around it is not trained. */
  readonly frozen: boolean;
  /** Stands before the names of its tensors: no two of the file have one name. */
  readonly prefix: string;
  readonly depth: number;
}

/** A model's architecture, as Keras writes it (model.to_json(), `model_config`, config.json), as a graph of layers. Throws `bad-keras`. */
export function decodeKeras(config: JsonObject, path: string, stored: StoredShapes = new Map()): ModelProto {
  const decoder = new Decoder(path, stored);
  const graph = decoder.whole(config);
  return { irVersion: 3, producer: "", opsets: new Map([["", 1]]), graph, functions: [] };
}

/** A function of keras.ops: Keras 3 names its module, but not in HDF5, where only layers say that they are trained. */
function isFunction({ module, class_name: className, config, inbound_nodes: inbound }: JsonObject): boolean {
  if (typeof module === "string") return /^keras(\.src)?\.ops\b/.test(module);
  // Pipeline writes none of what layers write.
  if (className === "Pipeline") return false;
  // Every call of a layer is written in the same way: the first tells.
  const isNew = Array.isArray(inbound) && isObject(inbound[0]);
  return isNew && isObject(config) && config["trainable"] === undefined && config["dtype"] === undefined;
}

class Decoder {
  private readonly place: Place;

  constructor(
    path: string,
    private readonly stored: StoredShapes,
  ) {
    this.place = { kind: "file", path };
  }

  whole(config: JsonObject): GraphProto {
    try {
      return this.model(config, { shared: false, frozen: false, prefix: "", depth: 0 });
    } catch (error) {
      throw error instanceof InputError ? error.at(this.place) : error;
    }
  }

  private model(written: JsonObject, around: Around): GraphProto {
    const { class_name: className, config } = written;
    if (around.depth > MAX_DEPTH) return this.bad(`models are nested more than ${MAX_DEPTH} deep`);
    if (!isModel(written))
      return this.bad(`a ${typeof className === "string" ? className : "model without a class"} has no layers that are written out`);
    // Keras 1 and early Keras 2 wrote a Sequential as a bare list.
    const list = Array.isArray(config) ? config : isObject(config) ? config["layers"] : undefined;
    if (!Array.isArray(list)) return this.bad("this model has no list of layers");
    const layers = list.map((layer: Json) => (isObject(layer) ? layer : this.bad("a layer of this model is no object")));
    const own = isObject(config) ? config : {};
    const inner = { ...around, frozen: around.frozen || isFrozen(own) };
    return className === "Sequential" ? this.sequential(layers, own, inner) : this.functional(layers, own, inner);
  }

  private sequential(layers: readonly JsonObject[], config: JsonObject, around: Around): GraphProto {
    const rest = layers.filter((layer) => layer["class_name"] !== "InputLayer");
    const [input = layers[0]] = layers.filter((layer) => layer["class_name"] === "InputLayer");
    const first = around.prefix + (inputName(input) ?? "input");
    const shape = (input === undefined ? undefined : shapeOf(input)) ?? sizesOf(config["build_input_shape"]);
    let current = first;
    const valueInfo: ValueInfo[] = [];
    const nodes = rest.map((layer, index): NodeProto => {
      const name = nameOf(layer) ?? `layer ${index}`;
      const output = `${around.prefix}${index === rest.length - 1 ? "output" : `${name}:${index}`}`;
      const call: Call = { tensors: [], args: [{ tensor: 0 }], kwargs: {} };
      // What the next layer was built for is what this one returns.
      const next = rest[index + 1]?.["build_config"];
      valueInfo.push(tensorInfo(output, isObject(next) ? sizesOf(next["input_shape"]) : undefined, 1));
      const node = this.node(layer, { name, inputs: [current], outputs: [output], call }, around);
      current = node.outputs[0] ?? current;
      return node;
    });
    const last = nodes.length === 0 ? first : `${around.prefix}output`;
    return graph(nodes, [tensorInfo(first, shape, dataType(input))], [last], valueInfo);
  }

  private functional(layers: readonly JsonObject[], config: JsonObject, around: Around): GraphProto {
    const names = histories(config["input_layers"]).map(({ layer }) => around.prefix + layer);
    const inputs = layers
      .filter((layer) => layer["class_name"] === "InputLayer")
      .map((layer) => tensorInfo(around.prefix + this.named(layer), shapeOf(layer), dataType(layer)));
    const inputNames = new Set(inputs.map(({ name }) => name));
    const tensorName = ({ layer, call, output }: History) => {
      const name = around.prefix + layer;
      return inputNames.has(name) ? name : `${name}:${call}:${output}`;
    };
    const called = layers
      .filter((layer) => layer["class_name"] !== "InputLayer")
      .map((layer) => ({ layer, name: this.named(layer), calls: callsOf(layer) }));
    const shift = shifts(called, histories(config["output_layers"]));
    const outputs = histories(config["output_layers"]).map((history) => tensorName(shift.output(history)));
    const read = called.flatMap(({ calls }) => calls.flatMap(({ tensors }) => tensors.map(shift.inner)));
    // A layer has as many outputs as are read of it (its states, say).
    const count = new Map<string, number>();
    for (const { layer, call, output } of [...read, ...histories(config["output_layers"]).map(shift.output)])
      count.set(`${layer}:${call}`, Math.max(count.get(`${layer}:${call}`) ?? 1, output + 1));
    const nodes = called.flatMap(({ layer, name, calls }) =>
      calls.map((call, index) => {
        const outputNames = Array.from({ length: count.get(`${name}:${index}`) ?? 1 }, (_, output) =>
          tensorName({ layer: name, call: index, output }),
        );
        const label = index === 0 ? name : `${name} (call ${index + 1})`;
        const inner = { ...around, shared: around.shared || index > 0 };
        return this.node(
          layer,
          { name: label, inputs: call.tensors.map((tensor) => tensorName(shift.inner(tensor))), outputs: outputNames, call },
          inner,
        );
      }),
    );
    const ordered = inExecutionOrder(nodes, [...inputNames]) ?? this.bad("the layers of this model run in a circle, or read what is not there");
    const sorted = names.length === 0 ? inputs : names.flatMap((name) => inputs.filter((input) => input.name === name));
    const valueInfo = read.map((history) => tensorInfo(tensorName(history), history.shape, ELEMENT_TYPES[history.dtype ?? ""] ?? 1));
    return graph(
      ordered,
      sorted,
      outputs,
      valueInfo.filter(({ name }) => !inputNames.has(name)),
    );
  }

  private node(layer: JsonObject, { name, inputs, outputs, call }: NewNode, around: Around): NodeProto {
    const { class_name: className, build_config: build } = layer;
    const config = isObject(layer["config"]) ? layer["config"] : {};
    const op = typeof className === "string" ? className : this.bad("a layer of this model has no class");
    const attributes = new Map<string, AttributeProto>();
    const set = (key: string, value: Partial<AttributeProto>) => attributes.set(key, { name: key, floats: [], ints: [], strings: [], ...value });
    const frozen = around.frozen || isFrozen(config);
    set("shared", { i: Number(around.shared) });
    set("frozen", { i: Number(frozen) });
    set("call", { s: JSON.stringify({ args: call.args, kwargs: call.kwargs }) });
    if (isObject(build)) set("build", { s: JSON.stringify(build) });
    const inner = { ...around, frozen, prefix: `${outputs[0] ?? name}/`, depth: around.depth + 1 };
    const body = isModel(layer) ? this.model(layer, inner) : this.wrapped(op, config, inner);
    if (body === undefined) set("config", { s: JSON.stringify(config) });
    else set("model", { g: body });
    const opType = isModel(layer) ? "Model" : op;
    const domain = isFunction(layer) ? KERAS_OPS : KERAS;
    const missing = isModel(layer) ? (body?.outputs.length ?? 1) - outputs.length : 0;
    const more = Array.from({ length: Math.max(0, missing) }, (_, index) => `${outputs[0] ?? name}+${index + outputs.length}`);
    const weights = this.weights(layer, frozen, around.shared);
    return { name, opType, domain, overload: "", inputs, outputs: [...outputs, ...more], attributes, metadata: new Map(), stored: weights };
  }

  /** TimeDistributed around a model, or around itself around one: the graph that runs at each time step. */
  private wrapped(op: string, config: JsonObject, around: Around): GraphProto | undefined {
    const { layer } = config;
    if (op !== "TimeDistributed" || !isObject(layer)) return undefined;
    if (isModel(layer)) return this.model(layer, around);
    const { class_name: className, config: inner } = layer;
    if (className !== "TimeDistributed" || !isObject(inner) || this.wrapped(className, inner, { ...around, depth: around.depth + 1 }) === undefined)
      return undefined;
    const [input, output] = [`${around.prefix}input`, `${around.prefix}output`];
    const call: Call = { tensors: [], args: [{ tensor: 0 }], kwargs: {} };
    const node = this.node(layer, { name: nameOf(layer) ?? className, inputs: [input], outputs: [output], call }, around);
    return graph([node], [{ name: input }], [output], []);
  }

  /** What the file stores for a layer; all of it trained, unless the layer is not. */
  private weights(layer: JsonObject, frozen: boolean, shared: boolean): readonly Stored[] | undefined {
    // A function has no weights, whatever it computes.
    if (isFunction(layer) || FUNCTIONS.has(layer["class_name"])) return [];
    const role = frozen ? "buffer" : "parameter";
    return this.stored.get(nameOf(layer) ?? "")?.map((tensor) => ({ ...tensor, role, shared: shared ? true : undefined }));
  }

  private named(layer: JsonObject): string {
    return nameOf(layer) ?? this.bad("a layer of this model has no name");
  }

  private bad(message: string): never {
    return fail("bad-keras", message, { place: this.place, expected: "a Sequential or Functional model of Keras" });
  }
}

interface NewNode {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly call: Call;
}

function graph(nodes: readonly NodeProto[], inputs: readonly ValueInfo[], outputs: readonly string[], valueInfo: readonly ValueInfo[]): GraphProto {
  return { name: "", nodes, inputs, outputs: outputs.map((name) => ({ name })), initializers: [], sparseInitializers: [], valueInfo };
}

function nameOf(layer: JsonObject): string | undefined {
  const config = layer["config"];
  const own = layer["name"] ?? (isObject(config) ? config["name"] : undefined);
  return typeof own === "string" ? own : undefined;
}

function inputName(layer: JsonObject | undefined): string | undefined {
  return layer?.["class_name"] === "InputLayer" ? nameOf(layer) : undefined;
}

function isFrozen(config: JsonObject): boolean {
  return config["trainable"] === false;
}

/** The shape of an input, its batch first: Keras 2's batch_input_shape, Keras 3's batch_shape. */
function shapeOf(layer: JsonObject): readonly (number | null)[] | undefined {
  const config = layer["config"];
  return isObject(config) ? (sizesOf(config["batch_shape"]) ?? sizesOf(config["batch_input_shape"])) : undefined;
}

/** The number of an element type (TensorProto.DataType). Integers and truth values alone differ from the model's own type. */
const ELEMENT_TYPES: Readonly<Record<string, number>> = { uint8: 2, int8: 3, int16: 5, int32: 6, int64: 7, string: 8, bool: 9 };

function dataType(layer: JsonObject | undefined): number {
  const config = layer?.["config"];
  const dtype = isObject(config) ? config["dtype"] : undefined;
  return (typeof dtype === "string" ? ELEMENT_TYPES[dtype] : undefined) ?? 1;
}

/** A tensor's type; its open first size is the batch, which has one value in the whole model. */
function tensorInfo(name: string, shape: readonly (number | null)[] | undefined, elementType: number): ValueInfo {
  return { name, type: { kind: "tensor", elementType, shape: shape?.map((size, axis) => (axis === 0 ? (size ?? "batch") : size)) } };
}

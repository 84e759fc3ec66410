import { fail, type Place } from "../../graph/diagnostic.js";
import { attributesOf, graphOf, nodeOf } from "../onnx/build.js";
import type { AttributeProto, Attributes, GraphProto, NodeProto, Sizes, TensorProto, ValueInfo } from "../onnx/schema.js";
import { inOrder } from "../order.js";
import { within, type Element } from "./xml.js";

/** Domain of OpenVINO's operators. */
export const OPENVINO = "openvino";

/** Element types by their number in ONNX; ports call f32 FP32. */
const TYPES: Readonly<Record<string, number>> = Object.fromEntries(
  "f32=1 u8=2 i8=3 u16=4 i16=5 i32=6 i64=7 string=8 boolean=9 bool=9 f16=10 f64=11 u32=12 u64=13 bf16=16 f8e4m3=17 f8e5m2=19 u4=21 i4=22 nf4=23 f4e2m1=23 f8e8m0=24 u2=25"
    .split(" ")
    .map((pair) => [pair.slice(0, pair.indexOf("=")), Number(pair.slice(pair.indexOf("=") + 1))]),
);
/** Whole numbers of a byte or less: of a weight they stand for real ones. */
const QUANTISED = new Set([2, 3, 21, 22, 25]);

const typeOf = (name = "f32"): number => TYPES[name.toLowerCase().replace(/^fp/, "f")] ?? 0;

/** What the layers of a model and of its bodies share: no two tensors have one name. */
export class Decoder {
  private readonly names = new Set<string>();
  private readonly said = new Map<string, Attributes>();

  constructor(private readonly path: string) {}

  /** A model, or the body of a layer, whose inputs and outputs stay in their order. Throws `bad-openvino`. */
  graph(net: Element): GraphProto {
    const layers = within(net, "layers", "layer").map((layer) => this.layer(layer));
    const byId = new Map(layers.map((layer) => [layer.id, layer]));
    const feeds = new Map<string, string>();
    for (const { attributes: edge } of within(net, "edges", "edge")) {
      const [from, to] = [byId.get(edge["from-layer"] ?? ""), byId.get(edge["to-layer"] ?? "")];
      const tensor = from?.tensors.get(edge["from-port"] ?? "");
      if (tensor === undefined || to?.ports.has(edge["to-port"] ?? "") !== true)
        return this.bad(`an edge leads from ${said(edge, "from")} to ${said(edge, "to")}, and one of them is not there`);
      feeds.set(`${to.id}:${edge["to-port"] ?? ""}`, tensor);
    }
    const inputsOf = ({ id, ports, place }: Layer) =>
      [...ports].map((port) => feeds.get(`${id}:${port}`) ?? this.bad(`nothing feeds input ${port} of this layer`, place));
    const of = (type: string) => layers.filter((layer) => layer.type === type);
    const rest = layers.filter(({ type }) => type !== "Parameter" && type !== "Const" && type !== "Result");
    const nodes = rest.map((layer) => this.node(layer, inputsOf(layer)));
    return graphOf({
      nodes: this.inOrder(nodes),
      initializers: of("Const").flatMap((layer) => this.constant(layer)),
      inputs: of("Parameter").flatMap(({ infos }) => infos),
      outputs: of("Result").map((layer) => ({ name: inputsOf(layer)[0] ?? this.bad("a Result has no input", layer.place) })),
      valueInfo: rest.flatMap(({ infos }) => infos),
    });
  }

  private layer(element: Element): Layer {
    const { id = "", name = id, type = "" } = element.attributes;
    const place: Place = { kind: "node", path: this.path, node: name };
    const data = within(element, "data")[0]?.attributes ?? {};
    const outputs = within(element, "output", "port");
    const tensors = new Map<string, string>();
    const infos = outputs.map((port, index): ValueInfo => {
      const own = (type === "Parameter" ? port.attributes["names"]?.split(",")[0] : undefined) || name;
      const tensor = this.unique(outputs.length > 1 ? `${own}:${index}` : own);
      tensors.set(port.attributes["id"] ?? "", tensor);
      const shape = type === "Parameter" ? parameterShape(port, data, this.sizes(port, place)) : this.sizes(port, place);
      const elementType = typeOf(type === "Parameter" ? data["element_type"] : port.attributes["precision"]);
      return { name: tensor, type: { kind: "tensor", elementType, shape: shape?.length === 0 && type !== "Parameter" ? undefined : shape } };
    });
    const ports = new Set(within(element, "input", "port").map((port) => port.attributes["id"] ?? ""));
    return { id, name, type, place, element, data, tensors, infos, ports };
  }

  private unique(name: string): string {
    let free = name;
    for (let count = 2; this.names.has(free); count++) free = `${name}#${count}`;
    this.names.add(free);
    return free;
  }

  private sizes(port: Element, place: Place): Sizes {
    return (port.dims ?? []).map((text) => this.size(text, place));
  }

  private size(text: string, place: Place): number | null {
    if (text === "-1") return null;
    const size = Number(text);
    return text !== "" && Number.isSafeInteger(size) && size >= 0 ? size : this.bad(`a dimension of this layer is '${text}'`, place);
  }

  private node(layer: Layer, inputs: readonly string[]): NodeProto {
    const { name, type, element, data, infos, place } = layer;
    const declared = (port: Element | undefined) =>
      port === undefined ? [] : this.sizes(port, place).map((size) => (typeof size === "number" ? size : -1));
    const outputs = within(element, "output", "port").map((port, index) => [`to${index}`, declared(port)] as const);
    const settings = { from: declared(within(element, "input", "port")[0]), ...Object.fromEntries(outputs) };
    const bodies = this.bodies(layer);
    // Layers that say the same share what they say: they are worked out once.
    const key = bodies.length > 0 ? undefined : JSON.stringify([data, settings]);
    const known = key === undefined ? undefined : this.said.get(key);
    const attributes =
      known ??
      new Map([...Object.entries(data).map(([name, value]) => [name, attribute(name, value)] as const), ...attributesOf(settings), ...bodies]);
    if (key !== undefined) this.said.set(key, attributes);
    return nodeOf({ name, opType: type, domain: OPENVINO, inputs, outputs: infos.map((info) => info.name), attributes });
  }

  /** The graphs inside of a layer (If, Loop, TensorIterator), and which of its ports each of their inputs and outputs is. */
  private bodies({ element, ports, tensors }: Layer): readonly (readonly [string, AttributeProto])[] {
    return (element.children ?? [])
      .filter(({ name }) => name.endsWith("body"))
      .flatMap((body) => {
        const prefix = body.name.replace(/body$/, "");
        const [map] = within(element, `${prefix}port_map`);
        const back = new Set(within(element, "back_edges", "edge").map(({ attributes }) => attributes["to-layer"]));
        const ids = (type: string) =>
          within(body, "layers", "layer").flatMap(({ attributes }) => (attributes["type"] === type ? [attributes["id"]] : []));
        const rows = within(map, "input").map(({ attributes }) => attributes);
        const inputs = ids("Parameter").map((id) => rows.find((row) => row["internal_layer_id"] === id));
        const results = ids("Result");
        const outputs = [...tensors.keys()].map(
          (port) => within(map, "output").find((row) => row.attributes["external_port_id"] === port)?.attributes,
        );
        const axis = (row: Readonly<Record<string, string>> | undefined) => Number(row?.["axis"] ?? -1);
        const lists = attributesOf({
          [`${prefix}inputs`]: inputs.map((row) => [...ports].indexOf(row?.["external_port_id"] ?? "")),
          [`${prefix}sliced`]: inputs.map(axis),
          [`${prefix}parts`]: inputs.map((row) => Math.max(1, Number(row?.["part_size"] ?? 1) || 1)),
          [`${prefix}carried`]: ids("Parameter").map((id) => (back.has(id) ? 1 : 0)),
          [`${prefix}outputs`]: outputs.map((row) => results.indexOf(row?.["internal_layer_id"] ?? "")),
          [`${prefix}stacked`]: outputs.map(axis),
        });
        const whole = this.graph(body);
        // The branches of an If read each what they need of one list.
        const g =
          prefix === ""
            ? whole
            : {
                ...whole,
                inputs: [...ports].map(
                  (port) => whole.inputs[inputs.findIndex((row) => row?.["external_port_id"] === port)] ?? { name: this.unique("unread") },
                ),
                outputs: outputs.flatMap((row) => whole.outputs[results.indexOf(row?.["internal_layer_id"] ?? "")] ?? []),
              };
        return [[body.name, { name: body.name, g, ints: [], floats: [], strings: [] }], ...lists];
      });
  }

  private constant({ infos: [info], data, place }: Layer): readonly TensorProto[] {
    if (info === undefined) return [];
    const dims = (data["shape"] ?? "")
      .split(",")
      .flatMap((text) => (text.trim() === "" ? [] : (this.size(text.trim(), place) ?? this.bad("a constant of open size", place))));
    const dataType = typeOf(data["element_type"]);
    const rawLength = data["size"] === undefined ? undefined : (this.size(data["size"], place) ?? undefined);
    return [{ name: info.name, dims, dataType, rawLength, quantised: QUANTISED.has(dataType) }];
  }

  /** The nodes, each behind those that make what it reads. Throws `bad-openvino` where they go in a circle. */
  private inOrder(nodes: readonly NodeProto[]): readonly NodeProto[] {
    const makers = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
    return inOrder(
      nodes,
      ({ inputs }) => inputs.flatMap((input) => makers.get(input) ?? []),
      ({ name }) => this.bad("the layers of this model run in a circle", { kind: "node", path: this.path, node: name }),
    );
  }

  private bad(message: string, place: Place = { kind: "file", path: this.path }): never {
    return fail("bad-openvino", message, { place, expected: "OpenVINO IR, version 10 or 11" });
  }
}

interface Layer {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly place: Place;
  readonly element: Element;
  readonly data: Readonly<Record<string, string>>;
  /** What it gives out, by port. */
  readonly tensors: ReadonlyMap<string, string>;
  readonly infos: readonly ValueInfo[];
  readonly ports: ReadonlySet<string>;
}

const said = (edge: Readonly<Record<string, string>>, end: string) => `layer ${edge[`${end}-layer`] ?? "?"} port ${edge[`${end}-port`] ?? "?"}`;

/** Sizes of an input: those of its port, unless not even their number is said (`...`). */
function parameterShape(port: Element, data: Readonly<Record<string, string>>, sizes: Sizes): Sizes | undefined {
  return port.dims === undefined && (data["shape"] ?? "").trim() === "..." ? undefined : sizes;
}

/** An attribute as the file writes it. */
const attribute = (name: string, s: string): AttributeProto => ({ name, s, ints: [], floats: [], strings: [] });

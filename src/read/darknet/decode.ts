import { fail, type Place } from "../../graph/diagnostic.js";
import { graphOf, nodeOf, type AttributeValues } from "../onnx/build.js";
import type { GraphProto, NodeProto, TensorProto } from "../onnx/schema.js";
import { LAYERS } from "./layers.js";
import { DARKNET } from "./rules.js";
import { int, layersIn, size, type Section } from "./sections.js";

/** Activations by the operator that each is, or that costs as much: one function of an element. */
const ACTIVATIONS = new Map(
  "elu=Elu gelu=Gelu hard_mish=Mish hardtan=Clip leaky=LeakyRelu lhtan=HardSigmoid loggy=Tanh logistic=Sigmoid mish=Mish plse=HardSigmoid ramp=LeakyRelu relie=LeakyRelu relu6=Clip revleaky=LeakyRelu selu=Selu stair=Floor swish=Swish tanh=Tanh"
    .split(" ")
    .map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const),
);

/** Makes nodes of one section after the other. */
export class Decoder {
  readonly nodes: NodeProto[] = [];
  readonly constants: TensorProto[] = [];
  /** What each layer so far gives out. */
  readonly outputs: string[] = [];
  /** What the section reads unless it names other layers. */
  x = "data";

  constructor(public section: Section) {}

  /** Reads the next section, which is a layer. One whose activation looks at several channels is not known. */
  layer(section: Section): void {
    this.section = section;
    this.x = this.outputs.at(-1) ?? "data";
    const make = this.activationName("").startsWith("normalize_channels") ? undefined : LAYERS.get(section.type);
    this.outputs.push(make?.(this) ?? this.own(section.type));
  }

  int = (key: string, otherwise = 0): number => int(this.section, key, otherwise);
  size = (key: string, otherwise = 1): number => size(this.section, key, otherwise);

  /** Adds a node, and returns the name of what it gives out; of several `parts`, what they begin with. */
  node(label: string, opType: string, inputs: readonly string[] = [this.x], values: AttributeValues = {}, parts?: number, domain = ""): string {
    const name = `${this.outputs.length}.${label}`;
    const outputs = parts === undefined ? [name] : Array.from({ length: parts }, (_, part) => `${name}:${part}`);
    this.nodes.push(nodeOf({ name, opType, domain, inputs, outputs }, values));
    return name;
  }

  /** A node of an operator of Darknet's own. */
  own(label: string, inputs: readonly string[] = [this.x], values: AttributeValues = {}, op = label): string {
    return this.node(label, op, inputs, values, undefined, DARKNET);
  }

  /** What the section reads, as an image: features are one of a single position. */
  image = (): string => this.own("image");

  /** The layers that an option names. */
  from(key: string): readonly string[] {
    return layersIn(this.section, key, this.outputs.length).map((index) => this.outputs[index] ?? this.x);
  }

  private activationName(otherwise: string): string {
    return this.section.options.get("activation")?.value ?? otherwise;
  }

  /** The activation of the section; what Darknet does not know is a ReLU to it (activations.c, get_activation). */
  activation(otherwise: string, x: string, prefix = ""): string {
    const name = this.activationName(otherwise);
    return name === "linear" ? x : this.node(prefix + name, ACTIVATIONS.get(name) ?? "Relu", [x]);
  }

  /** A layer with weights, or such a part of a recurrent one: its norm takes the place of its bias, and an activation follows. */
  weighted(op: string, values: AttributeValues, activation: string | undefined, part: string, x: string): string {
    const normed = this.int("batch_normalize") > 0 || this.int("cbn") > 0;
    const made = this.own(part || this.section.type, [x], { ...values, bias: normed ? 0 : 1 }, op);
    const prefix = part === "" ? "" : `${part}.`;
    const out = normed ? this.own(`${prefix}batchnorm`, [made], {}, "batchnorm") : made;
    return activation === undefined ? out : this.activation(activation, out, prefix);
  }
}

/** The graph of a network of Darknet, whose outputs are the layers that no other reads. Throws `bad-darknet`. */
export function decodeDarknet(sections: readonly Section[], place: Place): GraphProto {
  const [net, ...layers] = sections;
  if (net === undefined || !/^net(work)?$/.test(net.type) || layers.length === 0) {
    const expected = "[net] with width, height and channels, then layers such as [convolutional]";
    return fail("bad-darknet", "this is not a network of Darknet", { place: net?.place ?? place, expected });
  }
  const image = ["channels", "height", "width"].map((key) => int(net, key, 0));
  const shape = [1, ...(image.includes(0) ? [size(net, "inputs", 0)] : image)];
  const decoder = new Decoder(net);
  for (const section of layers) decoder.layer(section);
  const { nodes, constants: initializers, outputs } = decoder;
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const ends = [...new Set(outputs)].filter((name) => !read.has(name) && name !== "data").map((name) => ({ name }));
  return graphOf({ nodes, initializers, inputs: [{ name: "data", type: { kind: "tensor", elementType: 1, shape } }], outputs: ends });
}

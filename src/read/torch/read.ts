import { fail, InputError } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { Layer, Stored, Unknown } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { parseLayers } from "../notation/read.js";
import { Inferrer, type InferredLayer } from "../../graph/inferrer.js";
import { fixed } from "../onnx/fixed.js";
import { text as textOf, type OnnxNode, type Rule } from "../onnx/operand.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import type { AttributeProto, NodeProto } from "../onnx/schema.js";
import { readTree, type PrintedModule } from "./tree.js";

const TORCH = "torch";
/** Modules that run their children one after the other: torch.nn.Sequential, and what torchvision makes of it. */
const CHAINS = new Set(["Sequential", "Conv2dNormActivation", "Conv3dNormActivation", "ConvNormActivation", "ConvBNActivation", "ConvBNReLU", "MLP"]);
/** Modules that hold others and do nothing themselves. */
const HOLDERS = new Set(["ModuleList", "ModuleDict"]);
/** What torchvision calls a module of PyTorch that reads its axes in another order: the same parameters. */
const RENAMED = /^LayerNorm2d(?=\()/;
const MAX_MODULES = 100_000;
const INPUT = "input";

/**
 * Reads the text of `print(model)`: a tree of modules with exact parameters. It says nothing of how a module of one's own runs its children, so that
 * shapes and MACs are known where the tree is a chain of nn.Sequential only.
 * @throws InputError for a text that is no whole tree
 */
export function readPrinted(text: string, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "standard input";
  const root = readTree(text, path);
  const layers = new Layers();
  const walk = new Walk(layers, path);
  const output = walk.module(root, "", INPUT);
  const reads = walk.nodes.some(({ inputs }) => inputs.includes(INPUT));
  const graph = {
    name: "",
    nodes: walk.nodes,
    // Where nothing is known to read it, asking for its shape would not help.
    inputs: reads || options.input !== undefined ? [{ name: INPUT }] : [],
    outputs: output === undefined || output === INPUT ? [] : [{ name: output }],
    initializers: [],
    sparseInitializers: [],
    valueInfo: [],
  };
  const proto = { irVersion: 3, producer: "", opsets: new Map([["", 1]]), functions: [], graph };
  const made = modelGraph(proto, graph, options, {
    path,
    format: "torch",
    ruleOf: (domain) => (domain === TORCH ? moduleRule(layers) : undefined),
    uniqueNames: false,
    weights: "implied",
    images: "channels-first",
  });
  if (walk.own.size === 0) return { ...made, name: root.className };
  const hidden = `parameters that ${[...walk.own].slice(0, 3).join(", ")} may hold outside of other modules (nn.Parameter) are not printed, and not counted`;
  return { ...made, name: root.className, warnings: [...(made.warnings ?? []), hidden] };
}

class Walk {
  readonly nodes: NodeProto[] = [];
  /** Classes that are no part of PyTorch. */
  readonly own = new Set<string>();

  private modules = 0;

  constructor(
    private readonly layers: Layers,
    private readonly path: string,
  ) {}

  /**
   * Adds a module's layers.
   * @param input the tensor that it reads, where that is known
   * @returns the tensor that it makes, where that is known
   */
  module(module: PrintedModule, path: string, input: string | undefined): string | undefined {
    this.modules += 1;
    if (this.modules > MAX_MODULES) this.tooLarge();
    if (CHAINS.has(module.className)) return this.chain(module, path, input);
    if (module.children.length === 0 || this.layers.of(module.text) !== undefined) return this.leaf(module, path, input);
    if (!HOLDERS.has(module.className)) this.own.add(module.className);
    for (const child of module.children) for (const own of this.paths(child, path)) this.module(child, own, undefined);
    return undefined;
  }

  private chain(module: PrintedModule, path: string, input: string | undefined): string | undefined {
    let current = input;
    for (const child of module.children) for (const own of this.paths(child, path)) current = this.module(child, own, current);
    return current;
  }

  /** A child as often as it stands there, `(0-11): 12 x Block(`: the paths of all of them. */
  private paths({ name, count }: PrintedModule, path: string): readonly string[] {
    const first = Number(/^\d+/.exec(name)?.[0] ?? 0);
    if (count > MAX_MODULES) this.tooLarge();
    const names = count === 1 ? [name] : Array.from({ length: count }, (_, index) => String(first + index));
    return names.map((each) => (path === "" ? each : `${path}.${each}`));
  }

  private leaf({ className, text }: PrintedModule, path: string, input: string | undefined): string | undefined {
    const attributes = new Map<string, AttributeProto>([["text", { name: "text", s: text, floats: [], ints: [], strings: [] }]]);
    const name = path === "" ? className : path;
    this.nodes.push({
      name,
      opType: className,
      domain: TORCH,
      overload: "",
      inputs: [input ?? ""],
      outputs: [`${name}:0`],
      attributes,
      metadata: new Map(),
    });
    return input === undefined ? undefined : `${name}:0`;
  }

  private tooLarge(): never {
    return fail("too-large", `this model has more than ${MAX_MODULES} modules`, { place: { kind: "file", path: this.path } });
  }
}

/** Layers by the texts of their modules: blocks that repeat are read once. */
class Layers {
  private readonly known = new Map<string, Layer | undefined>();

  of(text: string): Layer | undefined {
    if (!this.known.has(text)) this.known.set(text, layerOf(text));
    return this.known.get(text);
  }
}

/** A module that the notation knows, whole. */
function layerOf(text: string): Layer | undefined {
  try {
    return parseLayers(`nn.${text.replace(RENAMED, "LayerNorm")}`).nodes[0]?.layer;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

const OPEN: Unknown = {
  of: "cost",
  reason: "print(model) does not say what this module reads: its parameters are counted, its MACs are not",
};
const NOT_KNOWN: Unknown = { of: "cost and weights", reason: "this module is not known: its parameters are not printed" };

const moduleRule =
  (layers: Layers): Rule =>
  (node) => {
    const [input] = node.inputs;
    const layer = layers.of(textOf(node, "text", ""));
    if (layer === undefined) return row(node, [], NOT_KNOWN);
    if (input?.kind !== "tensor") {
      const stored = storedOf(layer, textOf(node, "text", ""));
      return stored === undefined ? row(node, [], NOT_KNOWN) : row(node, stored, OPEN);
    }
    return { kind: "written", layer, inputs: [input] };
  };

function row(node: OnnxNode, stored: readonly Stored[], uncounted: Unknown): ReturnType<Rule> {
  node.bodies.add(fixed({ op: node.op, outputs: [], stored, uncounted }), []);
  return { kind: "operands", operands: [{ kind: "unknown", reason: uncounted.reason }] };
}

/** What a layer stores, which its own arguments say: it is asked with an input of some size that it accepts. Undefined where it accepts none. */
function storedOf(layer: Layer, text: string): readonly Stored[] | undefined {
  const channels = layer.inChannels ?? 1;
  const wide = 4096;
  // The sizes of what it reads are among the numbers of its arguments: LayerNorm((7, 7, 16)), LSTM(16, 8).
  const numbers =
    text
      .slice(0, 400)
      .match(/(?<![\w.])\d+(?![\w.])/g)
      ?.map(Number) ?? [];
  const tuples = numbers.map((_, end) => numbers.slice(0, end + 1)).slice(0, 4);
  const shapes: readonly Shape[] = [
    ...(layer.impliedInput === undefined ? [] : [layer.impliedInput.shape]),
    ...[wide, 64].flatMap((size): readonly Shape[] => [
      [1, channels, size, size],
      [1, channels, size],
      [1, channels, size, size, size],
      [1, size, channels],
      [1, channels],
    ]),
    ...tuples.map((tuple) => [1, ...tuple]),
    ...numbers.slice(0, 4).map((size) => [1, 1, size]),
  ];
  for (const shape of shapes) {
    const stored = tried(layer, shape);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

function tried(layer: Layer, shape: Shape): readonly Stored[] | undefined {
  const inferrer = new Inferrer();
  try {
    return storedIn(inferrer.run("", layer, [inferrer.value({ shape }, layer.axes)]));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

function storedIn({ inference, steps }: InferredLayer): readonly Stored[] {
  return [...(inference?.stored ?? []), ...steps.flatMap(storedIn)];
}

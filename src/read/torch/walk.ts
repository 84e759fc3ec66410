import { fail } from "../../graph/diagnostic.js";
import type { Node } from "../../graph/graph.js";
import type { Layer, Primitive, Stored, Unknown } from "../../graph/layer.js";
import { inference, NOTHING } from "../../ops/primitive.js";
import { isChain, isHolder, partsOf } from "./composite.js";
import type { Reading, Readings } from "./module.js";
import { parametrized } from "./parametrized.js";
import type { PrintedModule } from "./tree.js";

/** The name of the tensor that a chain reads. */
export const INPUT = "input";
const MAX_MODULES = 100_000;
const OPEN: Unknown = {
  of: "cost",
  reason: "print(model) does not say what this module reads: its parameters are counted, its MACs are not",
};
const ARGUMENTS = "what it prints of itself is not known: it may have parameters besides those of its children";

/** What is not known of a module that may store more than is counted for the reason given. */
function unknownFor(more: string | undefined): Unknown {
  return more === undefined ? OPEN : { of: "cost and weights", reason: more };
}

/** What is said of a model besides its figures. */
export interface Facts {
  /** Classes of one's own that hold others. */
  readonly own: Set<string>;
  /** Classes that are counted as another. */
  readonly like: Map<string, string>;
  readonly assumptions: Set<string>;
  readonly observers: Set<string>;
  /** Classes that are taken for functions without parameters. */
  readonly functions: Set<string>;
  /** Tables of embeddings, and weights of linear layers, by their names. */
  readonly tables: Map<string, readonly number[]>;
  readonly weights: Map<string, readonly number[]>;
}

/** Goes through a printed model and adds a node for each module that is none but a holder of others. */
export class Walk {
  readonly nodes: Node[] = [];
  readonly facts: Facts = {
    own: new Set(),
    like: new Map(),
    assumptions: new Set(),
    observers: new Set(),
    functions: new Set(),
    tables: new Map(),
    weights: new Map(),
  };
  private modules = 0;

  constructor(
    private readonly readings: Readings,
    private readonly path: string,
  ) {}

  /**
   * Adds a module's layers.
   * @param path its name in the model; empty for the outermost
   * @param input the tensor that it reads, where that is known
   * @returns the tensor that it makes, where that is known
   */
  module(module: PrintedModule, path: string, input: string | undefined): string | undefined {
    this.modules += 1;
    if (this.modules > MAX_MODULES) this.tooLarge();
    if (isChain(module)) return this.children(module, path, input);
    if (module.children.length === 0) return this.leaf(module, path, input);
    const whole = this.composite(module);
    if (whole !== undefined && (input !== undefined || whole.stores !== undefined)) return this.layer(module, path, whole, input);
    this.branch(module, path);
    return undefined;
  }

  private children(module: PrintedModule, path: string, input: string | undefined): string | undefined {
    return module.children.reduce((current, child) => this.paths(child, path).reduce((each, own) => this.module(child, own, each), current), input);
  }

  /** A child as often as it stands there, `(0-11): 12 x Block(`: the paths of all of them. */
  private paths({ name, count }: PrintedModule, path: string): readonly string[] {
    const first = Number(/^\d+/.exec(name)?.[0] ?? 0);
    if (count > MAX_MODULES) this.tooLarge();
    const names = count === 1 ? [name] : Array.from({ length: count }, (_, index) => String(first + index));
    return names.map((each) => (path === "" ? each : `${path}.${each}`));
  }

  private leaf(module: PrintedModule, path: string, input: string | undefined): string | undefined {
    if (module.args === "" && isHolder(module)) return undefined;
    const reading = this.read(module, path);
    if (reading.layer !== undefined && (input !== undefined || reading.layer.stores !== undefined))
      return this.layer(module, path, reading.layer, input);
    this.row(module, path, reading.stores ?? NOTHING, unknownFor(reading.more));
    return undefined;
  }

  /** A module with children whose order is not known: what it stores itself, and what they do. */
  private branch(module: PrintedModule, path: string): void {
    const reading = module.args === "" ? undefined : this.read(module, path);
    const { stores, more, hidden, keeps } = parametrized(module, reading);
    if (keeps !== undefined) this.facts.observers.add(keeps);
    if (stores !== undefined && (stores.length > 0 || more !== undefined)) {
      this.row(module, path, stores, unknownFor(more));
    } else if (stores === undefined && /\d/.test(module.args)) {
      this.row(module, path, NOTHING, unknownFor(ARGUMENTS));
    }
    if (stores === undefined && !isHolder(module)) this.facts.own.add(module.className);
    for (const child of module.children) {
      if (child.name === hidden) continue;
      for (const own of this.paths(child, path)) this.module(child, own, undefined);
    }
  }

  private read(module: PrintedModule, path: string): Reading {
    const reading = this.readings.of(module);
    if (reading.like !== undefined) this.facts.like.set(module.className, reading.like);
    if (reading.isFunction === true) this.facts.functions.add(module.className);
    if (reading.assumption !== undefined) this.facts.assumptions.add(reading.assumption);
    if (reading.isObserver === true) this.facts.observers.add(module.className);
    const weight = reading.stores?.find(({ name }) => name === "weight")?.shape;
    const kind = reading.like ?? module.className;
    if (weight?.length === 2) (kind === "Embedding" ? this.facts.tables : this.facts.weights).set(path, weight);
    return reading;
  }

  /** The layer of PyTorch that a module with its children is. */
  private composite(module: PrintedModule): Layer | undefined {
    const parts = partsOf(module, (child) => (child.children.length > 0 ? this.composite(child) : this.readings.of(child).layer));
    if (parts === undefined) return undefined;
    const layer = this.readings.composite(module.className, parts);
    if (layer?.op === "multi_head_attention") this.facts.assumptions.add(ATTENTION);
    return layer;
  }

  private layer(module: PrintedModule, path: string, layer: Layer, input: string | undefined): string | undefined {
    if (input === undefined) {
      this.row(module, path, layer.stores ?? NOTHING, OPEN);
      return undefined;
    }
    const name = path === "" ? module.className : path;
    this.nodes.push({
      name,
      layer: printed(module, layer),
      inputs: [input],
      outputs: [`${name}:0`],
      place: { kind: "node", path: this.path, node: name },
    });
    return `${name}:0`;
  }

  private row(module: PrintedModule, path: string, stores: readonly Stored[], unknown: Unknown): void {
    const name = path === "" ? module.className : path;
    this.nodes.push({ name, layer: uncounted(module.className, stores, unknown), inputs: [], outputs: [] });
  }

  private tooLarge(): never {
    return fail("too-large", `this model has more than ${MAX_MODULES} modules`, { place: { kind: "file", path: this.path } });
  }
}

const ATTENTION =
  "MultiheadAttention prints neither kdim and vdim nor add_bias_kv: it is taken to have keys and values as wide as its queries, and no bias_k";

/** What a layer does not print, and what is taken for it. */
function printed({ className }: PrintedModule, layer: Layer): Layer {
  if (!/^AvgPool\dd$/.test(className)) return layer;
  return { ...layer, assumption: `${className} does not print ceil_mode: False is taken; with True an output may be one larger` };
}

function uncounted(op: string, stores: readonly Stored[], unknown: Unknown): Primitive {
  return { type: "primitive", op, stores, axes: "plain", infer: () => inference([], { stored: stores, uncounted: unknown }) };
}

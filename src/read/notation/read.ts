import type { Place } from "../../graph/diagnostic.js";
import type { Graph, GraphInput, Node } from "../../graph/graph.js";
import type { Layer } from "../../graph/layer.js";
import { builtKeras } from "../../ops/keras-layer.js";
import type { Literal } from "../../ops/args.js";
import type { CallEntry } from "../../ops/entry.js";
import { families } from "../../ops/table.js";
import { madeBy, TURNED, turnTo, UNORDERED } from "../../ops/tensor/turn.js";
import { bindArguments, readSignature, type WrittenArguments } from "./binding.js";
import { catalogOf, type Catalog } from "./catalog.js";
import { readStatements, type Statement } from "./statements.js";

export interface ParseOptions {
  /** What the text is called in complaints; `spec` unless said. */
  readonly source?: string | undefined;
  /** The text stands for a layer of a saved model, which its framework has built. */
  readonly saved?: boolean | undefined;
}

let indexed: Catalog | undefined;

/** The tables never change: they are indexed when the first spec is read, not when the library is loaded. */
function catalog(): Catalog {
  return (indexed ??= catalogOf(families));
}

/** A layer of PyTorch by the name of its class. */
export function torchEntry(className: string): CallEntry | undefined {
  return catalog().calls.get(className)?.torch;
}

/** The arguments of a layer of Keras by name, with their defaults; nothing for one that is not counted. */
export function kerasArguments(className: string): ReadonlyMap<string, Literal | undefined> | undefined {
  const entry = catalog().calls.get(className)?.keras;
  return entry === undefined ? undefined : new Map(readSignature(entry.signature).map(({ name, fallback }) => [name, fallback]));
}

/**
 * A layer of Keras from its class and its arguments by name, those that are not given as the class has them.
 * Throws what its constructor throws; an unknown class is a bug of ours ({@link kerasArguments} tells).
 */
export function kerasLayer(className: string, named: WrittenArguments["named"], place: Place): Layer {
  const entry = catalog().calls.get(className)?.keras;
  if (entry === undefined) throw new Error(`${className} is no layer of Keras that is known`);
  return builtKeras(entry, bindArguments(className, entry, { positional: [], named, children: [] }, place, true));
}

/** Whether a word alone is a layer of the shorthand. */
export function isLayerWord(word: string): boolean {
  return catalog().shorthand.has(word.toLowerCase());
}

/**
 * Reads layer specs (shorthand, PyTorch, Keras, mixed) into a chain of layers.
 * @param text one text, or several read one after the other as if separated by `;`
 * @throws InputError with the place of whatever is wrong: unknown layers and arguments, wrong types, unbalanced brackets, an empty spec
 */
export function parseLayers(text: string | readonly string[], options: ParseOptions = {}): Graph {
  const texts = typeof text === "string" ? [text] : text;
  const source = options.source ?? "spec";
  const known: Catalog = options.saved === true ? { ...catalog(), saved: true } : catalog();
  const sources = texts.map((one, index) => readStatements(one, texts.length > 1 ? `${source} ${index + 1}` : source, known));
  return chainOf(sources.flat(), texts.map(onOneLine).join("; "), source);
}

/** A text of several lines, as a file of layers is, in one: without its comments. */
function onOneLine(text: string): string {
  if (!text.trim().includes("\n")) return text;
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines
    .filter((line) => line !== "")
    .join("; ")
    .replace(/;(?=;)/g, "");
}

function chainOf(statements: readonly Statement[], name: string, source: string): Graph {
  const nodes: Node[] = [];
  let input: GraphInput = { name: "input" };
  let current = input.name;
  let between = UNORDERED;
  let turned = false;
  const add = (node: Pick<Node, "name" | "layer" | "at" | "place">) => {
    const made = `t${nodes.length}`;
    nodes.push({ ...node, inputs: [current], outputs: [made] });
    between = madeBy(node.layer, between);
    current = made;
  };
  let layers = 0;
  for (const statement of statements) {
    if (statement.kind === "input") {
      if (nodes.length > 0) continue;
      const { shape, order } = statement;
      input = { name: "input", type: { shape }, imageOrder: order };
      if (shape.length >= 4) between = { axes: order, imageOrder: "nhwc" };
      continue;
    }
    const { layer } = statement;
    const step = turnTo(layer, between);
    if (step !== undefined) add({ name: "turn", layer: step });
    turned ||= step !== undefined;
    add({ name: statement.name ?? String(layers), layer, at: statement.at, place: statement.place });
    layers += 1;
  }
  const last = nodes.at(-1);
  const outputs = Array.from({ length: last?.layer.returns ?? 1 }, (_, at) => (at === 0 ? "output" : `output ${at + 1}`));
  if (last !== undefined) nodes[nodes.length - 1] = { ...last, outputs };
  return {
    name: name.length <= 60 ? name : `${name.slice(0, 57)}...`,
    format: "spec",
    source,
    inputs: [input],
    nodes,
    outputs,
    warnings: turned ? [TURNED] : undefined,
  };
}

import type { Literal } from "../../ops/args.js";
import type { CallEntry } from "../../ops/entry.js";
import type { Place } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { Layer } from "../../graph/layer.js";
import { builtKeras } from "../../ops/keras-layer.js";
import { families } from "../../ops/table.js";
import { bindArguments, readSignature, type WrittenArguments } from "./binding.js";
import { catalogOf, type Catalog } from "./catalog.js";
import { parseChain } from "./chain.js";

export interface ParseOptions {
  /** What the text is called in complaints; `spec` unless said. */
  readonly source?: string | undefined;
  /** The text stands for a layer of a saved model, which its framework has built. */
  readonly saved?: boolean | undefined;
}

let indexed: Catalog | undefined;

/** All layers by name. The table never changes: it is indexed when the first spec is read, not when the library is loaded. */
export function catalog(): Catalog {
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
  return parseChain(text, options.source ?? "spec", options.saved === true ? { ...catalog(), saved: true } : catalog());
}

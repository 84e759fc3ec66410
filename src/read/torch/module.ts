import { InputError, type Place } from "../../graph/diagnostic.js";
import type { Layer, Stored } from "../../graph/layer.js";
import type { CallEntry } from "../../ops/entry.js";
import { NOTHING } from "../../ops/primitive.js";
import { bindArguments, readSignature } from "../notation/binding.js";
import { readArguments, type PrintedArguments } from "./arguments.js";
import { knownAs, withoutPrefix } from "./classes.js";
import { printedTensors } from "./tensors.js";
import type { PrintedModule } from "./tree.js";

/** What is known of a module by its class and by what it prints of itself. */
export interface Reading {
  /** What it stores besides its children; undefined where that is not known. */
  readonly stores: readonly Stored[] | undefined;
  /** What it does, where it is a layer of PyTorch as PyTorch prints it. */
  readonly layer?: Layer | undefined;
  /** Why it may store more than is known. */
  readonly more?: string | undefined;
  /** The class that it is counted as, where it has another name. */
  readonly like?: string | undefined;
  /** What it does not print and was assumed. */
  readonly assumption?: string | undefined;
  /** It keeps buffers that it does not print. */
  readonly isObserver?: boolean | undefined;
}

export interface NamedLayer {
  readonly name: string;
  readonly layer: Layer;
}

const UNKNOWN = "this module is not known: its parameters are not printed";
const LAZY = "a lazy module has its sizes once it has run: print the model after that";

/** Reads modules by what they print of themselves. One that stands there many times is read once. */
export class Readings {
  private readonly known = new Map<string, Reading>();
  private readonly place: Place;

  constructor(path: string) {
    this.place = { kind: "file", path };
  }

  /** @param children layers of its children, for a class that prints its sizes by them alone */
  of({ className, args }: PrintedModule, children: readonly NamedLayer[] = []): Reading {
    if (children.length > 0) return read(className, args, children, this.place);
    const key = `${className}(${args}`;
    const found = this.known.get(key) ?? read(className, args, children, this.place);
    this.known.set(key, found);
    return found;
  }
}

function read(className: string, text: string, children: readonly NamedLayer[], place: Place): Reading {
  const tensors = printedTensors(text);
  if (tensors !== undefined) return tensors;
  const args = readArguments(text, place);
  const known = knownAs(className, args);
  if (known === undefined) return { stores: undefined, more: UNKNOWN };
  if (known.kind === "observer") return { stores: NOTHING, isObserver: true };
  const like = known.name === withoutPrefix(className) ? undefined : known.name;
  if (known.kind === "nothing") {
    const layer = known.entry === undefined ? undefined : layerOf(known.entry, known.name, args, children, place);
    return { stores: NOTHING, layer, like };
  }
  const layer = layerOf(known.entry, known.name, args, children, place);
  if (layer === undefined) return { stores: undefined, more: UNKNOWN };
  if (layer.stores === undefined) return { stores: undefined, layer, more: known.name.startsWith("Lazy") ? LAZY : UNKNOWN };
  const shown = { ...withoutBias(className, known.name, args, layer.stores), like };
  const unproven = known.byArguments === true ? `it prints its arguments as ${known.name} does, and may store more than that` : undefined;
  const more = shown.more ?? unproven ?? unreadSizes(known.entry, args);
  // A subclass may do something else with the same weights: pad another way, standardise them.
  return { ...shown, more, layer: known.exact && more === undefined ? layer : undefined };
}

/** Builds a layer from the arguments that its signature has; undefined where they do not fit. */
function layerOf(entry: CallEntry, name: string, args: PrintedArguments, children: readonly NamedLayer[], place: Place): Layer | undefined {
  const names = new Set(readSignature(entry.signature).map((parameter) => parameter.name));
  // A lazy layer prints a size of 0 first, which its constructor does not take.
  const positional = name.startsWith("Lazy") ? args.positional.slice(1) : args.positional;
  const named = args.named.filter((each) => names.has(each.name)).map((each) => ({ ...each, place }));
  try {
    return entry.build(bindArguments(name, entry, { positional, named, children }, place));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Quantised layers have a bias unless they are told otherwise, and do not print it (torch.ao.nn.quantized.Linear). */
const QUANTISED = /Quantized/;

/** A linear layer without the bias that it does not print: its parameters are at least those of its weight. */
function withoutBias(
  className: string,
  name: string,
  args: PrintedArguments,
  stores: readonly Stored[],
): Pick<Reading, "stores" | "more" | "assumption"> {
  if (!["Linear", "Bilinear"].includes(name) || args.positional.length > 2 || args.named.some((each) => each.name === "bias")) return { stores };
  if (QUANTISED.test(className)) return { stores, assumption: `${className} does not print whether it has a bias: it is taken to have one` };
  return { stores: stores.filter((tensor) => tensor.name !== "bias"), more: `${className} does not print whether it has a bias` };
}

/** Arguments that say no size of a tensor, though they are whole numbers. */
const HARMLESS = new Set(["zero_point", "quant_min", "quant_max", "ch_axis", "padding_idx", "axis", "dim"]);

/** Says so where something is printed that is not known and may be the size of a tensor: `rank=8`. */
function unreadSizes({ signature }: CallEntry, { named, unread }: PrintedArguments): string | undefined {
  const names = new Set(readSignature(signature).map((parameter) => parameter.name));
  const isSize = (value: (typeof named)[number]["value"]): boolean =>
    value.kind === "tuple" ? value.items.some(isSize) : value.kind === "number" && value.integer && value.value > 1;
  const odd =
    named.find(({ name, value }) => !names.has(name) && !HARMLESS.has(name) && isSize(value))?.name ?? unread.find((text) => /\d/.test(text));
  return odd === undefined ? undefined : `'${odd.slice(0, 40)}' is printed beside its arguments: what it may add is not known`;
}

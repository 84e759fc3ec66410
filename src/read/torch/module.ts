import { InputError, type Place } from "../../graph/diagnostic.js";
import type { Layer, Stored } from "../../graph/layer.js";
import type { CallEntry } from "../../ops/entry.js";
import { NOTHING } from "../../ops/primitive.js";
import { bindArguments, readSignature, type Parameter } from "../notation/binding.js";
import { torchEntry } from "../notation/read.js";
import { readArguments, type PrintedArguments } from "./arguments.js";
import { knownAs, withoutPrefix, type KnownAs } from "./classes.js";
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
  /** It is taken for a function without parameters by its name. */
  readonly isFunction?: boolean | undefined;
  /** What it does not print and was assumed. */
  readonly assumption?: string | undefined;
  /** It keeps buffers that it does not print. */
  readonly isObserver?: boolean | undefined;
}

export interface NamedLayer {
  readonly name: string;
  readonly layer: Layer;
}

type KnownLayer = Extract<KnownAs, { kind: "layer" }>;

const UNKNOWN = "this module is not known: its parameters are not printed";
const LAZY = "a lazy module has its sizes once it has run: print the model after that";

/** Reads modules by what they print of themselves. One that stands there many times is read once. */
export class Readings {
  private readonly known = new Map<string, Reading>();
  private readonly signatures = new Map<CallEntry, readonly Parameter[]>();
  private readonly place: Place;

  constructor(path: string) {
    this.place = { kind: "file", path };
  }

  of({ className, args }: PrintedModule): Reading {
    const key = `${className}(${args}`;
    const found = this.known.get(key) ?? this.read(className, args);
    this.known.set(key, found);
    return found;
  }

  /** The layer of PyTorch that a class is which prints its sizes by its children alone. */
  composite(className: string, children: readonly NamedLayer[]): Layer | undefined {
    const name = withoutPrefix(className);
    const entry = torchEntry(name);
    return entry && this.layer(entry, name, { positional: [], named: [], unread: [] }, children);
  }

  private read(className: string, text: string): Reading {
    const tensors = printedTensors(text);
    if (tensors !== undefined) return tensors;
    const args = readArguments(text, this.place);
    const known = knownAs(className, args);
    if (known === undefined) return { stores: undefined, more: UNKNOWN };
    if (known.kind === "observer") return { stores: NOTHING, isObserver: true };
    const layer = known.entry && this.layer(known.entry, known.name, args);
    if (known.kind === "nothing") return { stores: NOTHING, layer, isFunction: known.isLike };
    const like = known.name === withoutPrefix(className) ? undefined : known.name;
    if (layer?.stores !== undefined) return this.stored(className, known, args, { layer, stores: layer.stores, like });
    return known.name.startsWith("Lazy") ? { stores: undefined, layer, more: LAZY } : { stores: undefined, more: UNKNOWN };
  }

  private stored(className: string, known: KnownLayer, args: PrintedArguments, reading: Reading & { readonly stores: readonly Stored[] }): Reading {
    const shown = { ...reading, ...withoutBias(className, known.name, args, reading.stores) };
    const unproven = known.byArguments === true ? `it prints its arguments as ${known.name} does, and may store more than that` : undefined;
    const more = shown.more ?? unproven ?? unreadSizes(this.signature(known.entry), args);
    // A subclass may do something else with the same weights: pad another way, standardise them.
    return { ...shown, more, layer: known.exact && more === undefined ? shown.layer : undefined };
  }

  /** Builds a layer from the arguments that its signature has; undefined where they do not fit. */
  private layer(entry: CallEntry, name: string, args: PrintedArguments, children: readonly NamedLayer[] = []): Layer | undefined {
    const parameters = this.signature(entry);
    // A lazy layer prints a size of 0 first, which its constructor does not take.
    const positional = name.startsWith("Lazy") ? args.positional.slice(1) : args.positional;
    const known = args.named.filter((each) => parameters.some((parameter) => parameter.name === each.name));
    const written = { positional, named: known.map((each) => ({ ...each, place: this.place })), children };
    try {
      return entry.build(bindArguments(name, entry, written, this.place, false, parameters));
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  private signature(entry: CallEntry): readonly Parameter[] {
    const found = this.signatures.get(entry) ?? readSignature(entry.signature);
    this.signatures.set(entry, found);
    return found;
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
function unreadSizes(parameters: readonly Parameter[], { named, unread }: PrintedArguments): string | undefined {
  const isSize = (value: (typeof named)[number]["value"]): boolean =>
    value.kind === "tuple" ? value.items.some(isSize) : value.kind === "number" && value.integer && value.value > 1;
  const odd =
    named.find(({ name, value }) => !parameters.some((parameter) => parameter.name === name) && !HARMLESS.has(name) && isSize(value))?.name ??
    unread.find((text) => /\d/.test(text));
  return odd === undefined ? undefined : `'${odd.slice(0, 40)}' is printed beside its arguments: what it may add is not known`;
}

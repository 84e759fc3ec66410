import type { Place } from "../graph/diagnostic.js";
import type { Layer } from "../graph/layer.js";
import type { Args } from "./args.js";

/** A constructor of PyTorch or Keras: its names, its signature as the framework documents it, and what it makes. */
export interface CallEntry {
  readonly names: readonly string[];
  /** `in_channels, out_channels, kernel_size, stride=1, ...`: order, names and defaults in Python's own syntax. */
  readonly signature: string;
  readonly build: (args: Args) => Layer;
}

/** What may follow a word of the shorthand; one that an entry does not list is refused. */
export type ShorthandPart =
  "kernel" | "channels" | "stride" | "padding" | "dilation" | "groups" | "multiplier" | "outputPadding" | "bias" | "ceil" | "expand" | "numbers";

/** The parts of one shorthand layer: `conv 3x3 64->128 s2 p1 d1 g4 bias`. */
export interface ShorthandArgs {
  readonly word: string;
  readonly place: Place;
  /** Spatial rank, from the word (`conv1d`) or the number of kernel sizes; 2 where neither tells. */
  readonly rank: number;
  readonly kernel?: readonly number[] | undefined;
  readonly inChannels?: number | undefined;
  readonly outChannels?: number | undefined;
  readonly stride?: readonly number[] | undefined;
  /** A number an axis, or a word; absent means `same`. */
  readonly padding?: readonly number[] | "same" | "valid" | undefined;
  readonly dilation?: readonly number[] | undefined;
  readonly groups?: number | undefined;
  readonly multiplier?: number | undefined;
  readonly outputPadding?: readonly number[] | undefined;
  readonly expand?: number | undefined;
  readonly bias: boolean;
  readonly ceil: boolean;
  /** Bare numbers, for words that take them as they are (`embedding 1000 64`, `layernorm 768`). */
  readonly numbers: readonly number[];
}

export interface ShorthandEntry {
  readonly words: readonly string[];
  readonly takes: readonly ShorthandPart[];
  /** An example and what it means, for help and for complaints. */
  readonly example: string;
  readonly build: (args: ShorthandArgs) => Layer;
}

/** Everything one family of layers adds to the notations. */
export interface Family {
  readonly torch?: readonly CallEntry[];
  readonly keras?: readonly CallEntry[];
  readonly shorthand?: readonly ShorthandEntry[];
}

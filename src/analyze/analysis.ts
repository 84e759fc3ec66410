import type { DType } from "../graph/dtype.js";
import type { Attributes, Cause, Formulas, Kind } from "../graph/layer.js";
import type { OpenShape, Shape } from "../graph/shape.js";
import type { Layout } from "../graph/layout.js";

/** Figures that can be lower bounds, by their names in the JSON. */
export const BOUNDED_FIGURES = [
  "params",
  "buffers",
  "macs",
  "flops",
  "counted",
  "countedParams",
  "weightBytes",
  "activationBytes",
  "peakActivationBytes",
  "bytesMoved",
] as const;
export type BoundedFigure = (typeof BOUNDED_FIGURES)[number];

/** What a layer or a whole model costs. Counts are exact; bytes are of stored or moved tensors. */
export interface Figures {
  /** Trainable parameters. */
  readonly params: bigint;
  /** Elements of running statistics, which are not trained. */
  readonly buffers: bigint;
  /** Multiply-accumulates of contractions; a bias is none. */
  readonly macs: bigint;
  /** 2 per MAC plus everything in `operations`. */
  readonly flops: bigint;
  readonly operations: Readonly<Partial<Record<Cause, bigint>>>;
  /** Bytes of parameters and buffers as stored. */
  readonly weightBytes: bigint;
  /** Bytes of the outputs. */
  readonly activationBytes: bigint;
  /** Bytes of inputs, outputs and weights, each once. */
  readonly bytesMoved: bigint;
  /** FLOPs for each byte moved: low means bound by memory. */
  readonly intensity: number;
  /** What the convention asked for counts, in its own unit; absent under the program's own. */
  readonly counted?: bigint | undefined;
  /** Figures that may be more than they say: part of what they sum is not known. Empty where all are exact. */
  readonly lowerBounds: readonly BoundedFigure[];
}

export interface LayerAnalysis extends Figures {
  readonly index: number;
  readonly name: string;
  readonly op: string;
  readonly kind?: Kind | undefined;
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
  readonly attributes: Attributes;
  readonly mixes: { readonly channels: boolean; readonly space: boolean };
  /** How often it runs, where that is not once: the body of a loop. MACs, FLOPs and bytes moved are those of all its runs. */
  readonly times?: bigint | undefined;
  /** Parameters that it reads and a layer before it stores (tied weights): they count there. */
  readonly sharedParams?: bigint | undefined;
  /** Why it could not be counted; `lowerBounds` says which of its figures are concerned. */
  readonly uncounted?: string | undefined;
  /** Writes out how parameters and MACs come about, with the numbers put in. */
  readonly formulas?: (() => Formulas) | undefined;
  /** The layers that a composite consists of; its figures are their sum. */
  readonly steps: readonly LayerAnalysis[];
}

export interface Totals extends Figures {
  readonly layers: number;
  /** How many of them could not be counted. */
  readonly uncounted: number;
  /** Most bytes of activations alive at once, in execution order, nothing done in place. */
  readonly peakActivationBytes: bigint;
  /** The unit of `counted`. */
  readonly unit?: "MAC" | "FLOP" | undefined;
  /** The convention's own total of parameters, where that is not the model's. */
  readonly countedParams?: bigint | undefined;
}

/** Why a convention's figure is not the program's multiply-adds: so much more, or less, in the convention's unit. */
export interface CausedDifference {
  readonly cause: string;
  readonly count: bigint;
}

/** The moment at which most bytes of activations are alive. */
export interface Peak {
  readonly bytes: bigint;
  /** The layer that runs then; none where the inputs alone are the most. */
  readonly at?: string | undefined;
  /** What is alive then, the largest first: the layer that made each tensor, none for an input of the model. */
  readonly alive: readonly { readonly by?: string | undefined; readonly bytes: bigint }[];
}

export interface NamedTensor {
  readonly name: string;
  /** Null where not even the number of dimensions is known. */
  readonly shape: OpenShape | null;
  readonly dtype: DType;
}

/** Stands for an operator where a file lists weights that none of its layers reads. */
export const UNREAD_WEIGHTS = "weights";

/** Layers of one operator that could not be counted, and why. */
export interface Uncounted {
  readonly op: string;
  readonly count: number;
  readonly reason: string;
}

/** Whether a figure may be more than it says. */
export function isLowerBound({ lowerBounds }: Pick<Figures, "lowerBounds">, figure: BoundedFigure): boolean {
  return lowerBounds.includes(figure);
}

/** Whether the intensity is known: FLOPs and bytes moved must both be exact. */
export function isIntensityKnown(figures: Pick<Figures, "lowerBounds">): boolean {
  return !isLowerBound(figures, "flops") && !isLowerBound(figures, "bytesMoved");
}

/** Everything counted of one model. The renderers take it as it is. */
export interface Analysis {
  readonly model: { readonly name: string; readonly format: string; readonly source: string };
  /** Whose way of counting `counted` is: `convcost` unless one was asked for. */
  readonly convention: string;
  /** What makes `totals.counted` of `totals.macs`: the differences add up exactly. Absent under the program's own convention. */
  readonly differences?: readonly CausedDifference[] | undefined;
  /** Why the tool itself may report something else than `totals.counted`. */
  readonly caveats: readonly string[];
  /** Something could not be counted: `totals.lowerBounds` names the figures that it may add to. */
  readonly partial: boolean;
  readonly layout: Layout;
  readonly dtype: DType;
  readonly inputs: readonly NamedTensor[];
  readonly outputs: readonly NamedTensor[];
  readonly totals: Totals;
  readonly peak: Peak;
  readonly layers: readonly LayerAnalysis[];
  readonly uncounted: readonly Uncounted[];
  readonly warnings: readonly string[];
}

/** One layer as budgets and differences look at it. */
export type LayerCosts = Omit<LayerAnalysis, "inputs" | "outputs" | "operations" | "mixes" | "formulas" | "steps"> & {
  readonly inputs: readonly OpenShape[];
  readonly outputs: readonly OpenShape[];
};

/** What budgets and differences look at: an analysis, or one that was saved and is read again. */
export interface Costs extends Pick<Analysis, "model" | "partial" | "inputs" | "uncounted" | "warnings"> {
  readonly totals: Omit<Totals, "operations">;
  readonly convention: string;
  /** Why the tool of the convention may itself report something else. */
  readonly caveats?: readonly string[] | undefined;
  /** Says that it was read from a file without a digest: nothing shows that it is as it was saved. */
  readonly unsigned?: string | undefined;
  /** Not known of an analysis that was saved without it. */
  readonly peak?: Peak | undefined;
  readonly layers: readonly LayerCosts[];
}

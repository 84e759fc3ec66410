import type { DType } from "./dtype.js";
import type { Layout } from "./layout.js";
import type { Shape } from "./shape.js";

export type AttributeValue = string | number | boolean | null | readonly AttributeValue[];
/** What a layer is set to, by the name the framework or the paper uses (`kernelSize`, `stride`, `groups`, ...). */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** How a convolution connects its channels; absent for everything that is no convolution. */
export type Kind = "standard" | "grouped" | "depthwise" | "pointwise";

/** Shape and element type of an activation; without a type it has the model's (`--dtype`). */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype?: DType | undefined;
}

/** A tensor stored with the model. Parameters are trained, buffers (running statistics) are not; constants take bytes and are neither. */
export interface Stored extends TensorType {
  readonly name: string;
  readonly role: "parameter" | "buffer" | "constant";
  /** Bytes that it takes, where its type does not tell: blocks of a quantised format. */
  readonly bytes?: bigint | undefined;
  /** A layer before this one stores it already: it is read here once more, and counted there. */
  readonly shared?: boolean | undefined;
}

/** A tensor that an operator computes with besides its inputs, by the operator's own name for it (`weight`, `bias`, `weight_ih_l0`) and in PyTorch's order of axes. */
export type Port = Pick<Stored, "name" | "role" | "shape">;

/** Arithmetic that is no multiply-accumulate of a contraction, by what it is done for. */
export type Cause = "bias" | "normalization" | "activation" | "pooling" | "elementwise" | "softmax" | "reduction" | "interpolation" | "transform";

/** Exact operation counts. FLOPs are 2 per MAC plus every entry of `operations`. */
export interface Cost {
  readonly macs: bigint;
  readonly operations: Readonly<Partial<Record<Cause, bigint>>>;
}

/** What of a layer is not known, and why: its figures of this are lower bounds. */
export interface Unknown {
  /** `cost`: what it computes and how large its outputs are. What it stores is known unless the weights are named too. */
  readonly of: "cost" | "cost and weights";
  readonly reason: string;
}

/** What one operator does to inputs of known shape. */
export interface Inference {
  readonly outputs: readonly TensorType[];
  readonly stored: readonly Stored[];
  /**
   * What it computes with by the operator's own names, where `stored` has the source's: a file calls, turns, splits and shares tensors as it likes. Conventions
   * count by ports, so that the same layer has the same figure from every source.
   */
  readonly ports?: readonly Port[] | undefined;
  readonly cost: Cost;
  /** The order of axes of the images that it reads and makes, where its layer's `axes` do not say: a file's shapes are shown as they are written. */
  readonly layout?: Layout | undefined;
  /** The attributes with everything filled in that the input decided (`inChannels`, resolved padding). */
  readonly attributes: Attributes;
  readonly kind?: Kind | undefined;
  /** How often it runs: a body of a loop. Costs are those of one run; 1 unless said. */
  readonly times?: bigint | undefined;
  /** What of it is not known; absent where everything is. */
  readonly uncounted?: Unknown | undefined;
  /** Whether an output mixes values of several channels, or of several positions, of the input. */
  readonly mixes: { readonly channels: boolean; readonly space: boolean };
  /** Writes the formulas out: a function, since most layers are never asked for them. */
  readonly formulas?: (() => Formulas) | undefined;
}

/** The formulas behind the figures, with the numbers put in (`macs = 56·56·128·64·9`). */
export interface Formulas {
  readonly params: string;
  readonly macs: string;
}

/**
 * The order of axes that a layer reads, or that a tensor has: that of an image, or `plain`, where the axes have no such order (features,
 * sequences of vectors). Of a layer, `any` says that it keeps the order of what it reads.
 */
export type Axes = Layout | "plain" | "any";

/**
 * How PyTorch code calls a layer. Tools that hook modules see `module` (nn.ReLU) alone; `subclass` is a module of a class derived from PyTorch's, which a hook by
 * exact class misses; `function` is F.relu or torch.matmul, which some tools patch; `operator` is what neither sees: Python's own (`x + y`, `x.mean()`), inside compiled code,
 * or a function that was taken hold of before a tool patched it (the activation of an encoder layer).
 */
export const CALLS = ["module", "subclass", "function", "operator"] as const;
export type CalledAs = (typeof CALLS)[number];

/** Whether axes are those of an image, and in which order. */
export function isLayout(axes: Axes): axes is Layout {
  return axes === "nchw" || axes === "nhwc";
}

/** The order of the axes that a layer makes of what it reads. */
export function orderAfter({ axes, makes = axes }: Pick<LayerBase, "axes" | "makes">, before: Axes): Axes {
  return makes === "any" ? before : makes;
}

interface LayerBase {
  /** The operator, in PyTorch's functional spelling: `conv2d`, `max_pool2d`, `lstm`. */
  readonly op: string;
  /**
   * What it stores, as its attributes alone say; its inference stores the same. Absent where they do not: in a lazy layer, which takes a size from its input,
   * and in a composite whose steps do.
   */
  readonly stores?: readonly Stored[] | undefined;
  /** How many tensors a call of it returns to the user, states among them; 1 unless said. A layer may have more outputs that are not shown. */
  readonly returns?: number | undefined;
  readonly axes: Axes;
  /** The order of the axes that it makes, where it is another than it reads (a reshape to an image, a pool that drops its axes). */
  readonly makes?: Axes | undefined;
  /** The same figures whatever the order of the axes: each element by itself, or all of them at once. */
  readonly anyOrder?: boolean | undefined;
  /** The order in which the layer's framework has images; channels first unless said. */
  readonly imageOrder?: Layout | undefined;
  /** The layer itself says the order of its axes (`data_format`): no flag turns what it reads and makes. */
  readonly ownOrder?: boolean | undefined;
  /** Ranks, batch included, that the layer takes; absent means any. Tells whether a batch was left out of `--input`. */
  readonly ranks?: readonly number[] | undefined;
  /** Where a left-out batch goes; 0 unless said. */
  readonly batchAxis?: number | undefined;
  /** An input, batch of 1, that the layer's own sizes determine (`linear 512->10`). */
  readonly impliedInput?: TensorType | undefined;
  /** Input channels, where the layer itself says them. */
  readonly inChannels?: number | undefined;
  /** Element type of the first input where the operator fixes it (indices of an embedding). */
  readonly inputDtype?: DType | undefined;
  /** What the source leaves open and is assumed here; it stands among the warnings of the analysis. */
  readonly assumption?: string | undefined;
  /** How PyTorch code calls it: a module unless said. It changes no figure of its own, only what other tools see. */
  readonly calledAs?: CalledAs | undefined;
  /** Zero channels are accepted, as PyTorch's convolutions do where `in_channels=0` is written. */
  readonly allowsNoChannels?: boolean | undefined;
}

/** A layer with a shape rule and a cost of its own. */
export interface Primitive extends LayerBase {
  readonly type: "primitive";
  /** The output is the input's memory under another shape (PyTorch's view; dropout at inference): no byte moves. */
  readonly view?: boolean | undefined;
  /** Throws {@link InputError} where the inputs do not fit; the caller adds the place. */
  infer(inputs: readonly Shape[]): Inference;
}

/** A tensor while a composite is being built: its shape is already known. */
export interface Value extends TensorType {
  readonly id: number;
}

/** Receives the steps of a composite, each inferred as it is added. */
export interface Expansion {
  /** Adds one step (itself primitive or composite) and returns its outputs, at least one. */
  add(name: string, layer: Layer, inputs: readonly Value[]): readonly [Value, ...Value[]];
}

/** A layer that is only a way to write several others: its figures are their sum. */
export interface Composite extends LayerBase {
  readonly type: "composite";
  readonly attributes: Attributes;
  /** Name of the step that the whole is named after (a convolution with its activation), or absent: the steps are shown. */
  readonly lead?: string | undefined;
  expand(steps: Expansion, inputs: readonly Value[]): readonly Value[];
}

export type Layer = Primitive | Composite;

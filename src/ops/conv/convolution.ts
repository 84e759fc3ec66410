import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Kind, Primitive, Stored } from "../../graph/layer.js";
import { axisNames, imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { firstInput, inference, requireRank } from "../primitive.js";
import { placeTransposed, placeWindow, type Pad, type Padding, type Placed } from "../window.js";
import { formulas } from "./formulas.js";

/** How output channels follow from input channels. */
export type Connection =
  | { readonly type: "grouped"; readonly groups: number; readonly outChannels: number }
  /** One spatial filter a channel, `multiplier` of them: outChannels = inChannels * multiplier. */
  | { readonly type: "depthwise"; readonly multiplier: number };

/** PyTorch's padding_mode; all but zeros pad the input first and so limit how much. */
export type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";

export interface ConvolutionOptions {
  /** Spatial rank: 1, 2 or 3. */
  readonly rank: number;
  /** The order of the axes of input and output; channels first unless said. */
  readonly layout?: Layout | undefined;
  /** Absent: taken from the input. */
  readonly inChannels?: number | undefined;
  readonly connection: Connection;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
  readonly paddingMode?: PaddingMode | undefined;
  /** What PyTorch was given as a string for the padding (`padding="same"`), which makes another operator of its traced graphs. */
  readonly paddingString?: "same" | "valid" | undefined;
  readonly bias: boolean;
  /** Present: a transposed convolution. */
  readonly transposed?: { readonly outputPadding: readonly number[] } | undefined;
}

/**
 * A convolution of any rank, grouping and direction. Weights are listed as PyTorch has them, whatever the layout.
 * Parameters Cout*(Cin/g)*K (+ Cout), MACs N*out*Cout*(Cin/g)*K; transposed: Cin*(Cout/g)*K and N*in*Cin*(Cout/g)*K
 * (PyTorch, torch.nn.Conv2d and ConvTranspose2d). Throws at once where groups do not divide, and on inference where channels, rank or window
 * do not fit.
 */
export function convolution(options: ConvolutionOptions): Primitive {
  const op = `${options.transposed === undefined ? "conv" : "conv_transpose"}${options.rank}d`;
  return {
    type: "primitive",
    op,
    stores: options.inChannels === undefined ? undefined : storedTensors(filters(op, options, options.inChannels)),
    axes: options.layout ?? "nchw",
    ranks: [options.rank + 2],
    inChannels: options.inChannels,
    allowsNoChannels: options.inChannels === 0,
    infer: (inputs) => infer(op, options, firstInput(inputs)),
  };
}

/** The weights of one convolution with its channels known. */
interface Filters {
  readonly transposed: boolean;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernelSize: readonly number[];
  readonly bias: boolean;
}

/** Sizes of one convolution with everything known. */
export interface Resolved extends Filters {
  readonly batch: number;
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** Throws `groups-do-not-divide`. */
function filters(op: string, options: ConvolutionOptions, inChannels: number): Filters {
  const { transposed, kernelSize, bias } = options;
  return { transposed: transposed !== undefined, ...resolveChannels(op, options, inChannels), kernelSize, bias };
}

function infer(op: string, options: ConvolutionOptions, shape: Shape) {
  const { layout = "nchw" } = options;
  requireRank(op, shape, [options.rank + 2], axisNames(layout, options.rank + 2));
  const { batch, channels, space: input } = imageSizes(shape, layout);
  checkChannels(op, options, channels);
  const known = filters(op, options, channels);
  const { inChannels, outChannels, groups } = known;
  const { size: output, pads } = place(op, options, input);
  const resolved: Resolved = { ...known, batch, input, output };
  const kind = kindOf(options, resolved);
  // PyTorch answers a convolution of no channels with an output of no channels.
  const outputShape = imageShape({ batch, channels: inChannels === 0 ? 0 : outChannels, space: output }, layout);
  return inference([{ shape: outputShape }], {
    stored: storedTensors(resolved),
    macs: macs(resolved),
    operations: options.bias ? { bias: elements(outputShape) } : {},
    attributes: attributes(options, resolved, pads),
    kind,
    mixes: { channels: inChannels / groups > 1, space: options.kernelSize.some((size) => size > 1) },
    formulas: () => formulas(resolved, kind),
  });
}

function checkChannels(op: string, { inChannels, layout = "nchw" }: ConvolutionOptions, channels: number): void {
  if (inChannels === undefined || channels === inChannels) return;
  fail("channel-mismatch", `${op} expects ${inChannels} input channels, but its input has ${channels}`, {
    expected: `an input of ${inChannels} channels`,
    hint: layout === "nchw" ? "shapes are channels first; use --layout nhwc if yours are channels last" : "shapes are channels last here",
  });
}

function resolveChannels(op: string, { connection }: ConvolutionOptions, inChannels: number) {
  // A depthwise convolution of no channels is one group of none: 0 / 0 is no number.
  if (connection.type === "depthwise" && !Number.isInteger(connection.multiplier))
    requireDivisible(op, "outChannels", inChannels * connection.multiplier, inChannels);
  if (connection.type === "depthwise") return { inChannels, outChannels: inChannels * connection.multiplier, groups: Math.max(1, inChannels) };
  const { groups, outChannels } = connection;
  requireDivisible(op, "inChannels", inChannels, groups);
  requireDivisible(op, "outChannels", outChannels, groups);
  return { inChannels, outChannels, groups };
}

function requireDivisible(op: string, what: string, channels: number, groups: number): void {
  if (channels % groups === 0) return;
  fail("groups-do-not-divide", `${what} ${channels} of ${op} is not divisible by groups ${groups}`, {
    expected: `${what} a multiple of ${groups}`,
    hint:
      what === "outChannels"
        ? "the output channels of a depthwise convolution are a multiple of its input channels"
        : "each group reads inChannels / groups channels",
  });
}

function place(op: string, options: ConvolutionOptions, input: readonly number[]): Placed {
  if (options.transposed !== undefined) {
    const size = placeTransposed(op, { ...options, outputPadding: options.transposed.outputPadding }, input);
    return { size, pads: [] };
  }
  const placed = placeWindow(op, options, input);
  checkPaddingMode(op, options.paddingMode, placed.pads, input);
  return placed;
}

// torch.nn.functional.pad: reflect needs padding < size, circular padding <= size.
function checkPaddingMode(op: string, mode: PaddingMode | undefined, pads: readonly Pad[], input: readonly number[]): void {
  if (mode !== "reflect" && mode !== "circular") return;
  const slack = mode === "reflect" ? 1 : 0;
  const wrong = pads.findIndex((pad, axis) => Math.max(pad.before, pad.after) > (input[axis] ?? 0) - slack);
  if (wrong < 0) return;
  fail("padding-too-large", `${op} cannot pad an input of ${formatShape(input)} that far with padding_mode '${mode}'`, {
    expected: `a padding ${mode === "reflect" ? "less than" : "of at most"} the size of the input`,
  });
}

/** Classes a convolution as the papers do. A depthwise one is depthwise whatever its kernel. */
function kindOf({ connection }: ConvolutionOptions, { inChannels, groups, kernelSize }: Resolved): Kind {
  if (connection.type === "depthwise" || (groups === inChannels && groups > 1)) return "depthwise";
  if (groups > 1) return "grouped";
  return kernelSize.every((size) => size === 1) ? "pointwise" : "standard";
}

function weightShape({ transposed, inChannels, outChannels, groups, kernelSize }: Filters): Shape {
  return transposed ? [inChannels, outChannels / groups, ...kernelSize] : [outChannels, inChannels / groups, ...kernelSize];
}

function storedTensors(resolved: Filters): readonly Stored[] {
  const weight: Stored = { name: "weight", role: "parameter", shape: weightShape(resolved) };
  return resolved.bias ? [weight, { name: "bias", role: "parameter", shape: [resolved.outChannels] }] : [weight];
}

function macs(resolved: Resolved): bigint {
  const positions = resolved.transposed ? resolved.input : resolved.output;
  return elements([resolved.batch, ...positions]) * elements(weightShape(resolved));
}

function attributes(options: ConvolutionOptions, resolved: Resolved, pads: readonly Pad[]): Attributes {
  const padding =
    options.transposed === undefined
      ? pads.map((pad) => (pad.before === pad.after ? pad.before : [pad.before, pad.after]))
      : writtenPadding(options.padding);
  const { inChannels, outChannels, groups } = resolved;
  const { kernelSize, stride, dilation, bias, padding: asked, paddingMode, paddingString } = options;
  // The usual one without spreads, after which V8 defines each field by a call.
  if (options.transposed === undefined && asked !== "same" && paddingMode === undefined && paddingString === undefined)
    return { inChannels, outChannels, kernelSize, stride, padding, dilation, groups, bias };
  return {
    inChannels,
    outChannels,
    kernelSize,
    stride,
    padding,
    ...(options.transposed === undefined && asked === "same" ? { autoPad: "same" } : {}),
    dilation,
    groups,
    ...(options.transposed === undefined ? {} : { outputPadding: options.transposed.outputPadding }),
    ...(paddingMode === undefined || paddingMode === "zeros" ? {} : { paddingMode }),
    ...(paddingString === undefined ? {} : { paddingString }),
    bias,
  };
}

function writtenPadding(padding: Padding): Attributes[string] {
  return typeof padding === "string" ? padding : padding.map((pad) => (pad.before === pad.after ? pad.before : [pad.before, pad.after]));
}

import type { LayerAnalysis } from "../analyze/analysis.js";
import { fail } from "../graph/diagnostic.js";
import type { AttributeValue } from "../graph/layer.js";
import type { Layout } from "../graph/layout.js";
import type { Pad } from "../ops/window.js";

/** What every variant of a convolution keeps: its channels, window and bias. */
export interface ConvolutionShape {
  readonly rank: number;
  /** The order of its axes; channels first unless said. */
  readonly layout?: Layout | undefined;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly Pad[];
  readonly groups: number;
  readonly bias: boolean;
}

/** As much of a layer as tells its shape. */
type Described = Pick<LayerAnalysis, "op" | "attributes"> & { readonly steps: readonly Pick<LayerAnalysis, "op" | "attributes">[] };

/**
 * Reads a convolution back from its analysis, a depthwise separable one from its two steps.
 * Throws `not-a-convolution` for everything else.
 */
export function convolutionOf(layer: Described, layout?: Layout): ConvolutionShape {
  const spatial = layer.steps[0] ?? layer;
  const last = layer.steps.at(-1) ?? layer;
  const rank = /^conv([123])d$/.exec(spatial.op)?.[1];
  if (rank === undefined || !/^(separable_)?conv/.test(layer.op)) notAConvolution(layer);
  const { attributes } = spatial;
  return {
    rank: Number(rank),
    layout,
    inChannels: size(attributes["inChannels"]),
    outChannels: size(last.attributes["outChannels"]),
    kernelSize: list(attributes["kernelSize"]).map(size),
    stride: list(attributes["stride"]).map(size),
    dilation: list(attributes["dilation"]).map(size),
    padding: list(attributes["padding"]).map(pad),
    groups: size(attributes["groups"]),
    bias: last.attributes["bias"] === true,
  };
}

function notAConvolution(layer: Described): never {
  return fail("not-a-convolution", `compare makes variants of one convolution, and ${layer.op} is none that it can vary`, {
    expected: "a convolution, as in `conv 3x3 64->128 @56x56`, or several specs",
    hint: 'several specs become a row each: convcost compare "conv 3x3 64->128" "sep 3x3 64->128" --input 64x56x56',
  });
}

function isList(value: AttributeValue | undefined): value is readonly AttributeValue[] {
  return Array.isArray(value);
}

function list(value: AttributeValue | undefined): readonly AttributeValue[] {
  return isList(value) ? value : [];
}

function size(value: AttributeValue | undefined): number {
  if (typeof value === "number") return value;
  throw new Error("a convolution's attribute is not a number");
}

function pad(value: AttributeValue): Pad {
  const [before, after] = isList(value) ? value : [value, value];
  return { before: size(before), after: size(after) };
}

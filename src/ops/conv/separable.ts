import type { AttributeValue, Composite, Layer } from "../../graph/layer.js";
import { fail } from "../../graph/diagnostic.js";
import { chain } from "../primitive.js";
import { convolution, type ConvolutionOptions } from "./convolution.js";

export interface SeparableOptions extends Omit<ConvolutionOptions, "connection" | "transposed"> {
  readonly outChannels: number;
  readonly multiplier: number;
  /** Bias of the depthwise step; Keras's SeparableConv2D has one only after the pointwise step. */
  readonly depthwiseBias: boolean;
  /** What the pointwise step becomes: Keras runs an activation with it. */
  readonly finish?: ((pointwise: Layer) => Layer) | undefined;
}

/**
 * Depthwise, which mixes space, then pointwise, which mixes channels (MobileNets, arXiv 1704.04861, section 3.1; Keras, SeparableConv2D).
 * `bias` is that of the pointwise step.
 */
export function separableConvolution(options: SeparableOptions): Composite {
  const { outChannels, multiplier, depthwiseBias, finish, ...window } = options;
  const ones = Array<number>(options.rank).fill(1);
  const depthwise = convolution({ ...window, connection: { type: "depthwise", multiplier }, bias: depthwiseBias });
  const pointwise = convolution({
    rank: options.rank,
    layout: options.layout,
    connection: { type: "grouped", groups: 1, outChannels },
    kernelSize: ones,
    stride: ones,
    dilation: ones,
    padding: "valid",
    bias: options.bias,
  });
  const attributes: Record<string, AttributeValue> = {
    outChannels,
    kernelSize: options.kernelSize,
    stride: options.stride,
    dilation: options.dilation,
    depthMultiplier: multiplier,
    bias: options.bias,
  };
  return chain(`separable_conv${options.rank}d`, attributes, [
    { name: "depthwise", layer: depthwise },
    { name: "pointwise", layer: finish?.(pointwise) ?? pointwise },
  ]);
}

/** Output channels as a multiple of input channels; throws `depthwise-channels` where they are not. */
export function depthwiseMultiplier(inChannels: number, outChannels: number): number {
  if (outChannels % inChannels === 0) return outChannels / inChannels;
  return fail("depthwise-channels", `a depthwise convolution cannot turn ${inChannels} channels into ${outChannels}`, {
    expected: `output channels a multiple of ${inChannels}`,
    hint: "use a depthwise separable convolution (`sep`), whose pointwise step makes any number of channels",
  });
}

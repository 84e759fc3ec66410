import { elements } from "../../graph/shape.js";
import { convolution } from "../conv/convolution.js";
import type { Padding } from "../window.js";
import { symmetric } from "../window.js";
import { all, as, batched, flag, hasTensor, numbers, outputElements, perAxis, shapeOf, text, whole, type AtenCall, type AtenRule } from "./call.js";

/** Padding as two numbers an axis, or the word of the overload `conv2d.padding`. */
function paddingOf(call: AtenCall, rank: number): Padding {
  const word = text(call, "padding");
  return word === "same" || word === "valid" ? word : symmetric(perAxis(call, "padding", rank, 0, 0));
}

/** Convolutions by their weights: [Cout, Cin/groups, K] or, transposed, [Cin, Cout/groups, K]. */
const conv: AtenRule = (call) => {
  const [first = 0, second = 0, ...kernelSize] = shapeOf(call, "weight");
  const rank = kernelSize.length;
  if (rank < 1 || rank > 3) return { op: call.op, uncounted: "a convolution over more than three dimensions" };
  const transposed = call.op.includes("transpose") || flag(call, "transposed");
  const groups = whole(call, "groups", 1) ?? 1;
  const [inChannels, outChannels] = transposed ? [first, second * groups] : [second * groups, first];
  const depthwise = !transposed && groups > 1 && groups === inChannels && outChannels % groups === 0;
  const padding = paddingOf(call, rank);
  const layer = convolution({
    rank,
    inChannels,
    connection: depthwise ? { type: "depthwise", multiplier: outChannels / groups } : { type: "grouped", groups, outChannels },
    kernelSize,
    stride: perAxis(call, "stride", rank, 1),
    dilation: perAxis(call, "dilation", rank, 1),
    padding,
    paddingString: typeof padding === "string" ? padding : undefined,
    bias: hasTensor(call, "bias"),
    transposed: transposed ? { outputPadding: perAxis(call, "output_padding", rank, 0, 0) } : undefined,
  });
  return as(layer, batched(shapeOf(call, "input", "self"), rank));
};

/** conv_tbc: a convolution over [T, N, C] with a weight of [K, Cin, Cout]. */
const convTbc: AtenRule = (call) => {
  const [kernel = 0, inChannels = 0, outChannels = 0] = shapeOf(call, "weight");
  const outputs = outputElements(call);
  return {
    op: "conv_tbc",
    macs: outputs * BigInt(kernel * inChannels),
    operations: hasTensor(call, "bias") ? { bias: outputs } : {},
    attributes: { inChannels, outChannels, kernelSize: [kernel], bias: hasTensor(call, "bias") },
    mixes: { channels: true, space: true },
  };
};

/** 4 taps are blended by 4 products and 3 additions, their weights known. */
const BLEND = 7n;

/** torchvision.ops.deform_conv2d (arXiv 1703.06211, 1811.11168): each tap is read between 4 positions, and scaled by a mask. */
const deformConv: AtenRule = (call) => {
  const [outChannels = 0, perGroup = 0, ...kernelSize] = shapeOf(call, "weight");
  const both = (name: string, least: number) => [whole(call, `${name}_h`, least) ?? least, whole(call, `${name}_w`, least) ?? least];
  const input = shapeOf(call, "input");
  const groups = whole(call, "groups", 1) ?? Math.max(1, Math.floor((input[1] ?? perGroup) / Math.max(1, perGroup)));
  const plain = as(
    convolution({
      rank: 2,
      connection: { type: "grouped", groups, outChannels },
      kernelSize,
      stride: both("stride", 1),
      dilation: both("dilation", 1),
      padding: symmetric(both("pad", 0)),
      bias: hasTensor(call, "bias"),
    }),
    input,
  );
  const positions = call.outputs[0]?.shape.slice(2) ?? [];
  const reads = elements([...input.slice(0, 2), ...positions, ...kernelSize]);
  const masked = flag(call, "use_mask") || (numbers(call, "use_mask") === undefined && hasTensor(call, "mask"));
  return {
    ...plain,
    op: "deform_conv2d",
    operations: { ...plain.operations, interpolation: reads * BLEND, ...(masked ? { elementwise: reads } : {}) },
    formulas: undefined,
  };
};

/** aten::slow_conv*, mkldnn and cuDNN spellings included: what backends call the same operator. */
export const convolutionRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    `conv1d conv2d conv3d convolution _convolution convolution_overrideable _convolution_mode conv_transpose1d conv_transpose2d conv_transpose3d
     _conv_depthwise2d conv_depthwise3d thnn_conv2d slow_conv3d slow_conv_dilated2d slow_conv_dilated3d slow_conv_transpose2d slow_conv_transpose3d
     mkldnn_convolution cudnn_convolution cudnn_convolution_transpose miopen_convolution _nnpack_spatial_convolution
     _slow_conv2d_forward slow_conv3d_forward`,
    conv,
  ),
  conv_tbc: convTbc,
  deform_conv2d: deformConv,
};

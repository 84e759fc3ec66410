import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { symmetric, type Pad } from "../window.js";
import { convolution, type ConvolutionOptions } from "./convolution.js";
import { deformableConvolution } from "./deformable.js";

// https://docs.pytorch.org/docs/stable/nn.html#convolution-layers
const CONV = "kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros', device=None, dtype=None";
const TRANSPOSED =
  "kernel_size, stride=1, padding=0, output_padding=0, groups=1, bias=True, dilation=1, padding_mode='zeros', device=None, dtype=None";

function options(args: Args, rank: number, lazy: boolean) {
  return {
    rank,
    inChannels: lazy ? undefined : args.size("in_channels"),
    connection: { type: "grouped", groups: args.count("groups"), outChannels: args.count("out_channels") },
    kernelSize: args.perAxis("kernel_size", rank, 1),
    stride: args.perAxis("stride", rank, 1),
    dilation: args.perAxis("dilation", rank, 1),
    bias: args.flag("bias"),
  } as const;
}

function conv(args: Args, rank: number, lazy: boolean) {
  const paddingMode = args.oneOf("padding_mode", ["zeros", "reflect", "replicate", "circular"]);
  const pads = padding(args, rank);
  return convolution({ ...options(args, rank, lazy), padding: pads, paddingString: typeof pads === "string" ? pads : undefined, paddingMode });
}

// torch.nn.Conv2d: "padding='same' pads the input so the output has the shape as the input; this mode doesn't support any stride values other than 1."
function padding(args: Args, rank: number): readonly Pad[] | "same" | "valid" {
  if (!args.isText("padding")) return symmetric(args.perAxis("padding", rank, 0));
  const word = args.oneOf("padding", ["same", "valid"]);
  if (word === "same" && args.perAxis("stride", rank, 1).some((step) => step !== 1)) {
    args.fail("padding", "padding='same' is not supported by PyTorch for strided convolutions", "stride=1, or the padding as numbers");
  }
  return word;
}

function transposed(args: Args, rank: number, lazy: boolean) {
  args.oneOf("padding_mode", ["zeros"]);
  const outputPadding = args.perAxis("output_padding", rank, 0);
  const base: Omit<ConvolutionOptions, "padding"> = options(args, rank, lazy);
  const wrong = outputPadding.some((pad, axis) => pad >= Math.max(base.stride[axis] ?? 1, base.dilation[axis] ?? 1));
  if (wrong)
    args.fail("output_padding", "output_padding must be smaller than either stride or dilation", "less than the larger of stride and dilation");
  return convolution({ ...base, padding: symmetric(args.perAxis("padding", rank, 0)), transposed: { outputPadding } });
}

/** torchvision.ops: https://docs.pytorch.org/vision/stable/generated/torchvision.ops.DeformConv2d.html */
const deformable: CallEntry = {
  names: ["DeformConv2d"],
  signature: "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True",
  build: (args) => deformableConvolution({ ...options(args, 2, false), padding: symmetric(args.perAxis("padding", 2, 0)) }),
};

function ranked(rank: number): readonly CallEntry[] {
  return [
    { names: [`Conv${rank}d`], signature: `in_channels, out_channels, ${CONV}`, build: (args) => conv(args, rank, false) },
    { names: [`LazyConv${rank}d`], signature: `out_channels, ${CONV}`, build: (args) => conv(args, rank, true) },
    { names: [`ConvTranspose${rank}d`], signature: `in_channels, out_channels, ${TRANSPOSED}`, build: (args) => transposed(args, rank, false) },
    { names: [`LazyConvTranspose${rank}d`], signature: `out_channels, ${TRANSPOSED}`, build: (args) => transposed(args, rank, true) },
  ];
}

export const torchConvolutions: readonly CallEntry[] = [...[1, 2, 3].flatMap(ranked), deformable];

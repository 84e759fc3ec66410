import { fail } from "../../../graph/diagnostic.js";
import type { Inference, Primitive } from "../../../graph/layer.js";
import { imageShape, imageSizes, type Layout } from "../../../graph/layout.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import type { Args } from "../../args.js";
import { convolution, type ConvolutionOptions } from "../../conv/convolution.js";
import type { CallEntry } from "../../entry.js";
import { adaptivePool, windowPool } from "../../pool/window-pool.js";
import { elementwise, firstInput, inference, NOTHING } from "../../primitive.js";
import { moving } from "./shape.js";
import { calledFunction } from "./function.js";

// keras/src/ops/nn.py and image.py: functions of windows, and of images. Their kernels are inputs, and no parameters.

/** Channels last unless the file says otherwise: Keras writes the format of its configuration, or null. */
function layoutOf(args: Args): Layout {
  return !args.isNone("data_format") && args.text("data_format") === "channels_first" ? "nchw" : "nhwc";
}

/** A function whose rank is that of its input. */
function ranked(op: string, infer: (inputs: readonly Shape[], rank: number) => Inference): Primitive {
  return calledFunction(op, (inputs) => {
    const input = firstInput(inputs);
    if (input.length < 3 || input.length > 5)
      fail("wrong-rank", `${op} cannot read an input of ${input.length} dimensions (${formatShape(input)})`, { expected: "3 to 5 dimensions" });
    return infer(inputs, input.length - 2);
  });
}

/** An argument that says one number for every axis, or one for each. */
const axesOf = (args: Args, name: string, rank: number) => args.perAxis(name, rank, 1);

function windowOf(args: Args, rank: number, kernel: Shape): Omit<ConvolutionOptions, "connection"> {
  return {
    rank,
    layout: layoutOf(args),
    kernelSize: kernel.slice(0, rank),
    stride: axesOf(args, "strides", rank),
    dilation: axesOf(args, "dilation_rate", rank),
    padding: args.oneOf("padding", ["valid", "same"]),
    bias: false,
  };
}

function conv(args: Args): Primitive {
  return ranked("conv", (inputs, rank) => {
    const [input = [], kernel = []] = inputs;
    const [perGroup = 1, outChannels = 1] = kernel.slice(-2);
    const groups = imageSizes(input, layoutOf(args)).channels / perGroup;
    return unweighted(convolution({ ...windowOf(args, rank, kernel), connection: { type: "grouped", groups, outChannels } }), input);
  });
}

function depthwise(args: Args): Primitive {
  return ranked("depthwise_conv", (inputs, rank) => {
    const [input = [], kernel = []] = inputs;
    return unweighted(convolution({ ...windowOf(args, rank, kernel), connection: { type: "depthwise", multiplier: kernel.at(-1) ?? 1 } }), input);
  });
}

function separable(args: Args): Primitive {
  return ranked("separable_conv", (inputs, rank) => {
    const [input = [], kernel = [], pointwise = []] = inputs;
    const first = unweighted(
      convolution({ ...windowOf(args, rank, kernel), connection: { type: "depthwise", multiplier: kernel.at(-1) ?? 1 } }),
      input,
    );
    const ones = Array<number>(rank).fill(1);
    const window = { rank, layout: layoutOf(args), kernelSize: ones, stride: ones, dilation: ones, padding: "valid", bias: false } as const;
    const second = unweighted(
      convolution({ ...window, connection: { type: "grouped", groups: 1, outChannels: pointwise.at(-1) ?? 1 } }),
      first.outputs[0]?.shape ?? input,
    );
    return { ...second, cost: { macs: first.cost.macs + second.cost.macs, operations: {} } };
  });
}

function transposed(args: Args): Primitive {
  return ranked("conv_transpose", (inputs, rank) => {
    const [input = [], kernel = []] = inputs;
    const outputPadding = args.isNone("output_padding") ? Array<number>(rank).fill(0) : args.perAxis("output_padding", rank, 0);
    const connection = { type: "grouped", groups: 1, outChannels: kernel.at(-2) ?? 1 } as const;
    return unweighted(convolution({ ...windowOf(args, rank, kernel), connection, transposed: { outputPadding } }), input);
  });
}

/** What a layer does whose weights are inputs here. */
function unweighted(layer: Primitive, input: Shape): Inference {
  return { ...layer.infer([input]), stored: NOTHING, formulas: undefined };
}

function pool(args: Args, kind: "max" | "avg"): Primitive {
  return ranked(`${kind}_pool`, (inputs, rank) => {
    const kernelSize = axesOf(args, "pool_size", rank);
    const stride = args.isNone("strides") ? kernelSize : axesOf(args, "strides", rank);
    const dilation = Array<number>(rank).fill(1);
    const padding = args.oneOf("padding", ["valid", "same"]);
    return windowPool({ kind, rank, layout: layoutOf(args), kernelSize, stride, dilation, padding, returnIndices: false }).infer(inputs.slice(0, 1));
  });
}

function adaptive(args: Args, kind: "max" | "avg"): Primitive {
  return ranked(`adaptive_${kind}_pool`, (inputs, rank) => {
    const op = `adaptive_${kind}_pool${rank}d`;
    const outputSize = axesOf(args, "output_size", rank);
    return adaptivePool({ op, kind, rank, layout: layoutOf(args), outputSize, returnIndices: false, dropAxes: false }).infer(inputs.slice(0, 1));
  });
}

/** An image, with or without a batch, its height, width and channels made anew. */
function onImage(
  op: string,
  args: Args,
  sizes: (height: number, width: number, channels: number) => readonly [number, number, number],
  each = 0n,
): Primitive {
  const layout = layoutOf(args);
  return {
    ...moving(op, firstInput),
    infer(inputs) {
      const input = firstInput(inputs);
      const image = input.length === 3 ? [1, ...input] : input;
      if (image.length !== 4)
        fail("wrong-rank", `${op} cannot read an input of ${input.length} dimensions`, { expected: "an image, with or without a batch" });
      const { batch, channels, space } = imageSizes(image, layout);
      const [height, width, made] = sizes(space[0] ?? 1, space[1] ?? 1, channels);
      const shape = imageShape({ batch, channels: made, space: [height, width] }, layout);
      const output = input.length === 3 ? shape.slice(1) : shape;
      return inference([{ shape: output }], { operations: each === 0n ? {} : { interpolation: each * elements(output) } });
    },
  };
}

/** Additions and products for each output, as the resize operator counts them. */
const tapsOf = (args: Args) => ({ nearest: 0n, bicubic: 31n })[args.text("interpolation")] ?? 7n;

function resized(args: Args): Primitive {
  const [height = 1, width = 1] = args.integers("size", 1);
  return onImage("upsample", args, (_, __, channels) => [height, width, channels], tapsOf(args));
}

/** Rows and columns added at the four sides, or taken off; two of three sizes say the third. */
function bordered(args: Args, sign: 1 | -1): Primitive {
  const name = sign === 1 ? "padding" : "cropping";
  const axis = (size: number, sides: readonly [string, string], target: string) => {
    if (!args.isNone(target)) return args.count(target);
    return size + sign * sides.reduce((sum, side) => sum + (args.isNone(`${side}_${name}`) ? 0 : args.size(`${side}_${name}`)), 0);
  };
  return onImage(sign === 1 ? "pad" : "crop", args, (height, width, channels) => [
    axis(height, ["top", "bottom"], "target_height"),
    axis(width, ["left", "right"], "target_width"),
    channels,
  ]);
}

function patches(args: Args): Primitive {
  const [height, width] = args.perAxis("size", 2, 1);
  const kernel = [height ?? 1, width ?? 1];
  const stride = args.isNone("strides") ? kernel : args.perAxis("strides", 2, 1);
  return onImage("extract_patches", args, (rows, columns, channels) => {
    const window = {
      rank: 2,
      kernelSize: kernel,
      stride,
      dilation: args.perAxis("dilation_rate", 2, 1),
      padding: args.oneOf("padding", ["valid", "same"]),
    } as const;
    const made = windowPool({ ...window, kind: "max", layout: "nchw", returnIndices: false }).infer([[1, 1, rows, columns]]).outputs[0]?.shape ?? [];
    return [made[2] ?? 1, made[3] ?? 1, channels * (kernel[0] ?? 1) * (kernel[1] ?? 1)];
  });
}

const FORMAT = "data_format=None";
const CONV = `strides=1, padding='valid', ${FORMAT}, dilation_rate=1`;
const POOL = `pool_size, strides=None, padding='valid', ${FORMAT}`;
const SIDES = ["top", "left", "bottom", "right"];
const borders = (name: string) => `${SIDES.map((side) => `${side}_${name}=None`).join(", ")}, target_height=None, target_width=None, ${FORMAT}`;

export const windowFunctions: readonly CallEntry[] = [
  { names: ["Conv"], signature: CONV, build: conv },
  { names: ["DepthwiseConv"], signature: CONV, build: depthwise },
  { names: ["SeparableConv"], signature: CONV, build: separable },
  { names: ["ConvTranspose"], signature: `strides=1, padding='valid', output_padding=None, ${FORMAT}, dilation_rate=1`, build: transposed },
  { names: ["MaxPool"], signature: POOL, build: (args) => pool(args, "max") },
  { names: ["AveragePool"], signature: POOL, build: (args) => pool(args, "avg") },
  { names: ["AdaptiveMaxPool"], signature: `output_size, ${FORMAT}`, build: (args) => adaptive(args, "max") },
  { names: ["AdaptiveAveragePool"], signature: `output_size, ${FORMAT}`, build: (args) => adaptive(args, "avg") },
  {
    names: ["Resize"],
    signature: `size, interpolation='bilinear', antialias=False, crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, ${FORMAT}`,
    build: resized,
  },
  { names: ["RGBToGrayscale"], signature: FORMAT, build: (args) => onImage("rgb_to_grayscale", args, (height, width) => [height, width, 1], 5n) },
  { names: ["RGBToHSV", "HSVToRGB"], signature: FORMAT, build: () => elementwise("color_space", "elementwise", 4n) },
  { names: ["PadImages"], signature: borders("padding"), build: (args) => bordered(args, 1) },
  { names: ["CropImages"], signature: borders("cropping"), build: (args) => bordered(args, -1) },
  { names: ["ExtractPatches"], signature: `size, strides=None, dilation_rate=1, padding='valid', ${FORMAT}`, build: patches },
  {
    names: ["GaussianBlur"],
    signature: `kernel_size=(3, 3), sigma=(1.0, 1.0), ${FORMAT}`,
    build: (args) => {
      const taps = args.integers("kernel_size", 1).reduce((product, size) => product * size, 1);
      return elementwise("gaussian_blur", "transform", BigInt(2 * taps));
    },
  },
  {
    names: ["AffineTransform", "PerspectiveTransform", "ElasticTransform"],
    signature: `interpolation='bilinear', ${FORMAT}`,
    build: (args) => elementwise("transform", "interpolation", tapsOf(args)),
  },
];

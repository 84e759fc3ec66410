import { fail } from "../../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { int, ints, perAxis, text } from "../attributes.js";
import {
  asMany,
  given,
  inputShape,
  known,
  possible,
  shapeAt,
  shapeOf,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Rule,
  axesIn,
} from "../operand.js";
import { contractions } from "./contraction.js";

/** Products and additions of an interpolation from so many taps, the weights being known. */
const blend = (taps: number) => BigInt(2 * taps - 1);

const taps = (mode: string, rank: number) => (mode.includes("linear") ? 2 ** rank : mode.includes("cubic") ? 4 ** rank : 1);

/** GridSample (ONNX, version 22): X [N, C, ...], a grid [N, ..., rank]. The weights of the taps are worked out for each point. */
const gridSample: Rule = (node) => {
  const [shape, grid] = [inputShape(node), shapeAt(node, 1)];
  const points = grid.slice(1, -1);
  const rank = points.length;
  const output = [...shape.slice(0, 2), ...points];
  const count = taps(text(node, "mode", "linear"), rank);
  // Two operations an axis put a point of [-1, 1] on the grid; each tap's weight is a product of one factor an axis.
  const weights = elements(grid.slice(0, -1)) * BigInt(2 * rank + (count > 1 ? count * rank : 0));
  const layer = fixed({
    op: "grid_sample",
    outputs: [output],
    operations: { interpolation: weights + (count > 1 ? elements(output) * blend(count) : 0n) },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** AffineGrid (ONNX, version 20): theta [N, rank, rank + 1] times each point of a grid. */
const affineGrid: Rule = (node) => {
  const [batch = 1, , ...sizes] = known(node, 1, "the size");
  const output = possible([batch, ...sizes, sizes.length]);
  const layer = fixed({ op: "affine_grid", outputs: [output], dtype: typeOf(node.inputs[0]), macs: elements(output) * BigInt(sizes.length + 1) });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** RoiAlign (ONNX, version 22): so many samples of 4 taps an output, averaged or compared; as many as a region is large where 0 is asked for. */
const roiAlign: Rule = (node) => {
  const [[, channels = 1], [regions = 0]] = [shapeAt(node, 0, 4), shapeAt(node, 1, 2)];
  const output = [regions, channels, int(node, "output_height", 1), int(node, "output_width", 1)];
  const ratio = int(node, "sampling_ratio", 0);
  if (ratio === 0) node.warn("how many points RoiAlign samples depends on its regions: one an output is counted");
  const samples = BigInt(Math.max(1, ratio) ** 2);
  const layer = fixed({
    op: "roi_align",
    outputs: [output],
    operations: { interpolation: elements(output) * samples * blend(4), pooling: elements(output) * samples },
    mixes: { channels: false, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** MaxRoiPool (ONNX, version 22). Which positions a region covers depends on the data: each once, on average, is counted. */
const maxRoiPool: Rule = (node) => {
  const [[, channels = 1, height = 1, width = 1], [regions = 0]] = [shapeAt(node, 0, 4), shapeAt(node, 1, 2)];
  const [rows = 1, columns = 1] = perAxis(node, "pooled_shape", 2, 1);
  node.warn("how large the regions of MaxRoiPool are depends on the data: whole maps are counted");
  const layer = fixed({
    op: "roi_pool",
    outputs: [[regions, channels, rows, columns]],
    operations: { pooling: elements([regions, channels, height, width]) },
    mixes: { channels: false, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** Col2Im (ONNX, version 18): [N, C * block, L] summed back into [N, C, image]. */
const col2im: Rule = (node) => {
  const [batch = 1, rows = 1, columns = 0] = shapeAt(node, 0, 3);
  const image = possible(known(node, 1, "the image's shape"));
  const rank = image.length;
  const sides = asMany(node, "the block's shape", known(node, 2, "the block's shape"), rank);
  const block = sides.reduce((product, size) => product * size, 1);
  const [stride, dilation] = [perAxis(node, "strides", rank, 1), perAxis(node, "dilations", rank, 1)];
  const pads = asMany(node, "pads", ints(node, "pads") ?? Array<number>(2 * rank).fill(0), 2 * rank);
  const positions = image.map((size, axis) => {
    const reach = (dilation[axis] ?? 1) * ((sides[axis] ?? 1) - 1) + 1;
    return Math.floor((size + (pads[axis] ?? 0) + (pads[axis + rank] ?? 0) - reach) / (stride[axis] ?? 1)) + 1;
  });
  if (elements(possible(positions)) !== BigInt(columns))
    fail("shape-mismatch", `Col2Im has blocks for ${columns} positions`, { expected: `${elements(positions)}` });
  if (rows % block !== 0) fail("shape-mismatch", `Col2Im cannot make channels of ${rows} rows in blocks of ${block}`);
  const layer = fixed({ op: "fold", outputs: [[batch, rows / block, ...image]], operations: { reduction: elements(inputShape(node)) } });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** DeformConv (ONNX, version 22): a convolution whose taps are each read between 4 positions; a mask scales them. */
const deformConv: Rule = (node) => {
  const [x, weight, offset, bias, mask] = node.inputs;
  const result = contractions.Conv({ ...node, inputs: [x, weight, bias].map((operand) => operand ?? { kind: "none" }) });
  if (result.kind !== "layer") throw new Error("Conv is a layer");
  const shape = inputShape(node);
  const { cost, outputs, stored, attributes, mixes, kind } = result.layer.infer([shape]);
  const [output = { shape: [] }] = outputs;
  const positions = output.shape.slice(2);
  for (const operand of [offset, mask]) {
    const read = shapeOf(operand)?.slice(2);
    if (read !== undefined && read.join() !== positions.join())
      fail("shape-mismatch", `DeformConv has offsets or a mask for ${formatShape(read)} positions`, { expected: formatShape(positions) });
  }
  const [, ...kernel] = shapeAt(node, 1).slice(1);
  const reads = elements([output.shape[0] ?? 1, shape[1] ?? 1, ...output.shape.slice(2), ...kernel]);
  const layer = fixed({
    op: `deform_conv${kernel.length}d`,
    outputs: [output.shape],
    stored,
    macs: cost.macs,
    operations: { ...cost.operations, interpolation: reads * blend(2 ** kernel.length), ...(given(mask) ? { elementwise: reads } : {}) },
    attributes,
    mixes,
    ...(kind === undefined ? {} : { kind }),
  });
  return { kind: "layer", layer, inputs: [x, offset, mask].flatMap((operand) => (given(operand) ? [operand] : [])) };
};

/** MaxUnpool (ONNX, version 22): the inverse of the pool's size rule, or the shape that is asked for. */
const maxUnpool: Rule = (node) => {
  const shape = inputShape(node);
  const rank = shape.length - 2;
  const [kernel, stride] = [perAxis(node, "kernel_shape", rank, 1), perAxis(node, "strides", rank, 1)];
  const pads = ints(node, "pads") ?? Array<number>(2 * rank).fill(0);
  const sizes = shape
    .slice(2)
    .map((size, axis) => (size - 1) * (stride[axis] ?? 1) + (kernel[axis] ?? 1) - (pads[axis] ?? 0) - (pads[axis + rank] ?? 0));
  const least = [...shape.slice(0, 2), ...sizes];
  const output: Shape = given(node.inputs[2]) ? asMany(node, "the output's shape", known(node, 2, "the output's shape"), shape.length) : least;
  if (output.some((size, axis) => size < (least[axis] ?? 0)))
    fail("shape-mismatch", `the output of MaxUnpool is ${formatShape(output)}`, { expected: `${formatShape(least)} or more` });
  return { kind: "layer", layer: fixed({ op: "max_unpool", outputs: [output] }), inputs: node.inputs.slice(0, 2) };
};

/** CenterCropPad (ONNX, version 18): sizes for all axes, or for some. */
const centerCropPad: Rule = (node: OnnxNode) => {
  const output = [...inputShape(node)];
  const sizes = known(node, 1, "the shape");
  const axes = axesIn(node, ints(node, "axes"), output.length) ?? output.map((_, axis) => axis);
  asMany(node, "the shape", sizes, axes.length);
  axes.forEach((axis, index) => (output[axis] = sizes[index] ?? 0));
  return { kind: "layer", layer: fixed({ op: "center_crop_pad", outputs: [possible(output)] }), inputs: node.inputs.slice(0, 1) };
};

/** Crop, experimental until opset 10: `border` of left, top, right, bottom, or `scale` for a size. */
const crop: Rule = (node) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = shapeAt(node, 0, 4);
  const [left = 0, top = 0, right = 0, bottom = 0] = ints(node, "border") ?? [];
  const [rows, columns] = ints(node, "scale") ?? [height - top - bottom, width - left - right];
  return { kind: "layer", layer: fixed({ op: "crop", outputs: [[batch, channels, rows ?? 0, columns ?? 0]] }), inputs: node.inputs };
};

/** Det (ONNX, version 22): by elimination, 2/3 n^3 operations each. */
const det: Rule = (node) => {
  const shape = inputShape(node);
  const n = BigInt(shape.at(-1) ?? 1);
  const matrices = shape.slice(0, -2);
  if (shape.length < 2 || shape.at(-2) !== shape.at(-1)) fail("shape-mismatch", `Det reads ${formatShape(shape)}`, { expected: "square matrices" });
  return {
    kind: "layer",
    layer: fixed({ op: "det", outputs: [matrices], operations: { reduction: (elements(matrices) * 2n * n ** 3n) / 3n } }),
    inputs: node.inputs,
  };
};

/** ImageDecoder (ONNX, version 20): the picture says how large it is. */
const imageDecoder: Rule = (node) => {
  if (valuesOf(node.inputs[0])?.length === 0) fail("bad-onnx", "ImageDecoder has no picture");
  const channels = text(node, "pixel_format", "RGB") === "Grayscale" ? 1 : 3;
  return unknown("how large the picture is that ImageDecoder reads depends on the data", [null, null, channels]);
};

/** Operators on images and grids. */
export const spatialRules: Readonly<Record<string, Rule>> = {
  GridSample: gridSample,
  AffineGrid: affineGrid,
  RoiAlign: roiAlign,
  MaxRoiPool: maxRoiPool,
  Col2Im: col2im,
  DeformConv: deformConv,
  MaxUnpool: maxUnpool,
  CenterCropPad: centerCropPad,
  Crop: crop,
  Det: det,
  ImageDecoder: imageDecoder,
};

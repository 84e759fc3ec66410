import { fail } from "../../graph/diagnostic.js";
import { elements } from "../../graph/shape.js";
import { windowPool } from "../../ops/pool/window-pool.js";
import type { Padding } from "../../ops/window.js";
import { fixed } from "../onnx/fixed.js";
import { ints } from "../onnx/attributes.js";
import { given, shapeAt, unknown, type OnnxNode, type Rule } from "../onnx/operand.js";
import { exactly } from "./adapted.js";

/** A C structure that MediaPipe's operators have as their options: padding, strides, and a window (TfLiteTransposeConvParams, TfLitePoolParams). */
interface Options {
  readonly padding: Padding;
  readonly stride: readonly [height: number, width: number];
  readonly window: readonly [height: number, width: number];
}

/** Throws `bad-attribute`. */
function optionsOf(node: OnnxNode): Options {
  const [padding = 0, strideW = 1, strideH = 1, width = 1, height = 1] = ints(node, "options") ?? [];
  if ([strideW, strideH, width, height].some((size) => size < 1) || ![1, 2].includes(padding))
    fail("bad-attribute", `the options of ${node.op} have impossible values`, { expected: "a padding, strides and a window of 1 or more" });
  return { padding: padding === 1 ? "same" : "valid", stride: [strideH, strideW], window: [height, width] };
}

/** Convolution2DTransposeBias: x [N, H, W, C], weights [Cout, kh, kw, C], a bias. MACs = N * H * W * C * Cout * K. */
const transposed: Rule = (node) => {
  const [batch = 1, ...rest] = shapeAt(node, 0, 4);
  const [outChannels = 1, kh = 1, kw = 1, inChannels = 1] = shapeAt(node, 1, 4);
  const { padding, stride } = optionsOf(node);
  const grown = rest.slice(0, 2).map((size, axis) => {
    const [step, kernel] = [stride[axis] ?? 1, [kh, kw][axis] ?? 1];
    return padding === "same" ? size * step : (size - 1) * step + kernel;
  });
  const output = [batch, ...grown, outChannels];
  const bias = given(node.inputs[2]);
  const layer = fixed({
    op: "conv_transpose2d",
    kind: "standard",
    outputs: [output],
    stored: node.weights(node.inputs.slice(1, 3)),
    macs: elements(shapeAt(node, 0)) * BigInt(outChannels * kh * kw),
    operations: bias ? { bias: elements(output) } : {},
    attributes: { kernelSize: [kh, kw], stride: [...stride], inChannels, outChannels, bias },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** MaxPoolingWithArgmax2D: the largest of each window, and where it was. */
const pool: Rule = (node) => {
  const { padding, stride, window } = optionsOf(node);
  shapeAt(node, 0, 4);
  const layer = windowPool({ kind: "max", rank: 2, layout: "nhwc", kernelSize: window, stride, dilation: [1, 1], padding, returnIndices: true });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** MaxUnpooling2D: each value back to where it came from, in a picture as many times larger as the window is. */
const unpool: Rule = (node) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = shapeAt(node, 0, 4);
  const { window } = optionsOf(node);
  const output = [batch, height * window[0], width * window[1], channels];
  return { kind: "layer", layer: fixed({ op: "max_unpool2d", outputs: [output] }), inputs: node.inputs };
};

/** LiteRT's: the picture's size is that of the file. */
const unpoolAsWritten: Rule = (node) => {
  const shape = exactly(node.written(0));
  if (shape === undefined) return unknown("the size of LiteRtMaxUnpooling2D is not in the file");
  return { kind: "layer", layer: fixed({ op: "max_unpool2d", outputs: [shape] }), inputs: node.inputs };
};

/** Operators beside the built-in ones that models of MediaPipe have. */
export const customRules: Readonly<Record<string, Rule>> = {
  Convolution2DTransposeBias: transposed,
  MaxPoolingWithArgmax2D: pool,
  MaxUnpooling2D: unpool,
  LiteRtMaxUnpooling2D: unpoolAsWritten,
};

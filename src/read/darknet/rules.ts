import type { Layer } from "../../graph/layer.js";
import { own } from "../../graph/own.js";
import { elements, type Shape } from "../../graph/shape.js";
import { convolution } from "../../ops/conv/convolution.js";
import { locallyConnected } from "../../ops/keras/legacy.js";
import { linear } from "../../ops/linear.js";
import { channelNorm } from "../../ops/norm/channel-norm.js";
import { withStored } from "../../ops/with-stored.js";
import { fixed, moved } from "../onnx/fixed.js";
import { int } from "../onnx/attributes.js";
import { inputShape, shapeAt, shapeOf, type OnnxNode, type Rule } from "../onnx/operand.js";
import { ruleOf } from "../onnx/operators/table.js";
import { as } from "../tflite/adapted.js";

/** Domain of Darknet's own layers; what ONNX has as well stands under its names. */
export const DARKNET = "darknet";

/** Sections that decode boxes or compare with the truth. */
export const HEADS: ReadonlySet<string> = new Set("yolo Gaussian_yolo region detection iseg cost contrastive".split(" "));

const layer =
  (make: (node: OnnxNode) => Layer): Rule =>
  (node) => ({ kind: "written", layer: make(node), inputs: node.inputs });

/**
 * A dilated convolution is padded `dilation` times as much, and sized as if it had no dilation (convolutional_out_height, im2col_cpu_ext). One that shares its
 * weights with another stores none of its own.
 */
function convolutional(node: OnnxNode): Layer {
  const [kernel, pad, dilation] = [int(node, "size", 1), int(node, "padding", 0), int(node, "dilation", 1)];
  const sides = { before: pad * dilation, after: 2 * pad + (dilation - 1) * (kernel - 1) - pad * dilation };
  const made = convolution({
    rank: 2,
    connection: { type: "grouped", groups: int(node, "groups", 1), outChannels: int(node, "filters", 1) },
    kernelSize: [kernel, kernel],
    stride: [int(node, "stride_y", 1), int(node, "stride_x", 1)],
    dilation: [dilation, dilation],
    padding: [sides, sides],
    bias: int(node, "bias", 1) === 1,
    transposed: int(node, "transposed", 0) === 1 ? { outputPadding: [0, 0] } : undefined,
  });
  return int(node, "shared", 0) === 1 ? withStored(made, (tensor) => [{ ...tensor, shared: true }]) : made;
}

/** A kernel of its own at each position; padded, it starts at each `stride`th (local_layer.c). */
function local(node: OnnxNode): Layer {
  const [kernel, stride] = [int(node, "size", 1), int(node, "stride", 1)];
  const padding = int(node, "pad", 0) === 0 ? "valid" : "same";
  const window = { kernelSize: [kernel, kernel], stride: [stride, stride], padding } as const;
  return locallyConnected({ rank: 2, filters: int(node, "filters", 1), ...window, layout: "nchw", bias: true, masked: false });
}

/** Added to the first: of tensors of several sizes the part that they share (blas.c, shortcut_cpu), each by a weight of its own or of each channel. */
const shortcut: Rule = (node) => {
  const [first = [], ...rest] = node.inputs.map((operand) => shapeOf(operand) ?? []);
  const added = rest.map((shape) => elements(first.map((size, axis) => Math.min(size, shape[axis] ?? 1)))).reduce((sum, part) => sum + part, 0n);
  const count = node.inputs.length;
  const weights: readonly Shape[] = [[], [[count]], [[count, first[1] ?? 1]]][int(node, "weights", 0)] ?? [];
  const stored = weights.map((shape) => ({ name: "weights", role: "parameter", shape }) as const);
  const operations = { elementwise: added + BigInt(count * weights.length) * elements(first) };
  return { kind: "layer", layer: fixed({ op: "add", outputs: [first], stored, operations }), inputs: node.inputs };
};

const crop: Rule = (node) => moved(node, "crop", [...shapeAt(node, 0, 4).slice(0, 2), int(node, "height", 1), int(node, "width", 1)], false);

const head: Rule = (node) => ({
  kind: "layer",
  layer: fixed({ op: node.op.toLowerCase(), outputs: [inputShape(node)], view: true }),
  inputs: node.inputs,
});

/** Another view of what does not have as many dimensions. */
const seen =
  (rank: number, view: Rule): Rule =>
  (node) =>
    inputShape(node).length === rank ? { kind: "operands", operands: node.inputs } : view(node);

const RULES: Readonly<Record<string, Rule>> = {
  convolutional: layer(convolutional),
  connected: layer((node) => linear({ outFeatures: int(node, "output", 1), bias: int(node, "bias", 1) === 1 })),
  local: layer(local),
  batchnorm: layer(() => channelNorm({ op: "batch_norm", scale: true, shift: true, running: true })),
  shortcut,
  crop,
  features: seen(
    2,
    as("Flatten", () => ({ attributes: { axis: 1 } })),
  ),
  image: seen(
    4,
    as("Unsqueeze", () => ({ attributes: { axes: [2, 3] } })),
  ),
  ...Object.fromEntries([...HEADS].map((name) => [name, head])),
};

/** The rule of a layer of Darknet, or of an operator of ONNX that it is made of. */
export function darknetRule(domain: string, op: string): Rule | undefined {
  return domain === DARKNET ? own(RULES, op) : ruleOf(domain, op);
}

import { fail } from "../../graph/diagnostic.js";
import { imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { elements, type Shape } from "../../graph/shape.js";
import { convolution, type Connection } from "../../ops/conv/convolution.js";
import { windowPool } from "../../ops/pool/window-pool.js";
import { placeWindow, type Pad, type Padding } from "../../ops/window.js";
import { followed } from "../onnx/adapt.js";
import { batchNormPorts, fixed, placed, storing } from "../onnx/fixed.js";
import { int, ints, text } from "../onnx/attributes.js";
import { asMany, given, inputShape, possible, shapeAt, shapeOf, typeOf, valuesOf, type OnnxNode, type Rule } from "../onnx/operand.js";
import { as } from "../tflite/adapted.js";
import { refuseUnreached } from "../tflite/convolution.js";

/** The order of axes of an operator on images: NHWC unless it says NCHW. */
function layoutOf(node: OnnxNode): Layout {
  return text(node, "data_format", "NHWC").startsWith("NC") ? "nchw" : "nhwc";
}

/** The spatial part of a list that has a number for each axis of the image. Throws `bad-attribute`. */
function spatial(node: OnnxNode, name: string, rank: number): readonly number[] {
  const list = ints(node, name) ?? [];
  const from = layoutOf(node) === "nchw" ? 2 : 1;
  if (![0, 1, rank, rank + 2].includes(list.length)) asMany(node, name, list, rank + 2);
  const part = list.length === rank + 2 ? list.slice(from, from + rank) : list.length === rank ? list : Array<number>(rank).fill(list[0] ?? 1);
  if (part.every((value) => Number.isSafeInteger(value) && value >= 1)) return part;
  return fail("bad-attribute", `${name} of ${node.op} is ${list.join(", ")}`, { expected: "numbers of 1 or more" });
}

function paddingOf(node: OnnxNode, rank: number): Padding {
  const written = text(node, "padding", "SAME");
  if (written !== "EXPLICIT") return written === "VALID" ? "valid" : "same";
  const pads = asMany(node, "explicit_paddings", ints(node, "explicit_paddings") ?? [], 2 * (rank + 2));
  const from = layoutOf(node) === "nchw" ? 2 : 1;
  return Array.from({ length: rank }, (_, axis): Pad => ({ before: pads[2 * (from + axis)] ?? 0, after: pads[2 * (from + axis) + 1] ?? 0 }));
}

function channelsOf(node: OnnxNode, rank: number): number {
  const shape = shapeAt(node, 0, rank + 2);
  return (layoutOf(node) === "nchw" ? shape[1] : shape.at(-1)) ?? 1;
}

function window(node: OnnxNode, rank: number) {
  return {
    layout: layoutOf(node),
    stride: spatial(node, "strides", rank),
    dilation: spatial(node, "dilations", rank),
    padding: paddingOf(node, rank),
  };
}

/** Weights [kernel, in / groups, out]. */
const conv =
  (rank: 1 | 2 | 3): Rule =>
  (node) => {
    const weight = shapeAt(node, 1, rank + 2);
    const [perGroup = 1, outChannels = 1] = weight.slice(rank);
    const inChannels = channelsOf(node, rank);
    return convolved(node, rank, inChannels, { type: "grouped", groups: inChannels / perGroup, outChannels }, weight.slice(0, rank));
  };

/** Weights [kernel, in, multiplier]. */
const depthwise: Rule = (node) => {
  const [height = 1, width = 1, inChannels = 1, multiplier = 1] = shapeAt(node, 1, 4);
  return convolved(node, 2, inChannels, { type: "depthwise", multiplier }, [height, width]);
};

function convolved(node: OnnxNode, rank: 1 | 2 | 3, inChannels: number, connection: Connection, kernelSize: readonly number[]) {
  // Conv1D has its numbers as `stride` and `dilation`.
  const numbers = rank === 1 ? { stride: [int(node, "stride", 1)], dilation: [int(node, "dilation", 1)] } : {};
  const bias = given(node.inputs[2]);
  const layer = convolution({ rank, inChannels, connection, kernelSize, ...window(node, rank), ...numbers, bias });
  return { kind: "layer" as const, layer: storing(layer, node.weights(node.inputs.slice(1, 3))), inputs: node.inputs.slice(0, 1) };
}

/**
 * Conv2DBackpropInput and Conv3DBackpropInputV2: the output's shape, weights [kernel, out, in], x. Every position of the input meets every weight:
 * MACs = N * in * Cin * Cout * K.
 */
const transposed =
  (rank: 2 | 3): Rule =>
  (node) => {
    const layout = layoutOf(node);
    const weight = shapeAt(node, 1, rank + 2);
    const [outChannels = 1, inChannels = 1] = weight.slice(rank);
    const kernelSize = weight.slice(0, rank);
    const x = shapeAt(node, 2, rank + 2);
    const sizes = imageSizes(x, layout);
    const stride = spatial(node, "strides", rank);
    const same = text(node, "padding", "SAME") === "SAME";
    const grown = sizes.space.map((size, axis) => {
      const step = stride[axis] ?? 1;
      return same ? size * step : (size - 1) * step + Math.max(step, kernelSize[axis] ?? 1);
    });
    const output = possible(valuesOf(node.inputs[0]) ?? imageShape({ batch: sizes.batch, channels: outChannels, space: grown }, layout));
    const turned = (shape: Shape) => (layout === "nchw" ? [...shape.slice(0, 1), ...shape.slice(2), ...shape.slice(1, 2)] : shape);
    refuseUnreached(node, turned(output), turned(x), { kernelSize, stride, outChannels, same });
    const layer = fixed({
      op: `conv_transpose${rank}d`,
      kind: "standard",
      outputs: [output],
      stored: node.weights(node.inputs.slice(1, 2)),
      macs: elements(x) * elements(kernelSize) * BigInt(outChannels),
      attributes: { kernelSize, stride, inChannels, outChannels, bias: false },
      mixes: { channels: true, space: true },
    });
    return { kind: "layer", layer, inputs: node.inputs.slice(2, 3) };
  };

/** Pools; MaxPoolWithArgmax has a second output. */
const pool =
  (kind: "max" | "avg", rank: 2 | 3): Rule =>
  (node) => {
    const kernelSize = spatial(node, "ksize", rank);
    shapeAt(node, 0, rank + 2);
    const layer = windowPool({ kind, rank, kernelSize, ...window(node, rank), ceilMode: false, returnIndices: node.outputs > 1 });
    return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
  };

/** Dilation2D: x [N, H, W, C], a filter [kh, kw, C] whose values are added before the largest is taken. */
const dilation: Rule = (node) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = shapeAt(node, 0, 4);
  const kernelSize = shapeAt(node, 1, 3).slice(0, 2);
  const stride = spatial(node, "strides", 2);
  const dilated = spatial(node, "rates", 2);
  const { size } = placeWindow("dilation2d", { kernelSize, stride, dilation: dilated, padding: paddingOf(node, 2) }, [height, width]);
  const output = [batch, ...size, channels];
  const taps = elements(kernelSize);
  const stored = node.weights(node.inputs.slice(1, 2));
  const layer = fixed({ op: "dilation2d", outputs: [output], stored, operations: { pooling: elements(output) * (2n * taps - 1n) } });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/**
 * FusedBatchNorm: 2 operations an element; scale and shift are parameters, mean and variance buffers. Its other outputs are the statistics that
 * training needs.
 */
const batchNorm: Rule = (node) => {
  const shape = inputShape(node);
  const stored = [...node.weights(node.inputs.slice(1, 3)), ...node.weights(node.inputs.slice(3, 5), "buffer")];
  const statistics = Array.from({ length: 4 }, (): Shape => shapeOf(node.inputs[1]) ?? []);
  const layer = fixed({
    op: "batch_norm",
    outputs: [shape, ...statistics, []].slice(0, node.outputs),
    stored,
    ports: batchNormPorts(shapeOf(node.inputs[1]) ?? []),
    attributes: { numFeatures: shapeOf(node.inputs[1])?.[0] ?? 0, affine: true },
    operations: { normalization: 2n * elements(shape) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** BiasAdd: one value a channel. */
const biasAdd: Rule = (node) => {
  const shape = inputShape(node);
  if (node.inputs.every(({ kind }) => kind === "constant")) return as("Add", () => ({ attributes: {} }))(node);
  const layer = fixed({ op: "add", outputs: [shape], stored: node.weights(node.inputs.slice(1, 2)), operations: { elementwise: elements(shape) } });
  return { kind: "layer", layer: placed(layer, typeOf(node.inputs[0]), 1n), inputs: node.inputs };
};

/** What is fused behind a convolution or a product besides its bias. */
const ACTIVATIONS = new Set(["Relu", "Relu6", "Elu", "LeakyRelu", "Prelu", "Sigmoid", "Tanh"]);

/** An operator with what `fused_ops` says behind it: a bias as its third input, an activation, whose slope is the fourth. */
export function withFused(rule: Rule): Rule {
  return (node) => {
    const names = node.attributes.get("fused_ops")?.strings ?? [];
    const unknown = names.find((name) => name !== "BiasAdd" && !ACTIVATIONS.has(name));
    if (unknown !== undefined) fail("bad-attribute", `${node.op} is fused with ${unknown}`, { expected: `BiasAdd, ${[...ACTIVATIONS].join(", ")}` });
    const result = (names.some((name) => ACTIVATIONS.has(name)) ? followed(rule, "activation", 1n) : rule)({
      ...node,
      inputs: node.inputs.slice(0, names.includes("BiasAdd") ? 3 : 2),
    });
    const slope = names.includes("Prelu") ? node.weights(node.inputs.slice(3, 4)) : [];
    if (result.kind !== "layer" || slope.length === 0) return result;
    const { layer } = result;
    return {
      ...result,
      layer: {
        ...layer,
        infer: (inputs) => {
          const inferred = layer.infer(inputs);
          return { ...inferred, stored: [...inferred.stored, ...slope] };
        },
      },
    };
  };
}

/** Operators on images, with windows and weights. */
export const convolutionRules: Readonly<Record<string, Rule>> = {
  Conv1D: conv(1),
  Conv2D: conv(2),
  Conv3D: conv(3),
  _FusedConv2D: withFused(conv(2)),
  DepthwiseConv2d: depthwise,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: withFused(depthwise),
  Conv2DBackpropInput: transposed(2),
  Conv3DBackpropInputV2: transposed(3),
  MaxPool: pool("max", 2),
  AvgPool: pool("avg", 2),
  MaxPool3D: pool("max", 3),
  AvgPool3D: pool("avg", 3),
  MaxPoolWithArgmax: pool("max", 2),
  Dilation2D: dilation,
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
};

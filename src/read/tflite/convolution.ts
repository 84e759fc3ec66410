import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { convolution } from "../../ops/conv/convolution.js";
import { windowPool } from "../../ops/pool/window-pool.js";
import type { Padding } from "../../ops/window.js";
import { channelsLast } from "../onnx/adapt.js";
import { fixed, storing, weightAndBias } from "../onnx/fixed.js";
import { exactly } from "./adapted.js";
import { int, text } from "../onnx/attributes.js";
import { given, inputShape, possible, shapeAt, valuesOf, type OnnxNode, type Operand, type Rule } from "../onnx/operand.js";

const padding = (node: OnnxNode): Padding => (text(node, "padding", "SAME") === "SAME" ? "same" : "valid");
const perPlane = (node: OnnxNode, name: string) => [positive(node, `${name}_h`), positive(node, `${name}_w`)];
const perVolume = (node: OnnxNode, name: string) => [positive(node, `${name}_d`), ...perPlane(node, name)];

function positive(node: OnnxNode, name: string): number {
  const value = int(node, name, 1);
  return value >= 1 && Number.isSafeInteger(value) ? value : fail("bad-attribute", `${name} of ${node.op} is ${value}`, { expected: "1 or more" });
}

const lead = (node: OnnxNode) => node.inputs.slice(0, 1);

/** CONV_2D: x [N, H, W, C], weights [Cout, kh, kw, C / groups], bias. */
const conv2d: Rule = channelsLast((node) => {
  const [outChannels = 1, height = 1, width = 1, perGroup = 1] = shapeAt(node, 1, 4);
  const inChannels = inputShape(node)[1] ?? 1;
  const layer = convolution({
    rank: 2,
    inChannels,
    connection: { type: "grouped", groups: inChannels / perGroup, outChannels },
    kernelSize: [height, width],
    stride: perPlane(node, "stride"),
    dilation: perPlane(node, "dilation"),
    padding: padding(node),
    bias: given(node.inputs[2]),
  });
  return { kind: "layer", layer: storing(layer, node.weights(node.inputs.slice(1, 3))), inputs: lead(node) };
}, all);

/** DEPTHWISE_CONV_2D: weights [1, kh, kw, C * multiplier]. */
const depthwise: Rule = channelsLast((node) => {
  const [, height = 1, width = 1, outChannels = 1] = shapeAt(node, 1, 4);
  const inChannels = inputShape(node)[1] ?? 1;
  const layer = convolution({
    rank: 2,
    inChannels,
    connection: { type: "depthwise", multiplier: outChannels / inChannels },
    kernelSize: [height, width],
    stride: perPlane(node, "stride"),
    dilation: perPlane(node, "dilation"),
    padding: padding(node),
    bias: given(node.inputs[2]),
  });
  return { kind: "layer", layer: storing(layer, node.weights(node.inputs.slice(1, 3))), inputs: lead(node) };
}, all);

function all(node: OnnxNode): readonly Operand[] {
  return node.inputs;
}

/** CONV_3D: x [N, D, H, W, C], weights [kd, kh, kw, C, Cout]. */
const conv3d: Rule = channelsLast((node) => {
  const [depth = 1, height = 1, width = 1, inChannels = 1, outChannels = 1] = shapeAt(node, 1, 5);
  const layer = convolution({
    rank: 3,
    inChannels,
    connection: { type: "grouped", groups: 1, outChannels },
    kernelSize: [depth, height, width],
    stride: perVolume(node, "stride"),
    dilation: perVolume(node, "dilation"),
    padding: padding(node),
    bias: given(node.inputs[2]),
  });
  return { kind: "layer", layer: storing(layer, node.weights(node.inputs.slice(1, 3))), inputs: lead(node) };
}, all);

/** A transposed convolution backwards: channels and sizes of the output, channels last, of which a convolution makes the input. Throws `shape-mismatch`. */
export function refuseUnreached(
  node: OnnxNode,
  output: Shape,
  input: Shape,
  { kernelSize, stride, outChannels, same }: { kernelSize: Shape; stride: Shape; outChannels: number; same: boolean },
): void {
  const made = output.slice(1, -1).map((size, axis) => Math.ceil((same ? size : size - (kernelSize[axis] ?? 1) + 1) / (stride[axis] ?? 1)));
  if (output.at(-1) === outChannels && [output[0], ...made].join() === input.slice(0, -1).join()) return;
  fail("shape-mismatch", `${node.op} cannot make ${formatShape(output)} of ${formatShape(input)}`, {
    expected: "an output of which its convolution would make the input",
  });
}

/**
 * TRANSPOSE_CONV and CONV_3D_TRANSPOSE: the output's shape, weights, x, bias. Every position of the input meets every weight: MACs = N * in * Cin * Cout * K.
 * Weights are [Cout, kh, kw, Cin], and [kd, kh, kw, Cout, Cin].
 */
const transposed =
  (rank: 2 | 3): Rule =>
  (node) => {
    const weight = shapeAt(node, 1, rank + 2);
    const x = shapeAt(node, 2, rank + 2);
    const [outChannels = 1, inChannels = 1, kernelSize] =
      rank === 2 ? [weight[0], weight[3], weight.slice(1, 3)] : [weight[3], weight[4], weight.slice(0, 3)];
    const stride = rank === 2 ? perPlane(node, "stride") : perVolume(node, "stride");
    const written: Shape | undefined = valuesOf(node.inputs[0]) ?? exactly(node.written(0));
    const grown = x.slice(1, -1).map((size, axis) => {
      const step = stride[axis] ?? 1;
      return padding(node) === "same" ? size * step : (size - 1) * step + Math.max(step, kernelSize[axis] ?? 1);
    });
    const output = possible(written ?? [x[0] ?? 1, ...grown, outChannels]);
    refuseUnreached(node, output, x, { kernelSize, stride, outChannels, same: padding(node) === "same" });
    const bias = given(node.inputs[3]);
    const layer = fixed({
      op: `conv_transpose${rank}d`,
      kind: "standard",
      outputs: [output],
      stored: node.weights([node.inputs[1], node.inputs[3]]),
      layout: "nhwc",
      ports: weightAndBias([inChannels, outChannels, ...kernelSize], bias ? [outChannels] : undefined),
      macs: elements(x) * elements(kernelSize) * BigInt(outChannels),
      operations: bias ? { bias: elements(output) } : {},
      attributes: { kernelSize, stride, inChannels, outChannels, bias, padding: text(node, "padding", "SAME").toLowerCase() },
      mixes: { channels: true, space: true },
    });
    return { kind: "layer", layer, inputs: node.inputs.slice(2, 3) };
  };

const pool = (kind: "max" | "avg" | "lp"): Rule =>
  channelsLast((node) => {
    const layer = windowPool({
      kind,
      rank: 2,
      kernelSize: [positive(node, "filter_height"), positive(node, "filter_width")],
      stride: perPlane(node, "stride"),
      dilation: [1, 1],
      padding: padding(node),
      ceilMode: false,
      returnIndices: false,
    });
    inputShape(node);
    return { kind: "layer", layer, inputs: lead(node) };
  }, lead);

/** FULLY_CONNECTED: x of any shape, weights [units, features], bias. Rows are what is left of the input. */
const fullyConnected: Rule = (node) => {
  const shape = inputShape(node);
  const [units = 1, features = 1] = shapeAt(node, 1, 2);
  const rows = elements(shape) / BigInt(Math.max(1, features));
  if (rows * BigInt(features) !== elements(shape)) fail("feature-mismatch", `${elements(shape)} values are no rows of ${features}`);
  const output = int(node, "keep_num_dims", 0) === 1 ? [...shape.slice(0, -1), units] : [Number(rows), units];
  const bias = given(node.inputs[2]);
  const layer = fixed({
    op: "linear",
    outputs: [output],
    stored: node.weights(node.inputs.slice(1, 3)),
    ports: weightAndBias([units, features], bias ? [units] : undefined),
    macs: rows * BigInt(units) * BigInt(features),
    operations: bias ? { bias: elements(output) } : {},
    attributes: { inFeatures: features, outFeatures: units, bias },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 2) };
};

/** Operators with windows and weights, over [N, H, W, C]. */
export const convolutionRules: Readonly<Record<string, Rule>> = {
  CONV_2D: conv2d,
  DEPTHWISE_CONV_2D: depthwise,
  CONV_3D: conv3d,
  TRANSPOSE_CONV: transposed(2),
  CONV_3D_TRANSPOSE: transposed(3),
  MAX_POOL_2D: pool("max"),
  AVERAGE_POOL_2D: pool("avg"),
  L2_POOL_2D: pool("lp"),
  FULLY_CONNECTED: fullyConnected,
};

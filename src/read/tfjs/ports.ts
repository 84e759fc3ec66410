import type { Shape } from "../../graph/shape.js";
import { filter } from "../onnx/filter-ports.js";
import { text } from "../onnx/attributes.js";
import { type NodeFacts } from "../onnx/operand.js";
import { both, type Expected, type PortTable } from "../onnx/port-check.js";

const isLast = (node: NodeFacts) => !text(node, "data_format", "NHWC").startsWith("NC");
const fuses = (node: NodeFacts, name: string) => node.attributes.get("fused_ops")?.strings.includes(name) === true;

function channelsOf(node: NodeFacts, shape: Shape | undefined): number | null {
  return (isLast(node) ? shape?.at(-1) : shape?.[1]) ?? null;
}

/** What is fused behind an operator that makes so many channels: a bias, and slopes that broadcast to its output. */
const fused =
  (rank: number, made: (weight: Shape, node: NodeFacts) => number | undefined): Expected =>
  (node, shape) => {
    const weight = shape(1);
    const channels = (weight && made(weight, node)) ?? null;
    const output = Array.from({ length: rank }, (_, axis) => (axis === (isLast(node) ? rank - 1 : 1) ? channels : null));
    return {
      exact: { 2: fuses(node, "BiasAdd") ? [channels] : undefined },
      within: { 3: fuses(node, "Prelu") ? output : undefined },
      needs: [...(fuses(node, "BiasAdd") ? [2] : []), ...(fuses(node, "Prelu") ? [3] : [])],
    };
  };

const conv = filter({ weight: 1, axes: "*CM", connects: "groups", isLast });
const depthwise = filter({ weight: 1, axes: "*CM", connects: "all", isLast });
const transposed = (rank: number): Expected =>
  both(filter({ input: 2, weight: 1, axes: "*MC", connects: "all", isLast }), () => ({ exact: { 0: [rank + 2] } }));

/** Scale, shift, mean and variance; what trains may leave the last two empty. */
const batchNorm: Expected = (node, shape) => {
  const channels = [channelsOf(node, shape(0))];
  const isOpen = (index: number) => node.attributes.get("is_training")?.i === 1 && shape(index)?.join() === "0";
  return { exact: { 1: channels, 2: channels, 3: isOpen(3) ? undefined : channels, 4: isOpen(4) ? undefined : channels }, needs: [1, 2, 3, 4] };
};

const biasAdd: Expected = (node, shape) => ({ exact: { 1: [channelsOf(node, shape(0))] }, needs: [1] });

/** x [N, F], the last cell state and output [N, units], weights [F + units, 4 * units], peepholes [units] and a bias. */
const lstm: Expected = (_, shape) => {
  const [[batch = null, features = 0] = [], [, columns = 0] = []] = [shape(0), shape(3)];
  const units = columns / 4;
  const [state, each] = [[batch, units], [units]];
  return { exact: { 1: state, 2: state, 3: [features + units, columns], 4: each, 5: each, 6: each, 7: [columns] }, needs: [3, 7] };
};

/** What TensorFlow's operators say of the shapes of their inputs (tensorflow/core/framework/common_shape_fns.cc). */
export const PORTS: PortTable = {
  Conv1D: conv,
  Conv2D: conv,
  Conv3D: conv,
  _FusedConv2D: both(
    conv,
    fused(4, (weight) => weight.at(-1)),
  ),
  DepthwiseConv2d: depthwise,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: both(
    depthwise,
    fused(4, ([, , channels = 1, multiplier = 1]) => channels * multiplier),
  ),
  _FusedMatMul: fused(2, (weight, node) => weight.at(node.attributes.get("transpose_b")?.i === 1 ? 0 : 1)),
  Conv2DBackpropInput: transposed(2),
  Conv3DBackpropInputV2: transposed(3),
  Dilation2D: (_, shape) => ({ exact: { 1: [null, null, shape(0)?.at(-1) ?? null] } }),
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  BiasAdd: biasAdd,
  BiasAddV1: biasAdd,
  LSTMBlockCell: lstm,
  CropAndResize: (_, shape) => ({ exact: { 1: [null, 4], 2: [shape(1)?.[0] ?? null], 3: [2] } }),
  ImageProjectiveTransformV3: () => ({ exact: { 1: [null, 8], 2: [2] } }),
};

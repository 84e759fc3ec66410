import { type Port, type Primitive } from "../../../graph/layer.js";
import { fail } from "../../../graph/diagnostic.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { softmax } from "../../../ops/activation.js";
import { channelNorm, localResponseNorm } from "../../../ops/norm/channel-norm.js";
import { windowPool } from "../../../ops/pool/window-pool.js";
import { fixed, storing, weightAndBias } from "../fixed.js";
import { axisOf, int, perAxis, text } from "../attributes.js";
import { inputShape, shapeOf, type OnnxNode, type Operand, type Rule, given } from "../operand.js";
import { learnedAffine } from "../weights.js";
import { paddingOf } from "./contraction.js";
import { reductionRules } from "./reduction.js";

/** The first input, which these operators always have. Throws `bad-onnx`. */
function first(node: OnnxNode): readonly Operand[] {
  inputShape(node);
  return node.inputs.slice(0, 1);
}

/**
 * BatchNormalization (ONNX, version 15): scale and shift are parameters, mean and variance buffers. In training mode it measures its input, and gives out
 * new running statistics; before version 14 the outputs after the first are statistics as well.
 */
const batchNorm: Rule = (node) => {
  const [x, scale, shift, ...running] = node.inputs;
  const layer = channelNorm({ op: "batch_norm", scale: true, shift: true, running: int(node, "training_mode", 0) === 0 });
  const learned = learnedAffine(scale, shift);
  const stored = [...node.weights(learned), ...node.weights(running, "buffer")];
  const statistics = Array.from({ length: node.outputs - 1 }, () => shapeOf(running[0]) ?? shapeOf(scale) ?? []);
  return { kind: "layer", layer: scaledBy(learned, storing(layer, stored, statistics)), inputs: x === undefined ? [] : [x] };
};

/** InstanceNormalization (ONNX, version 6). */
const instanceNorm: Rule = (node) => {
  const learned = learnedAffine(node.inputs[1], node.inputs[2]);
  const layer = channelNorm({ op: "instance_norm", scale: true, shift: true, running: false });
  return { kind: "layer", layer: scaledBy(learned, storing(layer, node.weights(learned))), inputs: first(node) };
};

/** A norm whose scale and shift are an exporter's ones and zeros is none with a scale of its own, though it multiplies by them. */
function scaledBy(learned: readonly Operand[], layer: Primitive): Primitive {
  if (learned.length > 0) return layer;
  return {
    ...layer,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, ports: inferred.ports?.filter(({ role }) => role === "buffer"), attributes: { ...inferred.attributes, affine: false } };
    },
  };
}

/** LayerNormalization (ONNX, version 17): 5 operations an element to measure and divide, and one each for scale and shift, as nn.LayerNorm. */
const layerNorm: Rule = (node) => {
  const shape = inputShape(node);
  const affine = BigInt(node.inputs.slice(1).filter((operand) => operand.kind !== "none").length);
  const learned = learnedAffine(node.inputs[1], node.inputs[2]);
  const at = axisOf(node, shape.length, -1);
  // Mean and inverse deviation, where they are asked for.
  const measured = shape.map((size, index) => (index < at ? size : 1));
  const layer = fixed({
    op: "layer_norm",
    outputs: [shape, measured, measured].slice(0, Math.max(1, node.outputs)),
    stored: node.weights(learned),
    ports: normPorts(shape.slice(at), learned.length > 0, learned.length > 1),
    attributes: { normalizedShape: shape.slice(at), affine: learned.length > 0 },
    operations: { normalization: elements(shape) * (5n + affine) },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: first(node) };
};

/** Scale and shift of a norm. */
export function normPorts(shape: Shape, scaled: boolean, shifted: boolean): readonly Port[] {
  return scaled ? weightAndBias(shape, shifted ? shape : undefined) : [];
}

const pool =
  (kind: "max" | "avg" | "lp"): Rule =>
  (node) => {
    const rank = inputShape(node).length - 2;
    if (rank < 1) fail("wrong-rank", `${node.op} cannot read an input of ${rank + 2} dimensions`, { expected: "3 dimensions or more" });
    const kernelSize = perAxis(node, "kernel_shape", rank, 1);
    const layer = windowPool({
      kind,
      rank,
      kernelSize,
      stride: perAxis(node, "strides", rank, 1),
      dilation: perAxis(node, "dilations", rank, 1),
      padding: paddingOf(node, rank),
      ceilMode: int(node, "ceil_mode", 0) === 1,
      returnIndices: node.outputs > 1,
    });
    return { kind: "layer", layer, inputs: first(node) };
  };

const globalPool =
  (kind: string): Rule =>
  (node) => {
    const shape = inputShape(node);
    const output = shape.map((size, axis) => (axis < 2 ? size : 1));
    const layer = fixed({
      op: `global_${kind}_pool${shape.length - 2}d`,
      outputs: [output],
      operations: { pooling: elements(shape) },
      mixes: { channels: false, space: true },
    });
    return { kind: "layer", layer, inputs: first(node) };
  };

/** A rule for layers that keep the shape and do so many operations an element. */
const keeping =
  (op: string, cause: "normalization" | "reduction", perElement: bigint): Rule =>
  (node) => {
    const shape = inputShape(node);
    const [scale, shift] = node.inputs.slice(1);
    return {
      kind: "layer",
      layer: fixed({
        op,
        outputs: [shape],
        stored: node.weights(node.inputs.slice(1)),
        ports: normPorts(shapeOf(scale) ?? [], given(scale), given(shift)),
        ...(cause === "normalization" ? { attributes: { affine: given(scale) } } : {}),
        operations: { [cause]: elements(shape) * perElement },
      }),
      inputs: first(node),
    };
  };

/** Sums and products of what came before along an axis. */
const running =
  (op: string): Rule =>
  (node) =>
    keeping(op, "reduction", 1n)({ ...node, inputs: first(node) });

/** Losses (ONNX, NegativeLogLikelihoodLoss-13, SoftmaxCrossEntropyLoss-13): one number, or one for each target where they are not reduced. */
const loss: Rule = (node) => {
  const reduced = text(node, "reduction", "mean") !== "none";
  const output = reduced ? [] : (shapeOf(node.inputs[1]) ?? []);
  const probabilities = node.op === "SoftmaxCrossEntropyLoss" && node.outputs > 1 ? [inputShape(node)] : [];
  const softmaxed = node.op === "SoftmaxCrossEntropyLoss" ? softmax(1, "log_softmax").infer([inputShape(node)]).cost.operations : {};
  const layer = fixed({
    op: node.op === "SoftmaxCrossEntropyLoss" ? "cross_entropy_loss" : "nll_loss",
    outputs: [output, ...probabilities],
    operations: { ...softmaxed, reduction: elements(shapeOf(node.inputs[1]) ?? []) },
  });
  return { kind: "layer", layer, inputs: first(node) };
};

/** Softmax over one axis; before opset 13 over all from `axis` on, which costs the same. */
const softmaxRule: Rule = (node) => ({
  kind: "layer",
  layer: softmax(int(node, "axis", node.opset < 13 ? 1 : -1), node.op === "LogSoftmax" ? "log_softmax" : "softmax"),
  inputs: first(node),
});

/** GroupNormalization (ONNX, version 21): the channels divide into `num_groups`. Throws `groups-do-not-divide`. */
const groupNorm: Rule = (node) => {
  const [, channels = 1] = inputShape(node);
  const groups = int(node, "num_groups", 1);
  if (channels % groups !== 0) {
    fail("groups-do-not-divide", `the ${channels} channels of ${node.op} do not divide into ${groups} groups`, {
      expected: `a divisor of ${channels}`,
    });
  }
  return keeping("group_norm", "normalization", 7n)(node);
};

export const reducingRules: Readonly<Record<string, Rule>> = {
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  LRN: (node) => ({ kind: "layer", layer: localResponseNorm(int(node, "size", 5)), inputs: first(node) }),
  MaxPool: pool("max"),
  AveragePool: pool("avg"),
  LpPool: pool("lp"),
  GlobalAveragePool: globalPool("avg"),
  GlobalMaxPool: globalPool("max"),
  GlobalLpPool: globalPool("lp"),
  NegativeLogLikelihoodLoss: loss,
  SoftmaxCrossEntropyLoss: loss,
  CumSum: running("cumsum"),
  CumProd: running("cumprod"),
  GroupNormalization: groupNorm,
  RMSNormalization: keeping("rms_norm", "normalization", 4n),
  MeanVarianceNormalization: keeping("mean_variance_norm", "normalization", 5n),
  LpNormalization: keeping("lp_norm", "normalization", 3n),
  Hardmax: keeping("hardmax", "reduction", 1n),
  Softmax: softmaxRule,
  LogSoftmax: softmaxRule,
  ...reductionRules,
};

import { elements } from "../../../graph/shape.js";
import { channelNorm } from "../../../ops/norm/channel-norm.js";
import { channelsLast } from "../adapt.js";
import { fixed, storing } from "../fixed.js";
import { inputShape, shapeOf, type OnnxNode, type Operand, type Rule } from "../operand.js";
import { contractions } from "./contraction.js";
import { reducingRules } from "./reducing.js";

type Rules = Readonly<Record<string, Rule>>;

/**
 * Quantisers of QONNX and Brevitas (github.com/fastmachinelearning/qonnx, docs/qonnx-custom-ops): real numbers in and out, of which few are taken. A
 * weight that goes through one stays a weight; scales, zero points and widths are none.
 */
const quantiser =
  (op: string, perElement: bigint): Rule =>
  (node) => {
    const shape = inputShape(node);
    const [source] = node.inputs;
    if (source?.kind === "constant") return { kind: "constant", shape, dtype: source.dtype };
    return {
      kind: "layer",
      layer: fixed({ op, outputs: [shape], operations: { elementwise: perElement * elements(shape) } }),
      inputs: node.inputs.slice(0, 1),
    };
  };

/** MultiThreshold: how many of its channel's thresholds a value has passed. They are fitted, and no trained weights. */
const thresholds: Rule = (node) => {
  const shape = inputShape(node);
  const [, steps = 1] = shapeOf(node.inputs[1]) ?? [];
  const layer = fixed({
    op: "multi_threshold",
    outputs: [shape],
    stored: node.weights(node.inputs.slice(1, 2), "buffer"),
    operations: { elementwise: BigInt(steps) * elements(shape) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** The domain `general`, which Brevitas and FINN call by names of their own. */
export const quantiserRules: Rules = {
  // Divide, shift, round, limit; shift back and multiply.
  Quant: quantiser("fake_quantize", 6n),
  IntQuant: quantiser("fake_quantize", 6n),
  FloatQuant: quantiser("fake_quantize", 6n),
  Trunc: quantiser("fake_quantize", 6n),
  // The sign, and a product.
  BipolarQuant: quantiser("fake_quantize", 2n),
  MultiThreshold: thresholds,
};

/** Weights of [M, kernel, C/group], as the data's channels stand last: as ONNX's Conv has them. */
const conv: Rule = (node: OnnxNode) => {
  const [, w] = node.inputs;
  const [out = 0, ...rest] = shapeOf(w) ?? [];
  const shape = [out, ...rest.slice(-1), ...rest.slice(0, -1)];
  const weight: Operand | undefined = w?.kind === "constant" ? { ...w, shape } : w?.kind === "tensor" ? { ...w, value: { ...w.value, shape } } : w;
  const { Conv } = contractions;
  return channelsLast(Conv, (each) => [each.inputs[0], weight, each.inputs[2]])(node);
};

const batchNorm: Rule = (node) => {
  const layer = channelNorm({ op: "batch_norm", axis: [-1], scale: true, shift: true, running: true });
  const stored = [...node.weights(node.inputs.slice(1, 3)), ...node.weights(node.inputs.slice(3, 5), "buffer")];
  return { kind: "layer", layer: storing(layer, stored), inputs: node.inputs.slice(0, 1) };
};

/** The domain `channels_last`: ONNX's operators over [N, H, W, C]. */
export const channelsLastRules: Rules = {
  Conv: conv,
  MaxPool: (node) => channelsLast(poolRule("MaxPool"), (each) => each.inputs.slice(0, 1))(node),
  AveragePool: (node) => channelsLast(poolRule("AveragePool"), (each) => each.inputs.slice(0, 1))(node),
  BatchNormalization: batchNorm,
};

function poolRule(name: "MaxPool" | "AveragePool"): Rule {
  const rule = reducingRules[name];
  if (rule === undefined) throw new Error(`ONNX has no ${name}`);
  return rule;
}

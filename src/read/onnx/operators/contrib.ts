import { normPorts } from "./reducing.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { fixed, weightAndBias } from "../fixed.js";
import { channelsLast, followed, turned } from "../adapt.js";
import { int, isSet } from "../attributes.js";
import { dataDependent, given, inputShape, shapeAt, typeOf, type Rule } from "../operand.js";
import { contribAttentionRules } from "./contrib-attention.js";
import { contractions } from "./contraction.js";
import { delegated, quantizedRules } from "./quantized.js";
import { murmurHash } from "./text.js";

type Rules = Readonly<Record<string, Rule>>;

/** FusedMatMul: operands transposed, or their batch axes, before they are multiplied. */
const fusedMatMul: Rule = (node) => {
  const [a, b] = node.inputs;
  const result = contractions.MatMul({
    ...node,
    inputs: [turned(a, isSet(node, "transA")), turned(b, isSet(node, "transB"))].map((operand) => operand ?? { kind: "none" }),
  });
  return result.kind === "layer" ? { ...result, inputs: node.inputs.slice(0, 2) } : result;
};

/** An operator on every element and a bias of the last axis. */
const biased =
  (op: string, activated: boolean): Rule =>
  (node) => {
    const shape = inputShape(node);
    const added = given(node.inputs[1]);
    const operations = { ...(added ? { elementwise: elements(shape) } : {}), ...(activated ? { activation: elements(shape) } : {}) };
    return { kind: "layer", layer: fixed({ op, outputs: [shape], stored: node.weights(node.inputs.slice(1)), operations }), inputs: node.inputs };
  };

/** (Skip)LayerNormalization and its simplified kind: 7 operations an element with mean, scale and shift, 4 without; an addition for the skip and the bias. */
const skipNorm =
  (simple: boolean): Rule =>
  (node) => {
    const shape = inputShape(node);
    const [, , gamma, ...others] = node.inputs;
    const biasAt = simple ? 0 : 1;
    const additions = 1n + (given(others[biasAt]) ? 1n : 0n);
    const measured = [...shape.slice(0, -1), 1];
    const layer = fixed({
      op: simple ? "rms_norm" : "layer_norm",
      outputs: [shape, measured, measured, shape].slice(0, node.outputs),
      stored: node.weights([gamma, ...others]),
      ports: normPorts(shape.slice(-1), given(gamma), !simple && given(others[0])),
      attributes: { normalizedShape: shape.slice(-1), affine: given(gamma) },
      operations: { normalization: elements(shape) * (simple ? 4n : given(others[0]) ? 7n : 6n), elementwise: elements(shape) * additions },
      mixes: { channels: true, space: false },
    });
    return { kind: "layer", layer, inputs: node.inputs.slice(0, 2) };
  };

/** EmbedLayerNormalization: rows of two or three tables added and normalised. */
const embedNorm: Rule = (node) => {
  const [batch = 1, length = 1] = inputShape(node);
  const hidden = shapeAt(node, 2, 2)[1] ?? 1;
  const output = [batch, length, hidden];
  const tables = given(node.inputs[1]) && given(node.inputs[4]) ? 3n : 2n;
  const layer = fixed({
    op: "embedding",
    outputs: [output, [batch], output].slice(0, node.outputs),
    dtype: [typeOf(node.inputs[2]), "int32", typeOf(node.inputs[2])],
    stored: node.weights(node.inputs.slice(2, 7)),
    operations: { normalization: 7n * elements(output), elementwise: (tables - 1n) * elements(output) },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** MatMulNBits: a weight of K x N in blocks of few bits, one scale a block. Scales and zero points are buffers. */
const nBits: Rule = (node) => {
  const shape = inputShape(node);
  const [k, n, bits] = [int(node, "K", 1), int(node, "N", 1), int(node, "bits", 4)];
  const [, packed, ...rest] = node.inputs;
  const [weight] = node.weights([packed]);
  const dtype = bits === 4 ? "int4" : bits === 2 ? "int2" : "int8";
  const output = [...shape.slice(0, -1), n];
  const layer = fixed({
    op: "linear",
    outputs: [output],
    dtype: typeOf(node.inputs[0]),
    stored: [
      ...(weight === undefined ? [] : [{ ...weight, shape: [n, k], dtype } as const]),
      ...node.weights(rest.slice(0, 3), "buffer"),
      ...node.weights(rest.slice(3)),
    ],
    ports: weightAndBias([n, k], given(rest[3]) ? [n] : undefined),
    macs: elements(output) * BigInt(k),
    operations: given(rest[3]) ? { bias: elements(output) } : {},
    attributes: { inFeatures: k, outFeatures: n, bits, blockSize: int(node, "block_size", 32) },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** Operators whose quantised inputs stand apart by scale and zero point: A, a scale, a zero point, B, ... */
const quantisedPair =
  (rule: Rule): Rule =>
  (node) =>
    delegated(node, rule, [node.inputs[0], node.inputs[3]], typeOf(node.inputs[7]) ?? typeOf(node.inputs[0]));
const quantisedOne =
  (rule: Rule): Rule =>
  (node) =>
    delegated(node, rule, [node.inputs[0]], typeOf(node.inputs[4]) ?? typeOf(node.inputs[0]));

/** QLinearConcat: the output's scale and zero point, then three inputs a tensor. */
const quantisedConcat =
  (rule: Rule): Rule =>
  (node) =>
    delegated(
      node,
      rule,
      node.inputs.slice(2).filter((_, index) => index % 3 === 0),
      typeOf(node.inputs[1]) ?? "uint8",
    );

/** A product of whole numbers as real ones, with a bias of its last axis where the node has one. */
const product =
  (bias: number): Rule =>
  (node) => {
    const result = delegated(node, contractions.MatMul, node.inputs.slice(0, 2), "float32");
    const added = node.inputs[bias];
    if (result.kind !== "layer" || !given(added)) return result;
    const { layer } = result;
    const stored = node.weights([added]);
    const infer: typeof layer.infer = (inputs) => {
      const { cost, ...inferred } = layer.infer(inputs);
      const operations = { ...cost.operations, bias: elements(inferred.outputs[0]?.shape ?? []) };
      return { ...inferred, stored: [...inferred.stored, ...stored], cost: { ...cost, operations } };
    };
    return { ...result, layer: { ...layer, infer } };
  };

/** QGemm: A and B with scale and zero point each, then C. */
const quantisedGemm: Rule = (node) =>
  delegated(node, contractions.Gemm, [node.inputs[0], node.inputs[3], node.inputs[6]], typeOf(node.inputs[8]) ?? "float32");

/** GroupNorm and SkipGroupNorm over [N, H, W, C]: 7 operations an element, an addition for the skip, one more for an activation. */
const groupNorm: Rule = (node) => {
  const shape = inputShape(node);
  const layer = fixed({
    op: "group_norm",
    outputs: Array<Shape>(Math.max(1, node.outputs)).fill(shape),
    stored: node.weights(node.inputs.slice(1, 3)),
    ports: normPorts(shape.slice(-1), given(node.inputs[1]), given(node.inputs[2])),
    attributes: { affine: given(node.inputs[1]) },
    operations: {
      normalization: 7n * elements(shape),
      ...(node.op === "SkipGroupNorm" ? { elementwise: elements(shape) } : {}),
      ...(int(node, "activation", 0) === 1 ? { activation: elements(shape) } : {}),
    },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.filter((operand) => operand.kind === "tensor") };
};

/** Searches generate as many tokens as the data decides; what a step costs stands in the graphs that they hold. */
const search: Rule = (node) => dataDependent(`how many steps ${node.op} takes depends on the data`);

const complexMul: Rule = (node) => {
  const shape = inputShape(node);
  return {
    kind: "layer",
    layer: fixed({ op: "complex_mul", outputs: [shape], operations: { elementwise: 3n * elements(shape) } }),
    inputs: node.inputs,
  };
};

/** GatherBlockQuantized: rows of an embedding stored in few bits. */
const gatherQuantised: Rule = (node) => {
  const [table, picks] = [shapeAt(node, 0), shapeAt(node, 1)];
  const perByte = typeOf(node.inputs[0]) === "uint8" && int(node, "bits", 4) === 4 ? 2 : 1;
  const output = [...picks, ...table.slice(1, -1), (table.at(-1) ?? 1) * perByte];
  const layer = fixed({
    op: "embedding",
    outputs: [output],
    dtype: typeOf(node.inputs[2]),
    stored: node.weights([node.inputs[0]]),
    operations: { elementwise: elements(output) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(1, 2) };
};

/**
 * ONNX Runtime's own operators (domain com.microsoft; docs/ContribOperators.md), as its optimiser and quantiser write them.
 * @param standard rules of the default domain, which many of these are made of
 */
export function contribRules(standard: Rules): Rules {
  const rule = (name: string): Rule => {
    const found = standard[name];
    if (found === undefined) throw new Error(`ONNX has no ${name}`);
    return found;
  };
  return {
    ...Object.fromEntries(SHARED.map((name) => [name, rule(name)])),
    ...quantizedRules,
    ...contribAttentionRules,
    FusedConv: followed(contractions.Conv, "activation", 1n),
    FusedGemm: followed(contractions.Gemm, "activation", 1n),
    FusedMatMul: fusedMatMul,
    TransposeMatMul: fusedMatMul,
    FusedMatMulActivation: followed(fusedMatMul, "activation", 1n),
    FastGelu: biased("gelu", true),
    BiasGelu: biased("gelu", true),
    QuickGelu: biased("gelu", true),
    BiasAdd: biased("add", false),
    BiasDropout: biased("add", false),
    SkipLayerNormalization: skipNorm(false),
    SkipSimplifiedLayerNormalization: skipNorm(true),
    SimplifiedLayerNormalization: rule("RMSNormalization"),
    EmbedLayerNormalization: embedNorm,
    MatMulNBits: nBits,
    MatMulIntegerToFloat: product(6),
    DynamicQuantizeMatMul: product(4),
    QGemm: quantisedGemm,
    QLinearAdd: quantisedPair(rule("Add")),
    QLinearMul: quantisedPair(rule("Mul")),
    QLinearLeakyRelu: quantisedOne(rule("LeakyRelu")),
    QLinearSigmoid: quantisedOne(rule("Sigmoid")),
    QLinearSoftmax: quantisedOne(rule("Softmax")),
    QLinearAveragePool: quantisedOne(rule("AveragePool")),
    QLinearGlobalAveragePool: (node) =>
      int(node, "channels_last", 0) === 1
        ? channelsLast(rule("GlobalAveragePool"), (each) => each.inputs.slice(0, 1))(node)
        : quantisedOne(rule("GlobalAveragePool"))(node),
    QLinearReduceMean: quantisedOne(rule("ReduceMean")),
    QLinearConcat: quantisedConcat(rule("Concat")),
    NhwcMaxPool: channelsLast(rule("MaxPool"), (node) => node.inputs.slice(0, 1)),
    NhwcConv: channelsLast(contractions.Conv, (node) => node.inputs),
    NhwcFusedConv: channelsLast(followed(contractions.Conv, "activation", 1n), (node) => node.inputs.slice(0, 3)),
    GroupNorm: groupNorm,
    SkipGroupNorm: groupNorm,
    ComplexMul: complexMul,
    GatherBlockQuantized: gatherQuantised,
    MurmurHash3: murmurHash,
    BeamSearch: search,
    GreedySearch: search,
    Sampling: search,
    ExpandDims: rule("Unsqueeze"),
    Inverse: (node) => {
      const shape = inputShape(node);
      const n = BigInt(shape.at(-1) ?? 1);
      const layer = fixed({ op: "inverse", outputs: [shape], operations: { reduction: 2n * n * elements(shape) } });
      return { kind: "layer", layer, inputs: node.inputs };
    },
    ReduceSumInteger: (node) => delegated(node, rule("ReduceSum"), node.inputs.slice(0, 1), "int32"),
  };
}

/** Operators of the same meaning as in ONNX's own domain. */
const SHARED = [
  "Gelu",
  "Pad",
  "Range",
  "Trilu",
  "Unique",
  "GatherND",
  "GridSample",
  "Conv",
  "MaxPool",
  "AveragePool",
  "LayerNormalization",
  "Swish",
  "LinearAttention",
];

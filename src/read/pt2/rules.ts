import type { Cause } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import { softmax } from "../../ops/activation.js";
import { fixed, type Fixed } from "../onnx/fixed.js";
import { int, ints, shapeOf, unknown, type OnnxNode, type Operand, type Result, type Rule } from "../onnx/operand.js";
import { attentionCost } from "../onnx/operators/attention.js";
import { ATEN, UNUSED } from "./decode.js";

/** Tensors that a node reads under the name of an argument. */
function named(node: OnnxNode, ...names: readonly string[]): readonly Operand[] {
  const args = node.attributes.get("args")?.strings ?? [];
  return node.inputs.filter((_, index) => names.includes(args[index] ?? ""));
}

const shape = (operand: Operand | undefined): Shape => shapeOf(operand) ?? [];

/** Shapes of the outputs, which the file has. */
function written(node: OnnxNode): readonly Shape[] | undefined {
  const shapes = Array.from({ length: node.outputs }, (_, index) => node.written(index)?.shape);
  return shapes.every((each) => each !== undefined) ? shapes : undefined;
}

/** A layer whose outputs are those that the file says. */
function layer(node: OnnxNode, parts: (output: Shape) => Omit<Fixed, "outputs">): Result {
  const outputs = written(node);
  if (outputs === undefined) return unknown("the file has no shape for what this makes of another input");
  const types = outputs.map((_, index) => node.written(index)?.dtype ?? "float32");
  return { kind: "layer", layer: fixed({ dtype: types, ...parts(outputs[0] ?? []), outputs }), inputs: node.inputs };
}

/** Convolutions by their weights, [Cout, Cin / groups, K] or, transposed, [Cin, Cout / groups, K]. */
const convolution: Rule = (node) => {
  const [[input], [weight], bias] = [named(node, "input", "self"), named(node, "weight"), named(node, "bias")];
  const [first = 1, perGroup = 1, ...kernelSize] = shape(weight);
  const transposed = node.op.includes("transpose") || int(node, "transposed", 0) === 1;
  const groups = int(node, "groups", 1);
  const inChannels = transposed ? first : perGroup * groups;
  const one = kernelSize.every((size) => size === 1);
  const kind = groups > 1 && groups === inChannels ? "depthwise" : groups > 1 ? "grouped" : one ? "pointwise" : "standard";
  return layer(node, (output) => ({
    op: `${transposed ? "conv_transpose" : "conv"}${kernelSize.length}d`,
    kind,
    stored: node.weights([weight, ...bias]),
    macs: elements(transposed ? shape(input) : output) * elements([perGroup, ...kernelSize]),
    operations: bias.length > 0 ? { bias: elements(output) } : {},
    attributes: {
      kernelSize,
      stride: ints(node, "stride") ?? kernelSize.map(() => 1),
      inChannels,
      outChannels: output[1] ?? 0,
      groups,
      bias: bias.length > 0,
    },
    mixes: { channels: kind !== "depthwise", space: !one },
  }));
};

/** A product of matrices: the last axis of the first is summed over. What is added to it is a bias. */
const product =
  (...[first, second, added]: readonly [string, string, string?]): Rule =>
  (node) => {
    const [[left], [right], bias] = [named(node, first), named(node, second), named(node, ...(added === undefined ? [] : [added]))];
    const stored = node.weights([left, right, ...bias]);
    return layer(node, (output) => ({
      op: stored.length > 0 ? "linear" : "matmul",
      stored,
      macs: elements(output) * BigInt(shape(left).at(-1) ?? 1),
      operations: bias.length > 0 ? { bias: elements(output) } : {},
      mixes: { channels: true, space: stored.length === 0 },
    }));
  };

const attention: Rule = (node) => {
  const [query, key, value] = [shape(named(node, "query")[0]), shape(named(node, "key")[0]), shape(named(node, "value")[0])];
  const sizes = {
    batch: query[0] ?? 1,
    heads: Number(elements(query.slice(1, -2))),
    target: query.at(-2) ?? 1,
    source: key.at(-2) ?? 1,
    keys: query.at(-1) ?? 1,
    values: value.at(-1) ?? 1,
  };
  const masked = named(node, "attn_mask", "attn_bias").length > 0;
  return layer(node, () => ({ op: "attention", ...attentionCost(sizes, { masked, capped: false }), mixes: { channels: true, space: true } }));
};

/** Norms: so many operations an element, and one each for scale and shift where they measure. */
const norm =
  (op: string, measured: bigint): Rule =>
  (node) => {
    const affine = named(node, "weight", "bias");
    const each = measured === 0n ? 2n : measured + BigInt(affine.length);
    return layer(node, (output) => ({
      op,
      stored: [...node.weights(affine), ...node.weights(named(node, "running_mean", "running_var"), "buffer")],
      operations: { normalization: each * elements(output) },
      mixes: { channels: measured > 0n, space: false },
    }));
  };

const pool =
  (op: string, less: bigint): Rule =>
  (node) =>
    layer(node, (output) => ({
      op,
      operations: { pooling: elements(output) * (elements(kernelOf(node, output)) - less) },
      mixes: { channels: false, space: true },
    }));

/** A kernel size, one number for all axes or one each. */
function kernelOf(node: OnnxNode, output: Shape): Shape {
  const kernel = ints(node, "kernel_size") ?? [int(node, "kernel_size", 1)];
  const [only] = kernel;
  return kernel.length === 1 && only !== undefined ? Array<number>(Math.max(1, output.length - 2)).fill(only) : kernel;
}

/** An operation on every element of the output, or of the input. */
const each =
  (cause: Cause, from: "output" | "input" = "output", perElement = 1n): Rule =>
  (node) =>
    layer(node, (output) => ({
      op: node.op,
      stored: node.store(node.inputs),
      operations: { [cause]: perElement * elements(from === "output" ? output : shape(node.inputs[0])) },
      mixes: { channels: cause === "reduction", space: cause === "reduction" || cause === "pooling" },
    }));

const moves =
  (view: boolean): Rule =>
  (node) =>
    layer(node, () => ({ op: node.op, view, stored: view ? [] : node.store(node.inputs) }));

const softmaxRule: Rule = (node) => {
  const { cost } = softmax(int(node, "dim", -1), node.op.includes("log") ? "log_softmax" : "softmax").infer([shape(node.inputs[0])]);
  return layer(node, () => ({ op: node.op.replace(/^_/, ""), operations: cost.operations, mixes: { channels: true, space: false } }));
};

/** lstm, gru, rnn: every step meets every weight. */
const recurrent: Rule = (node) => {
  const params = named(node, "params");
  const [input] = named(node, "input");
  const steps = elements(shape(input).slice(0, -1));
  const sum = (rank: number) =>
    params.filter((operand) => shape(operand).length === rank).reduce((total, operand) => total + elements(shape(operand)), 0n);
  return layer(node, () => ({
    op: node.op,
    stored: node.weights(params),
    macs: steps * sum(2),
    operations: { bias: steps * sum(1), activation: (steps * sum(1)) / 2n, elementwise: steps * sum(1) },
    mixes: { channels: true, space: true },
  }));
};

const all = (names: string, rule: Rule): Readonly<Record<string, Rule>> => Object.fromEntries(names.split(" ").map((name) => [name, rule]));

const RULES: Readonly<Record<string, Rule>> = {
  ...all("conv1d conv2d conv3d convolution _convolution conv_transpose1d conv_transpose2d conv_transpose3d", convolution),
  linear: product("input", "weight", "bias"),
  addmm: product("mat1", "mat2", "self"),
  ...all("mm bmm", product("self", "mat2")),
  ...all("matmul dot mv", product("self", "other")),
  baddbmm: product("batch1", "batch2", "self"),
  ...all(
    "scaled_dot_product_attention _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_efficient_attention",
    attention,
  ),
  ...all("batch_norm _native_batch_norm_legit_no_training native_batch_norm _native_batch_norm_legit", norm("batch_norm", 0n)),
  ...all("layer_norm native_layer_norm", norm("layer_norm", 5n)),
  ...all("group_norm native_group_norm instance_norm", norm("group_norm", 5n)),
  rms_norm: norm("rms_norm", 3n),
  ...all("max_pool1d max_pool2d max_pool3d max_pool2d_with_indices max_pool3d_with_indices", pool("max_pool", 1n)),
  ...all("avg_pool1d avg_pool2d avg_pool3d", pool("avg_pool", 0n)),
  ...all(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d adaptive_max_pool2d",
    each("pooling", "input"),
  ),
  ...all("mean sum amax amin max min prod any all argmax argmin var std cumsum norm linalg_vector_norm logsumexp", each("reduction", "input")),
  ...all("softmax _softmax log_softmax _log_softmax", softmaxRule),
  ...all("lstm gru rnn_tanh rnn_relu", recurrent),
  ...all(
    "relu relu_ relu6 relu6_ hardtanh hardtanh_ silu silu_ gelu sigmoid sigmoid_ hardswish hardswish_ hardsigmoid hardsigmoid_ tanh tanh_ leaky_relu leaky_relu_ elu elu_ selu celu mish softplus prelu clamp clamp_ clamp_min hardshrink softshrink threshold",
    each("activation"),
  ),
  ...all(
    "add add_ sub sub_ mul mul_ div div_ pow neg abs sqrt rsqrt exp log sin cos erf floor ceil round sign reciprocal maximum minimum eq ne lt le gt ge logical_and logical_or logical_not bitwise_and bitwise_or bitwise_not where remainder fmod square rsub isnan isinf floor_divide",
    each("elementwise"),
  ),
  ...all("upsample_bilinear2d", each("interpolation", "output", 7n)),
  ...all("upsample_bicubic2d", each("interpolation", "output", 31n)),
  ...all(
    "view reshape _unsafe_view flatten squeeze unsqueeze t transpose permute expand slice select detach alias dropout dropout_ unbind split split_with_sizes chunk narrow view_as expand_as lift_fresh_copy identity feature_dropout contiguous unflatten diagonal swapaxes movedim",
    moves(true),
  ),
  ...all(
    "cat stack clone pad constant_pad_nd reflection_pad2d replication_pad2d index index_select gather embedding arange full full_like zeros zeros_like ones ones_like empty to _to_copy type_as roll repeat repeat_interleave masked_fill pixel_shuffle pixel_unshuffle copy copy_ triu tril unfold im2col col2im upsample_nearest2d upsample_nearest1d flip scalar_tensor new_zeros new_ones new_full index_put scatter scatter_add slice_scatter select_scatter channel_shuffle bernoulli rand randn one_hot topk sort meshgrid eye linspace",
    moves(false),
  ),
  [UNUSED]: (node) => {
    node.bodies.add(fixed({ op: "unused", outputs: [], stored: node.weights(node.inputs) }), []);
    return { kind: "operands", operands: [] };
  },
};

/** The rule of an operator of PyTorch, if there is one. */
export function atenRule(domain: string, op: string): Rule | undefined {
  return domain === ATEN && Object.hasOwn(RULES, op) ? RULES[op] : undefined;
}

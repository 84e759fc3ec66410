import { fail } from "../../../graph/diagnostic.js";
import type { Cause } from "../../../graph/layer.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { int, text } from "../attributes.js";
import { evenly, given, inputShape, shapeAt, shapeOf, type OnnxNode, type Rule } from "../operand.js";

/** Sizes of scaled dot-product attention. */
export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly target: number;
  readonly source: number;
  readonly keys: number;
  readonly values: number;
}

/** MACs of QK^T and AV, and the operations of scale, mask and softmax (arXiv 1706.03762, section 3.2), as of nn.MultiheadAttention's core. */
export function attentionCost(
  { batch, heads, target, source, keys, values }: AttentionSizes,
  extra: { readonly masked: boolean; readonly capped: boolean },
) {
  const rows = BigInt(batch) * BigInt(heads) * BigInt(target);
  const scores = rows * BigInt(source);
  const operations: Readonly<Partial<Record<Cause, bigint>>> = {
    elementwise: rows * BigInt(keys) + (extra.masked ? scores : 0n) + (extra.capped ? 2n * scores : 0n),
    softmax: source === 0 ? 0n : rows * (5n * BigInt(source) - 2n),
    ...(extra.capped ? { activation: scores } : {}),
  };
  return { macs: scores * BigInt(keys + values), operations };
}

/** Attention (ONNX, version 24): 4-D [N, heads, L, D], or 3-D with the heads side by side; keys and values of the past go before the new ones. */
const attention: Rule = (node) => {
  const [q, k, v] = [shapeAt(node, 0), shapeAt(node, 1), shapeAt(node, 2)];
  const flat = q.length === 3;
  const heads = flat ? int(node, "q_num_heads", 1) : (q[1] ?? 1);
  const keyHeads = flat ? int(node, "kv_num_heads", 1) : (k[1] ?? 1);
  const split = (shape: Shape, by: number): Shape => (flat ? [shape[0] ?? 1, by, shape[1] ?? 1, evenly(node, shape[2] ?? 0, by, "heads")] : shape);
  const [[batch = 1, , target = 1, keys = 1], [, , fresh = 1], [, , , values = 1]] = [split(q, heads), split(k, keyHeads), split(v, keyHeads)];
  evenly(node, heads, keyHeads, "heads of keys");
  const source = (shapeOf(node.inputs[4])?.[2] ?? 0) + fresh;
  const outputs = [
    flat ? [batch, target, heads * values] : [batch, heads, target, values],
    [batch, keyHeads, source, keys],
    [batch, keyHeads, source, values],
    [batch, heads, target, source],
  ].slice(0, node.outputs);
  const extra = { masked: given(node.inputs[3]), capped: (node.attributes.get("softcap")?.f ?? 0) !== 0 };
  const layer = fixed({
    op: "attention",
    outputs,
    ...attentionCost({ batch, heads, target, source, keys, values }, extra),
    attributes: { heads, keyHeads, isCausal: int(node, "is_causal", 0) === 1 },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** FlexAttention (ONNX's preview domain): attention whose scores a graph of its own changes, once for each score. */
const flexAttention: Rule = (node) => {
  const [[batch = 1, heads = 1, target = 1, keys = 1], [, , source = 1], [, , , values = 1]] = [
    shapeAt(node, 0, 4),
    shapeAt(node, 1, 4),
    shapeAt(node, 2, 4),
  ];
  for (const name of ["score_mod", "prob_mod"]) {
    const graph = node.attributes.get(name)?.g;
    if (graph === undefined) continue;
    const [scores, ...indices] = graph.inputs;
    const inner = scores === undefined ? [] : [node.bodies.slice([batch, heads, target, source], undefined, node.inputs[0])];
    node.bodies.run(graph, [...inner, ...indices.map(() => node.bodies.slice([], "int64"))], name);
  }
  const layer = fixed({
    op: "attention",
    outputs: [[batch, heads, target, values]],
    ...attentionCost({ batch, heads, target, source, keys, values }, { masked: false, capped: false }),
    attributes: { heads },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 3) };
};

/**
 * LinearAttention (ONNX, version 27): a state of d_k x d_v a head, which each token adds k ⊗ v to and is read by q. The delta rules read it by
 * k as well; the gated ones scale it.
 */
const linearAttention: Rule = (node) => {
  const [[batch = 1, time = 1, width = 1], [, , wide = 1]] = [shapeAt(node, 0, 3), shapeAt(node, 2, 3)];
  const [heads, keyHeads] = [int(node, "q_num_heads", 1), int(node, "kv_num_heads", 1)];
  const [keys, values] = [evenly(node, width, heads, "heads"), evenly(node, wide, keyHeads, "heads")];
  const update = text(node, "update_rule", "gated_delta");
  const state = elements([batch, time, keyHeads, keys, values]);
  const layer = fixed({
    op: "linear_attention",
    outputs: [
      [batch, time, heads * values],
      [batch, keyHeads, keys, values],
    ].slice(0, node.outputs),
    macs: state * (update.includes("delta") ? 2n : 1n) + elements([batch, time, heads, keys, values]),
    operations: {
      elementwise:
        elements([batch, time, heads, values]) +
        (update.includes("gated") ? state : 0n) +
        (update.includes("delta") ? 2n * elements([batch, time, keyHeads, values]) : 0n),
    },
    attributes: { heads, keyHeads, updateRule: update },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** RotaryEmbedding (ONNX, version 23): of each pair 4 products and 2 additions. The tables of sines and cosines are buffers. */
const rotary: Rule = (node) => {
  const shape = inputShape(node);
  const width = shape.length === 4 ? (shape[3] ?? 1) : evenly(node, shape[2] ?? 1, int(node, "num_heads", 1), "heads");
  const turned = int(node, "rotary_embedding_dim", 0) || width;
  if (turned > width) fail("bad-attribute", `rotary_embedding_dim of ${node.op} is ${turned}`, { expected: `at most ${width}, the size of a head` });
  const layer = fixed({
    op: "rotary_embedding",
    outputs: [shape],
    stored: node.weights(node.inputs.slice(1, 3), "buffer"),
    operations: { elementwise: (3n * elements(shape) * BigInt(turned)) / BigInt(Math.max(1, width)) },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** CausalConvWithState (ONNX, version 27): a convolution over time whose padding in front is the end of what came before. */
export const causalConv: Rule = (node) => {
  const [[batch = 1, channels = 1, length = 1], [out = 1, perGroup = 1, kernelSize = 1]] = [shapeAt(node, 0, 3), shapeAt(node, 1, 3)];
  const output = [batch, out, length];
  const activated = text(node, "activation", "none") !== "none";
  const bias = given(node.inputs[2]);
  const layer = fixed({
    op: "conv1d",
    kind: perGroup === 1 && channels > 1 ? "depthwise" : "standard",
    outputs: [output, [batch, channels, kernelSize - 1]].slice(0, node.outputs),
    stored: node.weights(node.inputs.slice(1, 3)),
    macs: elements(output) * BigInt(perGroup * kernelSize),
    operations: { ...(bias ? { bias: elements(output) } : {}), ...(activated ? { activation: elements(output) } : {}) },
    attributes: {
      kernelSize: [kernelSize],
      groups: evenly(node, channels, perGroup, "channels a group"),
      inChannels: channels,
      outChannels: out,
      bias,
    },
    mixes: { channels: perGroup > 1, space: true },
  });
  return { kind: "layer", layer, inputs: [node.inputs[0], node.inputs[3]].flatMap((operand) => (given(operand) ? [operand] : [])) };
};

/** SwiGLU (ONNX, version 28): silu(a) * b. */
const swiglu: Rule = (node: OnnxNode) => {
  const shape = inputShape(node);
  const layer = fixed({ op: "swiglu", outputs: [shape], operations: { activation: elements(shape), elementwise: elements(shape) } });
  return { kind: "layer", layer, inputs: node.inputs };
};

export const attentionRules: Readonly<Record<string, Rule>> = {
  Attention: attention,
  LinearAttention: linearAttention,
  RotaryEmbedding: rotary,
  CausalConvWithState: causalConv,
  SwiGLU: swiglu,
};

/** The domain ai.onnx.preview. */
export const previewRules: Readonly<Record<string, Rule>> = { FlexAttention: flexAttention };

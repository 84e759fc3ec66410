import { fail } from "../../../graph/diagnostic.js";
import { elements, type Shape } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { int, ints } from "../attributes.js";
import { dataDependent, evenly, given, inputShape, shapeAt, shapeOf, valuesOf, type OnnxNode, type Operand, type Rule } from "../operand.js";
import { attentionCost, causalConv } from "./attention.js";

const tensors = (operands: readonly (Operand | undefined)[]) => operands.flatMap((operand) => (operand?.kind === "tensor" ? [operand] : []));

/** Attention and QAttention: one product makes queries, keys and values; a bias; then attention over the past and the new. */
const attention: Rule = (node) => {
  const [batch = 1, length = 1, width = 1] = shapeAt(node, 0, 3);
  const quantised = node.op === "QAttention";
  const [, wide = 1] = shapeAt(node, 1, 2);
  const heads = int(node, "num_heads", 1);
  const [q, , v] = ints(node, "qkv_hidden_sizes") ?? Array<number>(3).fill(evenly(node, wide, 3, "parts"));
  if (q === undefined || v === undefined) return fail("bad-attribute", "qkv_hidden_sizes of Attention has less than 3 sizes");
  const [keys, values] = [evenly(node, q, heads, "heads"), evenly(node, v, heads, "heads")];
  const past = shapeOf(node.inputs[quantised ? 8 : 4])?.[3] ?? 0;
  const source = past + length;
  const cost = attentionCost(
    { batch, heads, target: length, source, keys, values },
    { masked: given(node.inputs[quantised ? 5 : 3]) || given(node.inputs[5]), capped: false },
  );
  const layer = fixed({
    op: "attention",
    outputs: [
      [batch, length, v],
      [2, batch, heads, source, keys],
    ].slice(0, node.outputs),
    stored: node.weights(node.inputs.slice(1, 3)),
    macs: cost.macs + elements([batch, length, width, wide]),
    operations: { ...cost.operations, ...(given(node.inputs[2]) ? { bias: elements([batch, length, wide]) } : {}) },
    attributes: { heads, inFeatures: width },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: tensors(node.inputs) };
};

/** The length and width that keys or values have, 3-D with their heads side by side, or 4-D [N, heads, L, D]. */
function spread(node: OnnxNode, shape: Shape, heads: number): readonly [length: number, width: number] {
  return shape.length === 4 ? [shape[2] ?? 1, shape[3] ?? 1] : [shape[1] ?? 1, evenly(node, shape[2] ?? 1, heads, "heads")];
}

/** MultiHeadAttention: query, key and value are projected already; packed as [N, L, heads, 3, D] where key and value are left out. */
const multiHead: Rule = (node) => {
  const query = inputShape(node);
  const heads = int(node, "num_heads", 1);
  const packed = query.length === 5;
  const [batch = 1, target = 1] = query;
  const keys = packed ? (query[4] ?? 1) : evenly(node, query[2] ?? 1, heads, "heads");
  const [fresh, keyWidth] = packed ? [target, keys] : spread(node, shapeOf(node.inputs[1]) ?? [batch, target, heads * keys], heads);
  const [, values] = packed ? [target, keys] : spread(node, shapeOf(node.inputs[2]) ?? [batch, fresh, heads * keyWidth], heads);
  const source = fresh + (shapeOf(node.inputs[6])?.[2] ?? 0);
  const sizes = { batch, heads, target, source, keys, values };
  const bias = given(node.inputs[3]) ? elements([batch, target, heads * keys]) + elements([batch, fresh, heads * (keys + values)]) : 0n;
  const cost = attentionCost(sizes, { masked: given(node.inputs[4]) || given(node.inputs[5]), capped: false });
  const layer = fixed({
    op: "attention",
    outputs: [
      [batch, target, heads * values],
      [batch, heads, source, keys],
      [batch, heads, source, values],
    ].slice(0, node.outputs),
    stored: node.weights([node.inputs[3]]),
    macs: cost.macs,
    operations: { ...cost.operations, ...(bias > 0n ? { bias } : {}) },
    attributes: { heads },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: tensors(node.inputs) };
};

/** GroupQueryAttention: fewer heads of keys and values than of queries; the cache holds what came before, and may be as long as the model allows. */
const groupQuery: Rule = (node) => {
  const query = shapeAt(node, 0, 3);
  const [heads, keyHeads] = [int(node, "num_heads", 1), int(node, "kv_num_heads", 1)];
  const [batch = 1, target = 1, wide = 1] = query;
  const separate = given(node.inputs[1]);
  const width = evenly(node, wide, separate ? heads : heads + 2 * keyHeads, "heads");
  const past = shapeOf(node.inputs[3])?.[2] ?? 0;
  const total = valuesOf(node.inputs[6])?.[0] ?? past + target;
  if (!Number.isSafeInteger(total) || total < target)
    fail("bad-onnx", `the whole length of ${node.op} is ${total}`, { expected: `${target} or more, the length of what is new` });
  const cost = attentionCost(
    { batch, heads, target, source: total, keys: width, values: width },
    { masked: false, capped: (node.attributes.get("softcap")?.f ?? 0) > 0 },
  );
  const rotated = int(node, "do_rotary", 0) === 1 ? 3n * elements([batch, target, heads + keyHeads, width]) : 0n;
  const cache = [batch, keyHeads, Math.max(past, total), width];
  const layer = fixed({
    op: "attention",
    outputs: [[batch, target, heads * width], cache, cache].slice(0, node.outputs),
    stored: node.weights(node.inputs.slice(7, 9), "buffer"),
    macs: cost.macs,
    operations: { ...cost.operations, elementwise: (cost.operations.elementwise ?? 0n) + rotated },
    attributes: { heads, keyHeads },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: tensors(node.inputs) };
};

/** RotaryEmbedding: input, positions, then the tables of cosines and sines, which are buffers. */
const rotary: Rule = (node) => {
  const shape = inputShape(node);
  const layer = fixed({
    op: "rotary_embedding",
    outputs: [shape],
    stored: node.weights(node.inputs.slice(2, 4), "buffer"),
    operations: { elementwise: 3n * elements(shape) },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: tensors(node.inputs) };
};

/** BiasSoftmax: a mask added, then softmax over the axes from `axis` on. */
const biasSoftmax: Rule = (node) => {
  const shape = inputShape(node);
  const axis = int(node, "axis", 1);
  const rows = elements(shape.slice(0, axis));
  const layer = fixed({ op: "softmax", outputs: [shape], operations: { elementwise: elements(shape), softmax: 5n * elements(shape) - 2n * rows } });
  return { kind: "layer", layer, inputs: tensors(node.inputs) };
};

/** Sequences of different lengths packed into one: how long each is stands in the data. */
const packed: Rule = (node: OnnxNode) => dataDependent(`how much ${node.op} attends to depends on the data`);

/** Attention as ONNX Runtime fuses it. */
export const contribAttentionRules: Readonly<Record<string, Rule>> = {
  Attention: attention,
  QAttention: attention,
  MultiHeadAttention: multiHead,
  // The same inputs in another order: masks stand in front of the past, the bias behind it.
  DecoderMaskedMultiHeadAttention: (node) =>
    multiHead({ ...node, inputs: [0, 1, 2, 10, 3, 4, 5, 6].map((at): Operand => node.inputs[at] ?? { kind: "none" }) }),
  GroupQueryAttention: groupQuery,
  RotaryEmbedding: rotary,
  BiasSoftmax: biasSoftmax,
  CausalConvWithState: causalConv,
  SparseAttention: packed,
  PackedAttention: packed,
  PackedMultiHeadAttention: packed,
  PagedAttention: packed,
};

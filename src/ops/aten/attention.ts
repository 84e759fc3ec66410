import { elements, type Shape } from "../../graph/shape.js";
import { all, allTensors, flag, hasTensor, whole, outputOf, shapeOf, tensor, type AtenCall, type AtenRule, type Counted } from "./call.js";

interface Sizes {
  readonly batch: number;
  readonly heads: number;
  readonly target: number;
  readonly source: number;
  readonly keys: number;
  readonly values: number;
}

/** MACs of QK^T and AV, and the operations of scale, mask and softmax (arXiv 1706.03762, section 3.2). */
function attentionCost({ batch, heads, target, source, keys, values }: Sizes, masked: boolean) {
  const rows = BigInt(batch) * BigInt(heads) * BigInt(target);
  const scores = rows * BigInt(source);
  return {
    macs: scores * BigInt(keys + values),
    operations: {
      elementwise: rows * BigInt(keys) + (masked ? scores : 0n),
      softmax: source === 0 ? 0n : rows * (5n * BigInt(source) - 2n),
    },
  };
}

function counted(call: AtenCall, sizes: Sizes, keyHeads: number): Counted {
  const masked = hasTensor(call, "attn_mask") || hasTensor(call, "attn_bias") || hasTensor(call, "bias");
  const isCausal = flag(call, "is_causal");
  return {
    op: "attention",
    ...attentionCost(sizes, masked),
    attributes: { heads: sizes.heads, ...(keyHeads === sizes.heads ? {} : { keyHeads }), isCausal },
    mixes: { channels: true, space: true },
  };
}

const axis = (shape: Shape, index: number) => shape.at(index) ?? 1;

/** Scaled dot-product attention over [..., L, E]; keys and values may have fewer heads (enable_gqa). */
const heads4: AtenRule = (call) => {
  const [query, key, value] = [shapeOf(call, "query"), shapeOf(call, "key"), shapeOf(call, "value")];
  const sizes = {
    batch: query.length > 3 ? Number(elements(query.slice(0, -3))) : 1,
    heads: query.length > 2 ? axis(query, -3) : 1,
    target: axis(query, -2),
    source: axis(key, -2),
    keys: axis(query, -1),
    values: axis(value, -1),
  };
  return counted(call, sizes, key.length > 2 ? axis(key, -3) : 1);
};

/** The kernels below it, over [batch, L, heads, E]. */
const heads3: AtenRule = (call) => {
  const [query, key, value] = [shapeOf(call, "query"), shapeOf(call, "key"), shapeOf(call, "value")];
  const sizes = {
    batch: axis(query, -4),
    heads: axis(query, -2),
    target: axis(query, -3),
    source: axis(key, -3),
    keys: axis(query, -1),
    values: axis(value, -1),
  };
  return counted(call, sizes, axis(key, -2));
};

/**
 * The fused encoder layer and multi-head attention of nn.TransformerEncoderLayer in eval mode: every matrix meets every token, and attention is within the sequence.
 * @param causes what else a token costs: norms, the activation, the residual additions
 */
const fused =
  (layer: boolean): AtenRule =>
  (call) => {
    const source = shapeOf(call, "src", "query");
    const [batch = 1, length = 1, width = 1] = source.length === 2 ? [1, ...source] : source;
    const heads = whole(call, "num_heads", 1) ?? whole(call, "num_head", 1) ?? 1;
    const tokens = BigInt(batch) * BigInt(length);
    const weights = allTensors(call).filter((each) => each.stored);
    const sum = (rank: number) => weights.filter(({ shape }) => shape.length === rank).reduce((total, { shape }) => total + elements(shape), 0n);
    const each = Math.floor(width / Math.max(1, heads));
    const inside = attentionCost({ batch, heads, target: length, source: length, keys: each, values: each }, hasTensor(call, "mask"));
    const hidden = layer ? axis(shapeOf(call, "ffn_weight_1"), 0) : 0;
    const norms = layer ? BigInt(4 * width) : 0n;
    return {
      op: layer ? "transformer_encoder_layer" : "multi_head_attention",
      macs: tokens * sum(2) + inside.macs,
      operations: {
        ...inside.operations,
        bias: tokens * (sum(1) - norms),
        ...(layer
          ? {
              normalization: tokens * 14n * BigInt(width),
              activation: tokens * BigInt(hidden),
              elementwise: inside.operations.elementwise + 2n * tokens * BigInt(width),
            }
          : {}),
      },
      attributes: { embedDim: width, numHeads: heads, batchFirst: true },
      mixes: { channels: true, space: true },
    };
  };

/** flex_attention: attention whose scores a function of the user changes; that function is counted apart. */
export const flexAttention: AtenRule = heads4;

/** _transform_bias_rescale_qkv: biases added, queries scaled, heads split. */
const rescaled: AtenRule = (call) => {
  const qkv = elements(shapeOf(call, "qkv"));
  return { op: "add", operations: { bias: qkv, elementwise: qkv / 3n } };
};

const masked: AtenRule = (call) => {
  const shape = outputOf(call);
  const length = BigInt(shape.at(-1) ?? 1);
  const rows = length === 0n ? 0n : elements(shape) / length;
  const isMasked = tensor(call, "mask") === undefined ? 0n : length;
  return { op: "softmax", operations: { softmax: rows * (5n * length - 2n), elementwise: rows * isMasked }, mixes: { channels: true, space: false } };
};

export const attentionRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    `scaled_dot_product_attention _scaled_dot_product_attention _scaled_dot_product_attention_math _scaled_dot_product_attention_math_for_mps
     _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_efficient_attention
     _scaled_dot_product_cudnn_attention _scaled_dot_product_fused_attention_overrideable`,
    heads4,
  ),
  ...all("_flash_attention_forward _efficient_attention_forward _cudnn_attention_forward", heads3),
  _transformer_encoder_layer_fwd: fused(true),
  _native_multi_head_attention: fused(false),
  _transform_bias_rescale_qkv: rescaled,
  _masked_softmax: masked,
};

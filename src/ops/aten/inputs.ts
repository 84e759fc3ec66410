import type { OpenShape, Shape } from "../../graph/shape.js";
import { all, outputOf, shapeOf, tensor, flag, numbers, whole, type AtenCall } from "./call.js";
import type { Expected } from "./ports.js";

/** One shape for several arguments. */
const sameShape = (names: string, shape: OpenShape | undefined) => Object.fromEntries(names.split(" ").map((name) => [name, shape]));

/** Filters [M, C/groups, kernel] and biases [M]; transposed, [C, M/groups, kernel]. */
const convolution: Expected = (call) => {
  const [first = 0, second = 0] = shapeOf(call, "weight");
  const isTransposed = call.op.includes("transpose") || flag(call, "transposed");
  return { exact: { bias: [isTransposed ? second * (whole(call, "groups", 1) ?? 1) : first] } };
};

/** A norm over channels: scales, shifts and statistics have one value for each. */
const perChannel: Expected = (call) => {
  const [, channels] = shapeOf(call, "input");
  return { exact: sameShape("weight bias running_mean running_var mean invstd", channels === undefined ? undefined : [channels]) };
};

/** A norm over the last axes: scale and shift have their sizes. */
const overLast: Expected = (call) => ({ exact: sameShape("weight bias", numbers(call, "normalized_shape")) });

/** x [..., in], W [out, in] or [in], b [out] or a scalar. */
const linear: Expected = (call) => {
  const weight = shapeOf(call, "weight");
  const features = shapeOf(call, "input").at(-1) ?? null;
  return { exact: { weight: [...weight.slice(0, -1), features] }, within: { bias: weight.slice(0, -1) } };
};

/** Matrices whose inner sizes are equal; what is added broadcasts to the product. */
const product =
  (first: string, second: string, added?: string): Expected =>
  (call) => {
    const right = shapeOf(call, second);
    const inner = shapeOf(call, first).at(-1);
    const at = Math.max(0, right.length - 2);
    const wanted = right.map((_, axis) => (axis === at ? (inner ?? null) : null));
    return { exact: { [second]: inner === undefined ? undefined : wanted }, within: added === undefined ? {} : { [added]: outputOf(call) } };
  };

/** W [out, in1, in2], b [out]. */
const bilinear: Expected = (call) => {
  const [out = null] = shapeOf(call, "weight");
  return { exact: { weight: [out, shapeOf(call, "input1").at(-1) ?? null, shapeOf(call, "input2").at(-1) ?? null], bias: [out] } };
};

const table: Expected = () => ({ exact: { weight: [null, null] } });

/** One slope, or one for each channel. */
const prelu: Expected = (call) => {
  const weight = shapeOf(call, "weight");
  const [, channels = 1] = shapeOf(call, "self");
  return { exact: { weight: weight.every((size) => size === 1) ? weight : [channels] } };
};

/** Weights [gates * H, ...] of one step, over an input of [..., F]. */
const cell =
  (gates: number): Expected =>
  (call) => {
    const state = tensor(call, "hx")?.shape.at(-1);
    const rows = state === undefined ? null : gates * state;
    return { exact: { w_ih: [rows, shapeOf(call, "input").at(-1) ?? null], w_hh: [rows, state ?? null], ...sameShape("b_ih b_hh", [rows]) } };
  };

/** Queries [..., H, L, E], keys [..., H, S, E], values [..., H, S, V], fewer heads for several queries each; masks broadcast to the scores. */
const attention: Expected = (call) => {
  const [query, key, value] = [shapeOf(call, "query"), shapeOf(call, "key"), shapeOf(call, "value")];
  const before = (shape: Shape): OpenShape =>
    shape.slice(0, -2).map((size, axis) => {
      const wanted = query[axis] ?? 1;
      const isShared = size > 0 && axis === query.length - 3 && wanted % size === 0;
      return size === 1 || wanted === 1 || isShared ? null : wanted;
    });
  const [length, source] = [query.at(-2) ?? null, key.at(-2) ?? null];
  return {
    exact: { key: [...before(key), null, query.at(-1) ?? null], value: [...before(value), source, null] },
    within: { attn_mask: [...query.slice(0, -2).map(() => null), length, source] },
  };
};

/** Matrices of the fused encoder layer and multi-head attention: width W, feed-forward F. */
const encoder: Expected = (call) => {
  const width = shapeOf(call, "src", "query").at(-1) ?? null;
  const tripled = width === null ? null : 3 * width;
  const [hidden = null] = shapeOf(call, "ffn_weight_1");
  return {
    exact: {
      qkv_weight: [tripled, width],
      qkv_bias: [tripled],
      proj_weight: [width, width],
      ffn_weight_1: [hidden, width],
      ffn_bias_1: [hidden],
      ffn_weight_2: [width, hidden],
      ...sameShape("proj_bias ffn_bias_2 norm_weight_1 norm_bias_1 norm_weight_2 norm_bias_2", [width]),
    },
  };
};

/** What PyTorch asks of the tensors of operators that have weights. */
export const INPUTS: Readonly<Record<string, (call: AtenCall) => ReturnType<Expected>>> = {
  ...all(
    `conv1d conv2d conv3d convolution _convolution convolution_overrideable _convolution_mode conv_transpose1d conv_transpose2d conv_transpose3d
     _conv_depthwise2d conv_depthwise3d thnn_conv2d slow_conv3d slow_conv_dilated2d slow_conv_dilated3d slow_conv_transpose2d slow_conv_transpose3d
     mkldnn_convolution cudnn_convolution cudnn_convolution_transpose miopen_convolution _nnpack_spatial_convolution deform_conv2d`,
    convolution,
  ),
  conv_tbc: (call) => {
    const [kernel = null, , out = null] = shapeOf(call, "weight");
    return { exact: { weight: [kernel, shapeOf(call, "self").at(-1) ?? null, out], bias: [out] } };
  },
  ...all(
    `batch_norm native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_functional _native_batch_norm_legit_no_training
     _batch_norm_with_update _batch_norm_with_update_functional _batch_norm_no_update cudnn_batch_norm miopen_batch_norm batch_norm_elemt
     instance_norm group_norm native_group_norm`,
    perChannel,
  ),
  ...all("layer_norm native_layer_norm rms_norm _fused_rms_norm", overLast),
  linear,
  ...all("mm bmm _int_mm _scaled_mm smm hspmm", product("self", "mat2")),
  mv: product("self", "vec"),
  ...all("matmul __matmul__ linalg_matmul", product("self", "other")),
  ...all("dot vdot", product("self", "tensor")),
  ...all("addmm _addmm_activation sspaddmm", product("mat1", "mat2", "self")),
  addmv: product("mat", "vec", "self"),
  baddbmm: product("batch1", "batch2", "self"),
  addbmm: product("batch1", "batch2", "self"),
  bilinear,
  ...all("embedding embedding_bag _embedding_bag _embedding_bag_forward_only", table),
  prelu,
  ...all("gru_cell", cell(3)),
  ...all("lstm_cell", cell(4)),
  ...all("rnn_tanh_cell rnn_relu_cell", cell(1)),
  ...all(
    `scaled_dot_product_attention _scaled_dot_product_attention _scaled_dot_product_attention_math _scaled_dot_product_attention_math_for_mps
     _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu _scaled_dot_product_efficient_attention
     _scaled_dot_product_cudnn_attention _scaled_dot_product_fused_attention_overrideable`,
    attention,
  ),
  ...all("_transformer_encoder_layer_fwd _native_multi_head_attention", encoder),
};

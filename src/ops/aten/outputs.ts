import { own } from "../../graph/own.js";
import { elements, type Shape } from "../../graph/shape.js";
import { broadcast } from "../join.js";
import { resolveAxis } from "../primitive.js";
import { all, allTensors, flag, numbers, shapeOf, tensors, wholes, type AtenCall } from "./call.js";

/** Elements of the first output; undefined where the arguments do not say. */
type Made = (call: AtenCall) => bigint | undefined;

/** As many as the first tensor has. */
const kept: Made = (call) => {
  const [first] = allTensors(call);
  return first === undefined || call.overload === "dtype" ? undefined : elements(first.shape);
};

const broadcasted: Made = (call) => {
  const shapes = allTensors(call).map(({ shape }) => shape);
  return shapes.length === 0 ? undefined : elements(shapes.reduce<Shape>((left, right) => broadcast(call.op, left, right), []));
};

/** The product of matrices, or of a matrix and a vector, batches broadcast (torch.matmul). */
const product =
  (first: string, second: string): Made =>
  (call) => {
    const [left, right] = [shapeOf(call, first), shapeOf(call, second)];
    const rows = left.slice(-2, -1);
    const columns = right.length < 2 ? [] : right.slice(-1);
    return elements([...broadcast(call.op, left.slice(0, -2), right.slice(0, -2)), ...rows, ...columns]);
  };

const linear: Made = (call) => elements([...shapeOf(call, "input").slice(0, -1), ...shapeOf(call, "weight").slice(0, -1)]);

const bilinear: Made = (call) => elements([...shapeOf(call, "input1").slice(0, -1), ...shapeOf(call, "weight").slice(0, 1)]);

const embedding: Made = (call) => elements([...shapeOf(call, "indices"), ...shapeOf(call, "weight").slice(1)]);

/** All elements of a list of tensors. */
const joined: Made = (call) => tensors(call, "tensors").reduce((sum, { shape }) => sum + elements(shape), 0n);

/** An axis, several or all are reduced, and kept as 1 or dropped. */
const reduced: Made = (call) => {
  const shape = shapeOf(call, "self");
  const given = wholes(call, "dim") ?? [];
  // A scalar takes 0 and -1 for an axis.
  const axes = new Set(given.map((axis) => resolveAxis(call.op, axis, Math.max(1, shape.length))));
  return axes.size === 0 ? 1n : elements(shape.filter((_, axis) => !axes.has(axis)));
};

/** softmax(Q K^T) V: as many rows as queries, as wide as values; batches broadcast. */
const attention: Made = (call) => {
  const [query, value] = [shapeOf(call, "query"), shapeOf(call, "value")];
  const batch = broadcast(call.op, query.slice(0, -3), value.slice(0, -3));
  return elements([...batch, ...query.slice(query.length > 2 ? -3 : 0, -1), ...value.slice(-1)]);
};

/** Sizes from the last axis on, two numbers each: before and after. */
const padded: Made = (call) => {
  const shape = shapeOf(call, "self");
  const pads = wholes(call, "pad") ?? wholes(call, "padding") ?? [];
  const added = (axis: number) => (pads[2 * (shape.length - 1 - axis)] ?? 0) + (pads[2 * (shape.length - 1 - axis) + 1] ?? 0);
  return elements(shape.map((size, axis) => size + added(axis)));
};

/** All parts together are what was split. */
const parts: Made = (call) => {
  const [, ...others] = call.outputs;
  return elements(shapeOf(call, "self", "input", "tensor")) - others.reduce((sum, { shape }) => sum + elements(shape), 0n);
};

/** Windows a floor or, in ceil mode, one more: never one that begins in the padding behind. Images may lack a batch. */
const pooled: Made = (call) => {
  const rank = Number(/(\d)d/.exec(call.op)?.[1] ?? 2);
  const shape = shapeOf(call, "self", "input");
  const perAxis = (name: string, axis: number, fallback: number) => {
    const given = numbers(call, name) ?? [];
    return given[axis] ?? given[0] ?? fallback;
  };
  const sizes = shape.slice(-rank).map((size, axis) => {
    const kernel = perAxis("kernel_size", axis, 1);
    const [stride, pad] = [perAxis("stride", axis, kernel), perAxis("padding", axis, 0)];
    const steps = (size + 2 * pad - perAxis("dilation", axis, 1) * (kernel - 1) - 1) / stride;
    if (!flag(call, "ceil_mode")) return Math.floor(steps) + 1;
    const most = Math.ceil(steps) + 1;
    return (most - 1) * stride >= size + pad ? most - 1 : most;
  });
  return sizes.every((size) => Number.isSafeInteger(size) && size >= 0) ? elements([...shape.slice(0, -rank), ...sizes]) : -1n;
};

const OUTPUTS: Readonly<Record<string, Made>> = {
  ...all(
    `view reshape _unsafe_view _reshape_alias flatten ravel squeeze unsqueeze t transpose permute alias detach unflatten swapaxes swapdims movedim moveaxis
     contiguous clone to _to_copy type_as permute_copy transpose_copy t_copy view_copy squeeze_copy unsqueeze_copy detach_copy alias_copy lift_fresh lift_fresh_copy
     roll flip rot90 tril triu cumsum cumprod logcumsumexp sort argsort msort pixel_shuffle pixel_unshuffle channel_shuffle native_channel_shuffle dropout native_dropout
     feature_dropout alpha_dropout zeros_like ones_like full_like empty_like rand_like randn_like masked_fill
     relu relu6 hardtanh silu gelu sigmoid hardswish hardsigmoid tanh leaky_relu elu selu celu mish softplus prelu clamp_min clamp_max hardshrink
     softshrink threshold rrelu log_sigmoid log_sigmoid_forward softsign tanhshrink special_expit softmax _softmax log_softmax _log_softmax _safe_softmax _masked_softmax
     abs neg negative square reciprocal exp exp2 expm1 log log2 log10 log1p sqrt rsqrt floor ceil round trunc frac sin cos tan asin acos atan sinh cosh asinh
     acosh atanh erf erfc erfinv logit sign sgn isnan isinf isfinite logical_not bitwise_not nan_to_num`,
    kept,
  ),
  ...all(
    `add sub rsub subtract mul multiply div divide true_divide __add__ __sub__ __mul__ __div__ maximum minimum fmax fmin remainder fmod floor_divide eq ne lt le gt ge less
     less_equal greater greater_equal not_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor where pow atan2 hypot clamp addcmul addcdiv lerp
     logaddexp`,
    broadcasted,
  ),
  linear,
  bilinear,
  embedding,
  ...all("mm bmm _int_mm _scaled_mm", product("self", "mat2")),
  mv: product("self", "vec"),
  ...all("matmul linalg_matmul", product("self", "other")),
  dot: () => 1n,
  ...all("addmm _addmm_activation", product("mat1", "mat2")),
  addmv: product("mat", "vec"),
  baddbmm: product("batch1", "batch2"),
  ...all("cat concat concatenate stack", joined),
  ...all("mean sum amax amin any all argmax argmin nansum prod median nanmedian var std var_mean std_mean logsumexp", reduced),
  ...all("scaled_dot_product_attention _scaled_dot_product_flash_attention _scaled_dot_product_flash_attention_for_cpu", attention),
  ...all("pad constant_pad_nd reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d", padded),
  ...all("split split_with_sizes chunk unbind tensor_split split_copy split_with_sizes_copy unbind_copy", parts),
  ...all(
    `max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices avg_pool1d avg_pool2d avg_pool3d
     _low_memory_max_pool2d_with_offsets _low_memory_max_pool_with_offsets`,
    pooled,
  ),
};

/** Elements that a call makes by its operator's rule of shapes; undefined where the library has none. Throws where its inputs do not fit. */
export const outputElementsOf: Made = (call) => own(OUTPUTS, call.op)?.(call);

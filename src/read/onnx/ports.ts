import type { OpenShape, Shape } from "../../graph/shape.js";
import { filter, perGroup, type Filter } from "./filter-ports.js";
import { resolveAxis } from "../../ops/primitive.js";
import { int, ints, isSet, text } from "./attributes.js";
import { both, type Expected, type PortTable } from "./port-check.js";

const channelsOf = (shape: Shape | undefined): OpenShape | undefined => (shape === undefined || shape.length < 2 ? undefined : [shape[1] ?? null]);

/** Scale, bias, mean and variance of a norm over the channels. */
const perChannel =
  (...at: readonly number[]): Expected =>
  (_, shape) => ({ exact: Object.fromEntries(at.map((index) => [index, channelsOf(shape(0))])) });

/** A norm over the axes from `axis` on: scale and bias broadcast to the input (ONNX, LayerNormalization-17). */
const likeInput: Expected = (_, shape) => ({ within: { 1: shape(0), 2: shape(0) } });

/** Matrices of a recurrent layer: W [D, gates*H, F], R [D, gates*H, H], B [D, 2*gates*H], initial states [D, N, H], peepholes [D, 3*H]. */
const recurrent =
  (gates: number): Expected =>
  (node, shape) => {
    const [input, state] = [shape(0), shape(2)];
    const hidden = node.attributes.get("hidden_size")?.i ?? state?.[2] ?? null;
    const directions = text(node, "direction", "forward") === "bidirectional" ? 2 : 1;
    const rows = hidden === null ? null : gates * hidden;
    const [batch = null] = input?.slice(1) ?? [];
    const first = int(node, "layout", 0) === 1 ? undefined : [directions, batch, hidden];
    return {
      exact: {
        1: [directions, rows, input?.[2] ?? null],
        2: [directions, rows, hidden],
        3: [directions, rows === null ? null : 2 * rows],
        5: first,
        6: gates === 4 ? first : undefined,
        7: gates === 4 ? [directions, hidden === null ? null : 3 * hidden] : undefined,
      },
    };
  };

/** A [M, K], B [K, N], each transposed or not, and C, which broadcasts to [M, N]. */
export const gemm =
  (b = 1, c = 2): Expected =>
  (node, shape) => {
    const [left, right] = [shape(0), shape(b)];
    if (left?.length !== 2 || right?.length !== 2) return { exact: { [b]: [null, null] } };
    return { within: { [c]: [left[isSet(node, "transA") ? 1 : 0] ?? null, right[isSet(node, "transB") ? 0 : 1] ?? null] } };
  };

/** A filter with its channels in front, and the kernel that the node says. */
export const convolution =
  (sizes: Pick<Filter, "weight" | "bias" | "axes" | "times">): Expected =>
  (node, shape) => {
    const { exact } = filter({ ...sizes, connects: "byAttribute" })(node, shape);
    const kernel = ints(node, "kernel_shape");
    const stored = shape(sizes.weight) ?? [];
    return { exact: { ...exact, [sizes.weight]: kernel && [stored[0] ?? null, stored[1] ?? null, ...kernel] } };
  };

/** A quantised tensor with one scale and zero point, one for each place along `axis`, or one for each block along it. */
const scaled: Expected = (node, shape) => {
  const [x, scale, zeroPoint] = [shape(0), shape(1), shape(2)];
  if (x === undefined || scale === undefined) return {};
  if (scale.length <= 1 && (scale[0] ?? 1) === 1) return { each: { 2: 1 } };
  const axis = resolveAxis(node.op, int(node, "axis", 1), x.length);
  if (scale.length === 1) return { each: { 1: x[axis], 2: x[axis] } };
  const blocks = x.map((size, at) => (at === axis ? Math.ceil(size / Math.max(1, int(node, "block_size", 0))) : size));
  return { exact: { 1: blocks, 2: zeroPoint && blocks } };
};

/** Scales and zero points of a whole tensor. */
export const single =
  (...at: readonly number[]): Expected =>
  () => ({ each: Object.fromEntries(at.map((index) => [index, 1])) });

/** Scales and zero points of a product: of A one or one for each row, of B one or one for each column, or shapes that broadcast to theirs. */
export const scaledProduct =
  (b: number, scalesOfA: readonly number[], scalesOfB: readonly number[]): Expected =>
  (_, shape) => {
    const scales = (at: readonly number[], of: Shape | undefined, one: number | undefined) => {
      const [flat, deep] = [at.filter((index) => (shape(index)?.length ?? 0) < 2), at.filter((index) => (shape(index)?.length ?? 0) >= 2)];
      return { each: Object.fromEntries(flat.map((index) => [index, one])), within: Object.fromEntries(deep.map((index) => [index, of])) };
    };
    const [left, right] = [scales(scalesOfA, shape(0), shape(0)?.at(-2)), scales(scalesOfB, shape(b), shape(b)?.at(-1))];
    return { each: { ...left.each, ...right.each }, within: { ...left.within, ...right.within } };
  };

/** Scale and bias of GroupNormalization: one for each channel, before version 21 for each group. */
const groupNorm: Expected = (node, shape) => {
  const size = node.opset < 21 ? [int(node, "num_groups", 1)] : channelsOf(shape(0));
  return { exact: { 1: size, 2: size } };
};

/**
 * Queries, keys and values as [N, heads, L, D], or 3-D with the heads side by side; the past of keys and values as 4-D. Groups of heads share a key
 * and a value.
 */
const attention: Expected = (node, shape) => {
  const [q, k, v] = [shape(0), shape(1), shape(2)];
  if (q === undefined || k === undefined || v === undefined) return {};
  if (q.length === 3) {
    const [heads, keyHeads] = [int(node, "q_num_heads", 1), int(node, "kv_num_heads", 1)];
    const width = ((q[2] ?? 0) / heads) * keyHeads;
    return { exact: { 1: [q[0] ?? null, null, width], 2: [q[0] ?? null, k[1] ?? null, null] } };
  }
  const [batch = null, , , width = null] = q;
  const [, heads = null, length = null] = k;
  return {
    exact: {
      0: [null, null, null, null],
      1: [batch, null, null, width],
      2: [batch, heads, length, null],
      4: [batch, heads, null, width],
      5: [batch, heads, shape(4)?.[2] ?? null, v[3] ?? null],
    },
  };
};

/** Offsets of each tap, and a mask of it, for each position of the output. */
const deformable: Expected = (node, shape) => {
  const [x, filter] = [shape(0), shape(1)];
  const groups = int(node, "offset_group", 1);
  const taps = filter?.slice(2).reduce((product, size) => product * size, groups);
  const rest = filter?.slice(2).map(() => null);
  if (x === undefined || taps === undefined || rest === undefined) return {};
  const each = (values: number): OpenShape => [x[0] ?? null, values * taps, ...rest];
  return { exact: { ...convolution({ weight: 1, bias: 3, axes: "MC*" })(node, shape).exact, 2: each(rest.length), 4: each(1) } };
};

/** The last number of an index addresses axes of the data, what is left of them is an update's. */
const scatterNd: Expected = (_, shape) => {
  const [data, at] = [shape(0), shape(1)];
  if (data === undefined || at === undefined || at.length === 0) return {};
  return { exact: { 2: [...at.slice(0, -1), ...data.slice(at.at(-1))] } };
};

/** What ONNX's specification says of each operator that stores weights; onnxruntime refuses what does not fit. */
export const PORTS: PortTable = {
  Conv: convolution({ weight: 1, bias: 2, axes: "MC*" }),
  ConvTranspose: convolution({ weight: 1, bias: 2, axes: "CM*", times: perGroup }),
  DeformConv: deformable,
  CausalConvWithState: convolution({ weight: 1, bias: 2, axes: "MC*" }),
  ConvInteger: both(convolution({ weight: 1, axes: "MC*" }), (_, shape) => ({ each: { 2: 1, 3: shape(1)?.[0] } })),
  QLinearConv: both(convolution({ weight: 3, bias: 8, axes: "MC*" }), (_, shape) => ({
    each: { 1: 1, 2: 1, 4: shape(3)?.[0], 5: shape(3)?.[0], 6: 1, 7: 1 },
  })),
  MatMulInteger: scaledProduct(1, [2], [3]),
  QLinearMatMul: both(scaledProduct(3, [1, 2], [4, 5]), single(6, 7)),
  QuantizeLinear: scaled,
  DequantizeLinear: scaled,
  BatchNormalization: perChannel(1, 2, 3, 4),
  InstanceNormalization: perChannel(1, 2),
  LayerNormalization: likeInput,
  RMSNormalization: likeInput,
  SimplifiedLayerNormalization: likeInput,
  Gemm: gemm(),
  PRelu: (_, shape) => ({ within: { 1: shape(0) } }),
  GroupNormalization: groupNorm,
  ScatterND: scatterNd,
  ScatterElements: (_, shape) => ({ exact: { 2: shape(1) } }),
  MaxUnpool: (_, shape) => ({ exact: { 1: shape(0) } }),
  GridSample: (_, shape) => ({
    exact: { 1: shape(0)?.map((_size, axis, { length }) => (axis === 0 ? (shape(0)?.[0] ?? null) : axis === length - 1 ? length - 2 : null)) },
  }),
  Attention: attention,
  NonMaxSuppression: (_, shape) => ({ exact: { 0: [null, null, 4], 1: [shape(0)?.[0] ?? null, null, shape(0)?.[1] ?? null] } }),
  RNN: recurrent(1),
  GRU: recurrent(3),
  LSTM: recurrent(4),
};

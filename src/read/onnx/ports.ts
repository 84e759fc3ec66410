import { fail } from "../../graph/diagnostic.js";
import { formatShape, type OpenShape, type Shape } from "../../graph/shape.js";
import { own } from "../../graph/own.js";
import { given, int, ints, isSet, shapeOf, text, type NodeFacts } from "./operand.js";

/** The shapes that the inputs of one operator must have beside its first; null is any size, undefined any shape. */
interface Ports {
  /** Exactly these, by the position of the input. */
  readonly exact?: Readonly<Record<number, OpenShape | undefined>>;
  /** Those that broadcast to a shape, and do not widen it (ONNX, unidirectional broadcasting). */
  readonly within?: Readonly<Record<number, OpenShape | undefined>>;
}

type Expected = (node: NodeFacts, shape: (index: number) => Shape | undefined) => Ports;

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
    return {
      exact: {
        1: [directions, rows, input?.[2] ?? null],
        2: [directions, rows, hidden],
        3: [directions, rows === null ? null : 2 * rows],
        7: gates === 4 ? [directions, hidden === null ? null : 3 * hidden] : undefined,
      },
    };
  };

/** Scale and bias of GroupNormalization: one for each channel, before version 21 for each group. */
const perGroup: Expected = (node, shape) => {
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
  return { exact: { ...convolution(1, 3, false)(node, shape).exact, 2: each(rest.length), 4: each(1) } };
};

/** The last number of an index addresses axes of the data, what is left of them is an update's. */
const scatterNd: Expected = (_, shape) => {
  const [data, at] = [shape(0), shape(1)];
  if (data === undefined || at === undefined || at.length === 0) return {};
  return { exact: { 2: [...at.slice(0, -1), ...data.slice(at.at(-1))] } };
};

const gemm: Expected = (node, shape) => {
  const [a, b] = [shape(0), shape(1)];
  if (a?.length !== 2 || b?.length !== 2) return {};
  return { within: { 2: [a[isSet(node, "transA") ? 1 : 0] ?? null, b[isSet(node, "transB") ? 0 : 1] ?? null] } };
};

/** W [M, C/group, kernel], B [M]; of a transposed convolution W [C, M/group, kernel]. */
const convolution =
  (weight: number, bias: number, isTransposed: boolean): Expected =>
  (node, shape) => {
    const filter = shape(weight);
    if (filter === undefined) return {};
    const kernel = ints(node, "kernel_shape");
    const made = isTransposed ? (filter[1] ?? 0) * int(node, "group", 1) : (filter[0] ?? null);
    return { exact: { [weight]: kernel === undefined ? undefined : [filter[0] ?? null, filter[1] ?? null, ...kernel], [bias]: [made] } };
  };

/** What ONNX's specification says of each operator that stores weights; onnxruntime refuses what does not fit. */
const PORTS: Readonly<Record<string, Expected>> = {
  Conv: convolution(1, 2, false),
  FusedConv: convolution(1, 2, false),
  ConvInteger: convolution(1, -1, false),
  QLinearConv: convolution(3, 8, false),
  DeformConv: deformable,
  ConvTranspose: convolution(1, 2, true),
  BatchNormalization: perChannel(1, 2, 3, 4),
  InstanceNormalization: perChannel(1, 2),
  LayerNormalization: likeInput,
  RMSNormalization: likeInput,
  SimplifiedLayerNormalization: likeInput,
  Gemm: gemm,
  FusedGemm: gemm,
  PRelu: (_, shape) => ({ within: { 1: shape(0) } }),
  GroupNormalization: perGroup,
  ScatterND: scatterNd,
  ScatterElements: (_, shape) => ({ exact: { 2: shape(1) } }),
  MaxUnpool: (_, shape) => ({ exact: { 1: shape(0) } }),
  GridSample: (_, shape) => ({
    exact: { 1: shape(0)?.map((_size, axis, { length }) => (axis === 0 ? (shape(0)?.[0] ?? null) : axis === length - 1 ? length - 2 : null)) },
  }),
  RNN: recurrent(1),
  GRU: recurrent(3),
  LSTM: recurrent(4),
};

/** Operators whose names com.microsoft has given others. */
const STANDARD: Readonly<Record<string, Expected>> = { Attention: attention };

/** Elsewhere an operator of the same name may read other axes (qonnx, channels last). */
const DOMAINS: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft"]);

/** Refuses an input of another shape than its operator reads, naming both. Throws `shape-mismatch`. */
export function checkPorts(node: NodeFacts): void {
  if (!DOMAINS.has(node.domain)) return;
  const rule = own(PORTS, node.op) ?? (node.domain === "com.microsoft" ? undefined : own(STANDARD, node.op));
  const { exact = {}, within = {} } = rule?.(node, (index) => shapeOf(node.inputs[index])) ?? {};
  for (const [at, wanted] of Object.entries(exact)) refuse(node, Number(at), wanted, isExactly);
  for (const [at, wanted] of Object.entries(within)) refuse(node, Number(at), wanted, isWithin);
}

function refuse(node: NodeFacts, index: number, wanted: OpenShape | undefined, fits: (shape: Shape, wanted: OpenShape) => boolean): void {
  const operand = node.inputs[index];
  const shape = given(operand) ? shapeOf(operand) : undefined;
  if (shape === undefined || wanted === undefined || fits(shape, wanted)) return;
  fail("shape-mismatch", `input ${index} of ${node.op} is ${formatShape(shape)}`, { expected: formatShape(wanted) });
}

function isExactly(shape: Shape, wanted: OpenShape): boolean {
  return shape.length === wanted.length && wanted.every((size, axis) => size === null || size === shape[axis]);
}

function isWithin(shape: Shape, wanted: OpenShape): boolean {
  const before = wanted.length - shape.length;
  return before >= 0 && shape.every((size, axis) => size === 1 || wanted[axis + before] === null || size === wanted[axis + before]);
}

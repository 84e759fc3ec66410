import { fail } from "../../graph/diagnostic.js";
import { formatShape, type OpenShape, type Shape } from "../../graph/shape.js";
import { own } from "../../graph/own.js";
import { given, int, ints, shapeOf, type NodeFacts } from "./operand.js";

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

/** A norm over the axes from `axis` on: scale and bias broadcast to those. */
const fromAxis: Expected = (node, shape) => {
  const input = shape(0);
  if (input === undefined) return {};
  const axis = int(node, "axis", -1);
  const normalised = input.slice(axis < 0 ? axis + input.length : axis);
  return { within: { 1: normalised, 2: normalised } };
};

/** Matrices of a recurrent layer: W [D, gates*H, F], R [D, gates*H, H], B [D, 2*gates*H], initial states [D, N, H], peepholes [D, 3*H]. */
const recurrent =
  (gates: number): Expected =>
  (node, shape) => {
    const [input, state] = [shape(0), shape(2)];
    const hidden = node.attributes.get("hidden_size")?.i ?? state?.[2] ?? null;
    const directions = node.attributes.get("direction")?.s === "bidirectional" ? 2 : 1;
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

const gemm: Expected = (node, shape) => {
  const [a, b] = [shape(0), shape(1)];
  if (a?.length !== 2 || b?.length !== 2) return {};
  return { within: { 2: [a[int(node, "transA", 0) === 1 ? 1 : 0] ?? null, b[int(node, "transB", 0) === 1 ? 0 : 1] ?? null] } };
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
  DeformConv: convolution(1, 3, false),
  ConvTranspose: convolution(1, 2, true),
  BatchNormalization: perChannel(1, 2, 3, 4),
  InstanceNormalization: perChannel(1, 2),
  LayerNormalization: fromAxis,
  RMSNormalization: fromAxis,
  SimplifiedLayerNormalization: fromAxis,
  Gemm: gemm,
  FusedGemm: gemm,
  PRelu: (_, shape) => ({ within: { 1: shape(0) } }),
  RNN: recurrent(1),
  GRU: recurrent(3),
  LSTM: recurrent(4),
};

/** Elsewhere an operator of the same name may read other axes (qonnx, channels last). */
const DOMAINS: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft"]);

/** Refuses an input of another shape than its operator reads, naming both. Throws `shape-mismatch`. */
export function checkPorts(node: NodeFacts): void {
  if (!DOMAINS.has(node.domain)) return;
  const { exact = {}, within = {} } = own(PORTS, node.op)?.(node, (index) => shapeOf(node.inputs[index])) ?? {};
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

import { elements, type Shape } from "../../graph/shape.js";
import { fixed } from "../onnx/fixed.js";
import { inputShape, int, ints, shapeAt, unknown, type OnnxNode, type Rule } from "../onnx/operand.js";
import { each } from "../onnx/operators/elementwise.js";
import { as, asWritten, exactly } from "./adapted.js";
import { shaped } from "./indexing.js";

/*
 * Operators of StableHLO (openxla/stablehlo, docs/spec.md), whose shapes stand in the file or in their options. Each is one operation an element unless said.
 */

const elementwise = (...names: readonly string[]): Readonly<Record<string, Rule>> =>
  Object.fromEntries(names.map((name) => [`STABLEHLO_${name}`, each(name.toLowerCase(), "elementwise", 1)]));

/** DOT_GENERAL: MACs = elements of the output times what is contracted. */
const dotGeneral: Rule = (node) => {
  const [left, right] = [shapeAt(node, 0), shapeAt(node, 1)];
  const axes = (name: string) => ints(node, name) ?? [];
  const [batch, contracted] = [axes("lhs_batch"), axes("lhs_contracting")];
  const rest = (shape: Shape, used: readonly number[]) => shape.filter((_, axis) => !used.includes(axis));
  const output = [
    ...batch.map((axis) => left[axis] ?? 1),
    ...rest(left, [...batch, ...contracted]),
    ...rest(right, [...axes("rhs_batch"), ...axes("rhs_contracting")]),
  ];
  const stored = node.weights(node.inputs);
  const layer = fixed({
    op: stored.length > 0 ? "linear" : "matmul",
    outputs: [output],
    stored,
    macs: elements(output) * elements(contracted.map((axis) => left[axis] ?? 1)),
    mixes: { channels: true, space: stored.length === 0 },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** CONVOLUTION: MACs = elements of the output times a kernel's taps and the channels that it reads. */
const convolution: Rule = (node) => {
  const output = exactly(node.written(0));
  if (output === undefined) return unknown("the size of STABLEHLO_CONVOLUTION is not in the file");
  const kernel = shapeAt(node, 1);
  const taps = (ints(node, "kernel_spatial") ?? []).map((axis) => kernel[axis] ?? 1);
  const layer = fixed({
    op: `conv${taps.length}d`,
    outputs: [output],
    stored: node.weights(node.inputs.slice(1, 2)),
    macs: elements(output) * elements(taps) * BigInt(kernel[int(node, "kernel_input", 0)] ?? 1),
    attributes: { kernelSize: taps, groups: int(node, "groups", 1) },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** REDUCE: one operation for each element that is read. */
const reduce: Rule = (node) => {
  const axes = ints(node, "axes") ?? [];
  const half = Math.max(1, Math.floor(node.inputs.length / 2));
  const output = inputShape(node).filter((_, axis) => !axes.includes(axis));
  const layer = fixed({
    op: "reduce",
    outputs: Array.from({ length: half }, () => output),
    operations: { reduction: elements(inputShape(node)) * BigInt(half) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, half) };
};

/** REDUCE_WINDOW: a window's taps less one for each output. */
const reduceWindow: Rule = (node) => {
  const output = exactly(node.written(0));
  if (output === undefined) return unknown("the size of STABLEHLO_REDUCE_WINDOW is not in the file");
  const taps = elements(ints(node, "window") ?? []);
  return {
    kind: "layer",
    layer: fixed({ op: "reduce_window", outputs: [output], operations: { pooling: elements(output) * (taps - 1n) } }),
    inputs: node.inputs.slice(0, 1),
  };
};

const slice = (node: OnnxNode): Shape => {
  const [starts, ends, steps] = ["starts", "ends", "steps"].map((name) => ints(node, name) ?? []);
  return inputShape(node).map((size, axis) => Math.ceil(((ends?.[axis] ?? size) - (starts?.[axis] ?? 0)) / (steps?.[axis] ?? 1)));
};

const pad = (node: OnnxNode): Shape => {
  const [low, high, interior] = ["low", "high", "interior"].map((name) => ints(node, name) ?? []);
  return inputShape(node).map((size, axis) => (low?.[axis] ?? 0) + size + Math.max(0, size - 1) * (interior?.[axis] ?? 0) + (high?.[axis] ?? 0));
};

export const stablehloRules: Readonly<Record<string, Rule>> = {
  ...elementwise("LOGISTIC", "ABS", "AND", "COSINE", "EXPONENTIAL", "FLOOR", "LOG", "NEGATE", "OR", "POWER", "REMAINDER", "RSQRT", "TANH"),
  ...elementwise("SHIFT_LEFT", "CBRT"),
  STABLEHLO_ADD: as("Add"),
  STABLEHLO_SUBTRACT: as("Sub"),
  STABLEHLO_MULTIPLY: as("Mul"),
  STABLEHLO_DIVIDE: as("Div"),
  STABLEHLO_MAXIMUM: as("Max"),
  STABLEHLO_MINIMUM: as("Min"),
  STABLEHLO_SELECT: as("Where"),
  STABLEHLO_COMPARE: each("compare", "elementwise", 1, undefined, "bool"),
  // The limits stand around what is limited.
  STABLEHLO_CLAMP: (node) => each("clip", "activation", 1)({ ...node, inputs: node.inputs.slice(1, 2) }),
  STABLEHLO_CONVERT: asWritten("cast"),
  STABLEHLO_RESHAPE: asWritten("reshape"),
  STABLEHLO_BROADCAST_IN_DIM: asWritten("expand"),
  STABLEHLO_IOTA: asWritten("range"),
  STABLEHLO_GATHER: asWritten("gather"),
  STABLEHLO_SCATTER: asWritten("scatter"),
  STABLEHLO_SORT: asWritten("sort"),
  STABLEHLO_RNG_BIT_GENERATOR: asWritten("random"),
  STABLEHLO_CONCATENATE: as("Concat", (node) => ({ attributes: { axis: int(node, "axis", 0) } })),
  STABLEHLO_TRANSPOSE: as("Transpose", (node) => ({ attributes: { perm: ints(node, "perm") ?? [] } })),
  STABLEHLO_SLICE: shaped("slice", slice),
  STABLEHLO_DYNAMIC_SLICE: shaped("slice", (node) => ints(node, "sizes") ?? []),
  STABLEHLO_DYNAMIC_UPDATE_SLICE: shaped("scatter", inputShape),
  STABLEHLO_PAD: shaped("pad", pad),
  STABLEHLO_DOT_GENERAL: dotGeneral,
  STABLEHLO_CONVOLUTION: convolution,
  STABLEHLO_REDUCE: reduce,
  STABLEHLO_REDUCE_WINDOW: reduceWindow,
};

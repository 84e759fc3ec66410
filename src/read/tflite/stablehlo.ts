import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { resolveAxis } from "../../ops/primitive.js";
import { fixed } from "../onnx/fixed.js";
import { int, ints } from "../onnx/attributes.js";
import { asMany, axesIn, differentAxes, inputShape, shapeAt, unknown, type OnnxNode, type Rule } from "../onnx/operand.js";
import { each as eachElement } from "../onnx/operators/elementwise.js";
import { as, asWritten, exactly } from "./adapted.js";
import { shaped } from "./indexing.js";

/*
 * Operators of StableHLO (openxla/stablehlo, docs/spec.md), whose shapes stand in the file or in their options. Each is one operation an element unless said.
 */

const elementwise = (...names: readonly string[]): Readonly<Record<string, Rule>> =>
  Object.fromEntries(names.map((name) => [`STABLEHLO_${name}`, eachElement(name.toLowerCase(), "elementwise", 1)]));

/** A list that has a number for each axis of the input, each of a least size. Throws `bad-attribute`. */
function each(node: OnnxNode, name: string, rank: number, otherwise: number, least = -Infinity): readonly number[] {
  const list = ints(node, name) ?? Array<number>(rank).fill(otherwise);
  const wrong = list.find((value) => !Number.isSafeInteger(value) || value < least);
  if (wrong !== undefined) fail("bad-attribute", `${name} of ${node.op} is ${list.join(", ")}`, { expected: `${least} or more` });
  return asMany(node, name, list, rank);
}

/** Sizes along some axes. Throws `bad-axis`. */
function sizesAlong(node: OnnxNode, name: string, shape: Shape): readonly number[] {
  return axesIn(node, differentAxes(node, ints(node, name) ?? []), shape.length).map((axis) => shape[axis] ?? 1);
}

/** DOT_GENERAL: MACs = elements of the output times what is contracted. */
const dotGeneral: Rule = (node) => {
  const [left, right] = [shapeAt(node, 0), shapeAt(node, 1)];
  const axes = (name: string) => ints(node, name) ?? [];
  const [batch, contracted] = [axes("lhs_batch"), axes("lhs_contracting")];
  for (const what of ["batch", "contracting"]) {
    const [ours, theirs] = [sizesAlong(node, `lhs_${what}`, left), sizesAlong(node, `rhs_${what}`, right)];
    if (ours.join() !== theirs.join())
      fail("shape-mismatch", `${node.op} cannot multiply ${formatShape(left)} by ${formatShape(right)}`, {
        expected: "the same sizes along its axes",
      });
  }
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
    macs: elements(output) * elements(sizesAlong(node, "lhs_contracting", left)),
    mixes: { channels: true, space: stored.length === 0 },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** CONVOLUTION: MACs = elements of the output times a kernel's taps and the channels that it reads. */
const convolution: Rule = (node) => {
  const output = exactly(node.written(0));
  if (output === undefined) return unknown("the size of STABLEHLO_CONVOLUTION is not in the file");
  const kernel = shapeAt(node, 1);
  const taps = sizesAlong(node, "kernel_spatial", kernel);
  const input = shapeAt(node, 0);
  const sizeAt = (shape: Shape, name: string) => shape[resolveAxis(node.op, int(node, name, 0), shape.length)] ?? 0;
  const [groups, reads, makes] = [int(node, "groups", 1), sizeAt(kernel, "kernel_input"), sizeAt(kernel, "kernel_output")];
  if (sizeAt(input, "input_feature") !== reads * groups || sizeAt(output, "output_feature") !== makes || makes % groups !== 0)
    fail("channel-mismatch", `${node.op} makes ${formatShape(output)} of ${formatShape(input)} with a kernel of ${formatShape(kernel)}`);
  const layer = fixed({
    op: `conv${taps.length}d`,
    outputs: [output],
    stored: node.weights(node.inputs.slice(1, 2)),
    macs: elements(output) * elements(taps) * BigInt(reads),
    attributes: { kernelSize: taps, groups },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** REDUCE: one operation for each element that is read. */
const reduce: Rule = (node) => {
  const axes = axesIn(node, differentAxes(node, ints(node, "axes") ?? []), inputShape(node).length);
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
  const taps = elements(each(node, "window", inputShape(node).length, 1, 1));
  return {
    kind: "layer",
    layer: fixed({ op: "reduce_window", outputs: [output], operations: { pooling: elements(output) * (taps - 1n) } }),
    inputs: node.inputs.slice(0, 1),
  };
};

const slice = (node: OnnxNode): Shape => {
  const shape = inputShape(node);
  const [starts, steps] = [each(node, "starts", shape.length, 0, 0), each(node, "steps", shape.length, 1, 1)];
  const ends = asMany(node, "ends", ints(node, "ends") ?? shape, shape.length);
  return shape.map((size, axis) => {
    const [start = 0, end = size, step = 1] = [starts[axis], ends[axis], steps[axis]];
    if (end > size || start > end) fail("shape-mismatch", `${node.op} takes ${start} to ${end} of ${size}`, { expected: "a part of the axis" });
    return Math.ceil((end - start) / step);
  });
};

const pad = (node: OnnxNode): Shape => {
  const rank = inputShape(node).length;
  const [low, high, interior] = [each(node, "low", rank, 0), each(node, "high", rank, 0), each(node, "interior", rank, 0, 0)];
  return inputShape(node).map((size, axis) => (low[axis] ?? 0) + size + Math.max(0, size - 1) * (interior[axis] ?? 0) + (high[axis] ?? 0));
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
  STABLEHLO_COMPARE: eachElement("compare", "elementwise", 1, undefined, "bool"),
  // The limits stand around what is limited.
  STABLEHLO_CLAMP: (node) => eachElement("clip", "activation", 1)({ ...node, inputs: node.inputs.slice(1, 2) }),
  STABLEHLO_CONVERT: asWritten("cast"),
  STABLEHLO_RESHAPE: (node) => {
    const [from, to] = [inputShape(node), exactly(node.written(0))];
    if (to !== undefined && elements(from) !== elements(to))
      fail("shape-mismatch", `${node.op} cannot make ${formatShape(to)} of ${formatShape(from)}`);
    return asWritten("reshape")(node);
  },
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

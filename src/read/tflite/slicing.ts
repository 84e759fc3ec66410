import { fail } from "../../graph/diagnostic.js";
import type { Shape } from "../../graph/shape.js";
import { int } from "../onnx/attributes.js";
import { asMany, inputShape, known, shapeOf, valuesOf, type OnnxNode, type Result, type Rule } from "../onnx/operand.js";
import { as } from "./adapted.js";
import { list, sizesOf } from "./moving.js";

/** SLICE: starts and sizes, -1 for all that is left. Where only the sizes are known, so is the shape. */
export const slice: Rule = (node) => {
  const shape = inputShape(node);
  const lengths = asMany(node, "the size", sizesOf(node, 2, "the size", -1), shape.length);
  const isOpen = lengths.some((length) => length < 0);
  const starts = valuesOf(node.inputs[1]) ?? (isOpen ? known(node, 1, "the start") : undefined);
  const from = asMany(node, "the start", starts ?? shape.map(() => 0), shape.length);
  shape.forEach((size, axis) => {
    const [start = 0, length = 0] = [from[axis], lengths[axis]];
    if (start < 0 || start > size || start + Math.max(0, length) > size)
      fail("shape-mismatch", `${node.op} takes ${length} from ${start} on of ${size}`, { expected: "a part of the axis" });
  });
  const ends = lengths.map((length, axis) => (length < 0 ? Number.MAX_SAFE_INTEGER : (from[axis] ?? 0) + length));
  const sliced = as("Slice", () => ({ inputs: [node.inputs[0], list(from), list(ends)], attributes: {} }))(node);
  return starts === undefined ? withoutValues(sliced) : sliced;
};

function withoutValues(result: Result): Result {
  return result.kind === "constant" ? { ...result, values: undefined } : result;
}

/** An axis of the output of a STRIDED_SLICE: one of the input, or a new one of size 1. */
type Axis = { readonly from: number } | "new";

interface Spec {
  readonly axes: number[];
  readonly starts: number[];
  readonly ends: number[];
  readonly steps: number[];
  readonly output: Axis[];
}

/** STRIDED_SLICE: numpy's slices; a mask has a bit for each of its parts. */
export const stridedSlice: Rule = (node) => {
  const spec = specOf(node, inputShape(node).length);
  const { axes, starts, ends, steps, output } = spec;
  const sliced = as("Slice", () => ({ inputs: [node.inputs[0], list(starts), list(ends), list(axes), list(steps)], attributes: {} }))(node);
  const moved = reshaped(sliced, (shape) => output.map((axis) => (axis === "new" ? 1 : (shape[axis.from] ?? 1))));
  return knowsStarts(node) ? moved : withoutValues(moved);
};

function has(node: OnnxNode, mask: string, index: number): boolean {
  // The sign of a mask of 32 bits goes on.
  return ((int(node, mask, 0) >> Math.min(index, 31)) & 1) === 1;
}

function knowsStarts(node: OnnxNode): boolean {
  return valuesOf(node.inputs[1]) !== undefined;
}

/** What is sliced, axis by axis (tensorflow/core/util/strided_slice_op.cc). */
function specOf(node: OnnxNode, rank: number): Spec {
  const parts = partsOf(node);
  const spec: Spec = { axes: [], starts: [], ends: [], steps: [], output: [] };
  let axis = 0;
  parts.forEach((part, index) => {
    if (has(node, "ellipsis_mask", index)) {
      const behind = parts.filter((_, later) => later > index && !has(node, "new_axis_mask", later)).length;
      while (axis < rank - behind) spec.output.push({ from: axis++ });
    } else if (has(node, "new_axis_mask", index)) spec.output.push("new");
    else {
      const from = axis++;
      if (from >= rank) fail("wrong-rank", `${node.op} slices more axes than the ${rank} of its input`);
      push(spec, from, part);
      if (!has(node, "shrink_axis_mask", index)) spec.output.push({ from });
    }
  });
  while (axis < rank) spec.output.push({ from: axis++ });
  return spec;
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly step: number;
}

function push(spec: Spec, axis: number, { start, end, step }: Part): void {
  spec.axes.push(axis);
  spec.starts.push(start);
  spec.ends.push(end);
  spec.steps.push(step);
}

/** The parts as they are written. Where each takes one element, which one it is does not decide the shape. */
function partsOf(node: OnnxNode): readonly Part[] {
  const far = Number.MAX_SAFE_INTEGER;
  const steps = valuesOf(node.inputs[3]);
  const begins = valuesOf(node.inputs[1]);
  const rank = shapeOf(node.inputs[1])?.[0] ?? 0;
  const decided = (index: number) => ["shrink_axis_mask", "new_axis_mask", "ellipsis_mask"].some((mask) => has(node, mask, index));
  if (begins === undefined && Array.from({ length: rank }, (_, index) => index).every(decided))
    return Array.from({ length: rank }, () => ({ start: 0, end: 1, step: 1 }));
  const [begin, end] = [known(node, 1, "the start"), known(node, 2, "the end")];
  const strides = asMany(node, "the step", steps ?? known(node, 3, "the step"), begin.length);
  asMany(node, "the end", end, begin.length);
  return begin.map((start, index) => {
    const step = strides[index] ?? 1;
    if (has(node, "shrink_axis_mask", index)) return { start, end: start === -1 ? far : start + 1, step: 1 };
    const first = has(node, "begin_mask", index) ? (step > 0 ? 0 : far) : start;
    const written = int(node, "offset", 0) === 1 ? start + (end[index] ?? 0) : (end[index] ?? 0);
    return { start: first, end: has(node, "end_mask", index) ? (step > 0 ? far : -far) : written, step };
  });
}

/** A result in another shape of the same elements. */
function reshaped(result: Result, shapeOfIt: (shape: Shape) => Shape): Result {
  if (result.kind === "constant") return { ...result, shape: shapeOfIt(result.shape) };
  if (result.kind !== "layer") return result;
  const { layer } = result;
  const infer: typeof layer.infer = (inputs) => {
    const inferred = layer.infer(inputs);
    return { ...inferred, outputs: inferred.outputs.map((output) => ({ ...output, shape: shapeOfIt(output.shape) })) };
  };
  return { ...result, layer: { ...layer, infer } };
}

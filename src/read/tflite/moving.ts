import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { joined, taken, wholes, type Values } from "../../graph/values.js";
import { resolveAxis } from "../../ops/primitive.js";
import { turned } from "../onnx/adapt.js";
import { fixed, moved } from "../onnx/fixed.js";
import { int, ints, isSet } from "../onnx/attributes.js";
import {
  anySizes,
  asMany,
  constantOf,
  inputShape,
  known,
  shapeAt,
  shapeOf,
  typedValuesOf,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Operand,
  type Rule,
} from "../onnx/operand.js";
import { as, asWritten, exactly, first } from "./adapted.js";

/** Pads as [rank, 2] (TensorFlow), as ONNX's all starts, then all ends. */
export const pad = as("Pad", (node) => {
  const rank = inputShape(node).length;
  const pads = asMany(node, "the padding", sizesOf(node, 1, "the padding", 0), 2 * rank);
  const side = (end: 0 | 1) => Array.from({ length: rank }, (_, axis) => pads[2 * axis + end] ?? 0);
  return { inputs: first(node), attributes: { pads: [...side(0), ...side(1)] } };
});

export const reshape: Rule = (node) => {
  const shape = valuesOf(node.inputs[1]) ?? ints(node, "new_shape") ?? exactly(node.written(0));
  if (shape === undefined) return unknown("the shape of RESHAPE is computed from the model's data", anySizes(shapeOf(node.inputs[1])?.[0] ?? 0));
  return as("Reshape", () => ({ inputs: [node.inputs[0], list(shape)], attributes: { allowzero: 1 } }))(node);
};

/** A size of images; bilinear ones cost 7 operations an output, as of ONNX's Resize. */
export const resize =
  (bilinear: boolean): Rule =>
  (node) => {
    const [batch = 1, , , channels = 1] = shapeAt(node, 0, 4);
    const [height, width] = valuesOf(node.inputs[1]) ?? [];
    if (height === undefined || width === undefined)
      return unknown(`the size of ${node.op} is computed from the model's data`, [batch, null, null, channels]);
    const output = [batch, ...fromOn(node, "the size", [height, width], 1), channels];
    const operations = bilinear ? { interpolation: 7n * elements(output) } : {};
    return {
      kind: "layer",
      layer: fixed({ op: "upsample", outputs: [output], layout: "nhwc", operations, attributes: { mode: bilinear ? "bilinear" : "nearest" } }),
      inputs: first(node),
    };
  };

/** Blocks of a picture as channels, or the other way, over [N, H, W, C]. */
export const blocks =
  (toDepth: boolean): Rule =>
  (node) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = shapeAt(node, 0, 4);
    const by = int(node, "blocksize", 1);
    const output = toDepth ? [batch, height / by, width / by, channels * by * by] : [batch, height * by, width * by, channels / (by * by)];
    return moved(node, toDepth ? "pixel_unshuffle" : "pixel_shuffle", output, false);
  };

/** SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks, and paddings or crops as [rank, 2]. */
export const batches =
  (toBatch: boolean): Rule =>
  (node) => {
    const [batch = 1, ...rest] = inputShape(node);
    const block = sizesOf(node, 1, "the block", 1);
    const edges = asMany(node, "the edges", sizesOf(node, 2, "the edges", 0), 2 * block.length);
    if (block.length > rest.length) fail("wrong-rank", `${node.op} has ${block.length} blocks for an input of ${rest.length + 1} dimensions`);
    const count = block.reduce((product, size) => product * size, 1);
    const edge = (axis: number) => (edges[2 * axis] ?? 0) + (edges[2 * axis + 1] ?? 0);
    const sizes = rest.map((size, axis) => {
      const by = block[axis];
      if (by === undefined) return size;
      return toBatch ? (size + edge(axis)) / by : size * by - edge(axis);
    });
    return moved(node, toBatch ? "space_to_batch" : "batch_to_space", [toBatch ? batch * count : batch / count, ...sizes], false);
  };

/** Sizes that an input says. Throws `bad-attribute` for one that is less than it can be. */
export function sizesOf(node: OnnxNode, index: number, what: string, least: number): readonly number[] {
  return fromOn(node, what, known(node, index, what), least);
}

function fromOn(node: OnnxNode, what: string, sizes: readonly number[], least: number): readonly number[] {
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= least)) return sizes;
  return fail("bad-attribute", `${what} of ${node.op} is ${sizes.join(", ")}`, { expected: `${least} or more` });
}

/** Known whole numbers as an operand; what is farther away than any size is cut off. */
export function list(values: readonly number[]): Operand {
  const far = Number.MAX_SAFE_INTEGER;
  const near = values.map((value) => Math.min(Math.max(value, -far), far));
  const broken = near.find((value) => !Number.isInteger(value));
  if (broken !== undefined) fail("bad-attribute", `${broken} is no size or position`, { expected: "whole numbers" });
  return constantOf("list", [values.length], wholes("int64", near));
}

/** PACK: tensors of one shape along a new axis. */
export const pack: Rule = (node) => {
  const shape = inputShape(node);
  for (const [index, operand] of node.inputs.entries())
    if (shapeOf(operand)?.join() !== shape.join())
      fail("shape-mismatch", `input ${index} of ${node.op} is ${formatShape(shapeOf(operand) ?? null)}`, { expected: formatShape(shape) });
  const axis = resolveAxis("PACK", int(node, "axis", 0), shape.length + 1);
  const output = [...shape.slice(0, axis), node.inputs.length, ...shape.slice(axis)];
  if (node.inputs.every((operand) => operand.kind === "constant")) {
    const known = node.inputs.flatMap((operand) => typedValuesOf(operand) ?? []);
    const whole = known.length === node.inputs.length ? joined(known) : undefined;
    return { kind: "constant", shape: output, values: whole && stacked(whole, shape, axis), dtype: typeOf(node.inputs[0]) };
  }
  return { kind: "layer", layer: fixed({ op: "stack", outputs: [output], stored: node.store(node.inputs) }), inputs: node.inputs };
};

/** The values of tensors one after the other, as they stand along a new axis. */
function stacked(values: Values, shape: Shape, axis: number): Values {
  const inner = shape.slice(axis).reduce((product, size) => product * size, 1);
  const outer = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const count = values.list.length / Math.max(1, inner * outer);
  const at = Array.from({ length: values.list.length }, (_, index) => {
    const [low, part, high] = [index % inner, Math.floor(index / inner) % count, Math.floor(index / (inner * count))];
    return part * inner * outer + high * inner + low;
  });
  return taken(values, at);
}

export const unpack: Rule = (node) => {
  const shape = inputShape(node);
  const axis = resolveAxis("UNPACK", int(node, "axis", 0), shape.length);
  const part = shape.filter((_, index) => index !== axis);
  if (node.outputs > (shape[axis] ?? 0))
    fail("shape-mismatch", `${node.op} makes ${node.outputs} tensors of ${formatShape(shape)}`, { expected: `${shape[axis] ?? 0} at most` });
  const values = typedValuesOf(node.inputs[0]);
  if (values !== undefined && shape.length === 1) {
    const operands = values.list.map((_, index) => constantOf(`${node.op}.${index}`, [], taken(values, [index])));
    return { kind: "operands", operands };
  }
  return { kind: "layer", layer: fixed({ op: "unstack", outputs: Array<Shape>(node.outputs).fill(part), view: true }), inputs: first(node) };
};

export const batchMatMul = as("MatMul", (node) => ({
  inputs: [turned(node.inputs[0], isSet(node, "adj_x")), turned(node.inputs[1], isSet(node, "adj_y"))],
  attributes: {},
}));

/** DENSIFY: a sparse weight at its whole shape; it stays stored as it is. */
export const densify: Rule = (node) => {
  const [source] = node.inputs;
  if (source?.kind !== "constant") return asWritten("densify")(node);
  return { kind: "constant", shape: source.shape, dtype: source.dtype };
};

import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type OpenShape, type Shape } from "../../graph/shape.js";
import { sizes } from "../../graph/values.js";
import { broadcast } from "../../ops/join.js";
import { resolveAxis } from "../../ops/primitive.js";
import { fixed } from "../onnx/fixed.js";
import { int } from "../onnx/attributes.js";
import { asMany, inputShape, known, made, possible, shapeAt, shapeOf, typeOf, unknown, valuesOf, type OnnxNode, type Rule } from "../onnx/operand.js";
import { as, exactly } from "./adapted.js";
import { sizesOf } from "./moving.js";

/** Data of a shape that is worked out; `perElement` operations an output. */
export const shaped =
  (op: string, shapeOfIt: (node: OnnxNode) => Shape, perElement = 0n): Rule =>
  (node) => {
    const output = possible(shapeOfIt(node));
    const operations = perElement === 0n ? {} : { elementwise: perElement * elements(output) };
    return { kind: "layer", layer: fixed({ op, outputs: [output], stored: node.store(node.inputs), operations }), inputs: node.inputs };
  };

/** GATHER: the leading `batch_dims` axes are those of both. */
const gather: Rule = (node) => {
  const [axis, batch] = [int(node, "axis", 0), int(node, "batch_dims", 0)];
  if (batch === 0) return as("Gather", () => ({ attributes: { axis } }))(node);
  const own = inputShape(node);
  const at = resolveAxis("GATHER", axis, own.length);
  const indices = shapeOf(node.inputs[1]) ?? [];
  const shared = batch < 0 ? batch + indices.length : batch;
  if (shared < 0 || shared > at || own.slice(0, shared).join() !== indices.slice(0, shared).join())
    fail("bad-attribute", `batch_dims of ${node.op} is ${batch}, for ${formatShape(own)} and ${formatShape(indices)}`, {
      expected: "leading axes of the same sizes in both, before the axis",
    });
  return shaped("gather", () => [...own.slice(0, at), ...indices.slice(shared), ...own.slice(at + 1)])(node);
};

/** A tensor whose shape is given by one of the inputs. */
const sizedBy = (op: string, index: number): Rule => shaped(op, (node) => known(node, index, "the shape"));

/** HASHTABLE_LOOKUP: wanted keys, the keys that there are, a row for each; rows, and whether each was found. */
const lookup: Rule = (node) => {
  const [count = 1] = inputShape(node);
  const layer = fixed({
    op: "embedding",
    outputs: [[count, ...(shapeOf(node.inputs[2]) ?? []).slice(1)], [count]],
    dtype: [typeOf(node.inputs[2]), "uint8"],
    stored: node.store(node.inputs.slice(2)),
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** BROADCAST_ARGS: the shape that two shapes broadcast to. */
const broadcastArgs: Rule = (node) => {
  const [left, right] = [valuesOf(node.inputs[0]), valuesOf(node.inputs[1])];
  const dtype = typeOf(node.inputs[0]) === "int64" ? "int64" : "int32";
  if (left !== undefined && right !== undefined) {
    const joined = broadcast("BROADCAST_ARGS", left, right);
    return made([joined.length], sizes(joined, dtype));
  }
  const ranks = node.inputs.map((operand) => shapeOf(operand)?.[0] ?? 0);
  return shaped("broadcast_args", () => [Math.max(...ranks)])(node);
};

/** SEGMENT_SUM: as many rows as the last segment says. */
const segments: Rule = (node) => {
  const rest = inputShape(node).slice(1);
  const last = valuesOf(node.inputs[1])?.at(-1);
  if (last === undefined) return unknown("how many segments there are depends on the data", [null, ...rest]);
  return reduced(node, "segment_sum", [last + 1, ...rest]);
};

/** UNSORTED_SEGMENT_*: data, segments of its leading axes, how many there are. */
const unsorted =
  (op: string): Rule =>
  (node) => {
    const rest = inputShape(node).slice(shapeOf(node.inputs[1])?.length ?? 1);
    return reduced(node, op, [...known(node, 2, "the number of segments"), ...rest]);
  };

function reduced(node: OnnxNode, op: string, output: Shape): ReturnType<Rule> {
  const layer = fixed({ op, outputs: [possible(output)], operations: { reduction: elements(inputShape(node)) } });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 2) };
}

/** NON_MAX_SUPPRESSION_V4 and V5: as many as are asked for at most, filled up; how many were kept. */
const boxes: Rule = (node) => {
  const reason = "how many boxes are compared depends on the data";
  const length: OpenShape = valuesOf(node.inputs[2]) === undefined ? [null] : sizesOf(node, 2, "the number of boxes", 0).slice(0, 1);
  return node.op === "NON_MAX_SUPPRESSION_V4" ? unknown(reason, length, []) : unknown(reason, length, length, []);
};

/** DILATE: gaps between the elements of each axis. */
const dilate: Rule = shaped("dilate", (node) => {
  const steps = asMany(node, "the dilations", sizesOf(node, 1, "the dilations", 1), inputShape(node).length);
  return inputShape(node).map((size, axis) => (size === 0 ? 0 : (size - 1) * (steps[axis] ?? 1) + 1));
});

/** RFFT2D: the last two axes by two lengths; 5 n log2 n operations for n values, half of them for real ones. */
const rfft2d: Rule = (node) => {
  const own = inputShape(node);
  const [height = 1, width = 1] = known(node, 1, "the lengths");
  const count = height * width;
  const each = count < 2 ? 0n : BigInt(Math.ceil((5 * count * Math.log2(count)) / 2));
  const output = possible([...own.slice(0, -2), height, Math.floor(width / 2) + 1]);
  const layer = fixed({ op: "fft", outputs: [output], dtype: "complex64", operations: { transform: elements(own.slice(0, -2)) * each } });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** BITCAST: the file says what becomes of the last axis. */
const bitCast: Rule = (node) => {
  const shape = exactly(node.written(0));
  if (shape === undefined) return unknown("the shape of a tensor whose bits are read as another type is not in the file");
  return { kind: "layer", layer: fixed({ op: "bit_cast", outputs: [shape], view: true }), inputs: node.inputs };
};

/** Parts of tensors by position, and what tells a shape. */
export const indexingRules: Readonly<Record<string, Rule>> = {
  GATHER: gather,
  GATHER_ND: as("GatherND"),
  EMBEDDING_LOOKUP: as("Gather", (node) => ({ inputs: [node.inputs[1], node.inputs[0]], attributes: { axis: 0 } })),
  HASHTABLE_LOOKUP: lookup,
  SCATTER_ND: sizedBy("scatter", 2),
  SPARSE_TO_DENSE: sizedBy("scatter", 1),
  MATRIX_DIAG: shaped("matrix_diag", (node) => [...inputShape(node), inputShape(node).at(-1) ?? 1]),
  BROADCAST_ARGS: broadcastArgs,
  RANDOM_UNIFORM: sizedBy("random", 0),
  RANDOM_STANDARD_NORMAL: sizedBy("random", 0),
  MULTINOMIAL: shaped("multinomial", (node) => [shapeAt(node, 0, 2)[0] ?? 1, known(node, 1, "the number of samples")[0] ?? 1]),
  SEGMENT_SUM: segments,
  UNSORTED_SEGMENT_SUM: unsorted("segment_sum"),
  UNSORTED_SEGMENT_PROD: unsorted("segment_prod"),
  UNSORTED_SEGMENT_MAX: unsorted("segment_max"),
  UNSORTED_SEGMENT_MIN: unsorted("segment_min"),
  NON_MAX_SUPPRESSION_V4: boxes,
  NON_MAX_SUPPRESSION_V5: boxes,
  DILATE: dilate,
  RFFT2D: rfft2d,
  BITCAST: bitCast,
};

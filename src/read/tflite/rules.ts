import type { DType } from "../../graph/dtype.js";
import { fail } from "../../graph/diagnostic.js";
import { own } from "../../graph/own.js";
import { sizes } from "../../graph/values.js";
import { localResponseNorm } from "../../ops/norm/channel-norm.js";
import { resolveAxis } from "../../ops/primitive.js";
import { castValues } from "../../ops/values/cast.js";
import { channelsLast, followed } from "../onnx/adapt.js";
import { fixed, placed } from "../onnx/fixed.js";
import { picked } from "../onnx/nd.js";
import { int, ints, text } from "../onnx/attributes.js";
import { inputShape, known, made, possible, shapeOf, type Result, type Rule, typeOf, typedValuesOf, unknown, valuesOf } from "../onnx/operand.js";
import { checked } from "../onnx/port-check.js";
import { StoredValues } from "../onnx/stored-values.js";
import { as, asWritten, first, axisAttribute } from "./adapted.js";
import { control } from "./control.js";
import { convolutionRules } from "./convolution.js";
import { customRules } from "./custom.js";
import { CUSTOM, TFLITE } from "./decode.js";
import { elementwiseRules, FUSED } from "./elementwise.js";
import { indexingRules, shaped } from "./indexing.js";
import { pad, reshape, resize, blocks, batches, list, pack, sizesOf, unpack, batchMatMul, densify } from "./moving.js";
import { CUSTOM_PORTS, PORTS } from "./ports.js";
import { recurrentRules } from "./recurrent.js";
import { stablehloRules } from "./stablehlo.js";
import { slice, stridedSlice } from "./slicing.js";

const reduce = (op: string) =>
  as(op, (node) => ({ inputs: first(node), attributes: { keepdims: int(node, "keepdims", 0), axes: axisAttribute(node, 1) } }));
const extreme = (op: string) => as(op, (node) => ({ inputs: first(node), attributes: { keepdims: 0, axis: known(node, 1, "the axis")[0] ?? 0 } }));
const lrn: Rule = channelsLast((node) => ({ kind: "layer", layer: localResponseNorm(2 * int(node, "radius", 5) + 1), inputs: first(node) }), first);

const split: Rule = (node) => {
  const shape = inputShape({ ...node, inputs: node.inputs.slice(1) });
  const axis = resolveAxis("SPLIT", known(node, 0, "the axis")[0] ?? 0, shape.length);
  const [size, parts] = [shape[axis] ?? 0, int(node, "num_splits", node.outputs)];
  if (parts < node.outputs || size % parts !== 0)
    fail("bad-attribute", `${node.op} makes ${parts} parts of ${size}`, { expected: "a number of parts that divides the size of the axis" });
  // Of TensorFlow.js only the outputs that something reads are known.
  return as("Split", () => ({ inputs: node.inputs.slice(1), attributes: { axis } }))({ ...node, outputs: parts });
};
const splitV: Rule = (node) => {
  const axis = resolveAxis("SPLIT_V", known(node, 2, "the axis")[0] ?? 0, inputShape(node).length);
  const sizes = sizesOf(node, 1, "the sizes", -1);
  if (sizes.length < node.outputs) fail("bad-attribute", `SPLIT_V has ${sizes.length} sizes for ${node.outputs} outputs`);
  const rest = (inputShape(node)[axis] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return as("Split", () => ({ inputs: [node.inputs[0], list(sizes.map((size) => (size < 0 ? rest : size)))], attributes: { axis } }))({
    ...node,
    outputs: sizes.length,
  });
};

/** SHAPE and RANK of what is known. */
const rank: Rule = (node) => made([], sizes([inputShape(node).length], "int32"));
/** SHAPE gives out int32 unless the file says int64. */
const shape: Rule = (node) => {
  const own = inputShape(node);
  return made([own.length], sizes(own, node.writtenDtype(0) === "int64" ? "int64" : "int32"));
};
/** CAST, whose type is that of its output: one that is not written is not known. */
const cast: Rule = (node) => {
  const to = node.writtenDtype(0);
  const [source] = node.inputs;
  const values = typedValuesOf(source);
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: values && to && castValues(values, to), dtype: to };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [inputShape(node)], dtype: to ?? "float32" }), inputs: first(node) };
};
/** FILL: one value over and over. */
const fill: Rule = (node) => {
  const filled = possible(known(node, 0, "the shape"));
  return { kind: "constant", shape: filled, values: picked(typedValuesOf(node.inputs[1]), [], filled, () => []), dtype: typeOf(node.inputs[1]) };
};

/** PLACED as the file types its outputs: int8 goes in and comes out, whatever is computed between. */
function typed(rule: Rule): Rule {
  return (node) => {
    const result = rule(node);
    if (result.kind === "constant") return ofType(result, node.writtenDtype(0));
    if (result.kind !== "layer") return result;
    const dtype = node.written(0)?.dtype;
    return dtype === undefined ? result : { ...result, layer: placed(result.layer, dtype, 1n) };
  };
}

/** A constant of the type that the file gives it; values of another are none of its own. */
function ofType(result: Extract<Result, { kind: "constant" }>, dtype: DType | undefined): Result {
  if (dtype === undefined || result.values instanceof StoredValues) return result;
  return { ...result, dtype, values: result.values?.dtype === dtype ? result.values : undefined };
}

/** With the activation that is fused into it. */
function fused(rule: Rule): Rule {
  const activated = followed(rule, "activation", 1n);
  return (node) => {
    const activation = text(node, "activation", "NONE");
    if (activation === "NONE") return rule(node);
    const result = activated(node);
    if (result.kind !== "constant") return result;
    const fold = own(FUSED, activation);
    const values = result.values instanceof StoredValues ? undefined : result.values;
    return { ...result, values: fold && values && fold([values]) };
  };
}

/** Data that keeps its shape. */
function same(op: string): Rule {
  return (node) => ({ kind: "layer", layer: fixed({ op, outputs: [inputShape(node)] }), inputs: first(node) });
}

/** WHERE: the positions of what is not 0, [how many, rank]; with three inputs it selects. */
const where: Rule = (node) => {
  if (node.inputs.length === 3) return as("Where")(node);
  const rank = inputShape(node).length;
  const values = valuesOf(node.inputs[0]);
  if (values === undefined) return unknown("how many values are not 0 depends on the data", [null, rank]);
  return { kind: "constant", shape: [values.filter((value) => value !== 0).length, rank], dtype: "int64" };
};

/** SELECT: the shape of what is selected; a condition of one axis is for whole rows. */
const select: Rule = (node) => {
  const [condition, yes] = node.inputs.map((operand) => shapeOf(operand) ?? []);
  if (condition?.length !== 1 || (yes?.length ?? 0) < 2) return as("Where")(node);
  return shaped("where", () => yes ?? [])(node);
};

const RULES: Readonly<Record<string, Rule>> = {
  ...elementwiseRules,
  SELECT: select,
  ...convolutionRules,
  ...recurrentRules,
  ...control,
  ...indexingRules,
  ...stablehloRules,
  BATCH_MATMUL: batchMatMul,
  SOFTMAX: as("Softmax", () => ({ attributes: { axis: -1 } })),
  LOG_SOFTMAX: as("LogSoftmax", () => ({ attributes: { axis: -1 } })),
  L2_NORMALIZATION: as("LpNormalization"),
  LOCAL_RESPONSE_NORMALIZATION: lrn,
  MEAN: reduce("ReduceMean"),
  SUM: reduce("ReduceSum"),
  REDUCE_PROD: reduce("ReduceProd"),
  REDUCE_MAX: reduce("ReduceMax"),
  REDUCE_MIN: reduce("ReduceMin"),
  REDUCE_ANY: reduce("ReduceMax"),
  REDUCE_ALL: reduce("ReduceMin"),
  ARG_MAX: extreme("ArgMax"),
  ARG_MIN: extreme("ArgMin"),
  CUMSUM: as("CumSum"),
  RESHAPE: reshape,
  SQUEEZE: as("Squeeze", (node) => ({ inputs: first(node), attributes: { axes: ints(node, "axes") ?? [] } })),
  EXPAND_DIMS: as("Unsqueeze", (node) => ({ inputs: first(node), attributes: { axes: axisAttribute(node, 1) } })),
  TRANSPOSE: as("Transpose", (node) => ({ inputs: first(node), attributes: { perm: known(node, 1, "the order") } })),
  PAD: pad,
  PADV2: pad,
  MIRROR_PAD: pad,
  CONCATENATION: as("Concat", (node) => ({ attributes: { axis: int(node, "axis", 0) } })),
  SPLIT: split,
  SPLIT_V: splitV,
  SLICE: slice,
  STRIDED_SLICE: stridedSlice,
  PACK: pack,
  UNPACK: unpack,
  TILE: as("Tile"),
  BROADCAST_TO: as("Expand"),
  SPACE_TO_DEPTH: blocks(true),
  DEPTH_TO_SPACE: blocks(false),
  SPACE_TO_BATCH_ND: batches(true),
  BATCH_TO_SPACE_ND: batches(false),
  RESIZE_BILINEAR: resize(true),
  RESIZE_NEAREST_NEIGHBOR: resize(false),
  SHAPE: shape,
  RANK: rank,
  RANGE: as("Range"),
  FILL: fill,
  ZEROS_LIKE: (node) => ({ kind: "constant", shape: inputShape(node), dtype: typeOf(node.inputs[0]) }),
  ONE_HOT: as("OneHot", (node) => ({ inputs: [node.inputs[0], node.inputs[1], node.inputs[2]], attributes: { axis: int(node, "axis", -1) } })),
  TOPK_V2: as("TopK", () => ({ attributes: { axis: -1 } })),
  CAST: cast,
  QUANTIZE: as("QuantizeLinear", (node) => ({ inputs: first(node), attributes: {} })),
  DEQUANTIZE: as("DequantizeLinear", (node) => ({ inputs: first(node), attributes: {} })),
  DENSIFY: densify,
  REVERSE_V2: same("reverse"),
  REVERSE_SEQUENCE: same("reverse"),
  DYNAMIC_UPDATE_SLICE: same("scatter"),
  MATRIX_SET_DIAG: same("matrix_diag"),
  BUCKETIZE: same("bucketize"),
  REAL: same("real"),
  IMAG: same("imag"),
  COMPLEX_ABS: shaped("complex_abs", inputShape, 3n),
  WHERE: where,
  UNIQUE: (node) => unknown("how many different values there are depends on the data", [null], inputShape(node)),
  // Variables and tables: what is in them is state, and no layer.
  VAR_HANDLE: shaped("variable", () => []),
  READ_VARIABLE: asWritten("read_variable"),
  ASSIGN_VARIABLE: () => ({ kind: "operands", operands: [] }),
  HASHTABLE: shaped("hashtable", () => []),
  HASHTABLE_FIND: shaped("hashtable_find", (node) => shapeOf(node.inputs[1]) ?? []),
  HASHTABLE_IMPORT: () => ({ kind: "operands", operands: [] }),
  HASHTABLE_SIZE: shaped("hashtable_size", () => []),
};

/** The rule of an operator of TensorFlow Lite, built in or of MediaPipe, if there is one. */
export function tfliteRule(domain: string, op: string): Rule | undefined {
  const rule = domain === TFLITE ? own(RULES, op) : domain === CUSTOM ? own(customRules, op) : undefined;
  const ports = domain === TFLITE ? PORTS : CUSTOM_PORTS;
  return rule === undefined ? undefined : checked(typed(fused(rule)), own(ports, op));
}

import { elements, type Shape } from "../../graph/shape.js";
import { localResponseNorm } from "../../ops/norm/channel-norm.js";
import { resolveAxis } from "../../ops/primitive.js";
import { channelsLast, followed } from "../onnx/adapt.js";
import { fixed, moved, placed } from "../onnx/fixed.js";
import { ruleOf as onnxRule } from "../onnx/operators/table.js";
import {
  anySizes,
  inputShape,
  int,
  ints,
  known,
  shapeAt,
  shapeOf,
  text,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Operand,
  type Result,
  type Rule,
} from "../onnx/operand.js";
import type { AttributeProto, Attributes } from "../onnx/schema.js";
import { control } from "./control.js";
import { convolutionRules } from "./convolution.js";
import { recurrentRules } from "./recurrent.js";
import { TFLITE } from "./decode.js";

type AttributeValues = Readonly<Record<string, number | string | readonly number[]>>;

function attributesOf(values: AttributeValues): Attributes {
  return new Map(
    Object.entries(values).map(([name, value]): [string, AttributeProto] => {
      const empty = { name, floats: [], ints: [], strings: [] };
      return [
        name,
        typeof value === "number" ? { ...empty, i: value } : typeof value === "string" ? { ...empty, s: value } : { ...empty, ints: value },
      ];
    }),
  );
}

interface Adapted {
  readonly inputs?: readonly (Operand | undefined)[];
  readonly attributes?: AttributeValues;
}

/** An operator that ONNX has under another name: `adapt` puts its inputs and options as ONNX has them. */
function as(op: string, adapt: (node: OnnxNode) => Adapted = () => ({})): Rule {
  const rule = onnxRule("", op);
  if (rule === undefined) throw new Error(`ONNX has no ${op}`);
  return (node) => {
    const { inputs, attributes } = adapt(node);
    const operands = inputs?.map((operand): Operand => operand ?? { kind: "none" }) ?? node.inputs;
    return rule({ ...node, op, opset: 18, inputs: operands, attributes: attributes === undefined ? node.attributes : attributesOf(attributes) });
  };
}

/** As the file says: data that is moved, or an operator whose shape is not worked out here. */
const asWritten =
  (op: string, perElement = 0n): Rule =>
  (node) => {
    const shapes = Array.from({ length: node.outputs }, (_, index) => node.written(index)?.shape);
    const all = shapes.flatMap((shape) => (shape === undefined ? [] : [shape]));
    if (all.length < shapes.length) return unknown(`the shape that ${node.op} makes of another input is not worked out`);
    const operations = perElement === 0n ? {} : { elementwise: perElement * elements(all[0] ?? []) };
    return { kind: "layer", layer: fixed({ op, outputs: all, stored: node.store(node.inputs), operations }), inputs: node.inputs };
  };

const first = (node: OnnxNode) => node.inputs.slice(0, 1);
const axisAttribute = (node: OnnxNode, index: number) => [...known(node, index, "the axis")];

/** Pads as [rank, 2] (TensorFlow), as ONNX's all starts, then all ends. */
const pad = as("Pad", (node) => {
  const pads = known(node, 1, "the padding");
  const rank = inputShape(node).length;
  const side = (end: 0 | 1) => Array.from({ length: rank }, (_, axis) => pads[2 * axis + end] ?? 0);
  return { inputs: first(node), attributes: { pads: [...side(0), ...side(1)] } };
});

const reshape: Rule = (node) => {
  const shape = valuesOf(node.inputs[1]) ?? ints(node, "new_shape") ?? node.written(0)?.shape;
  if (shape === undefined) return unknown("the shape of RESHAPE is computed from the model's data", anySizes(shapeOf(node.inputs[1])?.[0] ?? 0));
  return as("Reshape", () => ({ inputs: first(node), attributes: { shape, allowzero: 1 } }))(node);
};

/** A size of images; bilinear ones cost 7 operations an output, as of ONNX's Resize. */
const resize =
  (bilinear: boolean): Rule =>
  (node) => {
    const [batch = 1, , , channels = 1] = shapeAt(node, 0, 4);
    const [height, width] = valuesOf(node.inputs[1]) ?? [];
    if (height === undefined || width === undefined)
      return unknown(`the size of ${node.op} is computed from the model's data`, [batch, null, null, channels]);
    const output = [batch, height, width, channels];
    const operations = bilinear ? { interpolation: 7n * elements(output) } : {};
    return {
      kind: "layer",
      layer: fixed({ op: "upsample", outputs: [output], operations, attributes: { mode: bilinear ? "bilinear" : "nearest" } }),
      inputs: first(node),
    };
  };

/** Blocks of a picture as channels, or the other way, over [N, H, W, C]. */
const blocks =
  (toDepth: boolean): Rule =>
  (node) => {
    const [batch = 1, height = 1, width = 1, channels = 1] = shapeAt(node, 0, 4);
    const by = Math.max(1, int(node, "blocksize", 1));
    const output = toDepth ? [batch, height / by, width / by, channels * by * by] : [batch, height * by, width * by, channels / (by * by)];
    return moved(node, toDepth ? "pixel_unshuffle" : "pixel_shuffle", output, false);
  };

/** SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks, and paddings or crops as [rank, 2]. */
const batches =
  (toBatch: boolean): Rule =>
  (node) => {
    const [batch = 1, ...rest] = inputShape(node);
    const block = known(node, 1, "the block");
    const edges = known(node, 2, "the edges");
    const count = block.reduce((product, size) => product * size, 1);
    const edge = (axis: number) => (edges[2 * axis] ?? 0) + (edges[2 * axis + 1] ?? 0);
    const sizes = rest.map((size, axis) => {
      const by = block[axis];
      if (by === undefined) return size;
      return toBatch ? (size + edge(axis)) / by : size * by - edge(axis);
    });
    return moved(node, toBatch ? "space_to_batch" : "batch_to_space", [toBatch ? batch * count : batch / count, ...sizes], false);
  };

/** STRIDED_SLICE: numpy's slices; a mask has a bit for each of its parts. */
const stridedSlice: Rule = (node) => {
  const [begin, end, steps] = [known(node, 1, "the start"), known(node, 2, "the end"), known(node, 3, "the step")];
  const has = (mask: string, index: number) => ((int(node, mask, 0) >> index) & 1) === 1;
  if (int(node, "ellipsis_mask", 0) !== 0 || int(node, "new_axis_mask", 0) !== 0) return asWritten("slice")(node);
  const far = Number.MAX_SAFE_INTEGER;
  const forward = (index: number) => (steps[index] ?? 1) > 0;
  const starts = begin.map((value, index) => (has("begin_mask", index) ? (forward(index) ? 0 : far) : value));
  const ends = end.map((value, index) => {
    const start = begin[index] ?? 0;
    if (has("shrink_axis_mask", index)) return start === -1 ? far : start + 1;
    if (has("end_mask", index)) return forward(index) ? far : -far;
    return int(node, "offset", 0) === 1 ? start + value : value;
  });
  const axes = begin.map((_, axis) => axis);
  const sliced = as("Slice", () => ({ inputs: [node.inputs[0], list(starts), list(ends), list(axes), list(steps)], attributes: {} }))(node);
  const dropped = axes.filter((axis) => has("shrink_axis_mask", axis));
  return dropped.length === 0 ? sliced : squeezed(sliced, dropped);
};

/** Known whole numbers as an operand. */
function list(values: readonly number[]): Operand {
  return { kind: "constant", name: "list", shape: [values.length], dtype: "int64", values, origins: [] };
}

/** A result without axes of size 1. */
function squeezed(result: Result, axes: readonly number[]): Result {
  const less = (shape: Shape) => shape.filter((_, axis) => !axes.includes(axis));
  if (result.kind === "constant") return { ...result, shape: less(result.shape) };
  if (result.kind !== "layer") return result;
  const { layer } = result;
  const infer: typeof layer.infer = (inputs) => {
    const inferred = layer.infer(inputs);
    return { ...inferred, outputs: inferred.outputs.map((output) => ({ ...output, shape: less(output.shape) })) };
  };
  return { ...result, layer: { ...layer, infer } };
}

/** PACK: tensors of one shape along a new axis. */
const pack: Rule = (node) => {
  const shape = inputShape(node);
  const axis = resolveAxis("PACK", int(node, "axis", 0), shape.length + 1);
  const output = [...shape.slice(0, axis), node.inputs.length, ...shape.slice(axis)];
  const values = node.inputs.map(valuesOf);
  if (node.inputs.every((operand) => operand.kind === "constant")) {
    const whole = shape.length === 0 && values.every((each) => each !== undefined) ? values.flat() : undefined;
    return { kind: "constant", shape: output, values: whole, dtype: typeOf(node.inputs[0]) };
  }
  return { kind: "layer", layer: fixed({ op: "stack", outputs: [output], stored: node.store(node.inputs) }), inputs: node.inputs };
};

const unpack: Rule = (node) => {
  const shape = inputShape(node);
  const axis = resolveAxis("UNPACK", int(node, "axis", 0), shape.length);
  const part = shape.filter((_, index) => index !== axis);
  const values = valuesOf(node.inputs[0]);
  if (values !== undefined && shape.length === 1) {
    const operands = values.map((value, index): Operand => ({
      kind: "constant",
      name: `${node.op}.${index}`,
      shape: [],
      dtype: typeOf(node.inputs[0]),
      values: [value],
      origins: [],
    }));
    return { kind: "operands", operands };
  }
  return { kind: "layer", layer: fixed({ op: "unstack", outputs: Array<Shape>(node.outputs).fill(part), view: true }), inputs: first(node) };
};

const batchMatMul = as("MatMul", (node) => ({
  inputs: [turned(node.inputs[0], int(node, "adj_x", 0)), turned(node.inputs[1], int(node, "adj_y", 0))],
  attributes: {},
}));

/** An operand as its transpose is: its last two axes change places. */
function turned(operand: Operand | undefined, by: number): Operand | undefined {
  const shape = shapeOf(operand);
  if (operand === undefined || shape === undefined || by === 0 || shape.length < 2) return operand;
  const swapped = [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  if (operand.kind === "tensor") return { ...operand, value: { ...operand.value, shape: swapped } };
  return operand.kind === "constant" ? { ...operand, shape: swapped } : operand;
}

/** DENSIFY: a sparse weight at its whole shape; it stays stored as it is. */
const densify: Rule = (node) => {
  const [source] = node.inputs;
  if (source?.kind !== "constant") return asWritten("densify")(node);
  return { kind: "constant", shape: source.shape, dtype: source.dtype };
};

const reduce = (op: string) =>
  as(op, (node) => ({ inputs: first(node), attributes: { keepdims: int(node, "keepdims", 0), axes: axisAttribute(node, 1) } }));
const extreme = (op: string) => as(op, (node) => ({ inputs: first(node), attributes: { keepdims: 0, axis: known(node, 1, "the axis")[0] ?? 0 } }));
const lrn: Rule = channelsLast((node) => ({ kind: "layer", layer: localResponseNorm(2 * int(node, "radius", 5) + 1), inputs: first(node) }), first);

const split: Rule = (node) => as("Split", () => ({ inputs: node.inputs.slice(1), attributes: { axis: known(node, 0, "the axis")[0] ?? 0 } }))(node);
const splitV: Rule = (node) => {
  const axis = resolveAxis("SPLIT_V", known(node, 2, "the axis")[0] ?? 0, inputShape(node).length);
  const sizes = known(node, 1, "the sizes");
  const rest = (inputShape(node)[axis] ?? 0) - sizes.reduce((sum, size) => sum + Math.max(0, size), 0);
  return as("Split", () => ({ inputs: [node.inputs[0], list(sizes.map((size) => (size < 0 ? rest : size)))], attributes: { axis } }))(node);
};

const slice: Rule = (node) => {
  const [starts, sizes] = [known(node, 1, "the start"), known(node, 2, "the size")];
  const ends = sizes.map((size, axis) => (size < 0 ? Number.MAX_SAFE_INTEGER : (starts[axis] ?? 0) + size));
  return as("Slice", () => ({ inputs: [node.inputs[0], list(starts), list(ends)], attributes: {} }))(node);
};

/** SHAPE and RANK of what is known. */
const rank: Rule = (node) => ({ kind: "constant", shape: [], values: [inputShape(node).length], dtype: "int32" });

/** PLACED as the file types its outputs: int8 goes in and comes out, whatever is computed between. */
function typed(rule: Rule): Rule {
  return (node) => {
    const result = rule(node);
    if (result.kind !== "layer") return result;
    const dtype = node.written(0)?.dtype;
    return dtype === undefined ? result : { ...result, layer: placed(result.layer, dtype, 1n) };
  };
}

/** With the activation that is fused into it. */
function fused(rule: Rule): Rule {
  const activated = followed(rule, "activation", 1n);
  return (node) => (text(node, "activation", "NONE") === "NONE" ? rule(node) : activated(node));
}

const elementwise: Readonly<Record<string, string>> = {
  ADD: "Add",
  SUB: "Sub",
  MUL: "Mul",
  DIV: "Div",
  MAXIMUM: "Max",
  MINIMUM: "Min",
  POW: "Pow",
  FLOOR_DIV: "Div",
  FLOOR_MOD: "Mod",
  ADD_N: "Sum",
  SQUARED_DIFFERENCE: "Sub",
  ATAN2: "Div",
  LESS: "Less",
  LESS_EQUAL: "LessOrEqual",
  GREATER: "Greater",
  GREATER_EQUAL: "GreaterOrEqual",
  EQUAL: "Equal",
  NOT_EQUAL: "Equal",
  LOGICAL_AND: "And",
  LOGICAL_OR: "Or",
  LOGICAL_NOT: "Not",
  BITWISE_XOR: "BitwiseXor",
  RIGHT_SHIFT: "BitShift",
  SELECT: "Where",
  SELECT_V2: "Where",
  ABS: "Abs",
  NEG: "Neg",
  EXP: "Exp",
  LOG: "Log",
  SIN: "Sin",
  COS: "Cos",
  SQRT: "Sqrt",
  RSQRT: "Sqrt",
  SQUARE: "Mul",
  FLOOR: "Floor",
  CEIL: "Ceil",
  ROUND: "Round",
  SIGN: "Sign",
  LOGISTIC: "Sigmoid",
  TANH: "Tanh",
  RELU: "Relu",
  RELU6: "Relu",
  RELU_N1_TO_1: "Relu",
  RELU_0_TO_1: "Relu",
  LEAKY_RELU: "LeakyRelu",
  ELU: "Elu",
  GELU: "Gelu",
  HARD_SWISH: "HardSwish",
  PRELU: "PRelu",
  FAKE_QUANT: "Round",
};

/** Data that keeps its shape. */
function same(op: string): Rule {
  return (node) => ({ kind: "layer", layer: fixed({ op, outputs: [inputShape(node)] }), inputs: first(node) });
}

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(Object.entries(elementwise).map(([name, op]) => [name, as(op)])),
  ...convolutionRules,
  ...recurrentRules,
  ...control,
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
  GATHER: (node) =>
    int(node, "batch_dims", 0) === 0 ? as("Gather", () => ({ attributes: { axis: int(node, "axis", 0) } }))(node) : asWritten("gather")(node),
  GATHER_ND: as("GatherND"),
  EMBEDDING_LOOKUP: as("Gather", (node) => ({ inputs: [node.inputs[1], node.inputs[0]], attributes: { axis: 0 } })),
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
  SHAPE: as("Shape"),
  RANK: rank,
  RANGE: as("Range"),
  FILL: (node) => ({ kind: "constant", shape: known(node, 0, "the shape"), dtype: typeOf(node.inputs[1]) }),
  ZEROS_LIKE: (node) => ({ kind: "constant", shape: inputShape(node), dtype: typeOf(node.inputs[0]) }),
  ONE_HOT: as("OneHot", (node) => ({ inputs: [node.inputs[0], node.inputs[1], node.inputs[2]], attributes: { axis: int(node, "axis", -1) } })),
  TOPK_V2: as("TopK", () => ({ attributes: { axis: -1 } })),
  CAST: (node) => as("Cast", () => ({ attributes: {} }))(node),
  QUANTIZE: as("QuantizeLinear", (node) => ({ inputs: first(node), attributes: {} })),
  DEQUANTIZE: as("DequantizeLinear", (node) => ({ inputs: first(node), attributes: {} })),
  DENSIFY: densify,
  REVERSE_V2: same("reverse"),
  REVERSE_SEQUENCE: same("reverse"),
  DYNAMIC_UPDATE_SLICE: same("scatter"),
  BITCAST: asWritten("bit_cast"),
  SCATTER_ND: asWritten("scatter"),
  SPARSE_TO_DENSE: asWritten("scatter"),
  MATRIX_DIAG: asWritten("matrix_diag"),
  MATRIX_SET_DIAG: same("matrix_diag"),
  BROADCAST_ARGS: asWritten("broadcast_args"),
  BUCKETIZE: same("bucketize"),
  RANDOM_UNIFORM: asWritten("random"),
  RANDOM_STANDARD_NORMAL: asWritten("random"),
  MULTINOMIAL: asWritten("multinomial"),
  REAL: same("real"),
  IMAG: same("imag"),
  COMPLEX_ABS: asWritten("complex_abs", 3n),
  SEGMENT_SUM: asWritten("segment_sum", 1n),
  UNSORTED_SEGMENT_SUM: asWritten("segment_sum", 1n),
  UNSORTED_SEGMENT_PROD: asWritten("segment_prod", 1n),
  UNSORTED_SEGMENT_MAX: asWritten("segment_max", 1n),
  UNSORTED_SEGMENT_MIN: asWritten("segment_min", 1n),
  DILATE: asWritten("dilate"),
  NON_MAX_SUPPRESSION_V4: asWritten("non_max_suppression"),
  NON_MAX_SUPPRESSION_V5: asWritten("non_max_suppression"),
  WHERE: (node) => unknown("how many values are not 0 depends on the data", [null, inputShape(node).length]),
  UNIQUE: (node) => unknown("how many different values there are depends on the data", [null], inputShape(node)),
  // Variables and tables: what is in them is state, and no layer.
  VAR_HANDLE: asWritten("variable"),
  READ_VARIABLE: asWritten("read_variable"),
  ASSIGN_VARIABLE: () => ({ kind: "operands", operands: [] }),
  HASHTABLE: asWritten("hashtable"),
  HASHTABLE_FIND: asWritten("hashtable_find"),
  HASHTABLE_IMPORT: () => ({ kind: "operands", operands: [] }),
  HASHTABLE_SIZE: asWritten("hashtable_size"),
};

/** The rule of an operator of TensorFlow Lite, if there is one. */
export function tfliteRule(domain: string, op: string): Rule | undefined {
  const rule = domain === TFLITE && Object.hasOwn(RULES, op) ? RULES[op] : undefined;
  return rule === undefined ? undefined : typed(fused(rule));
}

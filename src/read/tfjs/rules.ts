import { elements } from "../../graph/shape.js";
import { own } from "../../graph/own.js";
import { sizes } from "../../graph/values.js";
import { resolveAxis } from "../../ops/primitive.js";
import * as folds from "../../ops/values/arithmetic.js";
import { castValues } from "../../ops/values/cast.js";
import { fixed, placed } from "../onnx/fixed.js";
import { int, ints, text } from "../onnx/attributes.js";
import {
  constantOf,
  dtypeOf,
  inputShape,
  known,
  possible,
  shapeAt,
  shapeOf,
  typedValuesOf,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Rule,
} from "../onnx/operand.js";
import { checked } from "../onnx/port-check.js";
import { each } from "../onnx/operators/elementwise.js";
import { as } from "../tflite/adapted.js";
import { shaped } from "../tflite/indexing.js";
import { recurrentRules } from "./recurrent.js";
import { controlRules, identity } from "./control.js";
import { convolutionRules, withFused } from "./convolution.js";
import { lite, numbers, onnx } from "./delegate.js";
import { TENSORFLOW } from "./graph.js";
import { LITE, ONNX } from "./names.js";
import { PORTS } from "./ports.js";

const table = (names: Readonly<Record<string, string>>, rule: (op: string) => Rule) =>
  Object.fromEntries(Object.entries(names).map(([name, op]) => [name, rule(op)]));

/** Inputs without the last, which is an axis that ONNX has as an attribute. */
const axisLast =
  (op: string): Rule =>
  (node) => {
    const [axis = 0] = known(node, node.inputs.length - 1, "the axis");
    return as(op, () => ({ inputs: node.inputs.slice(0, -1), attributes: { axis } }))(node);
  };

const axisFirst =
  (op: string): Rule =>
  (node) => {
    const [axis = 0] = known(node, 0, "the axis");
    return as(op, () => ({ inputs: node.inputs.slice(1), attributes: { axis } }))(node);
  };

const reduce = (op: string): Rule => lite(op, (node) => ({ options: numbers(node, { keepdims: "keep_dims" }) }));
const split = (op: string): Rule => lite(op, (node) => ({ options: { num_splits: int(node, "num_split", 0) } }));
const blocks = (op: string): Rule => lite(op, (node) => ({ options: { blocksize: int(node, "block_size", 1) } }));

const product =
  (left: string, right: string): Rule =>
  (node) =>
    lite("BATCH_MATMUL", () => ({ inputs: node.inputs.slice(0, 2), options: numbers(node, { adj_x: left, adj_y: right }) }))(node);

const gemm: Rule = (node) => as("Gemm", () => ({ attributes: { transA: int(node, "transpose_a", 0), transB: int(node, "transpose_b", 0) } }))(node);

const stridedSlice = lite("STRIDED_SLICE", (node) => ({
  options: Object.fromEntries(
    ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].map((name) => [name, int(node, name, 0)]),
  ),
}));

/** Cast: known values are cast; data is taken as it is, since a program may keep it in another type. */
const cast: Rule = (node) => {
  const [source] = node.inputs;
  const to = dtypeOf(int(node, "DstT", 0));
  if (source?.kind !== "constant" || to === undefined) return identity({ ...node, inputs: node.inputs.slice(0, 1) });
  const values = typedValuesOf(source);
  return { kind: "constant", shape: source.shape, values: values && castValues(values, to), dtype: to };
};

/** Shape and ShapeN: int32 unless `out_type` says int64. */
const shape: Rule = (node) => {
  const dtype = int(node, "out_type", 6) === 7 ? "int64" : "int32";
  const operands = node.inputs.map((_, index) => {
    const own = shapeAt(node, index);
    return constantOf("shape", [own.length], sizes(own, dtype));
  });
  return { kind: "operands", operands };
};

const size: Rule = (node) => ({ kind: "operands", operands: [constantOf("size", [], sizes([Number(elements(inputShape(node)))], "int32"))] });

const like = (op: string, index = 0): Rule => shaped(op, (node) => shapeOf(node.inputs[index]) ?? []);

/** A constant of the shape that an attribute has: Zeros and Ones. */
const filled: Rule = (node) => ({ kind: "constant", shape: possible(ints(node, "shape") ?? []), dtype: dtypeOf(int(node, "dtype", 1)) });

/** CropAndResize: image, boxes, which image each is of, size; bilinear unless said: 7 operations an output. */
const cropAndResize: Rule = (node) => {
  const [, , , channels = 1] = shapeAt(node, 0, 4);
  const output = possible([shapeAt(node, 1, 2)[0] ?? 1, ...known(node, 3, "the size"), channels]);
  const operations = text(node, "method", "bilinear") === "nearest" ? {} : { interpolation: 7n * elements(output) };
  return { kind: "layer", layer: fixed({ op: "crop_and_resize", outputs: [output], operations }), inputs: node.inputs };
};

/** ImageProjectiveTransformV3: images, transforms, the output's size, what is filled in. */
const projected: Rule = (node) => {
  const [batch = 1, , , channels = 1] = shapeAt(node, 0, 4);
  const output = possible([batch, ...known(node, 2, "the size"), channels]);
  const operations = text(node, "interpolation", "NEAREST") === "BILINEAR" ? { interpolation: 7n * elements(output) } : {};
  return { kind: "layer", layer: fixed({ op: "projective_transform", outputs: [output], operations }), inputs: node.inputs };
};

/** FFT and the like over the last axis: 5 n log2 n operations a transform. RFFT keeps n/2 + 1 values, IRFFT takes as many. */
const fourier =
  (of: "complex" | "to" | "from"): Rule =>
  (node) => {
    const own = inputShape(node);
    const written = of === "complex" ? own.at(-1) : known(node, 1, "the length")[0];
    const size = written ?? 1;
    const output = [...own.slice(0, -1), of === "to" ? Math.floor(size / 2) + 1 : size];
    const each = size < 2 ? 0n : BigInt(Math.ceil(5 * size * Math.log2(size)));
    const operations = { transform: elements(own.slice(0, -1)) * each };
    const layer = fixed({ op: "fft", outputs: [output], dtype: of === "from" ? "float32" : "complex64", operations });
    return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
  };

/** GatherV2: the axis is an input; the leading `batch_dims` axes are those of both. */
const gather: Rule = (node) => {
  const own = inputShape(node);
  const [axis = 0] = known(node, 2, "the axis");
  const batch = int(node, "batch_dims", 0);
  const options = { axis: resolveAxis("GatherV2", axis, own.length), batch_dims: batch };
  return lite("GATHER", () => ({ inputs: node.inputs.slice(0, 2), options }))(node);
};

const boxes: Rule = (node) => {
  const reason = "how many boxes are kept depends on the data";
  const [most = null] = valuesOf(node.inputs[2]) ?? [];
  const length = node.op === "NonMaxSuppressionV4" && int(node, "pad_to_max_output_size", 0) === 1 ? most : null;
  return node.op === "NonMaxSuppressionV5" ? unknown(reason, [null], [null], []) : unknown(reason, [length], []);
};

const open = (reason: string, ...ranks: readonly number[]): Rule => {
  return () => unknown(reason, ...ranks.map((rank) => Array<null>(rank).fill(null)));
};
const RAGGED = "the sizes of ragged and sparse tensors depend on the data";
const TEXTS = "how many parts a text has depends on the data";

/** Shapes and values. */
const shapeRules: Readonly<Record<string, Rule>> = {
  Shape: shape,
  ShapeN: shape,
  Size: size,
  Cast: cast,
  Zeros: filled,
  Ones: filled,
  LinSpace: (node) => ({ kind: "constant", shape: known(node, 2, "the count"), dtype: typeOf(node.inputs[0]) }),
  OneHot: as("OneHot", (node) => ({ inputs: node.inputs.slice(0, 3), attributes: { axis: int(node, "axis", -1) } })),
  Squeeze: as("Squeeze", (node) => ({ attributes: axesOf(node) })),
  ConcatV2: axisLast("Concat"),
  Concat: axisFirst("Concat"),
  Gather: lite("GATHER", () => ({ options: { axis: 0 } })),
  GatherV2: gather,
  Pack: lite("PACK", (node) => ({ options: { axis: int(node, "axis", 0) } })),
  Unpack: lite("UNPACK", (node) => ({ options: { axis: int(node, "axis", 0) } })),
  Split: split("SPLIT"),
  SplitV: split("SPLIT_V"),
  StridedSlice: stridedSlice,
  DepthToSpace: blocks("DEPTH_TO_SPACE"),
  SpaceToDepth: blocks("SPACE_TO_DEPTH"),
  MatrixBandPart: like("matrix_band_part"),
  CropAndResize: cropAndResize,
  ImageProjectiveTransformV3: projected,
  LowerBound: like("search_sorted", 1),
  UpperBound: like("search_sorted", 1),
  Bincount: shaped("bincount", (node) => known(node, 1, "the size")),
  DenseBincount: shaped("bincount", (node) => [...inputShape(node).slice(0, -1), ...known(node, 1, "the size")]),
};

function axesOf(node: OnnxNode): Readonly<Record<string, readonly number[]>> {
  const axes = ints(node, "squeeze_dims") ?? ints(node, "axis");
  return axes === undefined ? {} : { axes };
}

/** What gives out what goes in. */
const passing: Readonly<Record<string, Rule>> = Object.fromEntries(
  ["Identity", "IdentityN", "Snapshot", "StopGradient", "EnsureShape", "PlaceholderWithDefault"].map((name) => [name, identity]),
);

/** Sizes that depend on the data. */
const dependent: Readonly<Record<string, Rule>> = {
  NonMaxSuppressionV2: boxes,
  NonMaxSuppressionV3: boxes,
  NonMaxSuppressionV4: boxes,
  NonMaxSuppressionV5: boxes,
  ListDiff: open("how many values differ depends on the data", 1, 1),
  UniqueV2: lite("UNIQUE", (node) => ({ inputs: node.inputs.slice(0, 1) })),
  RaggedGather: open(RAGGED),
  RaggedRange: open(RAGGED),
  RaggedTensorToTensor: open(RAGGED),
  SparseFillEmptyRows: open(RAGGED, 2, 1, 1, 1),
  SparseReshape: open(RAGGED, 2, 1),
  SparseSegmentMean: open(RAGGED),
  SparseSegmentSum: open(RAGGED),
  StringNGrams: open(TEXTS, 1, 1),
  StringSplit: open(TEXTS, 2, 1, 1),
};

/** Tables, whose contents are no layer; a text becomes a number for each. */
const tables: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(["HashTable", "HashTableV2"].map((name) => [name, shaped("hashtable", () => [])])),
  ...Object.fromEntries(["LookupTableSize", "LookupTableSizeV2"].map((name) => [name, shaped("hashtable", () => [])])),
  ...Object.fromEntries(["LookupTableFind", "LookupTableFindV2"].map((name) => [name, like("hashtable", 1)])),
  ...Object.fromEntries(
    ["LookupTableImport", "LookupTableImportV2", "InitializeTable", "InitializeTableV2", "Print"].map((name) => [
      name,
      (): ReturnType<Rule> => ({ kind: "operands", operands: [] }),
    ]),
  ),
  StringToHashBucketFast: like("hash"),
  StaticRegexReplace: like("replace"),
};

const RULES: Readonly<Record<string, Rule>> = {
  ...table(LITE, lite),
  ...table(ONNX, onnx),
  ...passing,
  ...shapeRules,
  ...convolutionRules,
  ...recurrentRules,
  ...controlRules,
  ...dependent,
  ...tables,
  Mod: each("mod", "elementwise", 1, folds.floorModulo),
  Expm1: each("expm1", "elementwise", 1),
  Log1p: each("log1p", "elementwise", 1),
  IsFinite: each("isfinite", "elementwise", 1, undefined, "bool"),
  ClipByValue: (node) => each("clip", "activation", 1)({ ...node, inputs: node.inputs.slice(0, 1) }),
  Complex: (node) => {
    const result = each("complex", "elementwise", 0)(node);
    return result.kind === "layer" ? { ...result, layer: placed(result.layer, "complex64", 1n) } : result;
  },
  LRN: lite("LOCAL_RESPONSE_NORMALIZATION", (node) => ({ options: { radius: int(node, "depth_radius", 5) } })),
  MatMul: product("transpose_a", "transpose_b"),
  _FusedMatMul: withFused(gemm),
  BatchMatMul: product("adj_x", "adj_y"),
  BatchMatMulV2: product("adj_x", "adj_y"),
  Einsum: (node) => as("Einsum", () => ({ attributes: { equation: text(node, "equation", "") } }))(node),
  Mean: reduce("MEAN"),
  Sum: reduce("SUM"),
  Max: reduce("REDUCE_MAX"),
  Min: reduce("REDUCE_MIN"),
  Prod: reduce("REDUCE_PROD"),
  All: reduce("REDUCE_ALL"),
  Any: reduce("REDUCE_ANY"),
  EuclideanNorm: as("ReduceL2", (node) => ({
    inputs: node.inputs.slice(0, 1),
    attributes: { axes: known(node, 1, "the axis"), keepdims: int(node, "keep_dims", 0) },
  })),
  Cumprod: as("CumProd"),
  FFT: fourier("complex"),
  IFFT: fourier("complex"),
  RFFT: fourier("to"),
  IRFFT: fourier("from"),
};

/** The rule of an operator of TensorFlow, if there is one. */
export function tfjsRule(domain: string, op: string): Rule | undefined {
  const rule = domain === TENSORFLOW ? own(RULES, op) : undefined;
  return rule && checked(rule, own(PORTS, op));
}

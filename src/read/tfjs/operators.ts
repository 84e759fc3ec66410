import { own } from "../../graph/own.js";
import { isList, isObject, type JsonObject } from "../keras/json.js";

/** A node of a GraphDef as its operator is adapted. */
interface Node {
  readonly inputs: readonly string[];
  readonly attributes: JsonObject;
}

/** A node as TensorFlow Lite has it. */
export interface Adapted {
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | string | readonly number[]>>;
  readonly outputs?: number;
}

interface Operator {
  /** The operator of TensorFlow Lite. */
  readonly op: string;
  readonly adapt: (node: Node) => Adapted;
  /** The order of a weight's axes there, from that of TensorFlow. */
  readonly weight?: ((dims: readonly number[]) => readonly number[]) | undefined;
}

function attribute({ attributes }: Node, name: string): JsonObject {
  const value = attributes[name];
  return isObject(value) ? value : {};
}

const TYPES: Readonly<Record<string, number>> = {
  DT_FLOAT: 1,
  DT_UINT8: 2,
  DT_INT8: 3,
  DT_INT32: 6,
  DT_INT64: 7,
  DT_BOOL: 9,
  DT_HALF: 10,
  DT_DOUBLE: 11,
};

/** DataType of TensorFlow as ONNX's number; 0 for one that is not known. */
export function typeNumber(type: unknown): number {
  return typeof type === "string" ? (own(TYPES, type) ?? 0) : 0;
}

function integers(node: Node, name: string): readonly number[] {
  const list = attribute(node, name)["list"];
  const items = isObject(list) ? list["i"] : undefined;
  return (isList(items) ? items : []).map(Number);
}

const integer = (node: Node, name: string) => Number(attribute(node, name)["i"] ?? 0);
const flag = (node: Node, name: string) => Number(attribute(node, name)["b"] === true);

/** A text, which JSON has in base 64 (SAME is U0FNRQ==). */
function decoded(value: unknown): string {
  if (typeof value !== "string") return "";
  try {
    return atob(value);
  } catch {
    return value;
  }
}

const padding = (node: Node) => (decoded(attribute(node, "padding")["s"]) === "VALID" ? "VALID" : "SAME");

/** Activations that are fused behind a convolution or a product. */
const FUSED: Readonly<Record<string, string>> = {
  Relu: "RELU",
  Relu6: "RELU6",
  Elu: "RELU",
  LeakyRelu: "RELU",
  Prelu: "RELU",
  Sigmoid: "RELU",
  Tanh: "TANH",
};

function fusedActivation(node: Node): string {
  const list = attribute(node, "fused_ops")["list"];
  const names = isObject(list) && isList(list["s"]) ? list["s"].map(decoded) : [];
  return names.map((name) => own(FUSED, name)).find((name) => name !== undefined) ?? "NONE";
}

const planes = (node: Node) => {
  const [, strideH = 1, strideW = 1] = integers(node, "strides");
  const [, dilationH = 1, dilationW = 1] = integers(node, "dilations");
  return {
    padding: padding(node),
    stride_h: strideH,
    stride_w: strideW,
    dilation_h: dilationH,
    dilation_w: dilationW,
    activation: fusedActivation(node),
  };
};

const conv = (op: string, weight: Operator["weight"]): Operator => ({
  op,
  weight,
  adapt: (node) => ({ inputs: node.inputs.slice(0, 3), attributes: planes(node) }),
});
/** [kh, kw, in, out] as [out, kh, kw, in], and [kh, kw, in, multiplier] as [1, kh, kw, in * multiplier]. */
const conv2d = conv("CONV_2D", ([height = 1, width = 1, inputs = 1, outputs = 1]) => [outputs, height, width, inputs]);
const depthwise = conv("DEPTHWISE_CONV_2D", ([height = 1, width = 1, inputs = 1, multiplier = 1]) => [1, height, width, inputs * multiplier]);

const matMul: Operator = {
  op: "BATCH_MATMUL",
  adapt: (node) => ({ inputs: node.inputs.slice(0, 2), attributes: { adj_x: flag(node, "transpose_a"), adj_y: flag(node, "transpose_b") } }),
};
const fusedMatMul: Operator = {
  op: "FULLY_CONNECTED",
  weight: ([inputs = 1, outputs = 1]) => [outputs, inputs],
  adapt: (node) => ({ inputs: node.inputs.slice(0, 3), attributes: { activation: fusedActivation(node) } }),
};
const batchMatMul: Operator = {
  op: "BATCH_MATMUL",
  adapt: (node) => ({ inputs: node.inputs, attributes: { adj_x: flag(node, "adj_x"), adj_y: flag(node, "adj_y") } }),
};

const pool = (op: string): Operator => ({
  op,
  adapt: (node) => {
    const [, height = 1, width = 1] = integers(node, "ksize");
    return { inputs: node.inputs, attributes: { ...planes(node), filter_height: height, filter_width: width } };
  },
});

const same = (op: string): Operator => ({ op, adapt: ({ inputs }) => ({ inputs }) });
const reduce = (op: string): Operator => ({ op, adapt: (node) => ({ inputs: node.inputs, attributes: { keepdims: flag(node, "keep_dims") } }) });
const split = (op: string): Operator => ({
  op,
  adapt: (node) => ({
    inputs: node.inputs,
    outputs: Math.max(1, integer(node, "num_split")),
    attributes: { num_splits: integer(node, "num_split") },
  }),
});

const RENAMED: Readonly<Record<string, string>> = {
  Add: "ADD",
  AddV2: "ADD",
  AddN: "ADD_N",
  BiasAdd: "ADD",
  BiasAddV1: "ADD",
  Sub: "SUB",
  Mul: "MUL",
  RealDiv: "DIV",
  Div: "DIV",
  DivNoNan: "DIV",
  Maximum: "MAXIMUM",
  Minimum: "MINIMUM",
  Pow: "POW",
  FloorDiv: "FLOOR_DIV",
  FloorMod: "FLOOR_MOD",
  SquaredDifference: "SQUARED_DIFFERENCE",
  Less: "LESS",
  LessEqual: "LESS_EQUAL",
  Greater: "GREATER",
  GreaterEqual: "GREATER_EQUAL",
  Equal: "EQUAL",
  NotEqual: "NOT_EQUAL",
  LogicalAnd: "LOGICAL_AND",
  LogicalOr: "LOGICAL_OR",
  LogicalNot: "LOGICAL_NOT",
  Select: "SELECT",
  SelectV2: "SELECT_V2",
  Abs: "ABS",
  Neg: "NEG",
  Exp: "EXP",
  Log: "LOG",
  Sin: "SIN",
  Cos: "COS",
  Sqrt: "SQRT",
  Rsqrt: "RSQRT",
  Square: "SQUARE",
  Floor: "FLOOR",
  Ceil: "CEIL",
  Round: "ROUND",
  Sign: "SIGN",
  Sigmoid: "LOGISTIC",
  Tanh: "TANH",
  Relu: "RELU",
  Relu6: "RELU6",
  LeakyRelu: "LEAKY_RELU",
  Elu: "ELU",
  Selu: "ELU",
  Softplus: "ELU",
  Erf: "ELU",
  Prelu: "PRELU",
  Softmax: "SOFTMAX",
  LogSoftmax: "LOG_SOFTMAX",
  Reshape: "RESHAPE",
  Transpose: "TRANSPOSE",
  ExpandDims: "EXPAND_DIMS",
  Pad: "PAD",
  PadV2: "PADV2",
  MirrorPad: "MIRROR_PAD",
  Slice: "SLICE",
  Tile: "TILE",
  BroadcastTo: "BROADCAST_TO",
  ResizeBilinear: "RESIZE_BILINEAR",
  ResizeNearestNeighbor: "RESIZE_NEAREST_NEIGHBOR",
  SpaceToBatchND: "SPACE_TO_BATCH_ND",
  BatchToSpaceND: "BATCH_TO_SPACE_ND",
  Shape: "SHAPE",
  Rank: "RANK",
  Range: "RANGE",
  Fill: "FILL",
  ZerosLike: "ZEROS_LIKE",
  ArgMax: "ARG_MAX",
  ArgMin: "ARG_MIN",
  GatherNd: "GATHER_ND",
  Where: "WHERE",
  Unique: "UNIQUE",
  ReverseV2: "REVERSE_V2",
  Cumsum: "CUMSUM",
};

/** Operators of TensorFlow by name, as those of TensorFlow Lite. What is not here is named as not known. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  ...Object.fromEntries(Object.entries(RENAMED).map(([name, op]) => [name, same(op)])),
  Conv2D: conv2d,
  _FusedConv2D: conv2d,
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2dNative: depthwise,
  // Sizes of the output, weights [kh, kw, out, in], what is read.
  Conv2DBackpropInput: conv("TRANSPOSE_CONV", ([height = 1, width = 1, outputs = 1, inputs = 1]) => [outputs, height, width, inputs]),
  MatMul: matMul,
  _FusedMatMul: fusedMatMul,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  MaxPool: pool("MAX_POOL_2D"),
  AvgPool: pool("AVERAGE_POOL_2D"),
  Mean: reduce("MEAN"),
  Sum: reduce("SUM"),
  Max: reduce("REDUCE_MAX"),
  Min: reduce("REDUCE_MIN"),
  Prod: reduce("REDUCE_PROD"),
  All: reduce("REDUCE_ALL"),
  Any: reduce("REDUCE_ANY"),
  Identity: { op: "RESHAPE_AS_IS", adapt: ({ inputs }) => ({ inputs: inputs.slice(0, 1) }) },
  Squeeze: { op: "SQUEEZE", adapt: (node) => ({ inputs: node.inputs, attributes: { axes: integers(node, "squeeze_dims") } }) },
  ConcatV2: { op: "CONCAT_V2", adapt: ({ inputs }) => ({ inputs }) },
  GatherV2: { op: "GATHER_V2", adapt: ({ inputs }) => ({ inputs }) },
  Cast: { op: "CAST_AS_IS", adapt: (node) => ({ inputs: node.inputs, attributes: { to: typeNumber(attribute(node, "DstT")["type"]) } }) },
  Pack: { op: "PACK", adapt: (node) => ({ inputs: node.inputs, attributes: { axis: integer(node, "axis") } }) },
  Unpack: {
    op: "UNPACK",
    adapt: (node) => ({ inputs: node.inputs, outputs: Math.max(1, integer(node, "num")), attributes: { axis: integer(node, "axis") } }),
  },
  Split: split("SPLIT"),
  SplitV: split("SPLIT_V"),
  DepthToSpace: { op: "DEPTH_TO_SPACE", adapt: (node) => ({ inputs: node.inputs, attributes: { blocksize: integer(node, "block_size") } }) },
  SpaceToDepth: { op: "SPACE_TO_DEPTH", adapt: (node) => ({ inputs: node.inputs, attributes: { blocksize: integer(node, "block_size") } }) },
  StridedSlice: {
    op: "STRIDED_SLICE",
    adapt: (node) => ({
      inputs: node.inputs,
      attributes: Object.fromEntries(
        ["begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"].map((name) => [name, integer(node, name)]),
      ),
    }),
  },
  FusedBatchNorm: same("FUSED_BATCH_NORM"),
  FusedBatchNormV2: same("FUSED_BATCH_NORM"),
  FusedBatchNormV3: same("FUSED_BATCH_NORM"),
};

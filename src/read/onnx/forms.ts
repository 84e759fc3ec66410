import { fail, type Place } from "../../graph/diagnostic.js";
import { layerName } from "./names.js";
import type { GraphProto, NodeProto } from "./schema.js";

/** How many inputs and outputs a node has, over all versions of its operator. */
interface Form {
  readonly least: number;
  readonly most: number;
  readonly outputs: number;
}

const ANY = Infinity;

/** Inputs at least, inputs at most, outputs at most (onnx.defs, all versions); where any number goes, the operator's rule looks. */
const FORMS: readonly (readonly [least: number, most: number, outputs: number, operators: string])[] = [
  [0, 0, 1, "Constant RandomNormal RandomUniform SequenceEmpty"],
  [0, 1, 1, "Optional OptionalHasElement"],
  [1, ANY, ANY, "SequenceMap"],
  [1, ANY, 1, "Concat Einsum Max Mean Min SequenceConstruct Sum"],
  [1, 1, ANY, "If"],
  [
    1,
    1,
    1,
    `Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Bernoulli BitCast BitwiseNot BlackmanWindow Cast Ceil Celu ConcatFromSequence
    ConstantOfShape Cos Cosh DepthToSpace Det Elu Erf Exp EyeLike Flatten Floor Gelu GlobalAveragePool GlobalLpPool GlobalMaxPool HammingWindow
    HannWindow HardSigmoid HardSwish Hardmax Identity ImageDecoder IsInf IsNaN LRN LeakyRelu Log LogSoftmax LpNormalization LpPool
    MeanVarianceNormalization Mish Multinomial Neg NonZero Not OptionalGetElement RandomNormalLike RandomUniformLike Reciprocal RegexFullMatch Relu
    Round Selu SequenceLength Shape Shrink Sigmoid Sign Sin Sinh Size Softmax Softplus Softsign SpaceToDepth Sqrt StringNormalizer Swish Tan Tanh
    TfIdfVectorizer ThresholdedRelu Transpose`,
  ],
  [1, 1, 2, "MaxPool StringSplit"],
  [1, 1, 3, "DynamicQuantizeLinear"],
  [1, 1, 4, "Unique"],
  [1, 2, ANY, "Split"],
  [
    1,
    2,
    1,
    `ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Reshape SequenceErase
    SplitToSequence Squeeze Trilu Unsqueeze Upsample`,
  ],
  [1, 2, 2, "TopK"],
  [1, 3, 1, "Clip DFT"],
  [1, 3, 2, "Dropout"],
  [1, 4, 1, "Pad Resize"],
  [1, 5, 1, "Slice"],
  [
    2,
    2,
    1,
    `Add AffineGrid And BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike CenterCropPad Compress CumProd CumSum Div Equal Expand Gather GatherElements
    GatherND Greater GreaterOrEqual GridSample Less LessOrEqual MatMul MaxRoiPool Mod Mul Or PRelu Pow RMSNormalization ReverseSequence SequenceAt
    StringConcat Sub SwiGLU Xor`,
  ],
  [2, 3, 1, "Conv ConvTranspose DequantizeLinear Gemm MaxUnpool NegativeLogLikelihoodLoss QuantizeLinear SequenceInsert TensorScatter Tile"],
  [2, 3, 2, "SoftmaxCrossEntropyLoss"],
  [2, 3, 3, "LayerNormalization"],
  [2, 4, 1, "ConvInteger MatMulInteger STFT"],
  [2, 4, 2, "CausalConvWithState"],
  [2, 5, 1, "NonMaxSuppression"],
  [3, 3, 1, "Col2Im GroupNormalization InstanceNormalization OneHot Range RoiAlign Scatter ScatterElements ScatterND Where"],
  [3, 4, 1, "RotaryEmbedding"],
  [3, 5, 1, "DeformConv"],
  [3, 6, 2, "GRU LinearAttention RNN"],
  [3, 7, 4, "Attention"],
  [3, 8, 3, "LSTM"],
  [5, 5, 1, "MelWeightMatrix"],
  [5, 5, 5, "BatchNormalization"],
  [8, 8, 1, "QLinearMatMul"],
  [8, 9, 1, "QLinearConv"],
];

const FORM_OF: ReadonlyMap<string, Form> = new Map(
  FORMS.flatMap(([least, most, outputs, operators]) => operators.split(/\s+/).map((op) => [op, { least, most, outputs }] as const)),
);

/** Attributes without which an operator says nothing, in every version of it. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  AveragePool: ["kernel_shape"],
  MaxPool: ["kernel_shape"],
  MaxUnpool: ["kernel_shape"],
  BitCast: ["to"],
  Cast: ["to"],
  BitShift: ["direction"],
  ConcatFromSequence: ["axis"],
  DepthToSpace: ["blocksize"],
  SpaceToDepth: ["blocksize"],
  Einsum: ["equation"],
  GroupNormalization: ["num_groups"],
  LRN: ["size"],
  LinearAttention: ["kv_num_heads", "q_num_heads"],
  MaxRoiPool: ["pooled_shape"],
  RandomNormal: ["shape"],
  RandomUniform: ["shape"],
  Scan: ["num_scan_inputs"],
};

/**
 * Refuses a node that has more or fewer inputs, outputs or attributes than its operator, in a graph and in those inside its nodes: it would be counted as
 * something else than it says. Throws `bad-onnx`.
 */
export function refuseForms(nodes: readonly NodeProto[], path: string, label = ""): void {
  nodes.forEach((node, index) => {
    const name = label + layerName(node, index);
    if (isStandard(node)) refuseForm(node, { kind: "node", path, node: name });
    for (const [key, graph] of graphsOf(node)) refuseForms(graph.nodes, path, `${name}/${key}/`);
  });
}

function graphsOf({ attributes }: NodeProto): readonly (readonly [name: string, graph: GraphProto])[] {
  return [...attributes].flatMap(([name, { g }]) => (g === undefined ? [] : [[name, g] as const]));
}

function isStandard({ domain }: NodeProto): boolean {
  return domain === "" || domain === "ai.onnx";
}

function refuseForm({ opType, inputs, outputs, attributes }: NodeProto, place: Place): void {
  const form = FORM_OF.get(opType);
  if (form === undefined) return;
  const { least, most } = form;
  const expected = least === most ? `${least}` : most === ANY ? `${least} or more` : `${least} to ${most}`;
  if (inputs.length < least || inputs.length > most) fail("bad-onnx", `${opType} has ${inputs.length} inputs`, { place, expected });
  const absent = inputs.slice(0, least).indexOf("");
  if (absent >= 0) fail("bad-onnx", `${opType} has no input ${absent}`, { place });
  if (outputs.length > form.outputs) fail("bad-onnx", `${opType} has ${outputs.length} outputs`, { place, expected: `at most ${form.outputs}` });
  const missing = REQUIRED[opType]?.find((name) => !attributes.has(name));
  if (missing !== undefined) fail("bad-onnx", `${opType} has no attribute ${missing}`, { place });
}

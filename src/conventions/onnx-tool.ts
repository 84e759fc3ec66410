import { elements } from "../graph/shape.js";
import { ANY, type Convention, type Operation, type Parts, type Rule } from "./convention.js";
import {
  ADAPTIVE_AVG_POOLS,
  AVG_POOLS,
  CONVOLUTIONS,
  inputOf,
  MAX_POOLS,
  numberOf,
  nothing,
  outputOf,
  perInput,
  perOutput,
  portShape,
  TRANSPOSED,
  withBias,
} from "./counts.js";

const FILE = "onnx_tool/node.py";

/** ConvNode's formula on a transposed convolution's weights, [Cin, Cout/g, k...]: output positions, and Cout/g where Cin/g would stand. */
function transposed(operation: Operation): Parts {
  const weight = portShape(operation, "weight") ?? [];
  return { macs: outputOf(operation) * elements(weight.slice(1)), bias: operation.bias };
}

/** PoolBase: K an output, of a window in three dimensions its first size alone. */
function windowPool(operation: Operation): Parts {
  const { kernelSize } = operation.attributes;
  const sizes = Array.isArray(kernelSize) ? kernelSize.map((size) => (typeof size === "number" ? BigInt(size) : 1n)) : [];
  const [first = 1n, second = 1n] = sizes;
  return { pooling: outputOf(operation) * (sizes.length === 2 ? first * second : first) };
}

/** GlobalAveragePoolNode: an addition an input, a division (4) an output. */
const globalPool = (operation: Operation): Parts => ({ pooling: inputOf(operation) + 4n * outputOf(operation) });

/** LayerNormalizationNode: 7 an element, and a root, an addition and a division (29) for each mean, over one axis. */
function layerNorm(operation: Operation): Parts {
  const [input = []] = operation.inputs;
  return { normalization: 7n * inputOf(operation) + 29n * elements(input.slice(0, -1)) };
}

/** What a hidden unit's gates cost in a step (LSTMNode, GRUNode), however many directions there are. */
const GATES: Readonly<Record<string, bigint>> = { lstm: 180n, gru: 110n };

function recurrent(operation: Operation): Parts {
  const [input = []] = operation.inputs;
  const units = elements(input.slice(0, -1)) * numberOf(operation, "hiddenSize") * numberOf(operation, "numLayers");
  return { macs: operation.macs, bias: operation.bias, elementwise: units * (GATES[operation.op] ?? 0n) };
}

const PER_UPSAMPLED: Readonly<Record<string, bigint>> = { nearest: 0n, linear: 4n, bilinear: 4n, trilinear: 4n, cubic: 8n, bicubic: 8n };
const upsample = (operation: Operation): Parts => ({
  interpolation: outputOf(operation) * (PER_UPSAMPLED[String(operation.attributes["mode"])] ?? 1n),
});

/** Activations that an exporter writes as several operators cost what those do: SiLU is Sigmoid and Mul. */
const ACTIVATIONS: readonly (readonly [bigint, string, readonly string[]])[] = [
  [1n, "Relu", ["relu"]],
  [2n, "Clip, LeakyRelu, PRelu", ["clip", "relu6", "hardtanh", "leaky_relu", "prelu"]],
  [4n, "HardSigmoid", ["hardsigmoid"]],
  [5n, "HardSwish", ["hardswish"]],
  [32n, "Sigmoid, Exp", ["sigmoid", "exp"]],
  [33n, "Sigmoid and Mul", ["silu"]],
  [7n, "Div, Erf (0), Add, Mul, Mul", ["gelu"]],
  [76n, "Tanh", ["tanh"]],
  [35n, "Elu", ["elu"]],
];

const ELEMENTWISE: readonly (readonly [bigint, string, readonly string[]])[] = [
  [1n, "Add, Sub, Mul, Neg, Abs, Min, Max", ["add", "sub", "multiply", "neg", "abs", "min", "max", "layer_scale", "position_embedding"]],
  [4n, "Div, Reciprocal", ["divide", "reciprocal"]],
  [24n, "Sqrt", ["sqrt"]],
  [32n, "Pow", ["pow"]],
  [43n, "Log", ["log"]],
  [39n, "Sin, Cos", ["sin", "cos"]],
];

const RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "N·out·Cout·(Cin/g)·K + bias", source: `${FILE}, ConvNode`, count: withBias },
  {
    ops: TRANSPOSED,
    formula: "N·out·Cout·(Cout/g)·K + bias",
    source: `${FILE}, ConvTransposeNode`,
    count: transposed,
    wrong: "a transposed convolution is counted by its output's size, and by Cout in place of Cin",
  },
  { ops: ["linear"], formula: "rows·in·out + bias", source: `${FILE}, GemmNode, MatMulNode`, count: withBias },
  { ops: ["matmul", "einsum"], formula: "batch·m·k·n", source: `${FILE}, MatMulNode, EinsumNode`, count: withBias },
  { ops: ["batch_norm"], formula: "31 an element", source: `${FILE}, BatchNormalizationNode`, count: perOutput("normalization", 31n) },
  { ops: ["instance_norm"], formula: "7 an element", source: `${FILE}, InstanceNormalizationNode`, count: perOutput("normalization", 7n) },
  { ops: ["layer_norm"], formula: "7 an element, 29 a mean", source: `${FILE}, LayerNormalizationNode`, count: layerNorm },
  ...ACTIVATIONS.map(([each, what, ops]): Rule => ({
    ops,
    formula: `${each} an element (${what})`,
    source: `${FILE}, ${what}`,
    count: perOutput("activation", each),
  })),
  ...ELEMENTWISE.map(([each, what, ops]): Rule => ({
    ops,
    formula: `${each} an element (${what})`,
    source: `${FILE}, ${what}`,
    count: perOutput("elementwise", each),
  })),
  { ops: ["softmax"], formula: "36 an element", source: `${FILE}, SoftmaxNode`, count: perOutput("softmax", 36n) },
  { ops: [...MAX_POOLS, ...AVG_POOLS], formula: "K an output", source: `${FILE}, PoolBase`, count: windowPool },
  { ops: ADAPTIVE_AVG_POOLS, formula: "1 an input, 4 an output", source: `${FILE}, GlobalAveragePoolNode`, count: globalPool },
  {
    ops: ["reduce_mean", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod"],
    formula: "1 an element of the input",
    source: `${FILE}, ReduceMeanNode`,
    count: perInput("reduction"),
  },
  {
    ops: ["lstm", "gru"],
    formula: "every weight and bias a step; gates 180 (LSTM) or 110 (GRU) a hidden unit",
    source: `${FILE}, LSTMNode, GRUNode`,
    count: recurrent,
  },
  { ops: ["upsample"], formula: "an output: nearest 0, linear 4, cubic 8", source: `${FILE}, ResizeNode`, count: upsample },
  nothing(
    ["erf", "dropout", "identity", "flatten", "reshape", "transpose", "permute", "concat", "split", "slice", "gather", "pad"],
    `${FILE}, FusedBase and Node`,
  ),
];

/** onnx-tool: operators of an ONNX file, weighed by the instructions they take. */
export const onnxTool: Convention = {
  name: "onnx-tool",
  title: "onnx-tool",
  version: "ThanatosShinji/onnx-tool 00f5f0a",
  unit: "MAC",
  reads: "onnx",
  perMac: 1n,
  tables: [{ sees: "operators of the file", calledAs: ANY, rules: RULES }],
  notes: [
    "It weighs operators by the instructions they take: a division 4, a root 24, an exponential 32. Erf counts nothing.",
    "Checked against the tool on five files, of convolutions, Gemm, MatMul, Relu, Clip, Sigmoid, Mul, Add, Div, Pow, Sqrt, Softmax, ReduceMean, pools and BatchNormalization; the other rules are read in its source alone.",
    "Operators that only compute shapes count their few elements there; they are not among the layers here.",
  ],
};

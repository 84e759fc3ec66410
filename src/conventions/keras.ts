import { elements } from "../graph/shape.js";
import { ANY, type Convention, type Operation, type Parts, type Rule } from "./convention.js";
import { CONVOLUTIONS, inputOf, numberOf, outputOf, perInput, perOutput, productOf, withBias } from "./counts.js";

const NN = "tensorflow/python/ops/nn_ops.py";
const REGISTRY = "tensorflow/python/profiler/internal/flops_registry.py";

/** Conv2DBackpropInput: output positions times every weight over the stride: right where the output is the input times the stride. */
function transposed(operation: Operation): Parts {
  const [output = []] = operation.outputs;
  const positions = elements([...output.slice(0, 1), ...output.slice(2)]);
  const weights = numberOf(operation, "inChannels") * numberOf(operation, "outChannels") * productOf(operation, "kernelSize");
  return { macs: (positions * weights) / productOf(operation, "stride"), bias: operation.bias };
}

/** Images go through FusedBatchNormV3, which has no statistics; other inputs through Rsqrt, Mul and Sub on the channels and Mul on the input. */
function batchNorm(operation: Operation): Parts {
  const [input = []] = operation.inputs;
  return { normalization: input.length === 4 ? 0n : inputOf(operation) + 5n * numberOf(operation, "numFeatures") };
}

/** K an output; AvgPool3D and MaxPool3D have no statistics. */
const pool = (operation: Operation): Parts => ({ pooling: productOf(operation, "kernelSize") * outputOf(operation) });

/** Keras's attention is written with Einsum, which has no statistics; its softmax has. */
function attention(operation: Operation): Parts {
  const {
    inputs: [query = [], key = query],
  } = operation;
  const [batch = 0, length = 0] = query;
  return { softmax: 5n * numberOf(operation, "numHeads") * elements([batch, length, key[1] ?? 0]) };
}

const RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "2·N·out·Cout·(Cin/g)·K + bias", source: `${NN}, Conv2D, DepthwiseConv2dNative, Conv3D, BiasAdd`, count: withBias },
  {
    ops: ["conv_transpose1d", "conv_transpose2d"],
    formula: "2·N·out·Cin·Cout·K / stride + bias",
    source: `${REGISTRY}, Conv2DBackpropInput`,
    count: transposed,
    wrong: "a transposed convolution is counted by its output's size over the stride",
  },
  { ops: ["linear"], formula: "2·rows·in·out + bias", source: `${REGISTRY}, MatMul; ${NN}, BiasAdd`, count: withBias },
  { ops: ["matmul"], formula: "2·batch·m·k·n", source: `${REGISTRY}, BatchMatMulV2`, count: withBias },
  {
    ops: ["multi_head_attention"],
    formula: "5 a score",
    source: `${REGISTRY}, Softmax`,
    count: attention,
    wrong: "multi-head attention is written with Einsum, which it has no statistics of",
  },
  {
    ops: ["batch_norm"],
    formula: "0 on images (FusedBatchNormV3); else 1 an element and 5 a channel",
    source: `${REGISTRY}, Mul, Rsqrt, Sub`,
    count: batchNorm,
  },
  { ops: ["max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d"], formula: "K an output", source: `${REGISTRY}, MaxPool, AvgPool`, count: pool },
  {
    ops: ["global_avg_pool1d", "global_avg_pool2d", "global_avg_pool3d", "reduce_mean"],
    formula: "1 an element of the input",
    source: `${REGISTRY}, Mean`,
    count: perInput("pooling"),
  },
  { ops: ["softmax"], formula: "5 an element", source: `${REGISTRY}, Softmax`, count: perInput("softmax", 5n) },
  { ops: ["multiply", "sub", "divide"], formula: "1 an output", source: `${REGISTRY}, Mul, Sub, RealDiv`, count: perOutput("elementwise") },
];

/** TensorFlow's profiler, which is what is meant by the FLOPs of a Keras model: float_operation of the frozen inference graph. */
export const keras: Convention = {
  name: "keras",
  title: "Keras, by tf.compat.v1.profiler",
  version: "tensorflow/tensorflow, float_operation of the frozen graph; AddV2 as in September 2023 (keras-team/keras issue 18378)",
  unit: "FLOP",
  reads: "tensorflow",
  perMac: 2n,
  tables: [{ sees: "operators of the frozen graph", calledAs: ANY, rules: RULES }],
  notes: [
    "Fused batch norm, activations but softmax, and Keras's Add (AddV2; later versions count it) have no statistics.",
    "LSTM, GRU and SimpleRNN run in a loop whose body it does not enter: they count nothing.",
  ],
};

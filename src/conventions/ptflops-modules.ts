import { elements } from "../graph/shape.js";
import type { Convention, Operation, Parts, Rule } from "./convention.js";
import {
  ADAPTIVE_AVG_POOLS,
  ADAPTIVE_MAX_POOLS,
  AVG_POOLS,
  CELLS,
  CONVOLUTIONS,
  isProjected,
  MAX_POOLS,
  norm,
  numberOf,
  perInput,
  RECURRENT,
  recurrentSteps,
  TRANSPOSED,
  withBias,
} from "./counts.js";

const FILE = "ptflops/pytorch_ops.py";

/** upsample_flops_counter_hook counts the first sample of the batch alone: output[0]. */
const upsample = ({ outputs: [output = []] }: Operation): Parts => ({ interpolation: elements(output.slice(1)) });

/** The matrices of input and state, and both biases, at each step. */
function recurrent(operation: Operation): Parts {
  const { steps, weights, unitOperations } = recurrentSteps(operation);
  return { macs: steps * weights, bias: operation.bias, elementwise: steps * unitOperations };
}

/**
 * multihead_attention_counter_hook: q scaled, three projections of the widths of q, k and v, QK^T, softmax and AV of each head, and an output projection with a bias
 * whether it has one or not. Tokens that add_bias_kv and add_zero_attn append are not seen.
 */
function attention(operation: Operation): Parts {
  const { inputs, attributes, ports } = operation;
  const [query = [], key = query, value = key] = inputs;
  const batchFirst = attributes["batchFirst"] === true;
  const at = (shape: readonly number[], axis: number) => BigInt(shape[axis] ?? 0);
  const [batch, length] = batchFirst ? [0, 1] : [1, 0];
  const [n, q, k, v] = [at(query, batch), at(query, length), at(key, length), at(value, length)];
  const width = at(query, 2);
  const [keys, values] = [BigInt(Number(attributes["kdim"] ?? width)), BigInt(Number(attributes["vdim"] ?? width))];
  const heads = numberOf(operation, "numHeads");
  const [perHead, valuesPerHead] = heads === 0n ? [0n, 0n] : [width / heads, values / heads];
  const hasBias = attributes["bias"] === true || ports.some(({ name }) => name === "bias");
  return {
    macs: n * (q * width * width + k * keys * keys + v * values * values + heads * q * k * (perHead + valuesPerHead) + q * values * values),
    bias: n * ((hasBias ? (q + k + v) * width : 0n) + q * values),
    elementwise: n * q * width,
    softmax: n * heads * q * k,
  };
}

/** What ptflops's PyTorch backend hooks: MODULES_MAPPING. */
export const MODULE_RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "N·out·Cout·(Cin/g)·K + bias", source: `${FILE}, conv_flops_counter_hook`, count: withBias },
  { ops: TRANSPOSED, formula: "N·in·Cin·(Cout/g)·K + bias", source: `${FILE}, conv_flops_counter_hook`, count: withBias },
  { ops: ["linear"], formula: "rows·in·out + bias", source: `${FILE}, linear_flops_counter_hook`, count: withBias },
  {
    ops: ["batch_norm", "instance_norm", "group_norm"],
    formula: "2 an element, 1 without scale and shift",
    source: `${FILE}, bn_flops_counter_hook`,
    count: norm(2n, 1n),
  },
  {
    ops: ["layer_norm"],
    formula: "1 an element: it looks for `affine`, which is not its name here",
    source: `${FILE}, bn_flops_counter_hook`,
    count: norm(1n, 1n),
  },
  {
    ops: ["relu", "prelu", "elu", "leaky_relu", "relu6", "gelu"],
    formula: "1 an element",
    source: `${FILE}, relu_flops_counter_hook`,
    count: perInput("activation"),
  },
  {
    ops: [...MAX_POOLS, ...AVG_POOLS, ...ADAPTIVE_AVG_POOLS, ...ADAPTIVE_MAX_POOLS],
    formula: "1 an element of the input",
    source: `${FILE}, pool_flops_counter_hook`,
    count: perInput("pooling"),
  },
  { ops: ["upsample"], formula: "1 an output of the first sample", source: `${FILE}, upsample_flops_counter_hook`, count: upsample },
  {
    ops: [...RECURRENT, ...CELLS],
    formula: "every weight and bias a step, and 1, 7 or 10 a hidden unit (rnn, gru, lstm)",
    source: `${FILE}, rnn_flops_counter_hook`,
    count: recurrent,
    wrong: "the projection of an LSTM (proj_size) is left out",
    wrongOf: isProjected,
  },
  {
    ops: ["multi_head_attention"],
    formula: "projections, QK^T and AV, 1 a score for the softmax, 1 for each scaled q, biases",
    source: `${FILE}, multihead_attention_counter_hook`,
    count: attention,
    wrong: "attention is taken as if keys and values had a projection as wide as themselves, and no added tokens",
  },
];

/** ptflops with `backend_specific_config={'count_functional': False}`: its module hooks alone. */
export const ptflopsModules: Convention = {
  name: "ptflops-modules",
  title: "ptflops, PyTorch backend without functional patches",
  version: "sovrasov/flops-counter.pytorch d612c75",
  unit: "MAC",
  reads: "torch",
  perMac: 1n,
  tables: [{ sees: "modules of exactly PyTorch's classes", calledAs: ["module"], rules: MODULE_RULES }],
  failsOn: { op: "multi_head_attention", when: "it is given q, k and v by keyword, as torchvision's ViT does" },
  notes: [
    "F.linear and other functions, operators and subclasses count nothing (Swin's attention, F.relu).",
    "SiLU, Hardswish and Sigmoid are not in its table.",
    "This revision is release 0.7.5.",
  ],
};

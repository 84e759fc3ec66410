import { elements } from "../graph/shape.js";
import type { Convention, Operation, Parts, Rule } from "./convention.js";
import {
  ADAPTIVE_AVG_POOLS,
  ADAPTIVE_MAX_POOLS,
  AVG_POOLS,
  CELLS,
  CONVOLUTIONS,
  fourDigits,
  isProjected,
  MAX_POOLS,
  norm,
  perInput,
  perOutput,
  plain,
  RECURRENT,
  recurrentSteps,
  TRANSPOSED,
  withBias,
} from "./counts.js";

const FILE = "calflops/pytorch_ops.py";

const running = ({ ports }: Operation) => ports.some(({ role }) => role === "buffer");

/** _batch_norm_flops_compute: 2 an element, 1 without scale and shift; in training, which is also without running statistics, 5 and 4. */
const batchNorm = (operation: Operation): Parts => (running(operation) ? norm(2n, 1n) : norm(5n, 4n))(operation);

/**
 * Multi-head attention's projections go through F.linear, and its weights through F.softmax. Its products go through torch.bmm, which the tool's source patches; its
 * figures of torchvision's ViT are without them all the same, and the figures are followed. The cause is not known.
 */
function attention({ inputs: [query = [], key = query], outputs: [, weights], attributes, macs }: Operation): Parts {
  const [sequence, batch] = attributes["batchFirst"] === true ? [1, 0] : [0, 1];
  const [n, q, width] = [query[batch] ?? 0, query[sequence] ?? 0, query[2] ?? 0].map(BigInt);
  // Returned weights show the tokens that were appended to the keys.
  const k = BigInt(weights?.[2] ?? key[sequence] ?? 0);
  const heads = attributes["numHeads"];
  const scores = (n ?? 0n) * (q ?? 0n) * k;
  return { macs: macs - 2n * scores * (width ?? 0n), softmax: typeof heads === "number" ? BigInt(heads) * scores : 0n };
}

/**
 * _conv_trans_flops_compute takes weight.shape[1], which is Cout/g, for all output channels and divides by the groups again; its bias is over the output of a convolution
 * that is not transposed.
 */
function transposed({ inputs: [input = []], ports, attributes, bias }: Operation): Parts {
  const [batch = 0, inChannels = 0, ...space] = input;
  const [, perGroup = 0, ...kernel] = ports.find(({ name }) => name === "weight")?.shape ?? [];
  const groups = typeof attributes["groups"] === "number" ? attributes["groups"] : 1;
  const at = (name: string, axis: number, otherwise: number) => {
    const value = attributes[name];
    const size: unknown = Array.isArray(value) ? value[axis] : value;
    return typeof size === "number" ? size : otherwise;
  };
  const output = space.map((size, axis) => {
    const reach = at("dilation", axis, 1) * ((kernel[axis] ?? 1) - 1) + 1;
    return Math.floor((size + 2 * at("padding", axis, 0) - reach) / at("stride", axis, 1)) + 1;
  });
  return {
    macs: elements([batch, ...space, inChannels, Math.floor(perGroup / groups), ...kernel]),
    bias: bias === 0n ? 0n : elements([batch, perGroup, ...output]),
  };
}

/** _rnn_flops: 2 a weight less 1 a gate for each of the two matrices, both biases, and what hidden units do besides. */
function recurrent(operation: Operation): Parts {
  const { steps, weights, rows, unitOperations } = recurrentSteps(operation);
  return { macs: steps * weights, bias: operation.bias, elementwise: steps * (unitOperations - rows) };
}

/** Patched functions of torch.nn.functional and torch. */
const RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "2·N·out·Cout·(Cin/g)·K + bias", source: `${FILE}, _conv_flops_compute`, count: withBias },
  {
    ops: TRANSPOSED,
    formula: "2·N·in·Cin·(Cout/g²)·K + bias of a smaller output",
    source: `${FILE}, _conv_trans_flops_compute`,
    count: transposed,
    wrong: "a transposed convolution's groups divide twice",
  },
  { ops: ["linear"], formula: "2·rows·in·out", source: `${FILE}, _linear_flops_compute`, count: plain },
  { ops: ["batch_norm"], formula: "2 an element, 1 without scale and shift", source: `${FILE}, _batch_norm_flops_compute`, count: batchNorm },
  {
    ops: ["layer_norm", "group_norm", "instance_norm"],
    formula: "5 an element, 4 without scale and shift",
    source: `${FILE}, _layer_norm_flops_compute`,
    count: norm(5n, 4n),
  },
  {
    ops: ["relu", "prelu", "elu", "leaky_relu", "silu", "gelu"],
    formula: "1 an element",
    source: `${FILE}, _relu_flops_compute and its like`,
    count: perInput("activation"),
  },
  {
    ops: ["relu6"],
    formula: "1 an element, where F.relu6 is called",
    source: `${FILE}, _relu6_flops_compute`,
    count: perInput("activation"),
    calledAs: ["function"],
  },
  {
    ops: [...MAX_POOLS, ...AVG_POOLS, ...ADAPTIVE_AVG_POOLS, ...ADAPTIVE_MAX_POOLS],
    formula: "1 an element of the input",
    source: `${FILE}, _pool_flops_compute`,
    count: perInput("pooling"),
  },
  {
    ops: ["multi_head_attention"],
    formula: "2 a multiply-add of its projections, 1 a score for the softmax",
    source: `${FILE}, _linear_flops_compute, _softmax_flops_compute`,
    count: attention,
    wrong: "attention's products are missing in the tool's figures of ViT, though its source counts torch.bmm",
  },
  {
    ops: ["einsum"],
    formula: "2·batch·m·k·n, to four digits",
    source: `${FILE}, _einsum_flops_compute`,
    count: fourDigits,
    wrong: "a sum of products is read off a text of four digits",
  },
  { ops: ["softmax"], formula: "1 an element", source: `${FILE}, _softmax_flops_compute`, count: perInput("softmax") },
  { ops: ["upsample"], formula: "1 an element of the input", source: `${FILE}, _upsample_flops_compute`, count: perInput("interpolation") },
  {
    ops: ["matmul"],
    formula: "2·batch·m·k·n, where torch.matmul or torch.bmm is called",
    source: `${FILE}, _matmul_flops_compute`,
    count: plain,
    calledAs: ["function"],
  },
  {
    ops: ["add", "multiply"],
    formula: "1 an output, where torch.add or torch.mul is called",
    source: `${FILE}, _elementwise_flops_compute`,
    count: perOutput("elementwise"),
    calledAs: ["function"],
  },
];

/** calflops: `flops`, 2 for each multiply-add, by patched functions. */
export const calflops: Convention = {
  name: "calflops",
  title: "calflops",
  version: "MrYxJ/calculate-flops.pytorch 29ca584",
  unit: "FLOP",
  reads: "torch",
  perMac: 2n,
  tables: [
    { sees: "functions that it patches, also where a module calls them", calledAs: ["module", "subclass", "function"], rules: RULES },
    {
      sees: "recurrent modules of exactly PyTorch's classes",
      calledAs: ["module"],
      rules: [
        {
          ops: [...RECURRENT, ...CELLS],
          formula: "2 a weight and step less 1 a gate, biases, and 1, 7 or 10 a hidden unit",
          source: `${FILE}, _rnn_flops`,
          count: recurrent,
          wrong: "the projection of an LSTM (proj_size) is left out",
          wrongOf: isProjected,
        },
      ],
    },
  ],
  notes: [
    "Linear layers have no bias in it, convolutions do.",
    "Its figures of multi-head attention lack the products, though its source counts torch.bmm; operators (x + y) are not seen.",
  ],
};

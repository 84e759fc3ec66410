import { elements } from "../graph/shape.js";
import type { Convention, Operation, Parts, Rule } from "./convention.js";
import {
  ADAPTIVE_AVG_POOLS,
  ADAPTIVE_MAX_POOLS,
  AVG_POOLS,
  CELLS,
  CONVOLUTIONS,
  inputOf,
  MAX_POOLS,
  norm,
  nothing,
  numberOf,
  outputOf,
  perInput,
  perOutput,
  plain,
  productOf,
  RECURRENT,
  TRANSPOSED,
} from "./counts.js";

const HOOKS = "thop/vision/basic_hooks.py";
const RNN = "thop/rnn_hooks.py";

/** count_convNd takes every convolution by its output: right for all but transposed ones, whose work follows the input. */
function byOutput(operation: Operation): Parts {
  const inChannels = numberOf(operation, "inChannels");
  const groups = numberOf(operation, "groups");
  return { macs: groups === 0n ? 0n : outputOf(operation) * (inChannels / groups) * productOf(operation, "kernelSize") };
}

/** count_adap_avgpool: (in/out + 1) an output, cut to a whole number; in the floating point that it works in, whose rounding is part of the figure. */
function adaptive({ inputs: [input = []], outputs: [output = []] }: Operation): Parts {
  // Keras's global pools have no spatial axes left: PyTorch's have 1.
  const ratio = input.slice(2).reduce((product, size, axis) => product * (size / (output[axis + 2] ?? 1)), 1);
  return { pooling: BigInt(Math.trunc((ratio + 1) * Number(elements(output)))) };
}

/** Softmax of n values: n exponentials, n - 1 additions, n divisions. */
function softmax(operation: Operation): Parts {
  const [input = []] = operation.inputs;
  const axis = Number(numberOf(operation, "axis"));
  const length = BigInt(input[axis < 0 ? axis + input.length : axis] ?? 1);
  return { softmax: length === 0n ? 0n : (inputOf(operation) / length) * (3n * length - 1n) };
}

const PER_UPSAMPLED: Readonly<Record<string, bigint>> = { nearest: 1n, linear: 5n, bilinear: 11n, bicubic: 224n + 35n };

const upsample = (operation: Operation): Parts => ({
  interpolation: outputOf(operation) * (PER_UPSAMPLED[String(operation.attributes["mode"])] ?? 0n),
});

/** What each cell does to a hidden unit besides its products: an addition a gate, its two biases, and the products and sums of its state. */
const GATES: Readonly<Record<string, { readonly gates: bigint; readonly state: bigint }>> = {
  rnn: { gates: 1n, state: 0n },
  gru: { gates: 3n, state: 4n },
  lstm: { gates: 4n, state: 4n },
};

/** Steps of a cell: batch and time, each direction and layer. */
function recurrent(operation: Operation): Parts {
  const { gates, state } = GATES[operation.op.replace("_cell", "")] ?? { gates: 0n, state: 0n };
  const [input = []] = operation.inputs;
  const steps = elements(input.slice(0, -1));
  const [inputSize, hidden] = [numberOf(operation, "inputSize"), numberOf(operation, "hiddenSize")];
  const directions = operation.attributes["bidirectional"] === true ? 2n : 1n;
  const layers = operation.op.endsWith("_cell") ? 1n : numberOf(operation, "numLayers");
  const cells = steps * directions * layers;
  const first = hidden * (inputSize + hidden);
  const later = hidden * (hidden * directions + hidden);
  return {
    macs: steps * directions * gates * (first + (layers - 1n) * later),
    elementwise: cells * hidden * (gates + state),
    ...(operation.attributes["bias"] === true ? { bias: cells * gates * 2n * hidden } : {}),
  };
}

const RULES: readonly Rule[] = [
  { ops: CONVOLUTIONS, formula: "N·out·Cout·(Cin/g)·K", source: `${HOOKS}, count_convNd`, count: plain },
  {
    ops: TRANSPOSED,
    formula: "N·out·Cout·(Cin/g)·K",
    source: `${HOOKS}, count_convNd`,
    count: byOutput,
    wrong: "a transposed convolution is counted by its output's size, not its input's",
  },
  { ops: ["linear"], formula: "outputs·in", source: `${HOOKS}, count_linear`, count: plain },
  {
    ops: ["batch_norm", "layer_norm", "instance_norm"],
    formula: "4 an element, 2 without scale and shift",
    source: `${HOOKS}, count_normalization`,
    count: norm(4n, 2n),
  },
  nothing(["relu", "relu6", "leaky_relu"], `${HOOKS}, zero_ops and count_relu`),
  { ops: ["prelu"], formula: "1 an element", source: `${HOOKS}, count_prelu`, count: perInput("activation") },
  nothing([...MAX_POOLS, ...ADAPTIVE_MAX_POOLS], `${HOOKS}, zero_ops`),
  { ops: AVG_POOLS, formula: "1 an output", source: `${HOOKS}, count_avgpool`, count: perOutput("pooling") },
  { ops: ADAPTIVE_AVG_POOLS, formula: "(in/out + 1) an output", source: `${HOOKS}, count_adap_avgpool`, count: adaptive },
  { ops: ["softmax"], formula: "3n - 1 for n values", source: `${HOOKS}, count_softmax`, count: softmax },
  {
    ops: ["upsample"],
    formula: "an output: nearest 1, linear 5, bilinear 11, bicubic 259",
    source: `${HOOKS}, count_upsample`,
    count: upsample,
    calledAs: ["module", "subclass"],
  },
  {
    ops: [...RECURRENT, ...CELLS],
    formula: "gates·hidden·(in + hidden + 1 + 2 biases) + state a step",
    source: `${RNN}, count_rnn, count_gru, count_lstm`,
    count: recurrent,
  },
  nothing(["zero_pad", "dropout", "identity", "pixel_shuffle"], `${HOOKS}, zero_ops`),
];

/** thop (pytorch-OpCounter): hooks on modules of exactly the classes in its table. */
export const thop: Convention = {
  name: "thop",
  title: "thop",
  version: "Lyken17/pytorch-OpCounter 43c064a",
  unit: "MAC",
  reads: "torch",
  perMac: 1n,
  tables: [{ sees: "modules of exactly PyTorch's classes", calledAs: ["module"], rules: RULES }],
  params: "ruled",
  missesFastPath: true,
  notes: [
    "Functions, operators and subclasses count nothing: multi-head attention, Swin's attention, F.relu.",
    "Its parameters are those of the modules it has a rule for.",
    "This revision is release 0.1.1.post2209072238.",
  ],
};

import { elements } from "../graph/shape.js";
import { ANY, type Convention, type Operation, type Parts } from "./convention.js";
import { CELLS, CONVOLUTIONS, plain, RECURRENT, TRANSPOSED, withBias } from "./counts.js";

const FILE = "ptflops/aten_ops.py";

/**
 * A sequence with the batch first is turned for the cell, and a linear layer over a turned tensor is no addmm: its bias is added apart, unseen. That is the first layer's
 * bias of the input.
 */
function recurrent(operation: Operation): Parts {
  const {
    inputs: [input = []],
    attributes,
    stored,
    macs,
    bias,
  } = operation;
  const [batch = 1, length = 1] = input;
  const isTurned = input.length === 3 && attributes["batchFirst"] === true && batch > 1 && length > 1;
  const first = stored.filter(({ name }) => /^bias_ih_l0(_reverse)?$/.test(name)).reduce((sum, { shape }) => sum + elements(shape), 0n);
  return { macs, bias: isTurned ? bias - elements([batch, length]) * first : bias };
}

/** A linear layer over more than three dimensions is a matmul and an addition of its own, which is not counted. */
const linear = (operation: Operation): Parts => ((operation.inputs[0]?.length ?? 0) > 3 ? plain(operation) : withBias(operation));

/** With the batch first, the sequences are turned before they are projected, and the biases of the three projections are not counted. */
function attention(operation: Operation): Parts {
  const {
    inputs: [query = [], key = query, value = key],
    attributes,
    macs,
    bias,
  } = operation;
  const [batch = 1, length = 1, width = 0] = query;
  const isTurned = attributes["batchFirst"] === true && batch > 1 && length > 1;
  const tokens = BigInt(length) + BigInt(key[1] ?? 0) + BigInt(value[1] ?? 0);
  const projections = attributes["bias"] === true ? BigInt(batch) * tokens * BigInt(width) : 0n;
  return { macs, bias: isTurned ? bias - projections : bias };
}

/** ptflops with `backend='aten'`: matrix products and convolutions seen below Python, with their biases. */
export const ptflopsAten: Convention = {
  name: "ptflops-aten",
  title: "ptflops, ATen backend",
  version: "sovrasov/flops-counter.pytorch d612c75",
  unit: "MAC",
  reads: "torch",
  perMac: 1n,
  tables: [
    {
      sees: "ATen operators, however they are called",
      calledAs: ANY,
      rules: [
        { ops: CONVOLUTIONS, formula: "N·out·Cout·(Cin/g)·K + bias", source: `${FILE}, conv_flop`, count: withBias },
        { ops: TRANSPOSED, formula: "N·in·Cin·(Cout/g)·K + bias", source: `${FILE}, conv_flop`, count: withBias },
        {
          ops: ["linear"],
          formula: "rows·in·out + bias, without it over more than three dimensions",
          source: `${FILE}, addmm_flop, matmul_flop`,
          count: linear,
        },
        {
          ops: ["multi_head_attention"],
          formula: "its matrix products, and biases of what is not turned",
          source: `${FILE}, addmm_flop, bmm_flop`,
          count: attention,
        },
        { ops: ["matmul", "einsum"], formula: "batch·m·k·n", source: `${FILE}, matmul_flop, bmm_flop`, count: plain },
        { ops: [...RECURRENT, ...CELLS], formula: "every weight and bias a step", source: `${FILE}, addmm_flop`, count: recurrent },
      ],
    },
  ],
  notes: [
    "Norms, activations and pools are not in its table.",
    "Where a tensor is turned before a linear layer (batch_first), its bias is added by another operator, and not counted.",
  ],
};

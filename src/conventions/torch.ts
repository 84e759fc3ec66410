import { ANY, type Convention } from "./convention.js";
import { CELLS, CONVOLUTIONS, plain, RECURRENT, TRANSPOSED } from "./counts.js";

const FILE = "torch/utils/flop_counter.py";

/** PyTorch's own counter: 2 for each multiply-add of matrix products and convolutions, seen below Python. */
export const torch: Convention = {
  name: "torch",
  title: "torch.utils.flop_counter",
  version: "PyTorch 2.13",
  unit: "FLOP",
  reads: "torch",
  perMac: 2n,
  tables: [
    {
      sees: "ATen operators, however they are called",
      calledAs: ANY,
      rules: [
        { ops: CONVOLUTIONS, formula: "2·N·out·Cout·(Cin/g)·K", source: `${FILE}, conv_flop_count`, count: plain },
        { ops: TRANSPOSED, formula: "2·N·in·Cin·(Cout/g)·K", source: `${FILE}, conv_flop_count`, count: plain },
        { ops: ["linear"], formula: "2·rows·in·out", source: `${FILE}, addmm_flop and mm_flop`, count: plain },
        {
          ops: [...RECURRENT, ...CELLS],
          formula: "2 a weight and step, where no library runs the whole layer (cuDNN, oneDNN)",
          source: `${FILE}, addmm_flop and mm_flop`,
          count: plain,
        },
        { ops: ["matmul", "einsum"], formula: "2·batch·m·k·n", source: `${FILE}, bmm_flop and mm_flop`, count: plain },
      ],
    },
  ],
  notes: ["Biases, norms, activations and pools are not in its table."],
};

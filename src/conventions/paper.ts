import { ANY, type Convention } from "./convention.js";
import { CONVOLUTIONS, plain, TRANSPOSED } from "./counts.js";

/** Mult-Adds as the papers on mobile networks count them: convolutions and linear layers, no bias, no norm, no activation. */
export const paper: Convention = {
  name: "paper",
  title: "papers' Mult-Adds",
  version: "MobileNets, arXiv 1704.04861, section 3; MobileNetV2, arXiv 1801.04381, table 4",
  unit: "MAC",
  perMac: 1n,
  tables: [
    {
      sees: "convolutions and linear layers",
      calledAs: ANY,
      rules: [
        { ops: CONVOLUTIONS, formula: "N·out·Cout·(Cin/g)·K", source: "arXiv 1704.04861, equations 2 to 5", count: plain },
        { ops: TRANSPOSED, formula: "N·in·Cin·(Cout/g)·K", source: "the same for the gradient of a convolution", count: plain },
        { ops: ["linear"], formula: "rows·in·out", source: "arXiv 1704.04861, table 2", count: plain },
      ],
    },
  ],
  notes: ["Products of two activations, as in attention, are no layer of a paper's table: they are left out."],
};

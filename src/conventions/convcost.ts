import { ANY, EVERYTHING, type Convention } from "./convention.js";
import { plain } from "./counts.js";

/** The program's own: multiply-adds of every contraction, nothing else (README, What is counted). */
export const convcost: Convention = {
  name: "convcost",
  title: "convcost",
  version: "this program",
  unit: "MAC",
  perMac: 1n,
  tables: [
    {
      sees: "every operator",
      calledAs: ANY,
      rules: [
        {
          ops: [EVERYTHING],
          formula: "multiply-adds of convolutions, linear layers, matrix products and recurrent gates",
          source: "README, What is counted",
          count: plain,
        },
      ],
    },
  ],
  notes: [],
};

// What is typed all day: one layer, one comparison, one network of the zoo.
import { median, medianRatio, timeInTurn } from "./measure.mjs";
import { atMost } from "./rows.mjs";

const COLOUR = { FORCE_COLOR: "1" };
const LAYER = "conv 3x3 64->128 @56x56";

export async function startup({ bare, convcost, major, runs }) {
  // Node 22 itself starts twice as fast as Node 20: the same milliseconds are a larger ratio.
  const [json, table] = major <= 20 ? [1.5, 1.8] : [2, 2.5];
  const commands = [
    { ...convcost("count", LAYER, "--json"), name: "count one layer --json", limit: json },
    { ...convcost("count", LAYER), name: "count one layer, coloured table", env: COLOUR, limit: table },
    { ...convcost("compare", LAYER, "--json"), name: "compare one layer --json", limit: json },
    { ...convcost("compare", LAYER), name: "compare one layer, coloured table", env: COLOUR, limit: table },
    { ...convcost("count", "zoo:mobilenet_v2"), name: "count zoo:mobilenet_v2", limit: 3 },
  ];
  const times = await timeInTurn([bare, ...commands], runs);
  const base = times.get(bare.name);
  return [
    { what: "bare node", ms: median(base), figure: "1.00x" },
    ...commands.map(({ name, limit }) =>
      atMost(name, { ms: median(times.get(name)), value: medianRatio(times.get(name), base), limit, unit: "x bare node" }),
    ),
  ];
}

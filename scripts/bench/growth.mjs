// Time grows as the model does: a chain of layers as text, and an ONNX graph of as many nodes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { median, peakMemory, timeInTurn } from "./measure.mjs";
import { chain, writeModel } from "./onnx-file.mjs";
import { atMost } from "./rows.mjs";

const LENGTHS = [1, 1_000, 10_000, 100_000];
const PEAK_RUNS = 3;

const KINDS = [
  {
    what: "layers",
    write: (folder, length) => {
      const path = join(folder, `chain-${length}.txt`);
      writeFileSync(
        path,
        Array.from({ length }, (_, index) => (index === 0 ? "conv 3x3 8->8 @8x8" : index % 2 === 0 ? "conv 3x3 8" : "relu")).join("\n"),
      );
      return path;
    },
  },
  {
    what: "ONNX nodes",
    write: (folder, length) => {
      const path = join(folder, `chain-${length}.onnx`);
      writeModel(path, chain(length));
      return path;
    },
  },
];

export async function growth({ convcost, folder, runs }) {
  const rows = [];
  for (const { what, write } of KINDS) {
    const commands = LENGTHS.map((length) => ({ ...convcost("count", write(folder, length), "--json"), name: String(length) }));
    const times = await timeInTurn(commands, runs);
    const medians = commands.map(({ name }) => median(times.get(name)));
    const [one, ...longer] = medians;
    // What every run takes, whatever it counts, would hide the growth: it is taken off.
    const exponent = slope(
      LENGTHS.slice(1).map(Math.log),
      longer.map((time) => Math.log(Math.max(1, time - one))),
    );
    const last = longer.at(-1);
    rows.push(
      ...longer.slice(0, -1).map((ms, index) => ({ what: `${LENGTHS[index + 1].toLocaleString("en")} ${what}`, ms, figure: "" })),
      atMost(`100,000 ${what}`, { ms: last, value: last / 1000, limit: 6, unit: " s" }),
      atMost("  memory", { value: peakMemory(commands.at(-1), folder, PEAK_RUNS), limit: 512, unit: " MiB", digits: 0 }),
      atMost("  time grows with the length to the power of", { value: exponent, limit: 1.1, unit: "" }),
    );
  }
  return rows;
}

/** Slope of the line of least squares. */
function slope(xs, ys) {
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x0, y0] = [mean(xs), mean(ys)];
  const over = xs.reduce((sum, x, index) => sum + (x - x0) * (ys[index] - y0), 0);
  return over / xs.reduce((sum, x) => sum + (x - x0) ** 2, 0);
}

// A grid of models on one core, each with its own widths: how many a second, how soon the first, and no more memory for more of them.
import { median, medianRatio, peakMemory, timeInTurn } from "./measure.mjs";
import { atLeast, atMost } from "./rows.mjs";

const MILLION = 1_000_000;
const POINTS = 20_000;
/** Enough for the heap to have grown as far as it does: what a million take beyond that is what points leave behind. */
const SETTLED = 200_000;

/** MobileNet v1 at so many points: widths, and the 5 resolutions of 128..256:32. */
const grid = (convcost, points, name) => ({
  ...convcost(
    "sweep",
    "zoo:mobilenet_v1",
    "--set",
    `alpha=${alphas(points / 5)}`,
    "--set",
    "resolution=128..256:32",
    "--format",
    "csv",
    "--jobs",
    "1",
  ),
  name,
});
/** Widths from 0.25 to about 1. */
const alphas = (count) => `0.25..${(0.25 + 0.75 * (1 - 1 / count)).toFixed(9)}:${0.75 / count}`;

export async function sweep({ bare, convcost, folder, runs, say }) {
  const many = grid(convcost, POINTS, "many");
  // The header, and a row.
  const first = { ...many, name: "first", firstLine: 2 };
  const long = grid(convcost, SETTLED, "long");
  const times = await timeInTurn([bare, many, first], runs);
  const [longMs] = (await timeInTurn([long], 1)).get("long");
  const [ms, base] = [median(times.get("many")), times.get(bare.name)];
  say("  a million points, for their memory: this takes minutes");
  const [peak, settled, peakOfMillion] = [many, long, grid(convcost, MILLION, "million")].map((command) => peakMemory(command, folder, 1));
  return [
    atLeast(`sweep of MobileNet v1, ${POINTS.toLocaleString("en")} points on one core`, {
      ms,
      peak,
      value: (POINTS / ms) * 1000,
      limit: 1_500,
      unit: " models/s",
      digits: 0,
    }),
    atMost("  its first row", { ms: median(times.get("first")), value: medianRatio(times.get("first"), base), limit: 1.6, unit: "x bare node" }),
    atLeast(`  ${SETTLED.toLocaleString("en")} points, whose start counts for less`, {
      ms: longMs,
      peak: settled,
      value: (SETTLED / longMs) * 1000,
      limit: 1_500,
      unit: " models/s",
      digits: 0,
    }),
    atMost("  memory of a million points beyond those", { peak: peakOfMillion, value: peakOfMillion - settled, limit: 16, unit: " MiB", digits: 1 }),
  ];
}

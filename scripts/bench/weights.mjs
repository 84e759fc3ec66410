// Weights are never read: a file with them takes no more than the same file without.
import { join } from "node:path";
import { median, medianRatio, peakMemory, timeInTurn } from "./measure.mjs";
import { resnet50, writeModel } from "./onnx-file.mjs";
import { atMost } from "./rows.mjs";

/** Channels five times as wide: 25 times the weights of ResNet-50, 2.4 GiB. */
const WIDE = 5;
const PEAK_RUNS = 5;

export async function weights({ bare, convcost, folder, runs }) {
  const file = (name, options, writing) => {
    const path = join(folder, `${name}.onnx`);
    writeModel(path, resnet50(options), writing);
    return { ...convcost("count", path, "--json"), name };
  };
  const pairs = [
    ["ONNX ResNet-50 with its 100 MB of weights", file("resnet50", {}), file("resnet50-without", { weights: false })],
    ["ONNX model of 2.5 GB (a sparse file)", file("wide", { width: WIDE }, { sparse: true }), file("wide-without", { width: WIDE, weights: false })],
  ];
  const times = await timeInTurn([bare, ...pairs.flatMap(([, whole, without]) => [whole, without])], runs);
  return pairs.flatMap(([what, whole, without]) => {
    const [time, timeWithout] = [times.get(whole.name), times.get(without.name)];
    const [peak, peakWithout] = [whole, without].map((command) => peakMemory(command, folder, PEAK_RUNS));
    return [
      atMost(what, { ms: median(time), peak, value: medianRatio(time, times.get(bare.name)), limit: 2.2, unit: "x bare node" }),
      atMost("  time to that without weights", { ms: median(timeWithout), value: medianRatio(time, timeWithout), limit: 1.05, unit: "x" }),
      atMost("  memory beyond that without weights", { peak: peakWithout, value: peak - peakWithout, limit: 8, unit: " MiB", digits: 1 }),
    ];
  });
}

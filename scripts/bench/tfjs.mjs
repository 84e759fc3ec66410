// The same layers model summarised by TensorFlow.js, as a whole process.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { median, medianRatio, timeInTurn } from "./measure.mjs";

const SCRIPT = `
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import { loadLayersModel } from "@tensorflow/tfjs-layers";
const load = async () => JSON.parse(readFileSync(process.argv[2], "utf8"));
(await loadLayersModel({ load })).summary();
`;

/** Pairs of depthwise and pointwise convolutions, as MobileNet v1 has them. */
function layersModel() {
  const layer = (class_name, name, config) => ({ class_name, config: { name, trainable: true, ...config } });
  const layers = [
    layer("Conv2D", "stem", { filters: 32, kernel_size: [3, 3], strides: [2, 2], padding: "same", batch_input_shape: [null, 224, 224, 3] }),
  ];
  for (const [index, filters] of [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024].entries()) {
    layers.push(
      layer("DepthwiseConv2D", `dw${index}`, { kernel_size: [3, 3], strides: [1, 1], padding: "same" }),
      layer("BatchNormalization", `dw${index}_bn`, {}),
      layer("Activation", `dw${index}_relu`, { activation: "relu" }),
      layer("Conv2D", `pw${index}`, { filters, kernel_size: [1, 1], strides: [1, 1], padding: "same" }),
    );
  }
  layers.push(layer("GlobalAveragePooling2D", "pool", {}), layer("Dense", "classes", { units: 1000 }));
  return { modelTopology: { keras_version: "2.4.0", backend: "tensorflow", class_name: "Sequential", config: { name: "pairs", layers } } };
}

export async function tfjs({ bare, node, convcost, folder, runs }) {
  const home = join(folder, "tfjs");
  mkdirSync(home);
  const write = (name, text) => {
    writeFileSync(join(home, name), text);
    return join(home, name);
  };
  write("package.json", JSON.stringify({ private: true, type: "module" }));
  const packages = ["core", "layers", "backend-cpu"].map((name) => `@tensorflow/tfjs-${name}@4`);
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...packages], { cwd: home, stdio: ["ignore", "ignore", "inherit"] });
  const path = write("model.json", JSON.stringify(layersModel()));
  const own = { ...convcost("count", path), name: "TensorFlow.js layers model, convcost" };
  const theirs = { name: "  @tensorflow/tfjs-layers, model.summary()", argv: [node, write("summary.mjs", SCRIPT), path] };
  const times = await timeInTurn([bare, own, theirs], runs);
  return [own, theirs].map(({ name }) => ({
    what: name,
    ms: median(times.get(name)),
    figure: `${medianRatio(times.get(name), times.get(bare.name)).toFixed(2)}x bare node`,
  }));
}

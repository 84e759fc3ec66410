import { strToU8, zipSync } from "fflate";
import { conv, input, layer, sequential, type Config } from "../../test/read/keras-layers.js";
import type { Case, Files } from "../case.js";
import type { Random } from "../random.js";
import { hdf5, type Group } from "../seeds/hdf5.js";
import { contradicting, fitting, ports, type Port } from "./ports.js";

interface Layer {
  readonly className: string;
  readonly config: Config;
  readonly ports: readonly Port[];
  /** Names of its variables as Keras 2 stores them. */
  readonly names: readonly string[];
}

const KERNEL = ["kernel:0", "bias:0"] as const;
const CELL = ["kernel:0", "recurrent_kernel:0", "bias:0"] as const;
const NORM = ["gamma:0", "beta:0", "moving_mean:0", "moving_variance:0"] as const;
const cell = { units: 13, use_bias: true, activation: "tanh", recurrent_activation: "sigmoid" };

/** Layers with weights: what their config says and what the file stores are the same sizes. */
export const KERAS_LAYERS: readonly Layer[] = [
  { className: "Dense", config: { units: 7, use_bias: true }, ports: ports("2 11", "11 7", "7"), names: KERNEL },
  { className: "Conv2D", config: conv(7, 3, { use_bias: true }), ports: ports("2 8 8 5", "3 3 5 7", "7"), names: KERNEL },
  {
    className: "DepthwiseConv2D",
    config: { ...conv(1, 3, { use_bias: true }), depth_multiplier: 2 },
    ports: ports("2 8 8 5", "3 3 5 2", "10"),
    names: ["depthwise_kernel:0", "bias:0"],
  },
  {
    className: "SeparableConv2D",
    config: { ...conv(7, 3, { use_bias: true }), depth_multiplier: 1 },
    ports: ports("2 8 8 5", "3 3 5 1", "1 1 5 7", "7"),
    names: ["depthwise_kernel:0", "pointwise_kernel:0", "bias:0"],
  },
  { className: "Conv2DTranspose", config: conv(7, 3, { use_bias: true }), ports: ports("2 8 8 5", "3 3 7 5", "7"), names: KERNEL },
  { className: "BatchNormalization", config: { axis: [-1], center: true, scale: true }, ports: ports("2 8 8 5", "5", "5", "5", "5"), names: NORM },
  { className: "LayerNormalization", config: { axis: [-1], center: true, scale: true }, ports: ports("2 6 11", "11", "11"), names: NORM },
  { className: "LSTM", config: cell, ports: ports("2 6 11", "11 52", "13 52", "52"), names: CELL },
  { className: "GRU", config: { ...cell, reset_after: true }, ports: ports("2 6 11", "11 39", "13 39", "2 39"), names: CELL },
  { className: "SimpleRNN", config: cell, ports: ports("2 6 11", "11 13", "13 13", "13"), names: CELL },
  { className: "Embedding", config: { input_dim: 17, output_dim: 13 }, ports: ports("2 6", "17 13"), names: ["embeddings:0"] },
];

/** The model in HDF5 with its weights, as Keras 2 writes it, or the archive of Keras 3. */
export function kerasLayer({ className, config, names }: Layer, shapes: readonly (readonly number[])[], isArchive: boolean): Files {
  const model = JSON.stringify(sequential(input("x", shapes[0] ?? [], "batch_shape"), layer(className, "one", config)));
  const stored = (name: (index: number) => string): Group => Object.fromEntries(shapes.slice(1).map((shape, index) => [name(index), shape]));
  if (!isArchive) return { "model.h5": hdf5(model, { model_weights: { one: { one: stored((index) => names[index] ?? "") } } }) };
  const weights = hdf5(undefined, { layers: { one: { vars: stored(String) } } });
  return { "model.keras": zipSync({ "metadata.json": strToU8("{}"), "config.json": strToU8(model), "model.weights.h5": weights }) };
}

const elementsOf = (shapes: readonly (readonly number[])[]): string => shapes.map((shape) => shape.reduce((all, size) => all * size, 1)).join();

/** One layer of whose weights one has another size than its config makes. */
export function kerasWeights(random: Random): Case {
  const chosen = random.pick(KERAS_LAYERS);
  const { shapes, what } = contradicting(chosen.ports, random);
  const files = kerasLayer(chosen, shapes, random.chance(2));
  // An axis of size 1 more or less is another order of axes, as other versions of Keras write it.
  if (elementsOf(shapes) === elementsOf(fitting(chosen.ports))) return { argv: Object.keys(files), files };
  return { argv: Object.keys(files), files, claim: { kind: "contradicts", what: `${chosen.className}: ${what}` } };
}

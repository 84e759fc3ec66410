import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { hdf5, type Group } from "../../fuzz/seeds/hdf5.js";
import { analyze } from "../../src/analyze/analyze.js";
import { readKerasArchive, readKerasHdf5, type ReadKerasOptions } from "../../src/read/keras/read.js";
import { conv, functional, input, layer, sequential, type Config } from "./keras-layers.js";
import { source } from "./onnx-model.js";

type Shape = readonly number[];
interface Built {
  readonly className: string;
  readonly config: Config;
  readonly reads: Shape;
  /** Its variables in Keras's order, as Keras 2 calls them. */
  readonly stored: Readonly<Record<string, Shape>>;
}

const cell = { units: 13, use_bias: true, activation: "tanh", recurrent_activation: "sigmoid" };
const norm = (size: number) => ({ "gamma:0": [size], "beta:0": [size], "moving_mean:0": [size], "moving_variance:0": [size] });

/** Layers with weights, whose sizes Keras's documentation gives. */
const LAYERS: readonly Built[] = [
  { className: "Dense", config: { units: 7, use_bias: true }, reads: [2, 11], stored: { "kernel:0": [11, 7], "bias:0": [7] } },
  { className: "Conv2D", config: conv(7, 3, { use_bias: true }), reads: [2, 8, 8, 5], stored: { "kernel:0": [3, 3, 5, 7], "bias:0": [7] } },
  {
    className: "DepthwiseConv2D",
    config: { ...conv(1, 3, { use_bias: true }), depth_multiplier: 2 },
    reads: [2, 8, 8, 5],
    stored: { "depthwise_kernel:0": [3, 3, 5, 2], "bias:0": [10] },
  },
  {
    className: "SeparableConv2D",
    config: { ...conv(7, 3, { use_bias: true }), depth_multiplier: 1 },
    reads: [2, 8, 8, 5],
    stored: { "depthwise_kernel:0": [3, 3, 5, 1], "pointwise_kernel:0": [1, 1, 5, 7], "bias:0": [7] },
  },
  { className: "Conv2DTranspose", config: conv(7, 3, { use_bias: true }), reads: [2, 8, 8, 5], stored: { "kernel:0": [3, 3, 7, 5], "bias:0": [7] } },
  { className: "BatchNormalization", config: { axis: [-1], center: true, scale: true }, reads: [2, 8, 8, 5], stored: norm(5) },
  {
    className: "LayerNormalization",
    config: { axis: [-1], center: true, scale: true },
    reads: [2, 6, 11],
    stored: { "gamma:0": [11], "beta:0": [11] },
  },
  { className: "LSTM", config: cell, reads: [2, 6, 11], stored: { "kernel:0": [11, 52], "recurrent_kernel:0": [13, 52], "bias:0": [52] } },
  {
    className: "GRU",
    config: { ...cell, reset_after: true },
    reads: [2, 6, 11],
    stored: { "kernel:0": [11, 39], "recurrent_kernel:0": [13, 39], "bias:0": [2, 39] },
  },
  { className: "SimpleRNN", config: cell, reads: [2, 6, 11], stored: { "kernel:0": [11, 13], "recurrent_kernel:0": [13, 13], "bias:0": [13] } },
  { className: "Embedding", config: { input_dim: 17, output_dim: 13 }, reads: [2, 6], stored: { "embeddings:0": [17, 13] } },
];

const model = ({ className, config, reads }: Built) => JSON.stringify(sequential(input("x", reads, "batch_shape"), layer(className, "one", config)));
const zipped = (config: string, weights: Group) =>
  zipSync({ "config.json": strToU8(config), "model.weights.h5": [hdf5(undefined, weights), { level: 0 }] });

const legacy = (built: Built, stored: Group = built.stored, options: ReadKerasOptions = {}) =>
  analyze(readKerasHdf5(source(hdf5(model(built), { model_weights: { one: { one: stored } } })), options)).totals;
const archived = (built: Built, stored: Group = built.stored) => {
  const vars = Object.fromEntries(Object.values(stored).map((shape, index) => [String(index), shape]));
  return analyze(readKerasArchive(source(zipped(model(built), { layers: { one: { vars } } })))).totals;
};

const elementsOf = (shape: Shape) => shape.reduce((product, size) => product * size, 1);
const resized = (shape: Shape, at: number, size: number): Shape => shape.map((own, axis) => (axis === at ? size : own));
/** Every size changed by itself; one dimension less, and one more. */
const others = (shape: Shape): readonly Shape[] =>
  [...shape.flatMap((size, axis) => [resized(shape, axis, 2 * size), resized(shape, axis, size + 1)]), shape.slice(1), [...shape, 3]].filter(
    (other) => elementsOf(other) !== elementsOf(shape),
  );

describe.each(LAYERS.map((built) => [built.className, built] as const))("Keras: stored weights of %s", (_, built) => {
  const count = Object.values(built.stored).reduce((sum, shape) => sum + BigInt(elementsOf(shape)), 0n);

  it("count where they are those of the config", () => {
    for (const { params, buffers } of [legacy(built), archived(built)]) expect(params + buffers).toBe(count);
  });

  it.each(Object.keys(built.stored))("%s of another size is refused", (name) => {
    for (const shape of others(built.stored[name] ?? [])) {
      const stored = { ...built.stored, [name]: shape };
      expect(() => legacy(built, stored)).toThrow(/the file stores other weights for one than its config makes/);
      expect(() => archived(built, stored)).toThrow(/the file stores other weights for one than its config makes/);
    }
  });

  it("missing and left over weights are refused", () => {
    for (const name of Object.keys(built.stored)) {
      const stored = Object.fromEntries(Object.entries(built.stored).filter(([own]) => own !== name));
      if (Object.keys(stored).length > 0) expect(() => legacy(built, stored)).toThrow(/other weights for one/);
    }
    expect(() => legacy(built, { ...built.stored, "extra:0": [3] })).toThrow(/other weights for one/);
  });
});

describe("Keras: layers whose weights are not those of the file", () => {
  const dense = (name: string, units: number) => layer("Dense", name, { units, use_bias: false });
  const two = JSON.stringify(sequential(input("x", [null, 4]), dense("a", 5), dense("b", 4)));
  const read = (stored: Group) => () => readKerasHdf5(source(hdf5(two, { model_weights: stored })));

  it.each<[string, Group]>([
    ["of a layer that the model has not", { a: { "kernel:0": [4, 5] }, b: { "kernel:0": [5, 4] }, c: { "kernel:0": [2] } }],
    ["of one layer alone", { a: { "kernel:0": [4, 5] } }],
    ["of two layers that have changed places in size", { a: { "kernel:0": [5, 5] }, b: { "kernel:0": [4, 4] } }],
  ])("%s", (_, stored) => {
    expect(read(stored)).toThrow(/other weights for (a|b|c) than its config makes/);
  });

  it("are none of the model itself, nor is a file without weights one", () => {
    const both = { a: { "kernel:0": [4, 5] }, b: { "kernel:0": [5, 4] } };
    expect(read({ ...both, top_level_model_weights: { "iterations:0": [1] } })).not.toThrow();
    expect(read({})).not.toThrow();
  });

  it("a layer that is called twice stores its weights once; one that is not known may store any", () => {
    const called = layer("Dense", "d", { units: 8, use_bias: false }, ["x"], ["d"]);
    const unknown = layer("MyLayer", "m", {}, ["d#1"]);
    const config = JSON.stringify(functional([input("x", [null, 8]), called, unknown], "m"));
    const { totals } = analyze(readKerasHdf5(source(hdf5(config, { model_weights: { d: { "kernel:0": [8, 8] }, m: { "w:0": [9] } } }))));
    expect(totals.params).toBe(73n);
  });

  it("are said where another input makes them", () => {
    const flat = JSON.stringify(sequential(input("x", [null, 4, 4, 3]), layer("Flatten", "f", {}), dense("d", 5)));
    const bytes = hdf5(flat, { model_weights: { d: { "kernel:0": [48, 5] } } });
    const { totals, warnings } = analyze(readKerasHdf5(source(bytes), { input: "1x8x8x3" }));
    expect([totals.params, warnings.join()]).toEqual([
      960n,
      "the file stores other weights for d than its config makes: 48x5: those of the config are counted",
    ]);
    expect(analyze(readKerasHdf5(source(bytes), { input: "1x4x4x3" })).warnings).toEqual([]);
  });
});

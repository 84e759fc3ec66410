import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readKerasJson } from "../../src/read/keras/read.js";
import { conv, functional, input, layer, sequential, type Config } from "./keras-layers.js";

const read = (model: object) => analyze(readKerasJson(JSON.stringify(model)));
const image = [null, 8, 8, 3];
const cell = (className: string) => ({ cell: { class_name: className, config: { units: 4 } } });

/** Layers, what they read, and the values of their config that are sizes of 1 or more. */
const SIZES: readonly (readonly [className: string, reads: readonly (number | null)[], config: Config, names: readonly string[]])[] = [
  ["Conv2D", image, conv(4, 3), ["filters", "kernel_size", "strides", "groups"]],
  ["Conv1D", [null, 8, 3], { filters: 4, kernel_size: 3 }, ["filters", "kernel_size", "strides", "dilation_rate"]],
  ["Conv2DTranspose", image, conv(4, 3), ["filters", "kernel_size", "strides"]],
  ["DepthwiseConv2D", image, { kernel_size: 3, depth_multiplier: 1 }, ["kernel_size", "depth_multiplier", "strides"]],
  ["SeparableConv2D", image, { ...conv(4, 3), depth_multiplier: 1 }, ["filters", "kernel_size", "depth_multiplier", "strides"]],
  ["ConvLSTM2D", [null, 2, 8, 8, 3], conv(4, 3), ["filters", "kernel_size", "strides"]],
  ["MaxPooling2D", image, { pool_size: 2 }, ["pool_size", "strides"]],
  ["AveragePooling2D", image, { pool_size: 2 }, ["pool_size", "strides"]],
  ["Dense", [null, 8], { units: 4 }, ["units", "lora_rank"]],
  ["LSTM", [null, 2, 8], { units: 4 }, ["units"]],
  ["GRU", [null, 2, 8], { units: 4 }, ["units"]],
  ["Embedding", [null, 8], { input_dim: 9, output_dim: 4 }, ["input_dim", "output_dim"]],
  ["MultiHeadAttention", [null, 2, 8], { num_heads: 2, key_dim: 4 }, ["num_heads", "key_dim", "value_dim"]],
  ["GroupNormalization", image, { groups: 3 }, ["groups"]],
  ["UpSampling2D", image, { size: 2 }, ["size"]],
  ["RepeatVector", [null, 8], { n: 2 }, ["n"]],
  ["Resizing", image, { height: 4, width: 4 }, ["height", "width"]],
  ["CenterCrop", image, { height: 4, width: 4 }, ["height", "width"]],
  ["CategoryEncoding", [null, 8], { num_tokens: 4, output_mode: "multi_hot" }, ["num_tokens"]],
];

describe("sizes in a config of Keras that are none are refused", () => {
  it.each(SIZES)("%s counts with sizes", (className, reads, config) => {
    expect(() => read(sequential(input("x", reads, "batch_shape"), layer(className, "one", config)))).not.toThrow();
  });

  const wrong = [-2, 0, 1.5, 1e300, 2 ** 53, "2", true, [], [2, -1]];
  const cases = SIZES.flatMap(([className, reads, config, names]) =>
    names.flatMap((name) => wrong.map((value) => [className, name, JSON.stringify(value), reads, { ...config, [name]: value }] as const)),
  );
  it.each(cases)("%s with %s of %s", (className, _, __, reads, config) => {
    expect(() => read(sequential(input("x", reads, "batch_shape"), layer(className, "one", config)))).toThrow(InputError);
  });

  it.each([-8, 8.5, 1e300, 2 ** 53, "8", true])("a size of the input of %s", (size) => {
    expect(() =>
      read(sequential({ class_name: "InputLayer", config: { name: "x", batch_shape: [null, size, 8, 3] } }, layer("ReLU", "r", {}))),
    ).toThrow(/is not a size/);
    expect(() =>
      read({ ...sequential(layer("ReLU", "r", {})), config: { layers: [layer("ReLU", "r", {})], build_input_shape: [null, size] } }),
    ).toThrow(/is not a size/);
  });

  it.each<[string, Config]>([
    ["TimeDistributed", { layer: { class_name: "Dense", config: { units: 0 } } }],
    ["Bidirectional", { layer: { class_name: "LSTM", config: { units: -1 } } }],
    ["RNN", { cell: { class_name: "GRUCell", config: { units: 1.5 } } }],
  ])("of a layer inside %s", (className, config) => {
    expect(() => read(sequential(input("x", [null, 2, 8], "batch_shape"), layer(className, "one", config)))).toThrow(InputError);
    expect(() => read(sequential(input("x", [null, 2, 8], "batch_shape"), layer("RNN", "one", cell("LSTMCell"))))).not.toThrow();
  });

  const joined = (className: string, config: Config, left: readonly (number | null)[], right: readonly (number | null)[]) =>
    functional([input("x", left, "batch_shape"), input("z", right, "batch_shape"), layer(className, "c", config, ["x", "z"])], "c", ["x", "z"]);
  it.each<[string, Config, readonly (number | null)[], readonly (number | null)[], RegExp]>([
    ["Concatenate", { axis: 1.5 }, [null, 4], [null, 4], /works on axis 1.5/],
    ["Concatenate", { axis: "two" }, [null, 4], [null, 4], /works on axis NaN/],
    ["Concatenate", { axis: 9 }, [null, 4], [null, 4], /works on axis 9/],
    ["Concatenate", { axis: 1 }, [null, 4, 5], [null, 4, 6], /cannot join/],
    ["Add", {}, [null, 4], [null, 5], /cannot join/],
    ["Dot", { axes: [2, 1] }, [null, 4, 5], [null, 6, 7], /cannot join axes 2 and 1/],
    ["Dot", { axes: 0 }, [null, 4], [null, 4], /cannot join axes 0 and 0/],
    ["Dot", { axes: 1.5 }, [null, 4], [null, 4], /works on axis 1.5/],
  ])("%s with %j of %j and %j", (className, config, left, right, message) => {
    expect(() => read(joined(className, config, left, right))).toThrow(message);
  });
});

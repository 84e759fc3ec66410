import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readKerasArchive, readKerasHdf5, readKerasJson, type ReadKerasOptions } from "../../src/read/keras/read.js";
import { readTfjs } from "../../src/read/tfjs/read.js";
import { convcost } from "../cli/run.js";
import { conv, functional, input, layer, sequential, type Config } from "./keras-layers.js";
import { source } from "./onnx-model.js";

const count = (model: unknown, options: ReadKerasOptions = {}) => analyze(readKerasJson(JSON.stringify(model), options));

/** MobileNetV2 as keras.applications builds it (arXiv 1801.04381, table 2), 224 x 224. */
function mobileNetV2(): object {
  const layers: object[] = [input("x", [null, 224, 224, 3])];
  let [last, channels, index] = ["x", 3, 0];
  const add = (className: string, config: Config, ...from: readonly string[]) => {
    const name = `${className.toLowerCase()}_${index++}`;
    layers.push(layer(className, name, config, from.length > 0 ? from : [last]));
    last = name;
  };
  const normed = (className: string, config: Config, activated = true) => {
    add(className, config);
    add("BatchNormalization", { axis: [3], momentum: 0.999, epsilon: 0.001, center: true, scale: true });
    if (activated) add("ReLU", { max_value: 6, negative_slope: 0, threshold: 0 });
  };
  normed("Conv2D", conv(32, 3, { strides: [2, 2] }));
  channels = 32;
  const blocks = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expand, out, repeats, first] of blocks) {
    for (let block = 0; block < repeats; block++) {
      const [from, stride] = [last, block === 0 ? first : 1];
      if (expand > 1) normed("Conv2D", conv(channels * expand, 1));
      normed("DepthwiseConv2D", { kernel_size: [3, 3], strides: [stride, stride], padding: "same", depth_multiplier: 1, use_bias: false });
      normed("Conv2D", conv(out, 1), false);
      if (stride === 1 && channels === out) add("Add", {}, from, last);
      channels = out;
    }
  }
  normed("Conv2D", conv(1280, 1));
  add("GlobalAveragePooling2D", { keepdims: false });
  add("Dense", { units: 1000, activation: "softmax", use_bias: true });
  return functional(layers, last);
}

describe("Keras: model.to_json()", () => {
  // torchvision's figures for the same network: 3,504,872 parameters, 34,112 running statistics, 300,774,272 multiply-adds.
  it("MobileNetV2 has the totals that it has in every other format", () => {
    const { totals, outputs, partial } = count(mobileNetV2());
    expect(totals).toMatchObject({ params: 3_504_872n, buffers: 34_112n, macs: 300_774_272n });
    expect([outputs[0]?.shape, partial]).toEqual([[1, 1000], false]);
  });

  it("shapes are channels last, as the file has them; --layout turns them", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify(sequential(input("x", [null, 8, 6, 3]), layer("Conv2D", "c", conv(4, 3)))));
    const files = { "m.json": { type: "file" as const, bytes } };
    const shown: unknown = JSON.parse((await convcost(["count", "m.json", "--json"], { files })).stdout);
    expect(shown).toMatchObject({ layout: "nhwc", inputs: [{ shape: [1, 8, 6, 3] }], outputs: [{ shape: [1, 8, 6, 4] }] });
    const turned: unknown = JSON.parse((await convcost(["count", "m.json", "--json", "--layout", "nchw"], { files })).stdout);
    expect(turned).toMatchObject({ layout: "nchw", outputs: [{ shape: [1, 4, 8, 6] }] });
  });

  it("a layer that is called twice stores its weights once", () => {
    const dense = layer("Dense", "d", { units: 8, activation: "relu", use_bias: true }, ["x"], ["d"]);
    const { totals, outputs } = count(functional([input("x", [null, 8]), dense], "d#1"));
    expect([totals.params, totals.macs, outputs[0]?.shape]).toEqual([72n, 128n, [1, 8]]);
  });

  it("frozen layers are not trained: their parameters are counted apart, as model.summary() does", () => {
    const frozen = layer("Dense", "d", { units: 4, trainable: false, use_bias: true });
    expect(count(sequential(input("x", [null, 8]), frozen, layer("Dense", "e", { units: 2, use_bias: true }))).totals).toMatchObject({
      params: 10n,
      buffers: 36n,
    });
  });

  it("a model inside a model, called twice", () => {
    const inner = {
      ...sequential(input("a", [null, 8]), layer("Dense", "d", { units: 8, use_bias: false })),
      name: "inner",
      inbound_nodes: [[["x", 0, 0, {}]], [["inner", 0, 0, {}]]],
    };
    const { totals, layers } = count(functional([input("x", [null, 8]), { ...inner, config: { ...inner.config, name: "inner" } }], "inner#1"));
    expect([totals.params, totals.macs]).toEqual([64n, 128n]);
    expect(layers[0]?.name).toBe("inner/d");
  });

  it("Keras 3 names what a call reads by its history", () => {
    const tensor = (from: string) => ({
      class_name: "__keras_tensor__",
      config: { shape: [null, 8, 8, 3], dtype: "float32", keras_history: [from, 0, 0] },
    });
    const call = (...inputs: readonly object[]) => [{ args: inputs.length === 1 ? inputs : [inputs], kwargs: {} }];
    const model = functional(
      [
        input("x", [null, 8, 8, 3], "batch_shape"),
        { ...layer("Conv2D", "c", conv(3, 3)), inbound_nodes: call(tensor("x")) },
        { ...layer("Concatenate", "both", { axis: -1 }), inbound_nodes: call(tensor("x"), tensor("c")) },
      ],
      "both",
    );
    expect(count(model)).toMatchObject({ totals: { macs: BigInt(64 * 3 * 27) }, outputs: [{ shape: [1, 8, 8, 6] }] });
  });

  it("a layer that is not known is named; what follows it is not counted, its own weights cannot be", () => {
    const { uncounted } = count(sequential(input("x", [null, 8]), layer("MyAttention", "a", {}), layer("Dense", "d", { units: 4 })));
    expect(uncounted.map(({ op, count: times }) => [op, times])).toEqual([
      ["keras.MyAttention", 1],
      ["keras.Dense", 1],
    ]);
  });

  it.each<[string, string, Config, readonly number[], readonly number[], Config]>([
    ["Rescaling", "Rescaling", { scale: 0.5, offset: 0 }, [8, 8, 3], [1, 8, 8, 3], { flops: 384n }],
    ["Resizing", "Resizing", { height: 4, width: 6, interpolation: "bilinear" }, [8, 8, 3], [1, 4, 6, 3], { flops: 7n * 72n }],
    ["Normalization", "Normalization", { axis: -1, mean: null, variance: null }, [8, 8, 3], [1, 8, 8, 3], { params: 0n, buffers: 7n }],
    [
      "EinsumDense",
      "EinsumDense",
      { equation: "abc,cd->abd", output_shape: [5, 16], bias_axes: "d" },
      [5, 8],
      [1, 5, 16],
      { params: 144n, macs: 640n },
    ],
    ["TFOpLambda", "TFOpLambda", { function: "nn.relu6" }, [8], [1, 8], { flops: 8n }],
    ["Lambda of a function by name", "Lambda", { function: { class_name: "function", config: "relu" } }, [8], [1, 8], { flops: 8n }],
    ["QDense", "QDense", { units: 4, activation: "quantized_relu(6,0)", kernel_quantizer: null }, [8], [1, 4], { params: 36n, macs: 32n }],
    // GRU(4) on 5, then SimpleRNN(3) on 4: 12(5+4)+24 and 3(4+3)+3 weights (the biases of a GRU are two).
    [
      "RNN of cells",
      "RNN",
      {
        cell: [
          { class_name: "GRUCell", config: { units: 4, reset_after: true } },
          { class_name: "SimpleRNNCell", config: { units: 3 } },
        ],
      },
      [7, 5],
      [1, 3],
      { params: 156n, macs: 903n },
    ],
    ["LoRA", "Dense", { units: 7, lora_rank: 2 }, [4, 5], [1, 4, 7], { params: 31n, buffers: 35n, macs: 140n }],
  ])("%s", (_, className, config, size, output, totals) => {
    const found = count(sequential(input("x", [null, ...size]), layer(className, "l", config)));
    expect(found).toMatchObject({ partial: false, outputs: [{ shape: output }], totals });
  });

  it("a Sequential without a shape takes it from --input", () => {
    const model = sequential(layer("Dense", "d", { units: 4, use_bias: true }));
    expect(count(model).partial).toBe(true);
    expect(count(model, { input: [1, 8] }).totals).toMatchObject({ params: 36n, macs: 32n, uncounted: 0 });
  });

  it.each<[string, string, RegExp]>([
    [
      "a circle",
      JSON.stringify(functional([input("x", [null, 8]), layer("Dense", "a", { units: 8 }, ["b"]), layer("Dense", "b", { units: 8 }, ["a"])], "b")),
      /run in a circle/,
    ],
    ["a million brackets", `{"class_name": "Sequential", "config": ${"[".repeat(1_000_000)}`, /nested more than/],
    ["a text that ends early", '{"class_name": "Sequential", "config": {', /no JSON of a model/],
    ["a layer without a class", JSON.stringify(sequential({ config: {} })), /no class/],
  ])("%s is refused", (_, text, message) => {
    expect(() => readKerasJson(text)).toThrow(message);
    expect(() => readKerasJson(text)).toThrow(InputError);
  });
});

describe("Keras: .keras archives", () => {
  const config = JSON.stringify(sequential(input("x", [null, 8], "batch_shape"), layer("Dense", "d", { units: 4, use_bias: true })));

  it("are read for their config.json", () => {
    const archive = zipSync({ "metadata.json": strToU8("{}"), "config.json": strToU8(config), "model.weights.h5": new Uint8Array(1000) });
    expect(analyze(readKerasArchive(source(archive))).totals).toMatchObject({ params: 36n, macs: 32n });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["without one", zipSync({ a: strToU8("b") }), /no config.json/],
    ["that are cut off", zipSync({ "config.json": strToU8(config) }).subarray(0, 60), /damaged/],
    ["of a gigabyte of zeros", zipSync({ "config.json": new Uint8Array(80_000_000) }), /no config.json/],
  ])("%s are refused", (_, archive, message) => {
    expect(() => readKerasArchive(source(archive))).toThrow(message);
  });
});

describe("TensorFlow.js: layers models", () => {
  const topology = {
    keras_version: "2.7.0",
    backend: "tensorflow",
    model_config: sequential(input("x", [null, 8]), layer("Dense", "d", { units: 4, use_bias: true })),
  };
  const manifest = (...shapes: readonly (readonly number[])[]) => [
    { paths: ["w.bin"], weights: shapes.map((shape, index) => ({ name: `w${index}`, shape, dtype: "float32" })) },
  ];
  const read = (model: object) => analyze(readTfjs(JSON.stringify(model)));

  it("are Keras's, and their weights are those of the manifest", () => {
    const { totals, warnings } = read({ format: "layers-model", modelTopology: topology, weightsManifest: manifest([8, 4], [4]) });
    expect(totals).toMatchObject({ params: 36n, macs: 32n });
    expect(warnings.filter((text) => text.includes("lists"))).toEqual([]);
  });

  it("a manifest of other weights is told", () => {
    const more = read({ modelTopology: topology, weightsManifest: manifest([8, 5], [5]) });
    expect(more.uncounted).toEqual([{ op: "weights", count: 1, reason: "the file lists 45 weights, and its layers have 36" }]);
    expect(more.totals.lowerBounds).toEqual(["params", "buffers", "countedParams", "weightBytes", "bytesMoved"]);
    const fewer = read({ modelTopology: topology, weightsManifest: manifest([8, 3], [3]) });
    expect([fewer.partial, fewer.warnings]).toEqual([false, expect.arrayContaining(["the file lists 27 weights, and its layers have 36"])]);
  });

  it("the command knows one by its content", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ modelTopology: topology }));
    const { stdout } = await convcost(["count", "model.json", "--json"], { files: { "model.json": { type: "file", bytes } } });
    expect(JSON.parse(stdout)).toMatchObject({ model: { format: "tfjs" }, totals: { macs: 32 } });
  });
});

describe("convcost count", () => {
  it("--list-formats needs no spec", async () => {
    const { stdout, code } = await convcost(["count", "--list-formats"]);
    expect(code).toBe(0);
    for (const ending of [".onnx", ".tflite", ".h5", ".keras", ".safetensors", ".gguf"]) expect(stdout).toContain(ending);
  });

  it.each<[string, readonly number[], RegExp]>([
    ["a pickle", [0x80, 2, 0x7d, 0], /looks like a Python pickle/],
    ["a picture", [0x89, 0x50, 0x4e, 0x47, 0], /looks like a picture/],
    ["an ORT file", [0x18, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d], /ORT format \(ORTM at byte 4\)/],
    // saved_model.proto: schema version 1, a graph whose meta information begins with its operators.
    ["a SavedModel", [8, 1, 0x12, 0x85, 1, 0x0a, 0x82, 1, 0x12, 0x80, 1, 0], /looks like a SavedModel of TensorFlow/],
    // Model.proto: version 5, a description whose first input is called `x`.
    ["a Core ML model", [8, 5, 0x12, 9, 0x0a, 7, 0x0a, 1, 0x78, 0x1a, 2, 0x2a, 0], /looks like a Core ML model/],
    ["what nobody knows", [0xff, 0xfe, 0xfd, 0], /no model that is known/],
  ])("%s is told as what it looks like", async (_, bytes, message) => {
    const { code, stderr } = await convcost(["count", "./m.bin"], { files: { "./m.bin": { type: "file", bytes: Uint8Array.from(bytes) } } });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("Keras: HDF5", () => {
  it.each<[string, Uint8Array]>([
    ["nothing but the signature", Uint8Array.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a])],
    [
      "addresses of all ones",
      Uint8Array.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 0, 8, 8, ...Array<number>(100).fill(255)]),
    ],
    // The root's object header is at 96 and goes on at itself.
    ["a header that goes on at itself", circular()],
  ])("%s is refused", (_, content) => {
    expect(() => readKerasHdf5(source(content))).toThrow(InputError);
  });
});

/** A superblock of version 0, whose root group's header has one message: it goes on at its own first block. */
function circular(): Uint8Array {
  const content = new Uint8Array(200);
  const view = new DataView(content.buffer);
  content.set([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
  content.set([8, 8], 13);
  view.setUint32(64, 96, true);
  content[96] = 1;
  view.setUint16(98, 1, true);
  view.setUint32(104, 24, true);
  view.setUint16(112, 0x10, true);
  view.setUint16(114, 16, true);
  view.setUint32(120, 112, true);
  view.setUint32(128, 24, true);
  return content;
}

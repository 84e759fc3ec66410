import { conventionNamed } from "../../src/conventions/table.js";
import { describe, expect, it } from "vitest";
import { analyze, conventions, parseLayers, readOnnx, type Graph } from "../../src/index.js";
import { readKerasJson } from "../../src/read/keras/read.js";
import { readTflite } from "../../src/read/tflite/read.js";
import { input as kerasInput, layer, sequential, type Config } from "../read/keras-layers.js";
import { input, model, node, output, scalar, source, weight, whole, type Write } from "../read/onnx-model.js";
import { model as tflite, type Field } from "../read/tflite-model.js";

// A convention goes by operator, attributes and ports: a layer has the same figure typed and in an ONNX file, whatever the file calls its tensors.
interface Twin {
  readonly spec: string;
  readonly size: readonly number[];
  readonly onnx: readonly Write[];
}

const TWINS: readonly Twin[] = [
  {
    spec: "nn.Conv2d(4, 6, 3, stride=2, padding=1, groups=2)",
    size: [2, 4, 9, 9],
    onnx: [
      weight("a", [6, 2, 3, 3]),
      weight("b", [6]),
      node("Conv", ["x", "a", "b"], ["y"], { attributes: { strides: [2, 2], pads: [1, 1, 1, 1], group: 2 } }),
    ],
  },
  {
    spec: "nn.ConvTranspose2d(4, 6, (3, 2), stride=2, groups=2)",
    size: [2, 4, 5, 5],
    onnx: [weight("a", [4, 3, 3, 2]), weight("b", [6]), node("ConvTranspose", ["x", "a", "b"], ["y"], { attributes: { strides: [2, 2], group: 2 } })],
  },
  {
    spec: "nn.Linear(8, 5)",
    size: [3, 8],
    onnx: [weight("a", [5, 8]), weight("b", [5]), node("Gemm", ["x", "a", "b"], ["y"], { attributes: { transB: 1 } })],
  },
  { spec: "nn.Linear(8, 5, bias=False)", size: [3, 7, 8], onnx: [weight("a", [8, 5]), node("MatMul", ["x", "a"], ["y"])] },
  {
    spec: "nn.BatchNorm2d(4)",
    size: [2, 4, 5, 5],
    onnx: [...["a", "b", "c", "d"].map((name) => weight(name, [4])), node("BatchNormalization", ["x", "a", "b", "c", "d"], ["y"])],
  },
  {
    spec: "nn.LayerNorm(8)",
    size: [2, 5, 8],
    onnx: [weight("a", [8]), weight("b", [8]), node("LayerNormalization", ["x", "a", "b"], ["y"])],
  },
  {
    spec: "nn.InstanceNorm2d(4, affine=True)",
    size: [2, 4, 5, 5],
    onnx: [weight("a", [4]), weight("b", [4]), node("InstanceNormalization", ["x", "a", "b"], ["y"])],
  },
  { spec: "nn.PReLU(4)", size: [2, 4, 5, 5], onnx: [weight("a", [4, 1, 1]), node("PRelu", ["x", "a"], ["y"])] },
  {
    spec: "nn.GRU(8, 6)",
    size: [7, 2, 8],
    onnx: [
      weight("a", [1, 18, 8]),
      weight("b", [1, 18, 6]),
      weight("c", [1, 36]),
      node("GRU", ["x", "a", "b", "c"], ["y"], { attributes: { hidden_size: 6 } }),
    ],
  },
  {
    spec: "nn.LSTM(8, 6, bidirectional=True)",
    size: [7, 2, 8],
    onnx: [
      weight("a", [2, 24, 8]),
      weight("b", [2, 24, 6]),
      weight("c", [2, 48]),
      node("LSTM", ["x", "a", "b", "c"], ["y"], { attributes: { hidden_size: 6, direction: "bidirectional" } }),
    ],
  },
  {
    spec: "nn.RNN(8, 6, bias=False)",
    size: [7, 2, 8],
    onnx: [weight("a", [1, 6, 8]), weight("b", [1, 6, 6]), node("RNN", ["x", "a", "b"], ["y"], { attributes: { hidden_size: 6 } })],
  },
  {
    spec: "nn.Upsample(scale_factor=2, mode='bilinear')",
    size: [2, 4, 5, 5],
    onnx: [weight("s", [4]), whole("z", 2, 4, 10, 10), node("Resize", ["x", "", "", "z"], ["y"], { attributes: { mode: "linear" } })],
  },
  {
    spec: "nn.Softmax(dim=1)",
    size: [2, 9],
    onnx: [scalar("unused", 1), node("Softmax", ["x"], ["y"], { attributes: { axis: 1 } })],
  },
];

describe.each(TWINS)("$spec, typed and in ONNX", ({ spec, size, onnx }) => {
  const file = (): Graph => readOnnx(source(model([input("x", size), ...onnx, output("y")])));

  it.each(conventions().map(({ name }) => name))("%s", (convention) => {
    const figure = (graph: Graph, shape?: readonly number[]) => {
      const { totals } = analyze(graph, { convention: conventionNamed(convention), input: shape });
      return totals.counted ?? totals.macs;
    };
    expect(figure(file())).toBe(figure(parseLayers(spec), size));
  });
});

/** The same layer in a file whose images are channels last. */
const keras = (shape: readonly number[], name: string, config: Config) => (): Graph =>
  readKerasJson(JSON.stringify(sequential(kerasInput("x", [null, ...shape]), layer(name, "l", config))));

/** One operator of TensorFlow Lite: its input, its weights and its output. */
const lite =
  (code: number, shapes: readonly (readonly number[])[], inputs: readonly number[], options: Readonly<Record<number, Field>> = {}) =>
  (): Graph => {
    const last = shapes.length - 1;
    const tensors = shapes.map((shape, index) => ({ name: `t${index}`, shape, buffer: index === 0 || index === last ? 0 : index }));
    const operators = [{ code: 0, inputs, outputs: [last], options }];
    const buffers = shapes.slice(1, -1).map((shape) => new Uint8Array(4 * shape.reduce((product, size) => product * size, 1)));
    return readTflite(source(tflite([code], [{ tensors, inputs: [0], outputs: [last], operators }], buffers)));
  };

const WINDOW = { strides: [1, 1], padding: "valid", use_bias: true };
const IMAGE = [1, 4, 9, 8] as const;
const LAST = [9, 8, 4] as const;
const STRIDES = { 1: { int: 1 }, 2: { int: 1 } };

const CHANNELS_LAST: readonly (readonly [string, string, readonly number[], () => Graph])[] = [
  ["Keras", "nn.Conv2d(4, 6, 3)", IMAGE, keras(LAST, "Conv2D", { filters: 6, kernel_size: [3, 3], ...WINDOW })],
  [
    "Keras",
    "nn.ConvTranspose2d(4, 6, (3, 2), stride=2)",
    IMAGE,
    keras(LAST, "Conv2DTranspose", { ...WINDOW, filters: 6, kernel_size: [3, 2], strides: [2, 2] }),
  ],
  ["Keras", "nn.BatchNorm2d(4)", IMAGE, keras(LAST, "BatchNormalization", { axis: [3], center: true, scale: true })],
  ["Keras", "nn.MaxPool2d(3, 2)", IMAGE, keras(LAST, "MaxPooling2D", { pool_size: [3, 3], strides: [2, 2], padding: "valid" })],
  ["Keras", "nn.Upsample(scale_factor=2, mode='bilinear')", IMAGE, keras(LAST, "UpSampling2D", { size: [2, 2], interpolation: "bilinear" })],
  ["Keras", "nn.LayerNorm(8)", [1, 5, 8], keras([5, 8], "LayerNormalization", { axis: [2], center: true, scale: true })],
  ["Keras", "nn.Linear(8, 5)", [1, 8], keras([8], "Dense", { units: 5, use_bias: true })],
  [
    "TensorFlow Lite",
    "nn.Conv2d(4, 6, 3)",
    IMAGE,
    lite(3, [[1, 9, 8, 4], [6, 3, 3, 4], [6], [1, 7, 6, 6]], [0, 1, 2], { 0: { byte: 1 }, ...STRIDES }),
  ],
  ["TensorFlow Lite", "nn.Linear(8, 5)", [3, 8], lite(9, [[3, 8], [5, 8], [5], [3, 5]], [0, 1, 2])],
];

describe.each(CHANNELS_LAST)("in %s: %s", (_, spec, size, graph) => {
  it.each(conventions().map(({ name }) => name))("%s", (convention) => {
    const figure = (of: Graph, shape?: readonly number[]) => {
      const { totals } = analyze(of, { convention: conventionNamed(convention), input: shape });
      return totals.counted ?? totals.macs;
    };
    expect(figure(graph())).toBe(figure(parseLayers(spec), size));
  });
});

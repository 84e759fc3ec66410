import { constant, ir, layersAndEdges, parameter, result } from "../../test/read/openvino-model.js";
import * as keras from "../../test/read/keras-layers.js";
import * as onnx from "../../test/read/onnx-model.js";
import { archive, NET as PT2 } from "../../test/read/pt2-model.js";
import { int32s, model as tflite } from "../../test/read/tflite-model.js";
import { NET as TFJS } from "../../test/read/tfjs-model.js";
import { bytesOf, ggufFile, ggufHead, ggufTensor } from "../../test/read/weights-model.js";

// Small models of the project's own, so that the fuzzing stands alone.

const body = [
  onnx.input("i", []),
  onnx.input("go", []),
  onnx.input("s", [2, 3]),
  onnx.node("Add", ["s", "s"], ["t"]),
  onnx.node("Identity", ["go"], ["more"]),
  onnx.output("more", []),
  onnx.output("t", [2, 3]),
];

export const ONNX: readonly Uint8Array[] = [
  onnx.model([
    onnx.input("x", ["batch", 3, 16, 16]),
    onnx.weight("w", [8, 3, 3, 3]),
    onnx.weight("b", [8]),
    onnx.node("Conv", ["x", "w", "b"], ["c"], { name: "/conv/Conv", attributes: { pads: [1, 1, 1, 1], strides: [2, 2], group: 1 } }),
    onnx.node("Relu", ["c"], ["r"]),
    onnx.node("GlobalAveragePool", ["r"], ["g"]),
    onnx.node("Shape", ["g"], ["shape"]),
    onnx.whole("first", 0),
    onnx.whole("rest", -1),
    onnx.node("Gather", ["shape", "first"], ["n"], { attributes: { axis: 0 } }),
    onnx.node("Concat", ["n", "rest"], ["to"], { attributes: { axis: 0 } }),
    onnx.node("Reshape", ["g", "to"], ["f"]),
    onnx.weight("m", [8, 10]),
    onnx.node("MatMul", ["f", "m"], ["y"]),
    onnx.output("y", ["batch", 10]),
  ]),
  onnx.model(
    [
      onnx.input("s", [2, 3]),
      onnx.scalar("times", 4),
      onnx.truth("yes", true),
      onnx.node("Loop", ["times", "yes", "s"], ["u"], { attributes: { body: { graph: body } } }),
      onnx.node("Own", ["u"], ["y"], { domain: "own" }),
      onnx.output("y"),
    ],
    onnx.functionOf("own", "Own", ["a"], ["b"], onnx.node("Exp", ["a"], ["b"], { field: 7 })),
  ),
];

const [CONV, POOL, RESHAPE, WHILE] = [3, 1, 22, 119];

export const TFLITE: readonly Uint8Array[] = [
  tflite(
    [CONV, POOL, RESHAPE, "Own"],
    [
      {
        tensors: [
          { name: "x", shape: [1, 8, 8, 3] },
          { name: "w", shape: [4, 3, 3, 3], buffer: 1 },
          { name: "b", shape: [4], buffer: 2 },
          { name: "c", shape: [1, 8, 8, 4] },
          { name: "p", shape: [1, 4, 4, 4] },
          { name: "to", shape: [2], type: 2, buffer: 3 },
          { name: "f", shape: [1, 64] },
          { name: "y", shape: [1, 64] },
        ],
        inputs: [0],
        outputs: [7],
        operators: [
          { code: 0, inputs: [0, 1, 2], outputs: [3], options: { 0: { byte: 0 }, 1: { int: 1 }, 2: { int: 1 } } },
          { code: 1, inputs: [3], outputs: [4], options: { 0: { byte: 1 }, 1: { int: 2 }, 2: { int: 2 }, 3: { int: 2 }, 4: { int: 2 } } },
          { code: 2, inputs: [4, 5], outputs: [6] },
          { code: 3, inputs: [6], outputs: [7] },
        ],
      },
    ],
    [new Uint8Array(432), new Uint8Array(16), int32s(1, 64)],
  ),
  tflite(
    [WHILE, 58, 0],
    [
      {
        tensors: [
          { name: "i", shape: [1] },
          { name: "o", shape: [1] },
        ],
        inputs: [0],
        outputs: [1],
        operators: [{ code: 0, inputs: [0], outputs: [1], options: { 0: { int: 1 }, 1: { int: 2 } } }],
      },
      {
        tensors: [
          { name: "i", shape: [1] },
          { name: "b", shape: [1], type: 6 },
        ],
        inputs: [0],
        outputs: [1],
        operators: [{ code: 1, inputs: [0, 0], outputs: [1] }],
      },
      {
        tensors: [
          { name: "i", shape: [1] },
          { name: "o", shape: [1] },
        ],
        inputs: [0],
        outputs: [1],
        operators: [{ code: 2, inputs: [0, 0], outputs: [1] }],
      },
    ],
  ),
];

const { layer, input, sequential, functional, conv } = keras;

export const KERAS: readonly string[] = [
  sequential(
    input("x", [null, 16, 16, 3], "batch_shape"),
    layer("Conv2D", "c", conv(8, 3, { use_bias: true, activation: "relu" })),
    layer("DepthwiseConv2D", "d", { kernel_size: [3, 3], strides: [2, 2], padding: "same", depth_multiplier: 2, use_bias: false }),
    layer("BatchNormalization", "n", { axis: [-1], center: true, scale: true }),
    layer("GlobalAveragePooling2D", "g", {}),
    layer("Dense", "y", { units: 10, use_bias: true }),
  ),
  functional(
    [
      input("x", [null, 10, 8]),
      layer("LSTM", "l", { units: 6, return_sequences: true, use_bias: true }, ["x"]),
      layer("Dense", "d", { units: 6, use_bias: false }, ["x"]),
      layer("Add", "a", {}, ["l", "d"]),
      layer("Strange", "s", { size: 3 }, ["a"]),
      layer("Flatten", "f", {}, ["a"]),
    ],
    "f",
  ),
].map((model) => JSON.stringify(model));

/** Models of TensorFlow.js, a graph model and a layers model, with the files beside them. */
export const TFJS_MODELS: readonly { readonly json: string; readonly shards: Readonly<Record<string, Uint8Array>> }[] = [
  { json: TFJS.json, shards: { "group1-shard1of1.bin": TFJS.shard } },
  {
    json: `{"format":"layers-model","modelTopology":{"model_config":${KERAS[0] ?? ""}},"weightsManifest":[{"paths":["w.bin"],"weights":[{"name":"c/kernel","shape":[3,3,3,8],"dtype":"float32"}]}]}`,
    shards: {},
  },
];

export const PT2_ARCHIVE = archive(PT2);

export const SAFETENSORS: readonly string[] = [
  JSON.stringify({
    __metadata__: { format: "pt" },
    "a.weight": { dtype: "F16", shape: [4, 8], data_offsets: [0, 64] },
    b: { dtype: "I8", shape: [3], data_offsets: [64, 67] },
  }),
];

export const GGUF: readonly Uint8Array[] = [
  ggufFile(bytesOf(ggufHead(2), ggufTensor("q", [256, 4], 12), ggufTensor("norm", [256], 0, 576)), 576 + 1024),
];

export const LAYERS: readonly string[] = [
  "conv 3x3 3->8 s2 p1 d1 g1 bias @16x16; bn; relu; 2*(dw 3x3 s1 m2; pw 16); gap; linear 10 bias",
  "sep 3x3 3->128 s2 @32x32; maxpool 2x2; tconv 4x4 ->64 s2; up 2; flatten; embedding 1000 64",
  "lstm 64; gru 32; ln; mha 8; encoder 8 2048; softmax",
  "nn.Conv2d(3, 8, kernel_size=(3, 3), stride=2, padding=(1, 1), dilation=1, groups=1, bias=False, padding_mode='zeros'); nn.ReLU(inplace=True)",
  "nn.Sequential(nn.ConvTranspose2d(3, 8, 4, 2, 1, output_padding=1), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d((1, None)), nn.Flatten(), nn.LazyLinear(10))",
  "nn.LSTM(16, 8, num_layers=2, batch_first=True, bidirectional=True, proj_size=4)",
  "nn.MultiheadAttention(16, 4, batch_first=True, kdim=8); nn.TransformerEncoderLayer(d_model=16, nhead=4, dim_feedforward=32)",
  "nn.Upsample(scale_factor=2.0, mode='bilinear'); nn.PixelShuffle(2); nn.ZeroPad2d((1, 2, 3, 4)); nn.Unfold(3, 1, 0, 2)",
  'keras.Sequential([layers.Input(shape=(32, 32, 3)), layers.SeparableConv2D(16, 3, strides=2, padding="same", activation="relu"), layers.GlobalAveragePooling2D(), layers.Dense(10)])',
  'layers.Conv2DTranspose(8, (3, 3), strides=(2, 1), padding="valid", output_padding=None); layers.MaxPooling2D(2); layers.Bidirectional(layers.LSTM(8, return_sequences=True))',
];

export const INPUTS = ["3x32x32", "1,3,16,16", "16", "1x10x16", "3x8x8x8", "64x7", "32x32x3", "1x1000"] as const;

const x = parameter("x", [1, 3, 8, 8]);
export const OPENVINO: readonly string[] = [
  ir([
    x,
    constant("w", [4, 3, 3, 3]),
    {
      name: "c",
      type: "Convolution",
      data: { strides: "1,1", pads_begin: "1,1", pads_end: "1,1", dilations: "1,1" },
      reads: ["x", "w"],
      makes: [[1, 4, 8, 8]],
    },
    constant("s", [2], "i64"),
    { name: "f", type: "Reshape", reads: ["c", "s"], makes: [[1, 256]] },
    {
      name: "t",
      type: "Split",
      data: { num_splits: 2 },
      reads: ["f", "s"],
      makes: [
        [1, 128],
        [1, 128],
      ],
    },
    result("t:1"),
  ]),
  ir(
    [parameter("x", [-1, 3, -1]), { name: "r", type: "ReduceMean", data: { keep_dims: "true" }, reads: ["x"], makes: [[-1, 3, 1]] }, result("r")],
    10,
  ),
  ir([
    x,
    {
      name: "l",
      type: "TensorIterator",
      reads: ["x"],
      makes: [[1, 3, 8, 8]],
      inner: `<port_map><input external_port_id="0" internal_layer_id="0" axis="2"/><output external_port_id="1" internal_layer_id="1" axis="2"/></port_map><body>${layersAndEdges([parameter("i", [1, 3, 1, 8]), result("i")])}</body>`,
    },
    result("l"),
  ]),
];

export const DARKNET: readonly string[] = [
  "[net]\nwidth=16\nheight=16\nchannels=3\n[conv]\nfilters=4\nsize=3\npad=1\nbatch_normalize=1\nactivation=leaky\n[maxpool]\nsize=2\nstride=2\n[route]\nlayers=-1,-1\n[shortcut]\nfrom=-2\n[upsample]\n[reorg]\nstride=2\n[yolo]\n",
  "[net]\ninputs=16\n[rnn]\nhidden=4\noutput=4\n[gru]\noutput=4\n[lstm]\noutput=4\n[connected]\noutput=3\n[softmax]\n[cost]\n",
];

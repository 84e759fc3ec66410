import { strToU8, zipSync } from "fflate";
import { conv, functional, input as kerasInput, kerasCall, layer, sequential, type Config } from "../read/keras-layers.js";
import {
  bytes,
  functionOf,
  input,
  int64s,
  message,
  model,
  node,
  number,
  output,
  tensorOf,
  text,
  weight,
  whole,
  type Write,
} from "../read/onnx-model.js";
import { archive, BATCH, meta, NET as PT2, node as pt2Node, arg, tensor, type Program } from "../read/pt2-model.js";
import { constant, ir, parameter } from "../read/openvino-model.js";
import { model as tflite } from "../read/tflite-model.js";
import { bytesOf, ggufFile, ggufHead, ggufTensor, ggufText, safetensors, uint32, uint64 } from "../read/weights-model.js";
import { hdf5 } from "../../fuzz/seeds/hdf5.js";
import { ofFiles, type Wrong } from "./case.js";
import { CONTRADICTIONS } from "./tflite.js";

const graph = (...parts: readonly Write[]) => model([input("x", [1, 3, 8, 8]), ...parts]);
/** One node between x and y, with constants beside it. */
export const one = (op: string, inputs: readonly string[], attributes: Parameters<typeof node>[3] = {}, ...constants: readonly Write[]) =>
  graph(...constants, node(op, inputs, ["y"], attributes), output("y"));
const at = (attributes: NonNullable<Parameters<typeof node>[3]>["attributes"]) => ({ attributes: attributes ?? {} });

/** An archive of PyTorch with this as its program. */
const program = (json: string) => zipSync({ "net/models/model.json": strToU8(json) });

/** A rectifier on an input whose first size is an expression. */
const open = (text: string): Program => ({
  parameters: [],
  values: Object.fromEntries(["x", "y"].map((name) => [name, meta([{ as_expr: { expr_str: text } }, 3])])),
  nodes: [pt2Node("relu.default", [arg("self", tensor("x"))], "y")],
  output: "y",
});

/** A convolution of a stride and groups. */
const windowed = (stride: object, groups = 1): Program => ({
  parameters: ["w"],
  values: { x: meta([1, 3, 8, 8]), w: meta([4, 3, 3, 3]), y: meta([1, 4, 6, 6]) },
  nodes: [
    pt2Node(
      "conv2d.default",
      [arg("input", tensor("x")), arg("weight", tensor("w")), arg("stride", stride), arg("groups", { as_float: groups })],
      "y",
    ),
  ],
  output: "y",
});

/** An einsum whose path names an operand that it does not have. */
const MISJOINED: Program = {
  parameters: ["w"],
  values: { x: meta([2, 3]), w: meta([3, 4]), y: meta([2, 4]) },
  nodes: [
    pt2Node(
      "einsum.default",
      [arg("equation", { as_string: "ij,jk->ik" }), arg("tensors", { as_tensors: [{ name: "x" }, { name: "w" }] }), arg("path", { as_ints: [0, 5] })],
      "y",
    ),
  ],
  output: "y",
};

/** A recurrent layer with fewer weights than its layers have. */
const UNEVEN: Program = {
  parameters: ["w"],
  values: { x: meta([5, 1, 4]), w: meta([12, 4]), y: meta([5, 1, 4]) },
  nodes: [
    pt2Node(
      "gru.input",
      [arg("input", tensor("x")), arg("params", { as_tensors: [{ name: "w" }, { name: "w" }, { name: "w" }] }), arg("num_layers", { as_int: 2 })],
      "y",
    ),
  ],
  output: "y",
};

/** A model of graphs in attributes of nodes, one in the other. */
function deep(depth: number): Uint8Array {
  // Longer than what is kept without a look.
  let content = bytes(node("Relu", ["x".repeat(5000)], ["y"]));
  const field = (number: number, inner: Uint8Array) =>
    bytes((pbf) => {
      pbf.writeBytesField(number, inner);
    });
  for (let level = 0; level < depth; level++) content = field(1, field(5, field(6, content)));
  return bytes((pbf) => {
    pbf.writeVarintField(1, 8);
    pbf.writeBytesField(7, content);
  });
}

const filter = weight("w", [4, 3, 3, 3]);
const torn = message(5, text(1, "axis"), number(3, 1), number(8, 2), number(20, 2));
const relu = (...parts: readonly Write[]) => message(1, text(1, "x"), text(2, "y"), text(4, "Relu"), ...parts);
const doubled = message(25, text(1, "f"), text(4, "a"), text(5, "a"), text(10, "d"));
const queries = (keys: number) =>
  model([input("q", [1, 4, 5, 8]), input("k", [1, keys, 7, 8]), node("Attention", ["q", "k", "k"], ["y"]), output("y")]);

/** ONNX: nodes and tensors that contradict their operators, their types or themselves. */
const FORMS: readonly (readonly [code: string, content: Uint8Array, says: string])[] = [
  ["bad-onnx", graph(relu(torn), output("y")), "the attribute axis has a value of another type than it says"],
  ["bad-onnx", graph(node("Relu", ["x"], ["y", "z"]), output("y")), "Relu has 2 outputs\nexpected: at most 1\n"],
  ["bad-onnx", one("MaxPool", ["x"]), "MaxPool has no attribute kernel_shape"],
  ["bad-attribute", one("Flatten", ["x"], at({ axis: [1] })), "axis of Flatten has another type\nexpected: a whole number\n"],
  ["bad-axis", one("Slice", ["x", "s", "e", "a"], {}, whole("s", 0, 0), whole("e", 1, 1), whole("a", 1, -3)), "Slice has an axis twice: 1, 1"],
  ["bad-onnx", model([input("x", [1]), relu(), output("y")], message(8, text(1, "d"), number(2, 0))), "the version of the operators of 'd' is 0"],
  [
    "bad-onnx",
    model([message(11, text(1, "x"), message(2, message(1, number(1, 1), message(2), message(2)))), relu(), output("y")]),
    "the shape of a type is given twice",
  ],
  ["bad-onnx", model([input("x", [1]), relu(), output("y")], doubled, doubled), "two functions have the same name"],
  ["bad-onnx", graph(input("x", [2]), relu(), output("y")), "two inputs are called x"],
  [
    "bad-onnx",
    model(
      [input("x", [1]), node("f", ["x", "x"], ["y"], { domain: "d" }), output("y")],
      functionOf("d", "f", ["a"], ["b"], node("Relu", ["a"], ["b"], { field: 7 })),
    ),
    "the function f is given 2 inputs",
  ],
  [
    "bad-onnx",
    graph(message(15, message(1, ...tensorOf("w", [20])), number(3, 4)), relu(), output("y")),
    "the initializer w is 4, but has 20 values",
  ],
  ["bad-onnx", graph(message(5, ...tensorOf("w", [2], { type: 99 })), relu(), output("y")), "elements of a type that is not known, 99"],
  ["bad-onnx", graph(message(5, ...tensorOf("w", [2]), number(7, 1)), relu(), output("y")), "the initializer w is 2, but has 1 values"],
  ["heads-do-not-divide", queries(3), "Attention cannot divide 4 among 3 heads of keys"],
  [
    "bad-attribute",
    model([
      input("x", [1, 2, 3, 8]),
      weight("c", [1, 3, 4]),
      node("RotaryEmbedding", ["x", "c", "c"], ["y"], at({ rotary_embedding_dim: 9 })),
      output("y"),
    ]),
    "rotary_embedding_dim of RotaryEmbedding is 9",
  ],
  ["bad-attribute", one("Conv", ["x", "w"], at({ pads: [-1, 0, 0, 0] }), filter), "pads of Conv is -1, 0, 0, 0"],
  ["bad-onnx", one("Conv", ["x", "w"], {}, weight("w", [0, 3, 3, 3])), "the weight of Conv is 0x3x3x3"],
  [
    "bad-attribute",
    one("ConvTranspose", ["x", "w"], at({ output_shape: [11, 10] }), weight("w", [3, 4, 3, 3])),
    "output_shape of ConvTranspose is 11x10\nexpected: at most 10x10\n",
  ],
  ["bad-attribute", one("Split", ["x"], at({ num_outputs: 2 })), "num_outputs of Split is 2"],
  ["shape-mismatch", one("Split", ["x"], at({ axis: 1, split: [2] })), "Split makes parts of 2\nexpected: 3 in all\n"],
  [
    "shape-mismatch",
    one("MaxUnpool", ["x", "i", "s"], at({ kernel_shape: [2, 2], strides: [2, 2] }), weight("i", [1, 3, 8, 8]), whole("s", 1, 3, 8, 8)),
    "the output of MaxUnpool is 1x3x8x8",
  ],
  ["shape-mismatch", model([input("x", [2, 3]), node("Det", ["x"], ["y"]), output("y")]), "Det reads 2x3"],
  [
    "shape-mismatch",
    one("Col2Im", ["c", "i", "b"], {}, weight("c", [1, 4, 9]), whole("i", 5, 5), whole("b", 2, 2)),
    "Col2Im has blocks for 9 positions\nexpected: 16\n",
  ],
];

const ONNX = ofFiles("m.onnx", [
  ["bad-onnx", Uint8Array.of(8, 3, 11), "this is no ONNX model, or a damaged one"],
  ["bad-onnx", Uint8Array.of(8, 3, 58, 100, 10), "this file is cut off: a field at byte"],
  ["bad-onnx", Uint8Array.of(8, 3, 58), "this file is cut off at byte 3"],
  ["bad-onnx", Uint8Array.of(8, 3), "this is no ONNX model"],
  ["bad-onnx", graph(node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"]), output("y")), "the tensor `y` is made twice"],
  ["bad-onnx", graph(node("Relu", ["z"], ["y"]), output("y")), "nothing before this makes `z`"],
  [
    "bad-onnx",
    graph(weight("w", [2], { location: "../w.bin" }), node("Add", ["x", "w"], ["y"]), output("y")),
    "outside of the model's folder: ../w.bin",
  ],
  ["bad-onnx", graph(weight("w", [2], { raw: new Uint8Array(5) }), output("x")), "the initializer w is 2 of float32, 8 bytes, but has 5"],
  ["bad-onnx", graph(weight("w", [-2]), output("x")), "the initializer w has an impossible shape"],
  ["unknown-dimension", graph(node("Relu", ["x"], ["y"]), output("y")), "the model has no dimension called 'seq'", "--dim", "seq=2"],
  ["unknown-input", graph(node("Relu", ["x"], ["y"]), output("y")), "no input", "--input", "z=1x3x8x8"],
  ["wrong-rank", graph(node("Relu", ["x"], ["y"]), output("y")), "input x has 4 dimensions, and 2 are given", "--input", "x=3x8"],
  [
    "wrong-rank",
    one("Attention", ["x", "w"], { domain: "com.microsoft", attributes: { num_heads: 1 } }, weight("w", [8, 9])),
    "input 0 of Attention has 4 dimensions",
  ],
  ["bad-onnx", one("Scan", [""], at({ num_scan_inputs: 1, body: { graph: [node("Relu", ["a"], ["b"])] } })), "Scan reads tensors of known shape"],
  [
    "bad-onnx",
    one(
      "SequenceMap",
      ["s", "t"],
      at({ body: { graph: [input("a", [1]), input("b", [1]), output("a")] } }),
      node("SequenceConstruct", ["x", "x"], ["s"]),
      node("SequenceConstruct", ["x"], ["t"]),
    ),
    "the sequences of SequenceMap differ in length",
  ],
  ["bad-shape", one("Crop", ["x"], at({ border: [9, 9, 9, 9] })), "no tensor has the shape 1x3x-10x-10"],
  [
    "bad-attribute",
    one("Scan", ["x"], at({ num_scan_inputs: 0, body: { graph: [input("a", [1]), output("a")] } })),
    "num_scan_inputs of Scan is 0\nexpected: 1 or more",
  ],
  [
    "bad-attribute",
    one("Scan", ["x"], at({ num_scan_inputs: 2, body: { graph: [input("a", [1]), output("a")] } })),
    "num_scan_inputs of Scan is 2\nexpected: 1 to 1,",
  ],
  [
    "bad-attribute",
    one("ConvTranspose", ["x", "w"], at({ output_shape: [4] }), weight("w", [3, 2, 3, 3])),
    "output_shape of ConvTranspose has 1 values",
  ],
  [
    "bad-attribute",
    one("ConvTranspose", ["x", "w"], at({ output_padding: [1, 0] }), weight("w", [3, 2, 3, 3])),
    "output_padding of ConvTranspose is 1x0\nexpected: less than the stride",
  ],
  ["bad-onnx", one("Conv", ["x", "w"], {}, weight("w", [2, 3, 0, 3])), "the kernel of Conv is 0x3"],
  ["bad-onnx", one("ConvTranspose", ["x", "w"], {}, weight("w", [3, 2, 0, 3])), "the kernel of ConvTranspose is 0x3"],
  ["shape-mismatch", one("InstanceNormalization", ["x", "w", "w"], {}, weight("w", [5])), "input 1 of InstanceNormalization is 5\nexpected: 3"],
  ["shape-mismatch", graph(weight("x", [2]), output("x")), "the input x is 1x3x8x8, and the initializer of that name 2"],
  ["wrong-rank", one("MatMul", ["x", "w"], {}, weight("w", [])), "MatMul cannot multiply a scalar"],
  [
    "shape-mismatch",
    one("Scan", ["x", "w"], at({ num_scan_inputs: 2, body: { graph: [input("a", [3, 8, 8]), input("b", [1]), output("a")] } }), weight("w", [2, 1])),
    "Scan goes over 1 and over 2 slices",
  ],
  [
    "bad-onnx",
    one(
      "Loop",
      ["n", "", "x"],
      at({ body: { graph: [input("i", [], 7), input("c", [], 9), input("a", [1]), output("c"), output("a")] } }),
      weight("n", [], { raw: new Uint8Array(Float32Array.of(1.5).buffer) }),
    ),
    "a Loop is to run 1.5 times",
  ],
  ["bad-onnx", one("ImageDecoder", ["e"], {}, whole("e")), "ImageDecoder has no picture"],
  [
    "bad-onnx",
    model(
      [input("x", [1]), node("F", ["x"], ["y"], { domain: "own" }), output("y")],
      functionOf("own", "F", ["a"], ["b"], node("F", ["a"], ["b"], { domain: "own", field: 7 })),
    ),
    "does one contain itself?",
  ],
  ["no-input", one("FusedConv", ["", "w"], { domain: "com.microsoft" }, weight("w", [4, 3, 3, 3])), "this layer is given nothing to read"],
  ["bad-axis", one("ReduceSum", ["x"], at({ axes: [9] })), "ReduceSum works on axis 9, but its input has 4 dimensions"],
  ["bad-shape", one("Reshape", ["x", "s"], {}, whole("s", -5, 3)), "no tensor has the shape"],
  ["shape-mismatch", one("Reshape", ["x", "s"], {}, whole("s", 5, 5)), "Reshape cannot make 5x5 of 1x3x8x8"],
  ["bad-attribute", one("Resize", ["x", "", "s"], {}, whole("s", 1, 1, 0, 2)), "a scale of Resize is 0"],
  ["bad-attribute", one("Resize", ["x", "", "s"], {}, whole("s", 1, 1, 2, -2)), "a scale of Resize is -2"],
  ["bad-attribute", one("GroupNormalization", ["x", "s", "s"], at({ num_groups: 0 }), weight("s", [3])), "num_groups of GroupNormalization is 0"],
  [
    "groups-do-not-divide",
    one("GroupNormalization", ["x", "s", "s"], at({ num_groups: 2 }), weight("s", [2])),
    "the 3 channels of GroupNormalization do not divide into 2 groups",
  ],
  ["bad-attribute", one("Transpose", ["x"], at({ perm: [0, 0, 1, 2] })), "perm of Transpose is 0, 0, 1, 2"],
  ["bad-attribute", one("Conv", ["x", "w"], at({ strides: [0, 1] }), weight("w", [4, 3, 3, 3])), "strides of Conv is 0, 1"],
  ["bad-attribute", one("Conv", ["x", "w"], at({ pads: [1, 1] }), weight("w", [4, 3, 3, 3])), "pads of Conv has 2 values"],
  ["wrong-rank", one("Conv", ["x", "w"], {}, weight("w", [4])), "a weight of Conv has 1 dimensions"],
  ["wrong-rank", one("ConvTranspose", ["x", "w"], {}, weight("w", [4])), "a weight of ConvTranspose has 2 dimensions"],
  ["channel-mismatch", one("Conv", ["x", "w"], {}, weight("w", [4, 5, 3, 3])), "conv2d expects 5 input channels, but its input has 3"],
  ["shape-mismatch", one("MatMul", ["x", "w"], {}, weight("w", [5, 5])), "MatMul cannot multiply 1x3x8x8 by 5x5"],
  ["wrong-rank", one("MaxPool", ["s"], at({ kernel_shape: [2] }), weight("s", [4, 4])), "MaxPool cannot read an input of"],
  ["bad-attribute", one("Slice", ["x", "a", "b", "c", "s"], {}, whole("a", 0), whole("b", 1), whole("c", 1), whole("s", 0)), "a step of Slice is 0"],
  ["bad-attribute", one("Einsum", ["x"], at({ equation: "ab,bc->ac" })), "Einsum has 1 operands"],
  ["wrong-rank", one("Einsum", ["x"], at({ equation: "ab->a" })), "operand 0 of Einsum has 4 dimensions"],
  ["bad-attribute", one("Einsum", ["x"], at({ equation: "abcd->z" })), "Einsum has no axis z to give out"],
  ["shape-mismatch", one("Einsum", ["x"], at({ equation: "abbd->a" })), "axis b of Einsum is 3 and 8"],
  ["bad-onnx", one("Loop", ["", "", "x"]), "Loop has no body"],
  ["bad-onnx", one("If", ["x"]), "If has no then_branch"],
  ["bad-onnx", one("Constant", []), "Constant has no value"],
  ["bad-onnx", one("Relu", []), "Relu has 0 inputs\nexpected: 1\n"],
  ["bad-onnx", one("Add", ["x", ""]), "Add has no input 1"],
  ["bad-onnx", graph(node("Optional", [], ["o"]), node("Relu", ["o"], ["y"]), output("y")), "Relu has no input"],
  ["bad-onnx", one("SequenceAt", ["x", "x"]), "input 0 of SequenceAt is no sequence"],
  ["bad-onnx", one("STFT", ["x", "s"], {}, whole("s", 0)), "STFT has neither a window nor a frame's length"],
  ["bad-onnx", one("QuickGelu", [], { domain: "com.microsoft" }), "QuickGelu has no tensor as its input 0"],
  ["bad-shape", model([input("x", [1, 3]), input("s", [5000], 7), node("Reshape", ["x", "s"], ["y"]), output("y")]), "no tensor has 5000 dimensions"],
  ...FORMS,
  ["bad-onnx", deep(200), "messages are nested more than"],
  [
    "bad-onnx",
    one("Unsqueeze", ["x", "a"], {}, message(5, ...tensorOf("a", [1], { raw: new Uint8Array(new Float32Array([0.5]).buffer) }))),
    "the axes of Unsqueeze is 0.5",
  ],
  [
    "bad-index",
    model([input("x", [2]), node("SequenceConstruct", ["x"], ["s"]), whole("i", 5), node("SequenceAt", ["s", "i"], ["y"]), output("y")]),
    "SequenceAt reads tensor 5 of 1",
  ],
  [
    "shape-mismatch",
    one("DeformConv", ["x", "w", "o"], {}, weight("w", [4, 3, 3, 3]), weight("o", [1, 18, 5, 5])),
    "DeformConv has offsets or a mask for 5x5 positions",
  ],
  [
    "too-large",
    graph(whole("s", 4096), ...Array.from({ length: 1000 }, (_, index) => node("ConstantOfShape", ["s"], [`y${index}`])), output("x")),
    "this model works out more than 4000000 values from its constants",
  ],
  [
    "bad-attribute",
    one("SplitToSequence", ["x", "n"], {}, message(5, ...tensorOf("n", [], { type: 7, raw: int64s(0) }))),
    "SplitToSequence cannot split 1 into parts of 0",
  ],
  [
    "shape-mismatch",
    one("Col2Im", ["c", "i", "b"], {}, weight("c", [1, 5, 16]), whole("i", 5, 5), whole("b", 2, 2)),
    "Col2Im cannot make channels of 5 rows",
  ],
  [
    "heads-do-not-divide",
    model([input("x", [1, 4, 6]), node("Attention", ["x", "x", "x"], ["y"], { attributes: { q_num_heads: 4, kv_num_heads: 4 } }), output("y")]),
    "Attention cannot divide 6 among 4 heads",
  ],
  [
    "bad-onnx",
    model([
      input("x", [1, 4, 8]),
      whole("t", -5),
      node("GroupQueryAttention", ["x", "x", "x", "", "", "", "t"], ["y"], {
        domain: "com.microsoft",
        attributes: { num_heads: 2, kv_num_heads: 2 },
      }),
      output("y"),
    ]),
    "the whole length of GroupQueryAttention is -5",
  ],
  [
    "heads-do-not-divide",
    model([
      input("x", [1, 4, 8]),
      node("GroupQueryAttention", ["x"], ["y"], { domain: "com.microsoft", attributes: { num_heads: 3, kv_num_heads: 2 } }),
      output("y"),
    ]),
    "GroupQueryAttention cannot divide 3 heads among 2 of keys",
  ],
  [
    "groups-do-not-divide",
    one("GroupNorm", ["x", "w", "w"], { domain: "com.microsoft", attributes: { groups: 3 } }, weight("w", [8])),
    "the 8 channels of GroupNorm do not divide into 3 groups",
  ],
  ["bad-onnx", one("QLinearConcat", ["x", "x", "x"], { domain: "com.microsoft" }), "QLinearConcat has 3 inputs"],
  [
    "bad-attribute",
    one("MatMulNBits", ["x", "w", "w"], { domain: "com.microsoft", attributes: { K: 8, N: 1, bits: 5, block_size: 16 } }, weight("w", [1])),
    "bits of MatMulNBits is 5",
  ],
  [
    "heads-do-not-divide",
    model([
      input("x", [1, 4, 6]),
      weight("w", [6, 10]),
      node("Attention", ["x", "w"], ["y"], { domain: "com.microsoft", attributes: { num_heads: 1 } }),
      output("y"),
    ]),
    "Attention cannot divide 10 among 3 parts",
  ],
  [
    "heads-do-not-divide",
    model([input("x", [1, 5, 8]), weight("w", [4, 2, 3]), node("CausalConvWithState", ["x", "w"], ["y"]), output("y")]),
    "CausalConvWithState cannot divide 5 among 2 channels a group",
  ],
  [
    "bad-attribute",
    model([
      input("x", [1, 4, 3]),
      weight("w", [3, 6]),
      node("Attention", ["x", "w"], ["y"], { domain: "com.microsoft", attributes: { num_heads: 1, qkv_hidden_sizes: [3, 3] } }),
      output("y"),
    ]),
    "qkv_hidden_sizes of Attention has less than 3 sizes",
  ],
  ["contradicting-flags", graph(node("Relu", ["x"], ["y"]), output("y")), "the shapes of a ONNX model are those of its file", "--layout", "nhwc"],
]);

/** A model of one function of keras.ops, or one layer, over inputs of these shapes. */
const keras3 = (className: string, config: Config, shapes: readonly (readonly number[])[], ...more: readonly unknown[]) =>
  JSON.stringify(kerasCall(className, config, shapes, ...more));

const KERAS = ofFiles("m.json", [
  ["shape-mismatch", keras3("HashedCrossing", { num_bins: 4, trainable: true }, [[3], [4]]), "hashed_crossing cannot cross 1x3 and 1x4"],
  [
    "shape-mismatch",
    keras3("MultiHeadAttention", { num_heads: 2, key_dim: 4, attention_axes: [2], trainable: true }, [
      [3, 4, 8],
      [5, 4, 6],
    ]),
    "multi_head_attention cannot attend from 1x",
  ],
  ["wrong-rank", keras3("Einsum", { subscripts: "abc->ab" }, [[3]]), "einsum reads 1x3 as abc"],
  ["shape-mismatch", keras3("Einsum", { subscripts: "ab,cb->ac" }, [[3], [4]]), "einsum has 3 and 4 for b"],
  ["shape-mismatch", keras3("Matmul", {}, [[3], [4]]), "matmul cannot multiply 1x3 by 1x4"],
  ["size-mismatch", keras3("Reshape", { newshape: [-1, 4] }, [[6]]), "reshape cannot make -1x4 of 1x6"],
  ["bad-axis", keras3("GetItem", {}, [[6]], [0, 0, 0]), "an index of 3 parts takes nothing of 1x6"],
  ["wrong-rank", keras3("MaxPool", { pool_size: 2 }, [[6]]), "max_pool cannot read an input of 2 dimensions (1x6)"],
  ["wrong-rank", keras3("Resize", { size: [4, 4] }, [[6]]), "upsample cannot read an input of 2 dimensions"],
  ["bad-json", `{"class_name": "Sequential", "config": ${"[".repeat(10_000)}`, "this JSON is nested more than"],
  ["bad-json", '{"class_name": "Sequential", "config": {', "this is no JSON of a model, or a damaged one"],
  [
    "bad-keras",
    JSON.stringify(functional([kerasInput("x", [null, 4]), layer("ReLU", "a", {}, ["x"])], "a")).replace('[["a",0,0]]', '[["a",0,4000000000]]'),
    "a has no output 4000000000 of a call 0",
  ],
  ["bad-keras", JSON.stringify({ class_name: "Sequential", config: {} }), "this model has no list of layers"],

  ["bad-keras", JSON.stringify({ class_name: "Sequential", config: { layers: [5] } }), "a layer of this model is no object"],
  ["bad-keras", JSON.stringify(sequential({ config: {} })), "a layer of this model has no class"],
  [
    "bad-keras",
    JSON.stringify(functional([kerasInput("x", [null, 4]), { class_name: "Dense", config: { units: 3 }, inbound_nodes: [] }], "d")),
    "a layer of this model has no name",
  ],
  [
    "bad-keras",
    JSON.stringify(functional([kerasInput("x", [null, 4]), layer("ReLU", "a", {}, ["b"]), layer("ReLU", "b", {}, ["a"])], "b")),
    "run in a circle, or read what is not there",
  ],
  ["bad-keras", JSON.stringify(functional([kerasInput("x", [null, 4]), layer("Dense", "d", { units: 3 }, [])], "d")), "reads nothing"],
  [
    "groups-do-not-divide",
    JSON.stringify(sequential(kerasInput("x", [null, 8, 8, 3]), layer("Conv2D", "c", { ...conv(4, 3), groups: 2 }))),
    "not divisible by groups 2",
  ],
  ["bad-keras", JSON.stringify(sequential(kerasInput("x", [null, -8, 8, 3]), layer("ReLU", "r", {}))), "-8 is not a size"],
  [
    "shape-mismatch",
    JSON.stringify(
      functional([kerasInput("x", [null, 4, 5]), kerasInput("z", [null, 6, 7]), layer("Dot", "d", { axes: [2, 1] }, ["x", "z"])], "d", ["x", "z"]),
    ),
    "Dot cannot join axes 2 and 1 of 1x4x5 and 1x6x7",
  ],
]);

const nestedModels = (depth: number): object =>
  depth === 0 ? layer("ReLU", "r", {}) : layer("Sequential", `m${depth}`, { layers: [nestedModels(depth - 1)] });

/** An archive changed at a place of the directory's entry (PKWARE APPNOTE 4.3.12) of its only file: 8 has the flags, 16 the CRC-32. */
function withByte(zip: Uint8Array, field: number): Uint8Array {
  const bytes = zip.slice();
  const entry = new TextDecoder("latin1").decode(bytes).lastIndexOf("PK\u0001\u0002");
  bytes[entry + field] = (bytes[entry + field] ?? 0) ^ 1;
  return bytes;
}

const renamed = (zip: Uint8Array) => Uint8Array.from(zip, (byte) => (byte === "x".charCodeAt(0) ? "g".charCodeAt(0) : byte));

const KERAS_ARCHIVES = ([0, 6] as const).map((level) =>
  zipSync({ "config.json": strToU8(JSON.stringify(sequential(kerasInput("x", [null, 4]))) + " ".repeat(100)) }, { level }),
);

const einsum = (equation: string) =>
  archive({
    parameters: [],
    values: { x: meta([2, 4]), z: meta([3, 4]), y: meta([2, 4]) },
    inputs: ["x", "z"],
    nodes: [
      pt2Node("einsum.default", [arg("equation", { as_string: equation }), arg("tensors", { as_tensors: [{ name: "x" }, { name: "z" }] })], "y"),
    ],
    output: "y",
  });

const ARCHIVES: readonly Wrong[] = [
  ...ofFiles("m.json", [["bad-keras", JSON.stringify(sequential(kerasInput("x", [null, 4]), nestedModels(40))), "models are nested more than"]]),
  ...ofFiles("m.keras", [
    ["no-architecture", zipSync({ a: strToU8("b") }), "this archive has no config.json that could be a model's"],
    ["bad-zip", zipSync({ "config.json": strToU8("{}") }).subarray(0, 40), "this archive is damaged"],
    ...KERAS_ARCHIVES.flatMap((zip): readonly (readonly [string, Uint8Array, string])[] => [
      ["bad-zip", withByte(zip, 16), "config.json has another CRC-32 than the archive says"],
      ["bad-zip", withByte(zip, 8), "config.json is encrypted"],
    ]),
    ["bad-zip", renamed(zipSync({ "config.json": strToU8("{}"), "confix.json": strToU8("{}") })), "two files called config.json"],
  ]),
  ...ofFiles("m.h5", [
    [
      "shape-mismatch",
      hdf5(JSON.stringify(sequential(kerasInput("x", [null, 4]), layer("Dense", "d", { units: 3, use_bias: false }))), {
        model_weights: { d: { "kernel:0": [5, 3] } },
      }),
      "the file stores other weights for d than its config makes: 5x3",
    ],
    ["no-architecture", hdf5(undefined), "this HDF5 file has neither a model of Keras nor weights"],
    ["bad-hdf5", Uint8Array.of(0x89, 72, 68, 70, 13, 10, 26, 10, 9), "this HDF5 file is damaged, or not written as Keras writes it"],
  ]),
  ...ofFiles("m.pt2", [
    ["bad-pt2", zipSync({ "net/archive_format": strToU8("pt2") }), "this archive has no exported program"],
    ["bad-pt2", program("{}"), "this model has no graph_module"],
    ["bad-pt2", program('{"graph_module": {}}'), "this model has no graph"],
    ["bad-pt2", program('{"graph_module": {"graph": {}}}'), "this model has no signature"],
    ["bad-pt2", program('{"graph_module": {"graph": {}, "signature": {}}}'), "this model has no tensor_values"],
    ["bad-pt2", program('{"graph_module": {"graph": {"tensor_values": {}, "nodes": [5]}, "signature": {}}}'), "this model has no node 0"],
    ["bad-pt2", archive({ ...PT2, values: { ...PT2.values, w: { dtype: 7, sizes: [{ as_int: 4.5 }] } } }), "no tensor has a size of 4.5"],
    [
      "bad-pt2",
      archive({ ...PT2, nodes: [{ target: "torch.ops.aten.relu.default", inputs: [{ name: "size", arg: { as_ints: [2, "x"] } }], outputs: [] }] }),
      "an argument of a node is not a number, or not a list of numbers",
    ],
    ["bad-pt2", archive({ ...PT2, parameters: ["nowhere"] }), "the parameter nowhere has no shape"],
    [
      "bad-pt2",
      program('{"graph_module": {"graph": {"tensor_values": {"x": {"sizes": ["x"]}}}, "signature": {}}}'),
      "a size of this model is not a number",
    ],
    ["bad-pt2", archive({ ...PT2, values: { ...PT2.values, w: { dtype: 7, sizes: [{ as_int: -4 }] } } }), "no tensor has a size of -4"],
    ["bad-pt2", archive({ ...PT2, ranges: { s0: { min_val: 5, max_val: 9 } } }), "s0 is 2 in this model's example, which is outside of its range"],
    [
      "bad-pt2",
      archive({
        ...PT2,
        files: { "net/data/weights/m_config.json": strToU8('{"config": {"g": {"path_name": "w", "tensor_meta": {"sizes": [5]}}}}') },
      }),
      "the parameter g is stored as 5, and the program says 4",
    ],
    ["bad-attribute", einsum("ij,jk,kl->il"), "the equation ij,jk,kl->il does not fit operands of 2x4 and 3x4"],
    ["shape-mismatch", einsum("ij,jk->ik"), "j of the equation ij,jk->ik is 4 and 3"],
    ["shape-mismatch", archive({ ...PT2, values: { ...PT2.values, g: meta([5]) } }), "weight of batch_norm is 5"],
    ["shape-mismatch", archive({ ...PT2, values: { ...PT2.values, act: meta([BATCH, 4, 4, 5]) } }), "relu6 makes 128 elements of its inputs"],
    ["bad-pt2", archive({ ...PT2, output: "nowhere" }), "nothing before this makes `nowhere`"],
    [
      "bad-pt2",
      archive({ ...PT2, values: { ...PT2.values, conv: meta([BATCH, 4, 5, 5]) } }),
      "conv2d makes 128 elements of its inputs, and the file says 2x4x5x5",
    ],
    ["bad-zip", archive(PT2).subarray(0, 300), "this archive is damaged"],
    ["bad-zip", withByte(program("{}"), 16), "net/models/model.json has another CRC-32 than the archive says"],
    ["bad-attribute", archive(windowed({ as_ints: [0, 1] })), "stride of conv2d is 0"],
    ["bad-attribute", archive(windowed({ as_ints: [1, 2] }, 2.5)), "groups of conv2d is 2.5"],
    ["bad-attribute", archive(MISJOINED), "the path of einsum joins operands 0 and 5 of 2"],
    ["bad-attribute", archive(UNEVEN), "the 3 weights of gru are not those of 2 layers"],
    ["unknown-dimension", archive(PT2), "the model has no dimension called 'seq'", "--dim", "seq=2"],
    ["wrong-rank", archive(PT2), "input x has 4 dimensions, and 2 are given", "--input", "3x8"],
    ["input-mismatch", archive(PT2), "dimension 1 of input x is fixed at 3 in this model, and 1 is given", "--input", "1x1x8x8"],
    ["input-mismatch", archive(PT2), "dimension 0 of input x follows from other sizes: s0 is 4, not 2", "--dim", "s0=4", "--batch", "2"],
    ["input-mismatch", archive(open("32*s0")), "dimension 0 of input x is 32*s0, and no s0 makes that 4", "--batch", "4"],
    ["input-mismatch", archive(open("s0*s1")), "dimension 0 of input x cannot be set by itself: it is s0*s1", "--batch", "4"],
    ["out-of-range", archive({ ...PT2, ranges: { s0: { min_val: 2, max_val: 8 } } }), "s0 is 9, which this model does not take", "--batch", "9"],
  ]),
];

const tfnode = (op: string, name: string, input: readonly string[] = []) => ({ op, name, input, attr: {} });
const tfjs = (nodes: readonly unknown[]) => JSON.stringify({ modelTopology: { node: nodes }, weightsManifest: [] });

const TFJS = ofFiles("model.json", [
  [
    "bad-attribute",
    tfjs([
      { ...tfnode("Placeholder", "x"), attr: { shape: { shape: { dim: [{ size: "1" }, { size: "3" }] } } } },
      { ...tfnode("_FusedMatMul", "y", ["x", "x"]), attr: { fused_ops: { list: { s: [btoa("Dance")] } } } },
    ]),
    "_FusedMatMul is fused with Dance",
  ],
  ["bad-tfjs", tfjs([{ ...tfnode("LRN", "y"), attr: { depth_radius: { i: "1.5" } } }]), 'the attribute depth_radius is "1.5"'],
  [
    "bad-tfjs",
    JSON.stringify({ modelTopology: { node: [] }, weightsManifest: [{ weights: [{ name: "w", shape: [2], dtype: "float7" }] }] }),
    'the weight "w" is of the type "float7"',
  ],
  [
    "bad-tfjs",
    JSON.stringify({
      modelTopology: { node: [] },
      weightsManifest: [{ weights: [1, 2].map((size) => ({ name: "w", shape: [size], dtype: "float32" })) }],
    }),
    "the weight w is listed twice",
  ],
  ["bad-tfjs", JSON.stringify({ modelTopology: 5 }), "this TensorFlow.js model has no architecture"],
  [
    "bad-tfjs",
    JSON.stringify({
      modelTopology: {
        node: [{ ...tfnode("PartitionedCall", "a", []), attr: { f: { func: { name: "f" } } } }],
        library: {
          function: [{ signature: { name: "f" }, nodeDef: [{ ...tfnode("PartitionedCall", "b", []), attr: { f: { func: { name: "f" } } } }] }],
        },
      },
      weightsManifest: [],
    }),
    "the function f of this model runs itself",
  ],
  ["bad-tfjs", tfjs([5]), "a node of this model is no object"],
  ["bad-tfjs", tfjs([{ op: "Relu" }]), "a node of this model has no name or operator"],
  ["bad-tfjs", tfjs([tfnode("Relu", "a", ["nowhere"])]), "nothing makes `nowhere`, which a reads"],
  ["bad-tfjs", tfjs([tfnode("Relu", "a", ["b"]), tfnode("Relu", "b", ["a"])]), "the nodes of this model run in a circle"],
  [
    "bad-shape",
    JSON.stringify({
      modelTopology: { model_config: sequential(kerasInput("x", [null, 4])) },
      weightsManifest: [{ paths: [], weights: [{ name: "w", shape: [0.5], dtype: "float32" }] }],
    }),
    "no tensor has the shape 0.5",
  ],
]);

const layers = (inner: string) => `<net version="11"><layers>${inner}</layers></net>`;
const looped = ir([
  { name: "a", type: "ReLU", reads: ["b"], makes: [[1]] },
  { name: "b", type: "ReLU", reads: ["a"], makes: [[1]] },
]);

const OPENVINO = ofFiles("m.xml", [
  ["bad-openvino", "<net version='11'>", "this is not OpenVINO IR: line 1:18: unclosed tag: net"],
  ["bad-openvino", "<!DOCTYPE net><net version='11'/>", "this is not OpenVINO IR: it has a document type"],
  ["bad-openvino", "<a>".repeat(300), "this is not OpenVINO IR: its elements are nested more than 256 deep"],
  ["too-large", `<net version="11">${"<a/>".repeat(1_500_000)}</net>`, "this model has more than 1500000 elements"],
  ["bad-openvino", "<testsuites/>", "this XML is not OpenVINO IR: it begins with <testsuites>"],
  ["bad-openvino", "<net version='7'/>", "this is OpenVINO IR of version 7"],
  [
    "bad-openvino",
    ir([{ name: "r", type: "Result", reads: ["x"] }]),
    "an edge leads from layer -1 port 0 to layer 0 port 0, and one of them is not there",
  ],
  ["bad-openvino", layers(`<layer id="0" name="r" type="Result"><input><port id="0"/></input></layer>`), "nothing feeds input 0 of this layer"],
  ["bad-openvino", layers(`<layer id="0" name="r" type="Result"/>`), "a Result has no input"],
  ["bad-openvino", ir([parameter("x", [-2])]), "a dimension of this layer is '-2'"],
  ["bad-openvino", ir([constant("w", [-1])]), "a constant of open size"],
  ["bad-openvino", looped, "the layers of this model run in a circle"],
  [
    "bad-attribute",
    ir([
      parameter("x", [1, 3, 8, 8]),
      constant("w", [4, 3, 1, 1]),
      { name: "c", type: "Convolution", data: { strides: "a,1" }, reads: ["x", "w"], makes: [[1, 4, 8, 8]] },
    ]),
    "strides of Convolution is a,1",
  ],
]);

const cfg = (sections: string) => `[net]\nwidth=8\nheight=8\nchannels=3\n${sections}`;
const DARKNET = ofFiles("n.cfg", [
  ["bad-darknet", "[conv]", "this is not a network of Darknet"],
  ["bad-darknet", cfg("[]"), "this section has no name"],
  ["bad-darknet", cfg("[conv]\nfilters"), "this line is neither a section nor an option"],
  ["bad-darknet", "width=3", "this option stands before the first section"],
  ["bad-darknet", cfg("[conv]\nfilters=x"), "filters is x"],
  ["bad-darknet", cfg("[conv]\nfilters=0"), "filters is 0"],
  ["bad-darknet", cfg("[route]"), "[route] does not say which layers it reads"],
  ["bad-darknet", cfg("[route]\nlayers=1"), "layers names the layer 1"],
  ["bad-darknet", cfg("[conv]\n[route]\nlayers=0\ngroups=2\ngroup_id=2"), "group_id is 2 of 2 groups"],
  ["bad-darknet", cfg("[conv]\n[shortcut]\nfrom=0\nweights_type=own"), "weights_type is own"],
]);

const CONV = 3;
const convNet = (
  codes: readonly (number | string)[],
  shapes: { readonly x?: readonly number[]; readonly w?: readonly number[] },
  inputs = [0, 1],
  options: Readonly<Record<number, { readonly int: number }>> = { 1: { int: 1 }, 2: { int: 1 } },
  code = 0,
) =>
  tflite(codes, [
    {
      tensors: [
        { name: "x", shape: shapes.x ?? [1, 8, 8, 3] },
        { name: "w", shape: shapes.w ?? [4, 3, 3, 3] },
        { name: "y", shape: [1, 8, 8, 4] },
      ],
      inputs: [0],
      outputs: [2],
      operators: [{ code, inputs, outputs: [2], options }],
    },
  ]);

const TFLITE = ofFiles("m.tflite", [
  ["channel-mismatch", convNet([67], { w: [4, 3, 3, 5] }, [0, 1, 0]), "the filter of TRANSPOSE_CONV reads 5 channels, but its input has 3"],
  [
    "channel-mismatch",
    convNet([CONV], { w: [4, 3, 3, 2] }),
    "the filter of CONV_2D reads 2 channels, but its input has 3\nexpected: a number that divides 3",
  ],
  ["bad-onnx", convNet([9], { x: [1, 3], w: [4, 3] }, [0]), "FULLY_CONNECTED has no input 1"],
  ["bad-onnx", convNet([44], { x: [1, 5, 3], w: [4, 3] }, [0, 1, 1, 1, 1, -1]), "UNIDIRECTIONAL_SEQUENCE_LSTM has only one of the inputs 1 and 5"],
  [
    "bad-attribute",
    convNet([27], { x: [1, 3], w: [4, 3] }, [0, 1], { 0: { int: 3 } }),
    "rank of SVDF is 3\nexpected: a number that divides its 4 filters",
  ],
  ["wrong-rank", convNet([7], { x: [3], w: [4] }), "input 1 of EMBEDDING_LOOKUP has 1 dimensions"],
  ["feature-mismatch", convNet([9], { x: [1, 5], w: [4, 3] }, [0, 1], {}), "5 values are no rows of 3"],
  ["bad-tflite", Uint8Array.of(255, 255, 0, 0, 84, 70, 76, 51), "something in it lies outside of the file"],
  ["bad-tflite", tflite([CONV], []), "this TensorFlow Lite model has no graph"],
  ["bad-tflite", convNet([CONV], {}, [0, 1], undefined, 7), "an operator of this model has no code"],
  ["bad-tflite", convNet([CONV], {}, [0, 77]), "the model has no tensor 77"],
  [
    "bad-tflite",
    tflite(
      [118],
      [
        {
          tensors: [
            { name: "x", shape: [1] },
            { name: "y", shape: [1] },
          ],
          inputs: [0],
          outputs: [1],
          operators: [{ code: 0, inputs: [0, 0], outputs: [1], options: { 0: { int: 0 }, 1: { int: 0 } } }],
        },
      ],
    ),
    "the model runs its graph 0, which is not there or runs itself",
  ],
  ["bad-attribute", convNet([CONV], {}, [0, 1], { 1: { int: -1 }, 2: { int: 1 } }), "is -1"],
  [
    "bad-attribute",
    tflite(
      ["Convolution2DTransposeBias"],
      [
        {
          tensors: [
            { name: "x", shape: [1, 8, 8, 3] },
            { name: "w", shape: [4, 3, 3, 3] },
            { name: "y", shape: [1, 8, 8, 4] },
          ],
          inputs: [0],
          outputs: [2],
          operators: [{ code: 0, inputs: [0, 1], outputs: [2], custom: [1, 0, 0] }],
        },
      ],
    ),
    "the options of Convolution2DTransposeBias have impossible values",
  ],
  [
    "bad-attribute",
    tflite(
      [22],
      [
        {
          tensors: [
            { name: "x", shape: [1] },
            { name: "shape", shape: [1], buffer: 1 },
            { name: "y", shape: [1] },
          ],
          inputs: [0],
          outputs: [2],
          operators: [{ code: 0, inputs: [0, 1], outputs: [2] }],
        },
      ],
      [new Uint8Array(new Float32Array([0.5]).buffer)],
    ),
    "0.5 is no size or position",
  ],
  ["channel-mismatch", convNet([4], { w: [1, 3, 3, 4] }), "a depthwise convolution cannot make 4 channels of 3"],
]);

const alignedTo = (type: number, alignment: number) =>
  bytesOf("GGUF", uint32(3), uint64(0, 1), ggufText("general.alignment"), uint32(type), uint32(alignment));

const WEIGHTS: readonly Wrong[] = [
  ...ofFiles("m.json", [["bad-safetensors", '{"weight_map": 5}', "this index names no files"]]),
  ...ofFiles("m.safetensors", [
    ["bad-safetensors", bytesOf(uint64(1000), '{"a"'), "this is no safetensors file, or a damaged one"],
    ["bad-safetensors", safetensors({ a: { dtype: "I8", shape: [4], data_offsets: [1, 5] } }, 5), "begins at byte 1, and that before it ends at 0"],
    ["bad-safetensors", safetensors({ a: { dtype: "I8", shape: [4], data_offsets: [0, 4] } }, 5), "ends at byte 4, and the file has 5"],
    ["bad-json", bytesOf(uint64(20), '{"a": 5, "\\u0061":6}'), 'the key "a" is twice in one object'],
    ["bad-safetensors", safetensors({ a: 5 }, 8), "the tensor a is not described"],
    [
      "bad-safetensors",
      safetensors({ a: { dtype: "constructor", shape: [1], data_offsets: [0, 8] } }, 8),
      'is of the type "constructor", which is not known',
    ],
    ["bad-safetensors", safetensors({ a: { dtype: "F32", shape: [0.5], data_offsets: [0, 8] } }, 8), "the tensor a has no shape"],
    ["bad-safetensors", safetensors({ a: { dtype: "F32", shape: [4], data_offsets: [0, 16] } }, 8), "the data of tensor a lies outside of the file"],
    [
      "bad-safetensors",
      safetensors({ a: { dtype: "F32", shape: [4], data_offsets: [0, 8] } }, 8),
      "the tensor a does not take as many bytes as its shape",
    ],
  ]),
  ...ofFiles("m.gguf", [
    ["bad-gguf", bytesOf("GGUF", uint32(3), uint64(2 ** 40, 0)), "this file claims more tensors than there can be"],
    ["bad-gguf", bytesOf(ggufHead(1), ggufTensor("q", [2 ** 20, 2 ** 20], 0)), "bytes, and the file has 0 for them"],
    ["bad-gguf", ggufFile(bytesOf(ggufHead(1), ggufTensor("q", [1], 0, 32)), 64), "the data of tensor q begins at byte 32, and should begin at 0"],
    ["bad-gguf", alignedTo(4, 48), "general.alignment is 48, and not a power of two"],
    ["bad-gguf", alignedTo(5, 32), "general.alignment is no whole number of 32 bits"],
    ["bad-gguf", bytesOf("GGUF", uint32(3), uint64(0, 2), ggufText("a"), uint32(0), Uint8Array.of(1), ggufText("a")), "the key a is there twice"],
    ["bad-gguf", bytesOf(ggufHead(1), ggufTensor("q", Array<number>(5).fill(1), 0)), "the tensor q has 5 dimensions"],
    ["bad-gguf", bytesOf(ggufHead(2), ggufTensor("q", [1], 0), ggufTensor("q", [1], 0)), "the tensor q is there twice"],
    ["bad-gguf", bytesOf(ggufHead(1), ggufTensor("q", [33, 2], 2)), "the rows of tensor q are 33 long, and no whole blocks of 32"],
    ["bad-gguf", bytesOf(ggufHead(1), ggufTensor("q", [1], 999)), "the tensor q is of a type that is not known"],
    ["bad-gguf", bytesOf("GGUF", uint32(9), uint64(0, 0)), "this is version 9 of GGUF"],
    ["bad-gguf", bytesOf("GGUF", uint32(3), uint64(0, 1), uint64(100)), "this file is cut off"],
    ["bad-gguf", bytesOf("GGUF", uint32(3), uint64(2 ** 60, 0)), "2^53 or more"],
    [
      "bad-gguf",
      bytesOf("GGUF", uint32(3), uint64(0, 1), uint64(1), "a", uint32(99), uint64(0)),
      "a value of this file is of a type that is not known",
    ],
    [
      "bad-gguf",
      bytesOf("GGUF", uint32(3), uint64(0, 1), uint64(1), "a", uint32(9), ...Array.from({ length: 12 }, () => bytesOf(uint32(9), uint64(1)))),
      "lists of this file are nested too deep",
    ],
  ]),
];

const PRINTED = ofFiles("m.txt", [
  ["bad-module", "Net(\n  (a): ReLU()\n", "the module Net does not end (line 1)"],
  ["bad-module", "Net(\n  (a): 5\n)", "this line is no module (line 2)"],
  ["bad-module", `${"A(\n  (a): ".repeat(300)}B()`, "modules are nested more than 200 deep"],
  ["bad-module", "Net(\n  (0-2): 5 x ReLU()\n)", "(0-2) names 3 modules, and 5 are said to stand there (line 2)"],
  ["bad-module", "Net(\n  (a): ReLU()\n)\nNet(\n  (a): ReLU()\n)", "another module begins here: a text holds one model (line 4)"],
  ["too-large", "Net(\n  (a): Own(\n    (0-299999): 300000 x Own(\n      (b): ReLU()\n    )\n  )\n)", "this model has more than 100000 modules"],
]);

/** Model files that are damaged, or say what cannot be. */
export const MODELS: readonly Wrong[] = [
  ...ONNX,
  ...KERAS,
  ...ARCHIVES,
  ...TFJS,
  ...OPENVINO,
  ...DARKNET,
  ...TFLITE,
  ...CONTRADICTIONS,
  ...WEIGHTS,
  ...PRINTED,
];

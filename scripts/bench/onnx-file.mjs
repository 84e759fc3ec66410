// ONNX files of any size, written without a framework: messages of onnx.proto3 by their field numbers, weights as zeros or as holes of a file.
import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";

const FLOAT = 1;
const INT_ATTRIBUTE = 2;
const INTS_ATTRIBUTE = 7;

// A message is a list of pieces: bytes, or a number of zeros that stand for weights.
const sizeOf = (pieces) => pieces.reduce((sum, piece) => sum + (typeof piece === "number" ? piece : piece.length), 0);

function varint(value) {
  const bytes = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
const key = (field, wireType) => varint(field * 8 + wireType);
const int = (field, value) => [key(field, 0), varint(value)];
const delimited = (field, pieces) => [key(field, 2), varint(sizeOf(pieces)), ...pieces];
const text = (field, value) => delimited(field, [Buffer.from(value)]);
const message = (field, ...fields) => delimited(field, [Buffer.concat(fields.flat())]);

const tensorType = (shape) => message(2, message(1, int(1, FLOAT), message(2, ...shape.map((size) => message(1, int(1, size))))));
const valueInfo = (field, name, shape) => message(field, text(1, name), tensorType(shape));
const attribute = ([name, value]) =>
  Array.isArray(value)
    ? message(5, text(1, name), ...value.map((item) => int(8, item)), int(20, INTS_ATTRIBUTE))
    : message(5, text(1, name), int(3, value), int(20, INT_ATTRIBUTE));
const node = (op, inputs, output, attributes = {}) =>
  message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(3, output), text(4, op), ...Object.entries(attributes).map(attribute));

/** A weight: its values in the file, as zeros, or said to lie in another file. */
function initializer(name, shape, withWeights) {
  const head = [...shape.flatMap((size) => int(1, size)), ...int(2, FLOAT), ...text(8, name)];
  const bytes = 4 * shape.reduce((product, size) => product * size, 1);
  const values = withWeights ? [key(9, 2), varint(bytes), bytes] : [...message(13, text(1, "location"), text(2, "weights.bin")), ...int(14, 1)];
  return delimited(5, [...head, ...values]);
}

function model(name, input, output, { nodes, weights }, withWeights) {
  const graph = [
    ...nodes.flat(),
    ...text(2, name),
    ...weights.flatMap(([weight, shape]) => initializer(weight, shape, withWeights)),
    ...valueInfo(11, ...input).flat(),
    ...valueInfo(12, ...output).flat(),
  ];
  return [...int(1, 8), ...delimited(7, graph), ...message(8, text(1, ""), int(2, 17))];
}

/** Nodes one after the other, each named after its output. */
class Builder {
  nodes = [];
  weights = [];

  add(op, inputs, attributes) {
    const output = `${op}_${this.nodes.length}`;
    this.nodes.push(node(op, inputs, output, attributes));
    return output;
  }

  conv(input, inChannels, outChannels, size, stride) {
    const name = `conv${this.weights.length}`;
    this.weights.push([`${name}.weight`, [outChannels, inChannels, size, size]], [`${name}.bias`, [outChannels]]);
    const pad = Math.floor(size / 2);
    return this.add("Conv", [input, `${name}.weight`, `${name}.bias`], {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    });
  }
}

/** ResNet-50 (He et al. 2015, table 1) as it is exported, batch norms folded: 97 MiB of weights, `width` squared times as many where it is wider. */
export function resnet50({ width = 1, weights = true } = {}) {
  const graph = new Builder();
  const relu = (input) => graph.add("Relu", [input]);
  let channels = 64 * width;
  let x = relu(graph.conv("x", 3, channels, 7, 2));
  x = graph.add("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
    for (let block = 0; block < blocks; block++) {
      const [inner, stride] = [64 * width * 2 ** stage, block === 0 && stage > 0 ? 2 : 1];
      let y = relu(graph.conv(x, channels, inner, 1, 1));
      y = relu(graph.conv(y, inner, inner, 3, stride));
      y = graph.conv(y, inner, 4 * inner, 1, 1);
      const shortcut = block === 0 ? graph.conv(x, channels, 4 * inner, 1, stride) : x;
      x = relu(graph.add("Add", [y, shortcut]));
      channels = 4 * inner;
    }
  }
  x = graph.add("Flatten", [graph.add("GlobalAveragePool", [x])], { axis: 1 });
  graph.weights.push(["fc.weight", [1000, channels]], ["fc.bias", [1000]]);
  x = graph.add("Gemm", [x, "fc.weight", "fc.bias"], { transB: 1 });
  return model("resnet50", ["x", [1, 3, 224, 224]], [x, [1, 1000]], graph, weights);
}

/** `length` nodes one after the other: 1x1 convolutions, each with its own weights, and activations. */
export function chain(length) {
  const graph = new Builder();
  let x = "x";
  for (let index = 0; index < length; index++) x = index % 2 === 0 ? graph.conv(x, 4, 4, 1, 1) : graph.add("Relu", [x]);
  return model("chain", ["x", [1, 4, 8, 8]], [x, [1, 4, 8, 8]], graph, true);
}

/** A model in memory. */
export function bytesOf(pieces) {
  return Buffer.concat(pieces.map((piece) => (typeof piece === "number" ? Buffer.alloc(piece) : piece)));
}

const ZEROS = Buffer.alloc(1 << 20);

/** Writes a model to a file; `sparse` leaves its weights as holes, which take no space on most disks. */
export function writeModel(path, pieces, { sparse = false } = {}) {
  const descriptor = openSync(path, "w");
  let [position, waiting] = [0, []];
  const flush = () => {
    const bytes = Buffer.concat(waiting);
    writeSync(descriptor, bytes, 0, bytes.length, position);
    position += bytes.length;
    waiting = [];
  };
  try {
    for (const piece of pieces) {
      if (typeof piece !== "number") {
        waiting.push(piece);
        continue;
      }
      flush();
      for (let rest = sparse ? 0 : piece; rest > 0; rest -= ZEROS.length) {
        const length = Math.min(rest, ZEROS.length);
        writeSync(descriptor, ZEROS, 0, length, position + piece - rest);
      }
      position += piece;
    }
    flush();
    ftruncateSync(descriptor, position);
  } finally {
    closeSync(descriptor);
  }
}

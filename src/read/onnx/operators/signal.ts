import { fail } from "../../../graph/diagnostic.js";
import { elements } from "../../../graph/shape.js";
import { resolveAxis } from "../../../ops/primitive.js";
import { fixed } from "../fixed.js";
import { int, isSet } from "../attributes.js";
import { dtypeOf, given, inputShape, known, shapeOf, typeOf, unknown, valuesOf, type OnnxNode, type Rule } from "../operand.js";

/** Operations of one transform of length n: 5 n log2 n, the usual figure for a complex fast Fourier transform (fftw.org/speed/method.html). */
function fourier(length: number): bigint {
  return length < 2 ? 0n : BigInt(Math.ceil(5 * length * Math.log2(length)));
}

/** DFT (ONNX, versions 17 and 20): real [..., 1] or complex [..., 2]; one-sided where only half of it is wanted. */
const dft: Rule = (node) => {
  const shape = inputShape(node);
  const written = node.opset >= 20 ? (given(node.inputs[2]) ? (known(node, 2, "the axis")[0] ?? -2) : -2) : int(node, "axis", 1);
  const axis = resolveAxis("DFT", written, shape.length);
  const inverse = isSet(node, "inverse");
  const half = isSet(node, "onesided");
  const size = shape[axis] ?? 1;
  const length = (given(node.inputs[1]) ? known(node, 1, "the length")[0] : undefined) ?? (half && inverse ? 2 * (size - 1) : size);
  const output = shape.map((each, index) => (index === axis ? (half && !inverse ? Math.floor(length / 2) + 1 : length) : each));
  output[output.length - 1] = half && inverse ? 1 : 2;
  const transforms = elements(shape.filter((_, index) => index !== axis && index !== shape.length - 1));
  const layer = fixed({
    op: "dft",
    outputs: [output],
    operations: { transform: transforms * fourier(length) },
    mixes: { channels: false, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** STFT (ONNX, version 17): frames of a signal, each windowed and transformed. */
const stft: Rule = (node) => {
  const [batch = 1, samples = 1] = inputShape(node);
  const [step = 1] = known(node, 1, "the step");
  const window = shapeOf(node.inputs[2]);
  const length = given(node.inputs[3]) ? known(node, 3, "the frame's length")[0] : window?.[0];
  if (length === undefined || length < 1 || step < 1) return fail("bad-onnx", "STFT has neither a window nor a frame's length");
  const frames = Math.floor((samples - length) / step) + 1;
  const bins = isSet(node, "onesided", true) ? Math.floor(length / 2) + 1 : length;
  const count = BigInt(batch) * BigInt(Math.max(0, frames));
  const layer = fixed({
    op: "stft",
    outputs: [[batch, frames, bins, 2]],
    operations: { transform: count * fourier(length), ...(window === undefined ? {} : { elementwise: count * BigInt(length) }) },
    mixes: { channels: false, space: true },
  });
  return { kind: "layer", layer, inputs: [node.inputs[0], node.inputs[2]].flatMap((operand) => (given(operand) ? [operand] : [])) };
};

/** A window of a size (ONNX, HannWindow-17): known before the model runs where its size is, and then worth nothing. */
const window: Rule = (node) => {
  const size = valuesOf(node.inputs[0]);
  if (size === undefined) return unknown(`the size of ${node.op} is computed from the model's data`, [null]);
  return { kind: "constant", shape: size.slice(0, 1), dtype: typeOfWindow(node) };
};

const typeOfWindow = (node: OnnxNode) => dtypeOf(int(node, "output_datatype", 1));

/** MelWeightMatrix (ONNX, version 17): [floor(dft_length / 2) + 1, num_mel_bins]. */
const mel: Rule = (node) => {
  const [bins, length] = [valuesOf(node.inputs[0])?.[0], valuesOf(node.inputs[1])?.[0]];
  if (bins === undefined || length === undefined)
    return unknown("the size of MelWeightMatrix is computed from the model's data", [null, bins ?? null]);
  return { kind: "constant", shape: [Math.floor(length / 2) + 1, bins], dtype: typeOfWindow(node) };
};

/** Random numbers are drawn at no cost that could be told. */
const drawn =
  (like: boolean): Rule =>
  (node) => {
    const shape = like ? inputShape(node) : (node.attributes.get("shape")?.ints ?? []);
    const written = dtypeOf(int(node, "dtype", 0));
    const dtype = written ?? (like ? typeOf(node.inputs[0]) : "float32");
    return { kind: "layer", layer: fixed({ op: "random", outputs: [shape], dtype }), inputs: node.inputs.slice(0, 1) };
  };

const multinomial: Rule = (node) => {
  const [batch = 1] = inputShape(node);
  const layer = fixed({ op: "multinomial", outputs: [[batch, int(node, "sample_size", 1)]], dtype: dtypeOf(int(node, "dtype", 6)) });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** Transforms of signals, and random numbers. */
export const signalRules: Readonly<Record<string, Rule>> = {
  DFT: dft,
  STFT: stft,
  HannWindow: window,
  HammingWindow: window,
  BlackmanWindow: window,
  MelWeightMatrix: mel,
  RandomNormal: drawn(false),
  RandomUniform: drawn(false),
  RandomNormalLike: drawn(true),
  RandomUniformLike: drawn(true),
  Bernoulli: drawn(true),
  Multinomial: multinomial,
};

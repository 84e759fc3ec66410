import { fail } from "../../../graph/diagnostic.js";
import type { Primitive, Stored } from "../../../graph/layer.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import { isZero } from "../../../graph/values.js";
import { convolution } from "../../../ops/conv/convolution.js";
import { broadcast } from "../../../ops/join.js";
import { symmetric, type Pad, type Padding } from "../../../ops/window.js";
import { fixed, storing, weightAndBias } from "../fixed.js";
import { int, ints, isSet, perAxis, text } from "../attributes.js";
import { shapeOf, typedValuesOf, type OnnxNode, type Operand, type Result, type Rule } from "../operand.js";

/** `auto_pad` and `pads` of Conv, ConvTranspose and the pools (ONNX, Conv-11): all starts, then all ends. */
export function paddingOf(node: OnnxNode, rank: number): Padding {
  const auto = text(node, "auto_pad", "NOTSET");
  const pads = ints(node, "pads") ?? Array<number>(2 * rank).fill(0);
  // Of a pool onnxruntime passes over pads beside an auto_pad; a convolution with both it refuses.
  const isFree = auto === "" || auto === "NOTSET" || node.op.endsWith("Pool");
  if (pads.some((size) => size < 0 || (size > 0 && !isFree)))
    fail("bad-attribute", `pads of ${node.op} is ${pads.join(", ")}`, { expected: isFree ? "0 or more" : `none beside auto_pad ${auto}` });
  if (auto === "VALID") return "valid";
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") return "same";
  if (pads.length !== 2 * rank)
    fail("bad-attribute", `pads of ${node.op} has ${pads.length} values`, { expected: `${2 * rank}: all starts, then all ends` });
  return Array.from({ length: rank }, (_, axis): Pad => ({ before: pads[axis] ?? 0, after: pads[axis + rank] ?? 0 }));
}

/** Conv (ONNX, Conv-11): X, W of [M, C/group, kernel], B. */
const conv: Rule = (node) => {
  const [x, w, b] = node.inputs;
  const weight = shapeOf(w) ?? [];
  const rank = weight.length - 2;
  if (rank < 1 || rank > 3) fail("wrong-rank", `a weight of Conv has ${weight.length} dimensions`, { expected: "3, 4 or 5" });
  const [outChannels = 0, perGroup = 0, ...kernelSize] = weight;
  const groups = int(node, "group", 1);
  const inChannels = perGroup * groups;
  const layer = convolution({
    rank,
    inChannels,
    connection:
      groups > 1 && groups === inChannels ? { type: "depthwise", multiplier: outChannels / groups } : { type: "grouped", groups, outChannels },
    kernelSize,
    stride: perAxis(node, "strides", rank, 1),
    dilation: perAxis(node, "dilations", rank, 1),
    padding: paddingOf(node, rank),
    bias: b !== undefined && b.kind !== "none",
  });
  return {
    kind: "layer",
    layer: storing(layer, node.weights([w, b].flatMap((operand) => operand ?? []))),
    inputs: [x, w].flatMap((operand) => operand ?? []),
  };
};

/** ConvTranspose (ONNX, ConvTranspose-11): W of [C, M/group, kernel]. */
const convTranspose: Rule = (node) => {
  const [x, w, b] = node.inputs;
  const [inChannels = 0, perGroup = 0, ...kernelSize] = shapeOf(w) ?? [];
  const rank = kernelSize.length;
  if (rank < 1 || rank > 3) fail("wrong-rank", `a weight of ConvTranspose has ${rank + 2} dimensions`, { expected: "3, 4 or 5" });
  const groups = int(node, "group", 1);
  const size = ints(node, "output_shape");
  if (size !== undefined && size.length !== rank && size.length !== rank + 2)
    fail("bad-attribute", `output_shape of ConvTranspose has ${size.length} values`, { expected: `${rank}, one for each spatial axis` });
  const window = { kernelSize, stride: perAxis(node, "strides", rank, 1), dilation: perAxis(node, "dilations", rank, 1) };
  const outputPadding = perAxis(node, "output_padding", rank, 0);
  refuseOutputPadding({ ...window, outputPadding });
  const layer = convolution({
    rank,
    inChannels,
    connection: { type: "grouped", groups, outChannels: perGroup * groups },
    ...window,
    // Where the size of the output is said, pads are not read (ONNX, ConvTranspose-11).
    padding: size === undefined ? transposedPadding(node, { ...window, outputPadding }) : symmetric(Array<number>(rank).fill(0)),
    bias: b !== undefined && b.kind !== "none",
    transposed: { outputPadding },
  });
  const stored = node.weights([w, b].flatMap((operand) => operand ?? []));
  const inputs = x === undefined ? [] : [x];
  if (size !== undefined) refuseUnreached({ ...window, outputPadding }, shapeOf(x)?.slice(2) ?? [], size.slice(-rank));
  if (size !== undefined) return { kind: "layer", layer: sized(layer, size, stored), inputs };
  return { kind: "layer", layer: storing(layer, stored), inputs };
};

/**
 * SAME pads so that the output is `stride` times the input, but never adds to it: with a kernel smaller than the stride it is smaller (onnxruntime,
 * conv_transpose_attributes.h, ComputeTotalPad).
 */
function transposedPadding(node: OnnxNode, { kernelSize, stride, dilation, outputPadding }: TransposedWindowSizes): Padding {
  const padding = paddingOf(node, kernelSize.length);
  if (padding === "valid") return symmetric(kernelSize.map(() => 0));
  if (padding !== "same") return padding;
  return kernelSize.map((kernel, axis): Pad => {
    const reach = (dilation[axis] ?? 1) * (kernel - 1) + 1;
    const total = Math.max(0, (outputPadding[axis] ?? 0) + reach - (stride[axis] ?? 1));
    const [less, more] = [Math.floor(total / 2), Math.ceil(total / 2)];
    return text(node, "auto_pad", "NOTSET") === "SAME_UPPER" ? { before: less, after: more } : { before: more, after: less };
  });
}

/** It tells apart outputs of which the same input is made: more would be outputs that no input reaches (ONNX, ConvTranspose-11). */
function refuseOutputPadding({ stride, dilation, outputPadding }: TransposedWindowSizes): void {
  if (outputPadding.every((padding, axis) => padding === 0 || padding < Math.max(stride[axis] ?? 1, dilation[axis] ?? 1))) return;
  fail("bad-attribute", `output_padding of ConvTranspose is ${formatShape(outputPadding)}`, {
    expected: "less than the stride or the dilation of its axis",
  });
}

/** Nor may the output that is asked for have positions that no input reaches (onnxruntime, conv_transpose_attributes.h). */
function refuseUnreached({ kernelSize, stride, dilation, outputPadding }: TransposedWindowSizes, input: Shape, output: Shape): void {
  const whole = input.map((size, axis) => (size - 1) * (stride[axis] ?? 1) + (dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1) + 1);
  const most = whole.map((size, axis) => size + Math.max((stride[axis] ?? 1) - 1, outputPadding[axis] ?? 0));
  if (output.every((size, axis) => size <= (most[axis] ?? size))) return;
  fail("bad-attribute", `output_shape of ConvTranspose is ${formatShape(output)}`, { expected: `at most ${formatShape(most)}` });
}

type TransposedWindowSizes = Readonly<Record<"kernelSize" | "stride" | "dilation" | "outputPadding", readonly number[]>>;

/** A transposed convolution whose output size is said, its padding made to fit: every input position is used all the same. */
function sized(layer: Primitive, size: readonly number[], stored: readonly Stored[]): Primitive {
  return {
    ...layer,
    stores: stored,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      const [output] = inferred.outputs;
      const shape = [...(output?.shape ?? []).slice(0, 2), ...size.slice(-(inputs[0]?.length ?? 2) + 2)];
      return { ...inferred, stored, ports: inferred.ports ?? inferred.stored, outputs: [{ shape }] };
    },
  };
}

/** A product of matrices: batch dimensions broadcast, MACs = batch * m * k * n (ONNX, MatMul-13; numpy.matmul). */
const matMul: Rule = (node) => {
  const [a, b] = node.inputs;
  const [left, right] = [shapeOf(a) ?? [], shapeOf(b) ?? []];
  if (left.length === 0 || right.length === 0) fail("wrong-rank", "MatMul cannot multiply a scalar", { expected: "1 dimension or more" });
  const { output, k } = product(left, right);
  const stored = node.weights(withoutState(node.inputs));
  const layer = fixed({
    op: stored.length > 0 ? "linear" : "matmul",
    outputs: [output],
    stored,
    ports: stored.length > 0 ? weightAndBias([output.at(-1) ?? 1, k]) : [],
    macs: elements(output) * BigInt(k),
    mixes: { channels: true, space: stored.length === 0 },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** A product of zeros and a weight: the zeros are the state that a recurrent cell starts with. */
function withoutState(operands: readonly Operand[]): readonly Operand[] {
  const [first, second, ...rest] = operands;
  if (first?.kind !== "constant" || second?.kind !== "constant") return operands;
  const values = typedValuesOf(first);
  return values !== undefined && isZero(values) ? [second, ...rest] : operands;
}

function product(left: Shape, right: Shape): { readonly output: Shape; readonly k: number } {
  const rows: Shape = left.length === 1 ? [1, ...left] : left;
  const columns: Shape = right.length === 1 ? [...right, 1] : right;
  const [m = 1, k = 1] = rows.slice(-2);
  const [inner = 1, n = 1] = columns.slice(-2);
  if (k !== inner) fail("shape-mismatch", `MatMul cannot multiply ${formatShape(left)} by ${formatShape(right)}`);
  const batch = broadcast("MatMul", rows.slice(0, -2), columns.slice(0, -2));
  return { k, output: [...batch, ...(left.length === 1 ? [] : [m]), ...(right.length === 1 ? [] : [n])] };
}

/** Gemm (ONNX, Gemm-13): alpha A B + beta C, each of A and B transposed or not. */
const gemm: Rule = (node): Result => {
  const [a, b, c] = node.inputs;
  const turn = (shape: Shape, isTurned: boolean) => (isTurned ? [...shape].reverse() : shape);
  const left = turn(shapeOf(a) ?? [], isSet(node, "transA"));
  const right = turn(shapeOf(b) ?? [], isSet(node, "transB"));
  const { output, k } = product(left, right);
  const biased = c !== undefined && c.kind !== "none";
  const layer: Primitive = fixed({
    op: "linear",
    outputs: [output],
    stored: node.weights(withoutState(node.inputs)),
    ports: weightAndBias([output.at(-1) ?? 1, k], biased ? output.slice(-1) : undefined),
    macs: elements(output) * BigInt(k),
    operations: biased ? { bias: elements(output) } : {},
    attributes: { inFeatures: k, outFeatures: output.at(-1) ?? 0, bias: biased },
    mixes: { channels: true, space: false },
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

export const contractions = { Conv: conv, ConvTranspose: convTranspose, MatMul: matMul, Gemm: gemm } satisfies Readonly<Record<string, Rule>>;

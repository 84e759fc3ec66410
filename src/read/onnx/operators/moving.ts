import { fail } from "../../../graph/diagnostic.js";
import type { DType } from "../../../graph/dtype.js";
import { isDType } from "../../../graph/dtype.js";
import { elements, formatShape, type Shape } from "../../../graph/shape.js";
import { broadcast, concat, split } from "../../../ops/join.js";
import { fixed } from "../fixed.js";
import { int, ints, possible, shapeOf, valuesOf, type OnnxNode, type Operand, type Result, type Rule } from "../operand.js";
import { ELEMENT_TYPES } from "../proto.js";

const input = (node: OnnxNode): Shape => shapeOf(node.inputs[0]) ?? [];

/** Data moved or looked at otherwise: known where its source is known. */
function moved(node: OnnxNode, op: string, shape: Shape, view: boolean, values?: readonly number[]): Result {
  const [source] = node.inputs;
  if (source?.kind === "constant") return { kind: "constant", shape, values, dtype: source.dtype };
  return { kind: "layer", layer: fixed({ op, outputs: [shape], view }), inputs: node.inputs.slice(0, 1) };
}

/** Axes from an attribute, or from an input in later opsets. */
function axesOf(node: OnnxNode, rank: number): readonly number[] | undefined {
  return (ints(node, "axes") ?? valuesOf(node.inputs[1]))?.map((axis) => (axis < 0 ? axis + rank : axis));
}

function known(node: OnnxNode, index: number, what: string): readonly number[] {
  const values = valuesOf(node.inputs[index]);
  if (values?.every((value) => Number.isFinite(value)) === true) return values;
  return fail("data-dependent", `${what} of ${node.op} is computed from the model's data`, {
    expected: "a shape that is known before the model runs",
  });
}

/** Reshape (ONNX, version 14): 0 keeps a size unless `allowzero`, -1 takes what is left. */
const reshape: Rule = (node) => {
  const shape = input(node);
  const written = ints(node, "shape") ?? known(node, 1, "the shape");
  const keeps = int(node, "allowzero", 0) === 0;
  const sizes = written.map((size, axis) => (size === 0 && keeps ? (shape[axis] ?? 1) : size));
  // A tensor of no element at all: 0 is a size like any other.
  const rest = sizes.reduce((product, size) => (size < 0 ? product : product * BigInt(size)), 1n);
  const left = rest === 0n ? 0 : Number(elements(shape) / rest);
  const output = possible(sizes.map((size) => (size < 0 ? left : size)));
  if (elements(output) !== elements(shape)) fail("shape-mismatch", `Reshape cannot make ${formatShape(output)} of ${formatShape(shape)}`);
  return moved(node, "reshape", output, true, valuesOf(node.inputs[0]));
};

const flatten: Rule = (node) => {
  const shape = input(node);
  const axis = int(node, "axis", 1);
  const at = axis < 0 ? axis + shape.length : axis;
  return moved(node, "flatten", [Number(elements(shape.slice(0, at))), Number(elements(shape.slice(at)))], true, valuesOf(node.inputs[0]));
};

const unsqueeze: Rule = (node) => {
  const shape = input(node);
  const written = ints(node, "axes") ?? known(node, 1, "the axes");
  const rank = shape.length + written.length;
  const axes = written.map((axis) => (axis < 0 ? axis + rank : axis));
  const sizes = [...shape];
  const output = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (sizes.shift() ?? 1)));
  return moved(node, "unsqueeze", output, true, valuesOf(node.inputs[0]));
};

const squeeze: Rule = (node) => {
  const shape = input(node);
  const axes = axesOf(node, shape.length);
  const output = shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
  return moved(node, "squeeze", output, true, valuesOf(node.inputs[0]));
};

const transpose: Rule = (node) => {
  const shape = input(node);
  const perm = ints(node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  return moved(
    node,
    "transpose",
    perm.map((axis) => shape[axis] ?? 1),
    false,
    shape.length < 2 ? valuesOf(node.inputs[0]) : undefined,
  );
};

/** Concat of constants is a constant; otherwise what is stored for it is a parameter (a class token). */
const concatRule: Rule = (node) => {
  const axis = int(node, "axis", 0);
  const shapes = node.inputs.map((operand) => shapeOf(operand) ?? []);
  if (node.inputs.every((operand) => operand.kind === "constant")) {
    const output = concat(axis).infer(shapes).outputs[0]?.shape ?? [];
    const values = node.inputs.map(valuesOf);
    const flat = output.length === 1 && values.every((list) => list !== undefined) ? values.flat() : undefined;
    return { kind: "constant", shape: output, values: flat, dtype: node.inputs[0]?.kind === "constant" ? node.inputs[0].dtype : undefined };
  }
  const output = concat(axis).infer(shapes).outputs[0]?.shape ?? [];
  return {
    kind: "layer",
    layer: fixed({ op: "concat", outputs: [output], stored: node.store(node.inputs), attributes: { axis } }),
    inputs: node.inputs,
  };
};

/** Split (ONNX, versions 1 to 18): sizes as attribute or input, or as many equal parts as there are outputs, the last one smaller. */
const splitRule: Rule = (node) => {
  const shape = input(node);
  const axis = int(node, "axis", 0);
  const at = axis < 0 ? axis + shape.length : axis;
  const size = Math.ceil((shape[at] ?? 0) / node.outputs);
  const equal = Array.from({ length: node.outputs }, (_, index) => Math.min(size, (shape[at] ?? 0) - index * size));
  const sizes = ints(node, "split") ?? valuesOf(node.inputs[1]) ?? equal;
  const outputs = sizes.map((length) => shape.map((whole, index) => (index === at ? length : whole)));
  const layer = sizes.some((length) => length === 0) ? fixed({ op: "split", outputs, view: true }) : split(sizes, axis);
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** Slice (ONNX, version 13; attributes before version 10): starts, ends, axes and steps, clamped as Python's are. */
const slice: Rule = (node) => {
  const shape = input(node);
  const list = (name: string, index: number) => ints(node, name) ?? valuesOf(node.inputs[index]);
  const starts = list("starts", 1) ?? known(node, 1, "the start");
  const ends = list("ends", 2) ?? known(node, 2, "the end");
  const axes = list("axes", 3) ?? starts.map((_, axis) => axis);
  const steps = list("steps", 4) ?? starts.map(() => 1);
  const output = [...shape];
  const picked: { start: number; step: number; length: number }[] = [];
  axes.forEach((written, index) => {
    const axis = written < 0 ? written + shape.length : written;
    const size = shape[axis] ?? 0;
    const step = steps[index] ?? 1;
    const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value < 0 ? value + size : value, least), most);
    const [start, end] =
      step > 0
        ? [clamp(starts[index] ?? 0, 0, size), clamp(ends[index] ?? size, 0, size)]
        : [clamp(starts[index] ?? 0, 0, size - 1), clamp(ends[index] ?? -1, -1, size - 1)];
    output[axis] = Math.max(0, Math.ceil((end - start) / step));
    picked.push({ start, step, length: output[axis] });
  });
  const values = valuesOf(node.inputs[0]);
  const [only] = picked;
  const kept =
    values !== undefined && shape.length === 1 && only !== undefined
      ? Array.from({ length: only.length }, (_, index) => values[only.start + index * only.step] ?? 0)
      : undefined;
  return moved(node, "slice", output, false, kept);
};

/** Gather (ONNX, version 13): the indices' shape in place of one axis. Rows of a stored table are a parameter: an embedding. */
const gather: Rule = (node) => {
  const [data, indices] = node.inputs;
  const [shape, picks] = [input(node), shapeOf(indices) ?? []];
  const axis = int(node, "axis", 0);
  const at = axis < 0 ? axis + shape.length : axis;
  const output = [...shape.slice(0, at), ...picks, ...shape.slice(at + 1)];
  if (data?.kind === "constant" && indices?.kind === "constant") {
    const [values, chosen] = [valuesOf(data), valuesOf(indices)];
    const size = shape[0] ?? 0;
    const flat =
      values !== undefined && chosen !== undefined && shape.length === 1
        ? chosen.map((index) => values[index < 0 ? index + size : index] ?? 0)
        : undefined;
    return { kind: "constant", shape: output, values: flat, dtype: data.dtype };
  }
  const stored = data === undefined ? [] : node.store([data]);
  return { kind: "layer", layer: fixed({ op: stored.length > 0 ? "embedding" : "gather", outputs: [output], stored }), inputs: node.inputs };
};

const shapeRule: Rule = (node) => {
  const shape = input(node);
  const start = int(node, "start", 0);
  const values = shape.slice(start, node.attributes.get("end")?.i);
  return { kind: "constant", shape: [values.length], values, dtype: "int64" };
};

const constant: Rule = (node) => {
  const tensor = node.attributes.get("value")?.t;
  if (tensor !== undefined) return { kind: "constant", shape: tensor.dims, values: tensor.values, dtype: dtypeOf(tensor.dataType) };
  const [f, i] = [node.attributes.get("value_float")?.f, node.attributes.get("value_int")?.i];
  const list = node.attributes.get("value_ints")?.ints ?? node.attributes.get("value_floats")?.floats;
  if (list !== undefined) return { kind: "constant", shape: [list.length], values: list };
  return { kind: "constant", shape: [], values: [f ?? i ?? 0] };
};

/** An element type of ONNX by its number; nothing for one that is not counted in bytes here (strings). */
export function dtypeOf(type: number): DType | undefined {
  const name = ELEMENT_TYPES[type];
  return name !== undefined && isDType(name) ? name : undefined;
}

const constantOfShape: Rule = (node) => {
  const shape = possible(known(node, 0, "the shape"));
  const value = node.attributes.get("value")?.t?.values?.[0] ?? 0;
  const count = Number(elements(shape));
  return { kind: "constant", shape, values: count <= 4096 ? Array<number>(count).fill(value) : undefined };
};

const range: Rule = (node) => {
  const [start = 0] = known(node, 0, "the start");
  const [end = 0] = known(node, 1, "the end");
  const [step = 1] = known(node, 2, "the step");
  const length = Math.max(0, Math.ceil((end - start) / step));
  return {
    kind: "constant",
    shape: [length],
    values: length <= 4096 ? Array.from({ length }, (_, index) => start + index * step) : undefined,
    dtype: "int64",
  };
};

const expand: Rule = (node) => {
  const output = broadcast("Expand", input(node), possible(known(node, 1, "the shape")));
  const [source] = node.inputs;
  if (source?.kind === "constant" && source.origins.length > 0)
    return { kind: "layer", layer: fixed({ op: "expand", outputs: [output], stored: node.store([source]) }), inputs: [source] };
  const values = valuesOf(source);
  const [only] = values ?? [];
  return moved(
    node,
    "expand",
    output,
    false,
    only !== undefined && values?.length === 1 && Number(elements(output)) <= 4096 ? Array<number>(Number(elements(output))).fill(only) : undefined,
  );
};

/** Pad (ONNX, version 13; attributes before 11): all starts, then all ends. */
const pad: Rule = (node) => {
  const shape = input(node);
  const pads = ints(node, "pads") ?? ints(node, "paddings") ?? known(node, 1, "the padding");
  const axes = valuesOf(node.inputs[3])?.map((axis) => (axis < 0 ? axis + shape.length : axis)) ?? shape.map((_, axis) => axis);
  const output = [...shape];
  axes.forEach((axis, index) => {
    output[axis] = (shape[axis] ?? 0) + (pads[index] ?? 0) + (pads[index + axes.length] ?? 0);
  });
  return moved(node, "pad", output, false);
};

/** Resize (ONNX, version 13) and Upsample (9): sizes, or floor(in * scale). Operations for each output by the taps of its mode. */
const resize: Rule = (node) => {
  const shape = input(node);
  const upsample = node.op === "Upsample" || node.opset < 11;
  const scales = node.attributes.get("scales")?.floats ?? valuesOf(node.inputs[upsample ? 1 : 2]);
  const sizes = upsample ? undefined : valuesOf(node.inputs[3]);
  if ((sizes?.length ?? 0) === 0 && (scales?.length ?? 0) === 0)
    return fail("data-dependent", `the size of ${node.op} is computed from the model's data`);
  const output = resized(node, shape, sizes, scales);
  const mode = node.attributes.get("mode")?.s ?? "nearest";
  const changed = output.filter((size, axis) => size !== shape[axis]).length;
  const taps = mode === "linear" ? 2 ** changed : mode === "cubic" ? 4 ** changed : 0;
  const operations = taps === 0 ? {} : { interpolation: elements(output) * BigInt(2 * taps - 1) };
  return { kind: "layer", layer: fixed({ op: "upsample", outputs: [output], operations, attributes: { mode } }), inputs: node.inputs.slice(0, 1) };
};

/** Sizes or scales of the axes that `axes` lists, all unless said; a policy keeps the proportions (ONNX, Resize-18). */
function resized(node: OnnxNode, shape: Shape, sizes: readonly number[] | undefined, scales: readonly number[] | undefined): Shape {
  const axes = ints(node, "axes")?.map((axis) => (axis < 0 ? axis + shape.length : axis)) ?? shape.map((_, axis) => axis);
  const output = [...shape];
  if (sizes === undefined || sizes.length === 0) {
    axes.forEach((axis, index) => (output[axis] = Math.floor((shape[axis] ?? 0) * (scales?.[index] ?? 1))));
    return output;
  }
  const policy = node.attributes.get("keep_aspect_ratio_policy")?.s ?? "stretch";
  const ratios = axes.map((axis, index) => (sizes[index] ?? 0) / (shape[axis] ?? 1));
  const scale = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis, index) => (output[axis] = policy === "stretch" ? (sizes[index] ?? 0) : Math.round((shape[axis] ?? 0) * scale)));
  return output;
}

const depthToSpace: Rule = (node) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = input(node);
  const by = int(node, "blocksize", 1);
  const output =
    node.op === "DepthToSpace" ? [batch, channels / (by * by), height * by, width * by] : [batch, channels * by * by, height / by, width / by];
  return moved(node, node.op === "DepthToSpace" ? "pixel_shuffle" : "pixel_unshuffle", output, false);
};

const tile: Rule = (node) => {
  const repeats = known(node, 1, "the repeats");
  return moved(
    node,
    "tile",
    input(node).map((size, axis) => size * (repeats[axis] ?? 1)),
    false,
  );
};

const cast: Rule = (node) => {
  const [source] = node.inputs;
  const to = dtypeOf(int(node, "to", 1));
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: source.values, dtype: to };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [input(node)], dtype: to }), inputs: node.inputs };
};

/** An output of the shape of one of the inputs, of data that is moved. */
const shapedAs =
  (op: string, index: number): Rule =>
  (node) => ({
    kind: "layer",
    layer: fixed({ op, outputs: [shapeOf(node.inputs[index]) ?? []], stored: node.store(node.inputs) }),
    inputs: node.inputs,
  });

const castLike: Rule = (node) => {
  const [source, like] = node.inputs;
  const dtype = like?.kind === "tensor" ? like.value.dtype : like?.kind === "constant" ? like.dtype : undefined;
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, values: source.values, dtype };
  return { kind: "layer", layer: fixed({ op: "cast", outputs: [input(node)], dtype }), inputs: node.inputs.slice(0, 1) };
};

/** GatherND (ONNX, version 13): the last dimension of the indices addresses that many of the data's, after the batch ones. */
const gatherNd: Rule = (node) => {
  const [shape, picks] = [input(node), shapeOf(node.inputs[1]) ?? []];
  const batch = int(node, "batch_dims", 0);
  const output = [...picks.slice(0, -1), ...shape.slice(batch + (picks.at(-1) ?? 0))];
  return { kind: "layer", layer: fixed({ op: "gather", outputs: [output], stored: node.store(node.inputs.slice(0, 1)) }), inputs: node.inputs };
};

/** TopK (ONNX, version 11): values and their indices. */
const topK: Rule = (node) => {
  const shape = input(node);
  const [k = 1] = node.attributes.get("k")?.i === undefined ? known(node, 1, "k") : [int(node, "k", 1)];
  const axis = int(node, "axis", -1);
  const at = axis < 0 ? axis + shape.length : axis;
  const output = shape.map((size, index) => (index === at ? k : size));
  return { kind: "layer", layer: fixed({ op: "topk", outputs: [output, output] }), inputs: node.inputs.slice(0, 1) };
};

/** OneHot (ONNX, version 11): a dimension more, of the depth. */
const oneHot: Rule = (node) => {
  const shape = input(node);
  const [depth = 1] = known(node, 1, "the depth");
  const axis = int(node, "axis", -1);
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return {
    kind: "layer",
    layer: fixed({ op: "one_hot", outputs: [[...shape.slice(0, at), depth, ...shape.slice(at)]] }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** What depends on the data that the model is given: no shape can be told before it runs. */
const dataDependent: Rule = (node) => fail("data-dependent", `the output of ${node.op} has a shape that depends on the data`);

const same: Rule = (node) => ({ kind: "same", operand: node.inputs[0] ?? ({ kind: "none" } satisfies Operand) });

/** QuantizeLinear and DequantizeLinear (ONNX, version 21): a weight that is stored quantised stays a weight; scales and zero points are none. */
const quantize: Rule = (node) => {
  const [source, , zeroPoint] = node.inputs;
  const like = zeroPoint?.kind === "constant" ? zeroPoint.dtype : "uint8";
  const dtype = node.op === "QuantizeLinear" ? (dtypeOf(int(node, "output_dtype", 0)) ?? like) : undefined;
  if (source?.kind === "constant") return { kind: "constant", shape: source.shape, dtype };
  const shape = input(node);
  // One multiplication and one rounding or shift an element.
  const layer = fixed({
    op: node.op === "QuantizeLinear" ? "quantize" : "dequantize",
    outputs: [shape],
    dtype,
    operations: { elementwise: 2n * elements(shape) },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** Dropout does nothing at inference; a mask that is asked for is all ones (ONNX, Dropout-13). */
const dropout: Rule = (node) => {
  if (node.outputs < 2) return same(node);
  const shape = input(node);
  return { kind: "layer", layer: fixed({ op: "dropout", outputs: [shape, shape] }), inputs: node.inputs.slice(0, 1) };
};

export const movingRules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Transpose: transpose,
  Concat: concatRule,
  Split: splitRule,
  Slice: slice,
  Gather: gather,
  Shape: shapeRule,
  Size: (node) => ({ kind: "constant", shape: [], values: [Number(elements(input(node)))], dtype: "int64" }),
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Expand: expand,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
  Tile: tile,
  Cast: cast,
  CastLike: castLike,
  GatherElements: shapedAs("gather", 1),
  GatherND: gatherNd,
  ScatterElements: shapedAs("scatter", 0),
  Scatter: shapedAs("scatter", 0),
  ScatterND: shapedAs("scatter", 0),
  Trilu: shapedAs("trilu", 0),
  EyeLike: shapedAs("eye_like", 0),
  ReverseSequence: shapedAs("reverse_sequence", 0),
  TensorScatter: shapedAs("scatter", 0),
  TopK: topK,
  OneHot: oneHot,
  NonZero: dataDependent,
  NonMaxSuppression: dataDependent,
  Unique: dataDependent,
  Compress: dataDependent,
  Identity: same,
  QuantizeLinear: quantize,
  DequantizeLinear: quantize,
  Dropout: dropout,
};

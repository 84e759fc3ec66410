import { fail } from "../../../graph/diagnostic.js";
import { elements, formatShape, mergedSize, type Shape } from "../../../graph/shape.js";
import { isUniform, joined, taken, type Values } from "../../../graph/values.js";
import { resolveAxis } from "../../../ops/primitive.js";
import { broadcast, concat, split } from "../../../ops/join.js";
import { fixed, moved } from "../fixed.js";
import { broadcastIndex, flatIndex, picked, strides, tabulated } from "../nd.js";
import { axisOf, int, ints, text } from "../attributes.js";
import {
  anySizes,
  FEW,
  inputShape,
  known,
  possible,
  shapeOf,
  typedValuesOf,
  typeOf,
  unknown,
  valuesOf,
  type OnnxNode,
  type Operand,
  type Rule,
  asMany,
  axesIn,
  differentAxes,
} from "../operand.js";

/** Axes from an attribute, or from an input in later opsets. */
function axesOf(node: OnnxNode, rank: number): readonly number[] | undefined {
  return axesIn(node, ints(node, "axes") ?? valuesOf(node.inputs[1]), rank);
}

/** Reshape (ONNX, version 14): 0 keeps a size unless `allowzero`, -1 takes what is left. */
const reshape: Rule = (node) => {
  const shape = inputShape(node);
  const written = ints(node, "shape") ?? valuesOf(node.inputs[1]);
  if (written === undefined) return unknown("the shape of Reshape is computed from the model's data", anySizes(shapeOf(node.inputs[1])?.[0] ?? 0));
  const keeps = int(node, "allowzero", 0) === 0;
  const sizes = written.map((size, axis) => (size === 0 && keeps ? (shape[axis] ?? 1) : size));
  // A tensor of no element at all: 0 is a size like any other.
  const rest = elements(possible(sizes.filter((size) => size !== -1)));
  const left = rest === 0n ? 0 : Number(elements(shape) / rest);
  const output = possible(sizes.map((size) => (size === -1 ? left : size)));
  if (elements(output) !== elements(shape)) fail("shape-mismatch", `Reshape cannot make ${formatShape(output)} of ${formatShape(shape)}`);
  return moved(node, "reshape", output, true, typedValuesOf(node.inputs[0]));
};

const flatten: Rule = (node) => {
  const shape = inputShape(node);
  const axis = int(node, "axis", 1);
  // The axis may stand behind the last: then all of the tensor is one column.
  const at = axis === shape.length ? axis : resolveAxis(node.op, axis, shape.length);
  return moved(node, "flatten", [mergedSize(shape.slice(0, at)), mergedSize(shape.slice(at))], true, typedValuesOf(node.inputs[0]));
};

const unsqueeze: Rule = (node) => {
  const shape = inputShape(node);
  const written = ints(node, "axes") ?? known(node, 1, "the axes");
  const rank = shape.length + written.length;
  const axes = axesIn(node, written, rank);
  const sizes = [...shape];
  const output = Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (sizes.shift() ?? 1)));
  return moved(node, "unsqueeze", output, true, typedValuesOf(node.inputs[0]));
};

const squeeze: Rule = (node) => {
  const shape = inputShape(node);
  const axes = axesOf(node, shape.length);
  const output = shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
  return moved(node, "squeeze", output, true, typedValuesOf(node.inputs[0]));
};

const transpose: Rule = (node) => {
  const shape = inputShape(node);
  const perm = ints(node, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
  if ([...perm].sort((a, b) => a - b).join() !== shape.map((_, axis) => axis).join()) {
    fail("bad-attribute", `perm of Transpose is ${perm.join(", ")}`, { expected: `each of ${shape.length} axes once` });
  }
  const output = perm.map((axis) => shape[axis] ?? 1);
  const values = picked(typedValuesOf(node.inputs[0]), shape, output, (index) => shape.map((_, axis) => index[perm.indexOf(axis)] ?? 0));
  return moved(node, "transpose", output, false, values);
};

/** Concat of constants is a constant; otherwise what is stored for it is a parameter (a class token). */
const concatRule: Rule = (node) => {
  inputShape(node);
  const axis = int(node, "axis", node.opset < 4 ? 1 : 0);
  const output = concat(axis).infer(node.inputs.map((operand) => shapeOf(operand) ?? [])).outputs[0]?.shape ?? [];
  if (node.inputs.every((operand) => operand.kind === "constant")) {
    const values = concatenated(node.inputs, output, axis < 0 ? axis + output.length : axis);
    return { kind: "constant", shape: output, values, dtype: typeOf(node.inputs[0]) };
  }
  return {
    kind: "layer",
    layer: fixed({ op: "concat", outputs: [output], stored: node.store(node.inputs.filter((operand) => !isFill(operand))), attributes: { axis } }),
    inputs: node.inputs,
  };
};

/** Values of small constants joined along an axis; nothing where some are not known, or they are more than are carried along. */
function concatenated(operands: readonly Operand[], output: Shape, axis: number): Values | undefined {
  if (elements(output) > BigInt(FEW)) return undefined;
  const known = operands.flatMap((operand) => typedValuesOf(operand) ?? []);
  const all = known.length === operands.length ? joined(known) : undefined;
  if (all === undefined) return undefined;
  const shapes = operands.map((operand) => shapeOf(operand) ?? []);
  // The part that each position along the axis is of, where that part begins along the axis, and in the list of all.
  let [along, start] = [0, 0];
  const parts = shapes.flatMap((shape) => {
    const part = { along, start, steps: strides(shape) };
    along += shape[axis] ?? 0;
    start += Number(elements(shape));
    return Array<typeof part>(shape[axis] ?? 0).fill(part);
  });
  const at = tabulated(output, (index) => {
    const position = index[axis] ?? 0;
    const part = parts[position];
    const own = index.map((each, dimension) => (dimension === axis ? position - (part?.along ?? 0) : each));
    return (part?.start ?? 0) + flatIndex(own, part?.steps ?? []);
  });
  return at && taken(all, at);
}

/** One value over and over in a node of its own: it pads or starts something, and was never trained. */
function isFill(operand: Operand): boolean {
  const values = typedValuesOf(operand);
  if (operand.kind === "constant" && operand.origins.some(({ held }) => held === "initializer")) return false;
  return values !== undefined && isUniform(values);
}

/** Split (ONNX, versions 1 to 18): sizes as attribute or input, or as many equal parts as there are outputs, the last one smaller. */
const splitRule: Rule = (node) => {
  const shape = inputShape(node);
  const at = axisOf(node, shape.length, 0);
  const parts = int(node, "num_outputs", node.outputs);
  if (parts !== node.outputs) fail("bad-attribute", `num_outputs of Split is ${parts}`, { expected: `${node.outputs}, the outputs that it has` });
  const size = Math.ceil((shape[at] ?? 0) / node.outputs);
  const equal = Array.from({ length: node.outputs }, (_, index) => Math.min(size, (shape[at] ?? 0) - index * size));
  const sizes = ints(node, "split") ?? valuesOf(node.inputs[1]) ?? equal;
  asMany(node, "the sizes", sizes, node.outputs);
  if (sizes.reduce((sum, each) => sum + each, 0) !== shape[at])
    fail("shape-mismatch", `Split makes parts of ${sizes.join(", ")}`, { expected: `${shape[at] ?? 0} in all` });
  const outputs = sizes.map((length) => shape.map((whole, index) => (index === at ? length : whole)));
  const [source] = node.inputs;
  if (source?.kind === "constant") return { kind: "operands", operands: splitConstant(source, outputs.map(possible), at) };
  const layer = sizes.some((length) => length === 0) ? fixed({ op: "split", outputs, view: true }) : split(sizes, at);
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

function splitConstant(source: Extract<Operand, { kind: "constant" }>, outputs: readonly Shape[], axis: number): readonly Operand[] {
  let start = 0;
  return outputs.map((shape, part) => {
    const from = start;
    start += shape[axis] ?? 0;
    const values = picked(typedValuesOf(source), source.shape, shape, (index) => index.map((at, dimension) => (dimension === axis ? at + from : at)));
    return { ...source, name: `${source.name}.${part}`, shape, values };
  });
}

const expand: Rule = (node) => {
  if (valuesOf(node.inputs[1]) === undefined) {
    return unknown(
      "the shape of Expand is computed from the model's data",
      anySizes(Math.max(inputShape(node).length, shapeOf(node.inputs[1])?.[0] ?? 0)),
    );
  }
  const output = broadcast("Expand", inputShape(node), possible(known(node, 1, "the shape")));
  const [source] = node.inputs;
  if (source?.kind === "constant" && !source.origins.isEmpty && !isFill(source))
    return { kind: "layer", layer: fixed({ op: "expand", outputs: [output], dtype: source.dtype, stored: node.store([source]) }), inputs: [source] };
  const own = shapeOf(source) ?? [];
  return moved(
    node,
    "expand",
    output,
    false,
    picked(typedValuesOf(source), own, output, (index) => broadcastIndex(index, own)),
  );
};

/** Pad (ONNX, version 13; attributes before 11): all starts, then all ends. */
const pad: Rule = (node) => {
  const shape = inputShape(node);
  const pads = ints(node, "pads") ?? ints(node, "paddings") ?? known(node, 1, "the padding");
  const axes = differentAxes(node, axesIn(node, valuesOf(node.inputs[3]), shape.length) ?? shape.map((_, axis) => axis));
  asMany(node, "the padding", pads, 2 * axes.length);
  const output = [...shape];
  axes.forEach((axis, index) => {
    output[axis] = (shape[axis] ?? 0) + (pads[index] ?? 0) + (pads[index + axes.length] ?? 0);
  });
  return moved(node, "pad", output, false);
};

/** Resize (ONNX, version 13) and Upsample (9): sizes, or floor(in * scale), a product of float32 in ONNX Runtime. Operations for each output by the taps of its mode. */
const resize: Rule = (node) => {
  const shape = inputShape(node);
  const upsample = node.op === "Upsample" || node.opset < 11;
  const scales = node.attributes.get("scales")?.floats ?? valuesOf(node.inputs[upsample ? 1 : 2]);
  const sizes = upsample ? undefined : valuesOf(node.inputs[3]);
  if ((sizes?.length ?? 0) === 0 && (scales?.length ?? 0) === 0)
    return unknown(`the size of ${node.op} is computed from the model's data`, anySizes(shape.length));
  // The specification: greater than 0. A size of 0 would count what runs as nothing.
  const wrong = scales?.find((scale) => !(scale > 0 && scale < Infinity));
  if (wrong !== undefined) fail("bad-attribute", `a scale of ${node.op} is ${wrong}`, { expected: "a number above 0" });
  const output = possible(resized(node, shape, sizes, scales));
  const mode = text(node, "mode", "nearest");
  const changed = output.filter((size, axis) => size !== shape[axis]).length;
  const taps = mode.endsWith("linear") ? 2 ** changed : mode.endsWith("cubic") ? 4 ** changed : 0;
  const operations = taps === 0 ? {} : { interpolation: elements(output) * BigInt(2 * taps - 1) };
  return {
    kind: "layer",
    layer: fixed({ op: "upsample", outputs: [output], operations, attributes: { mode: modeOf(mode, output.length - 2) } }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** ONNX's `linear` is PyTorch's `bilinear` over two spatial axes and `trilinear` over three; its `cubic` is `bicubic`. */
function modeOf(mode: string, rank: number): string {
  if (mode === "linear") return ["linear", "linear", "bilinear", "trilinear"][rank] ?? mode;
  return mode === "cubic" && rank === 2 ? "bicubic" : mode;
}

/** Sizes or scales of the axes that `axes` lists, all unless said; a policy keeps the proportions (ONNX, Resize-18). */
function resized(node: OnnxNode, shape: Shape, sizes: readonly number[] | undefined, scales: readonly number[] | undefined): Shape {
  const axes = axesIn(node, ints(node, "axes"), shape.length) ?? shape.map((_, axis) => axis);
  const output = [...shape];
  if (sizes === undefined || sizes.length === 0) {
    asMany(node, "the scales", scales ?? [], axes.length);
    axes.forEach((axis, index) => (output[axis] = Math.floor(Math.fround((shape[axis] ?? 0) * Math.fround(scales?.[index] ?? 1)))));
    return output;
  }
  asMany(node, "the sizes", sizes, axes.length);
  const policy = text(node, "keep_aspect_ratio_policy", "stretch");
  const ratios = axes.map((axis, index) => Math.fround((sizes[index] ?? 0) / (shape[axis] ?? 1)));
  const scale = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  axes.forEach((axis, index) => (output[axis] = policy === "stretch" ? (sizes[index] ?? 0) : Math.round(Math.fround((shape[axis] ?? 0) * scale))));
  return output;
}

const depthToSpace: Rule = (node) => {
  const [batch = 1, channels = 1, height = 1, width = 1] = inputShape(node);
  const by = int(node, "blocksize", 1);
  const output =
    node.op === "DepthToSpace" ? [batch, channels / (by * by), height * by, width * by] : [batch, channels * by * by, height / by, width / by];
  return moved(node, node.op === "DepthToSpace" ? "pixel_shuffle" : "pixel_unshuffle", output, false);
};

/** Tile (ONNX, version 13); before version 6 how often, and along which axis. */
const tile: Rule = (node) => {
  const shape = inputShape(node);
  const repeats = known(node, 1, "the repeats");
  const axis = node.opset < 6 && node.inputs.length > 2 ? known(node, 2, "the axis")[0] : undefined;
  if (axis === undefined) asMany(node, "the repeats", repeats, shape.length);
  const output = shape.map((size, dimension) => size * (axis === undefined ? (repeats[dimension] ?? 1) : dimension === axis ? (repeats[0] ?? 1) : 1));
  return moved(
    node,
    "tile",
    output,
    false,
    picked(typedValuesOf(node.inputs[0]), shape, possible(output), (index) => index.map((at, dimension) => at % (shape[dimension] ?? 1))),
  );
};

const same: Rule = (node) => ({ kind: "operands", operands: node.inputs.slice(0, 1) });

/** Dropout does nothing at inference; a mask that is asked for is all ones (ONNX, Dropout-13). */
const dropout: Rule = (node) => {
  if (node.outputs < 2) return same(node);
  const shape = inputShape(node);
  return {
    kind: "layer",
    layer: fixed({ op: "dropout", outputs: [shape, shape], dtype: [typeOf(node.inputs[0]), "bool"] }),
    inputs: node.inputs.slice(0, 1),
  };
};

export const movingRules: Readonly<Record<string, Rule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Transpose: transpose,
  Concat: concatRule,
  Split: splitRule,
  Expand: expand,
  Pad: pad,
  Resize: resize,
  Upsample: resize,
  DepthToSpace: depthToSpace,
  SpaceToDepth: depthToSpace,
  Tile: tile,
  Identity: same,
  Dropout: dropout,
};

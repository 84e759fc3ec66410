import { fixed, moved } from "../fixed.js";
import { axisOf, inputShape, int, ints, known, shapeOf, valuesOf, type Rule } from "../operand.js";

/** Slice (ONNX, version 13; attributes before version 10): starts, ends, axes and steps, clamped as Python's are. */
const slice: Rule = (node) => {
  const shape = inputShape(node);
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
  const [shape, picks] = [inputShape(node), shapeOf(indices) ?? []];
  const at = axisOf(node, shape.length, 0);
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

/** An output of the shape of one of the inputs, of data that is moved. */
const shapedAs =
  (op: string, index: number): Rule =>
  (node) => ({
    kind: "layer",
    layer: fixed({ op, outputs: [shapeOf(node.inputs[index]) ?? []], stored: node.store(node.inputs) }),
    inputs: node.inputs,
  });

/** GatherND (ONNX, version 13): the last dimension of the indices addresses that many of the data's, after the batch ones. */
const gatherNd: Rule = (node) => {
  const [shape, picks] = [inputShape(node), shapeOf(node.inputs[1]) ?? []];
  const batch = int(node, "batch_dims", 0);
  const output = [...picks.slice(0, -1), ...shape.slice(batch + (picks.at(-1) ?? 0))];
  return { kind: "layer", layer: fixed({ op: "gather", outputs: [output], stored: node.store(node.inputs.slice(0, 1)) }), inputs: node.inputs };
};

/** TopK (ONNX, version 11): values and their indices. */
const topK: Rule = (node) => {
  const shape = inputShape(node);
  const [k = 1] = node.attributes.get("k")?.i === undefined ? known(node, 1, "k") : [int(node, "k", 1)];
  const at = axisOf(node, shape.length, -1);
  const output = shape.map((size, index) => (index === at ? k : size));
  return { kind: "layer", layer: fixed({ op: "topk", outputs: [output, output] }), inputs: node.inputs.slice(0, 1) };
};

/** OneHot (ONNX, version 11): a dimension more, of the depth. */
const oneHot: Rule = (node) => {
  const shape = inputShape(node);
  const [depth = 1] = known(node, 1, "the depth");
  const axis = int(node, "axis", -1);
  const at = axis < 0 ? axis + shape.length + 1 : axis;
  return {
    kind: "layer",
    layer: fixed({ op: "one_hot", outputs: [[...shape.slice(0, at), depth, ...shape.slice(at)]] }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** Parts of a tensor, picked by positions. */
export const indexingRules: Readonly<Record<string, Rule>> = {
  Slice: slice,
  Gather: gather,
  GatherND: gatherNd,
  TopK: topK,
  OneHot: oneHot,
  GatherElements: shapedAs("gather", 1),
  ScatterElements: shapedAs("scatter", 0),
  Scatter: shapedAs("scatter", 0),
  ScatterND: shapedAs("scatter", 0),
  Trilu: shapedAs("trilu", 0),
  EyeLike: shapedAs("eye_like", 0),
  ReverseSequence: shapedAs("reverse_sequence", 0),
  TensorScatter: shapedAs("scatter", 0),
};

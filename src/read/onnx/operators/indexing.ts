import { fail } from "../../../graph/diagnostic.js";
import { elements } from "../../../graph/shape.js";
import { joined, sizes, taken } from "../../../graph/values.js";
import { resolveAxis } from "../../../ops/primitive.js";
import { fixed, moved, weightAndBias } from "../fixed.js";
import { picked, strides, tabulated } from "../nd.js";
import { axisOf, int, ints, text } from "../attributes.js";
import {
  asMany,
  axesIn,
  differentAxes,
  given,
  inputShape,
  known,
  made,
  possible,
  shapeOf,
  typedValuesOf,
  typeOf,
  unknown,
  valuesOf,
  type Rule,
} from "../operand.js";

/** Slice (ONNX, version 13; attributes before version 10): starts, ends, axes and steps, clamped as Python's are. */
const slice: Rule = (node) => {
  const shape = inputShape(node);
  const list = (name: string, index: number) => ints(node, name) ?? valuesOf(node.inputs[index]);
  const starts = list("starts", 1) ?? known(node, 1, "the start");
  const ends = list("ends", 2) ?? known(node, 2, "the end");
  const axes = list("axes", 3) ?? starts.map((_, axis) => axis);
  const steps = list("steps", 4) ?? starts.map(() => 1);
  for (const [what, each] of Object.entries({ "the end": ends, axes, "the step": steps })) asMany(node, what, each, starts.length);
  differentAxes(node, axesIn(node, axes, shape.length));
  const output = [...shape];
  const parts = shape.map(() => ({ start: 0, step: 1 }));
  axes.forEach((written, index) => {
    const axis = resolveAxis("Slice", written, shape.length);
    const size = shape[axis] ?? 0;
    const step = steps[index] ?? 1;
    if (step === 0) fail("bad-attribute", "a step of Slice is 0", { expected: "a step forward or back" });
    const clamp = (value: number, least: number, most: number) => Math.min(Math.max(value < 0 ? value + size : value, least), most);
    const [start, end] =
      step > 0
        ? [clamp(starts[index] ?? 0, 0, size), clamp(ends[index] ?? size, 0, size)]
        : [clamp(starts[index] ?? 0, 0, size - 1), clamp(ends[index] ?? -1, -1, size - 1)];
    output[axis] = Math.max(0, Math.ceil((end - start) / step));
    parts[axis] = { start, step };
  });
  const values = picked(typedValuesOf(node.inputs[0]), shape, output, (index) =>
    index.map((at, axis) => (parts[axis]?.start ?? 0) + at * (parts[axis]?.step ?? 1)),
  );
  return moved(node, "slice", output, false, values);
};

/** Gather (ONNX, version 13): the indices' shape in place of one axis. Rows of a stored table are a parameter: an embedding. */
const gather: Rule = (node) => {
  const [data, indices] = node.inputs;
  const [shape, picks] = [inputShape(node), shapeOf(indices) ?? []];
  const at = axisOf(node, shape.length, 0);
  const output = [...shape.slice(0, at), ...picks, ...shape.slice(at + 1)];
  if (data?.kind === "constant" && indices?.kind === "constant") {
    const chosen = valuesOf(indices);
    const size = shape[at] ?? 0;
    const steps = strides(picks);
    const row = (index: readonly number[]) => {
      const flat = picks.reduce((sum, _, axis) => sum + (index[at + axis] ?? 0) * (steps[axis] ?? 1), 0);
      const value = chosen?.[flat] ?? 0;
      return value < 0 ? value + size : value;
    };
    const values =
      chosen && picked(typedValuesOf(data), shape, output, (index) => [...index.slice(0, at), row(index), ...index.slice(at + picks.length)]);
    return { kind: "constant", shape: output, values, dtype: data.dtype };
  }
  const stored = data === undefined ? [] : node.store([data]);
  const layer = fixed({
    op: stored.length > 0 ? "embedding" : "gather",
    outputs: [output],
    dtype: typeOf(data),
    stored,
    ports: stored.length > 0 ? weightAndBias(shape) : [],
  });
  return { kind: "layer", layer, inputs: node.inputs };
};

/** An output of the shape of one of the inputs, of data that is moved. */
const shapedAs =
  (op: string, index: number): Rule =>
  (node) => {
    axisOf(node, Math.max(1, inputShape(node).length), 0);
    return {
      kind: "layer",
      layer: fixed({ op, outputs: [shapeOf(node.inputs[index]) ?? []], dtype: typeOf(node.inputs[0]), stored: node.store(node.inputs) }),
      inputs: node.inputs,
    };
  };

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
  const [k = 1] = node.attributes.has("k") ? [int(node, "k", 1)] : asMany(node, "k", known(node, 1, "k"), 1);
  const at = axisOf(node, shape.length, -1);
  const output = shape.map((size, index) => (index === at ? k : size));
  return {
    kind: "layer",
    layer: fixed({ op: "topk", outputs: [output, output], dtype: [typeOf(node.inputs[0]), "int64"] }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** OneHot (ONNX, version 11): a dimension more, of the depth. */
const oneHot: Rule = (node) => {
  const shape = inputShape(node);
  const depths = valuesOf(node.inputs[1]);
  const [depth] = depths === undefined ? [] : asMany(node, "the depth", depths, 1);
  const at = axisOf(node, shape.length + 1, -1);
  if (depth === undefined) return unknown("the depth of OneHot is computed from the model's data", [...shape.slice(0, at), null, ...shape.slice(at)]);
  return {
    kind: "layer",
    layer: fixed({ op: "one_hot", outputs: [possible([...shape.slice(0, at), depth, ...shape.slice(at)])], dtype: typeOf(node.inputs[2]) }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** Positions of what is not 0 (ONNX, NonZero-13): [rank, how many]. Exporters count up with it over constants. */
const nonZero: Rule = (node) => {
  const shape = inputShape(node);
  const values = valuesOf(node.inputs[0]);
  if (values === undefined) return unknown("how many values are not 0 depends on the data", [Math.max(1, shape.length), null]);
  const found = (tabulated(shape, (index) => index) ?? []).filter((_, flat) => values[flat] !== 0);
  return made([shape.length, found.length], sizes(shape.flatMap((_, axis) => found.map((index) => index[axis] ?? 0))));
};

/** Compress (ONNX, version 11): the slices whose condition holds. */
const compress: Rule = (node) => {
  const shape = inputShape(node);
  const kept = valuesOf(node.inputs[1])?.filter((value) => value !== 0).length;
  const axis = node.attributes.has("axis") ? axisOf(node, shape.length, 0) : undefined;
  if (kept === undefined) {
    return unknown(
      "how much Compress keeps depends on the data",
      axis === undefined ? [null] : shape.map((size, index) => (index === axis ? null : size)),
    );
  }
  if (axis === undefined) return moved(node, "compress", [kept], false);
  return moved(
    node,
    "compress",
    shape.map((size, index) => (index === axis ? kept : size)),
    false,
  );
};

/** Unique (ONNX, version 11): how many there are is known of known values only. */
const unique: Rule = (node) => {
  const shape = inputShape(node);
  const values = valuesOf(node.inputs[0]);
  if (values === undefined || (node.attributes.has("axis") && shape.length > 1)) {
    const axis = node.attributes.has("axis") ? axisOf(node, shape.length, 0) : undefined;
    const all = axis === undefined ? Number(elements(shape)) : (shape[axis] ?? null);
    const first = axis === undefined ? [null] : shape.map((size, index) => (index === axis ? null : size));
    return unknown("how many different values there are depends on the data", first, [null], [all], [null]);
  }
  const count = new Set(values).size;
  const outputs = [[count], [count], [values.length], [count]].slice(0, node.outputs);
  return { kind: "layer", layer: fixed({ op: "unique", outputs, dtype: [typeOf(node.inputs[0]), "int64", "int64", "int64"] }), inputs: node.inputs };
};

/** NonMaxSuppression (ONNX, version 11): [selected, 3]; nothing is selected where at most 0 boxes of a class are asked for. */
const nonMaxSuppression: Rule = (node) => {
  const most = given(node.inputs[2]) ? valuesOf(node.inputs[2])?.[0] : 0;
  if (most === 0) return made([0, 3], sizes([]));
  return unknown("how many boxes NonMaxSuppression selects depends on the data", [null, 3]);
};

/** ScatterND of constants (ONNX, version 18, no reduction): a shape of which some sizes are set. */
const scatterNd: Rule = (node) => {
  const [data, picks, updates] = node.inputs;
  const [shape, indices] = [inputShape(node), valuesOf(picks)];
  const [old, fresh] = [typedValuesOf(data), typedValuesOf(updates)];
  const both = old && fresh && joined([old, fresh]);
  const reduces = text(node, "reduction", "none") !== "none";
  if (both === undefined || indices === undefined || reduces || shape.length !== 1 || shapeOf(picks)?.at(-1) !== 1)
    return shapedAs("scatter", 0)(node);
  const [size = 0] = shape;
  const at = Array.from({ length: size }, (_, index) => index);
  indices.forEach((index, position) => (at[index < 0 ? index + size : index] = size + position));
  return made(shape, taken(both, at));
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
  ScatterND: scatterNd,
  NonZero: nonZero,
  Compress: compress,
  Unique: unique,
  NonMaxSuppression: nonMaxSuppression,
  Trilu: shapedAs("trilu", 0),
  EyeLike: shapedAs("eye_like", 0),
  ReverseSequence: shapedAs("reverse_sequence", 0),
  TensorScatter: shapedAs("scatter", 0),
};

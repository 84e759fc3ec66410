import { fail } from "../../graph/diagnostic.js";
import type { OpenShape } from "../../graph/shape.js";
import { filter } from "../onnx/filter-ports.js";
import { int } from "../onnx/attributes.js";
import { given, type NodeFacts } from "../onnx/operand.js";
import { both, type Expected, type Ports, type PortTable } from "../onnx/port-check.js";

type ShapeAt = Parameters<Expected>[1];

/** The size of an axis of an input, where it is known. */
const size = (shape: ShapeAt, index: number, axis: number): number | null => shape(index)?.at(axis) ?? null;

/** Weights [units, features] over the last axis, or over rows of the whole, and a bias. */
const fullyConnected: Expected = (node, shape) => {
  const rows = int(node, "keep_num_dims", 0) === 1 ? shape(0)?.slice(0, -1) : undefined;
  return { exact: { 0: rows && [...rows, size(shape, 1, 1)], 2: [size(shape, 1, 0)] }, needs: [1] };
};

/** Several inputs of one shape. */
const all = (at: readonly number[], shape: OpenShape) => Object.fromEntries(at.map((index) => [index, shape]));

/** How many sequences an input of [N, F], [N, T, F] or [T, N, F] has. */
const batchOf = (node: NodeFacts, shape: ShapeAt) => size(shape, 0, shape(0)?.length === 3 && int(node, "time_major", 0) === 1 ? 1 : 0);

/** The inputs of an LSTM of one direction, by the first of them (lite/kernels/lstm_shared.h). */
function lstmOf(node: NodeFacts, shape: ShapeAt, from: number): Ports {
  const at = (...offsets: readonly number[]) => offsets.map((offset) => from + offset);
  const [units, state] = [size(shape, from + 1, 0), size(shape, from + 5, 1)];
  // Input and forget gate are coupled where the input gate has no weights: then it has no recurrent ones either.
  if (given(node.inputs[from]) !== given(node.inputs[from + 4]))
    fail("bad-onnx", `${node.op} has only one of the inputs ${from} and ${from + 4}`, { expected: "both weights of the input gate, or none" });
  return {
    exact: {
      ...all(at(0, 1, 2, 3), [units, size(shape, 0, -1)]),
      ...all(at(4, 5, 6, 7), [units, state]),
      ...all(at(8, 9, 10, 11, 12, 13, 14), [units]),
      [from + 15]: [state, units],
      [from + 16]: [state],
    },
    needs: at(1, 2, 3, 5, 6, 7, 12, 13, 14),
  };
}

/** One kernel for all gates at once: [4 * units, features + units], a bias; the last output and state are [N, units]. */
function basicLstm(shape: ShapeAt): Ports {
  const [rows, features] = [size(shape, 2, 0) ?? 0, size(shape, 0, -1) ?? 0];
  const state = [size(shape, 0, 0), rows / 4];
  return { exact: { 1: state, 2: [rows, features + rows / 4], 3: [rows], 4: state }, needs: [2, 3] };
}

const lstm: Expected = (node, shape) => {
  if (int(node, "kernel_type", 0) === 1) return basicLstm(shape);
  const [units, batch] = [size(shape, 2, 0), batchOf(node, shape)];
  return both(
    () => lstmOf(node, shape, 1),
    () => ({ exact: { 18: [batch, size(shape, 6, 1)], 19: [batch, units], ...all([20, 21, 22, 23], [units]) } }),
  )(node, shape);
};

/** Both directions, and the weights of an auxiliary input for each gate of both. */
const bidirectionalLstm: Expected = (node, shape) => {
  const [forward, backward] = [lstmOf(node, shape, 1), lstmOf(node, shape, 18)];
  const beside = (from: number, of: number) =>
    all(
      [0, 1, 2, 3].map((gate) => from + gate),
      [size(shape, of, 0), size(shape, 39, -1)],
    );
  return {
    exact: { ...forward.exact, ...backward.exact, ...beside(40, 2), ...beside(44, 19) },
    needs: [...(forward.needs ?? []), ...(backward.needs ?? [])],
  };
};

/** Weights [units, features], recurrent ones [units, units], a bias. */
const rnnOf = (shape: ShapeAt, from: number): Readonly<Record<number, OpenShape>> => {
  const units = size(shape, from, 0);
  return { [from]: [units, size(shape, 0, -1)], [from + 1]: [units, units], [from + 2]: [units] };
};

const rnn: Expected = (node, shape) => ({ exact: { ...rnnOf(shape, 1), 4: [batchOf(node, shape), size(shape, 1, 0)] }, needs: [1, 2, 3] });

const bidirectionalRnn: Expected = (_, shape) => ({
  exact: {
    ...rnnOf(shape, 1),
    ...rnnOf(shape, 5),
    10: [size(shape, 1, 0), size(shape, 9, -1)],
    11: [size(shape, 5, 0), size(shape, 9, -1)],
  },
  needs: [1, 2, 3, 5, 6, 7],
});

/** Weights over features [filters, F] and over time [filters, memory], a bias for each unit of `rank` filters. */
const svdf: Expected = (node, shape) => {
  const [filters, rank] = [size(shape, 1, 0) ?? 0, int(node, "rank", 1)];
  if (filters % rank !== 0) fail("bad-attribute", `rank of ${node.op} is ${rank}`, { expected: `a number that divides its ${filters} filters` });
  return { exact: { 0: [null, null], 1: [filters, size(shape, 0, -1)], 2: [filters, null], 3: [filters / rank] }, needs: [1, 2] };
};

/** Ids, and a table with rows. */
const embedding: Expected = (node, shape) => {
  const table = shape(1) ?? [1, 1];
  if (table.length < 2) fail("wrong-rank", `input 1 of ${node.op} has ${table.length} dimensions`, { expected: "2 or more" });
  return { exact: { 0: [null] } };
};

/** Keys that are looked up, those that there are, and a row for each. */
const lookup: Expected = (_, shape) => {
  const rows = shape(2);
  return { exact: { 0: [null], 1: [null], 2: rows && [size(shape, 1, 0), ...rows.slice(1)] } };
};

/** Segments of the leading axes of the data. */
const segments: Expected = (_, shape) => {
  const [data, ids] = [shape(0), shape(1)];
  return { exact: { 1: data?.slice(0, ids?.length ?? 0) } };
};

const one: Expected = (_, shape) => ({ exact: { 1: shape(0)?.slice(0, 1) } });

/** The shape of the output, [N, ..., M], as a list. */
const sized = (rank: number, expected: Expected): Expected => both(expected, () => ({ exact: { 0: [rank + 2] } }));

/** What TensorFlow Lite's kernels ask of the inputs of each operator before it runs (`Prepare` in tensorflow/lite/kernels). */
export const PORTS: PortTable = {
  CONV_2D: filter({ weight: 1, bias: 2, axes: "M*C", connects: "groups" }),
  DEPTHWISE_CONV_2D: filter({ weight: 1, bias: 2, axes: "1*M", connects: "multiplied" }),
  CONV_3D: filter({ weight: 1, bias: 2, axes: "*CM", connects: "all" }),
  TRANSPOSE_CONV: sized(2, filter({ input: 2, weight: 1, bias: 3, axes: "M*C", connects: "all" })),
  CONV_3D_TRANSPOSE: sized(3, filter({ input: 2, weight: 1, bias: 3, axes: "*MC", connects: "all" })),
  FULLY_CONNECTED: fullyConnected,
  LSTM: lstm,
  UNIDIRECTIONAL_SEQUENCE_LSTM: lstm,
  BIDIRECTIONAL_SEQUENCE_LSTM: bidirectionalLstm,
  RNN: rnn,
  UNIDIRECTIONAL_SEQUENCE_RNN: rnn,
  BIDIRECTIONAL_SEQUENCE_RNN: bidirectionalRnn,
  SVDF: svdf,
  EMBEDDING_LOOKUP: embedding,
  HASHTABLE_LOOKUP: lookup,
  SEGMENT_SUM: one,
  UNSORTED_SEGMENT_SUM: segments,
  UNSORTED_SEGMENT_PROD: segments,
  UNSORTED_SEGMENT_MAX: segments,
  UNSORTED_SEGMENT_MIN: segments,
};

/** Of MediaPipe's operators. */
export const CUSTOM_PORTS: PortTable = {
  Convolution2DTransposeBias: filter({ weight: 1, bias: 2, axes: "M*C", connects: "all" }),
};

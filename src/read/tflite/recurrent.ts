import { elements } from "../../graph/shape.js";
import { recurrent, type Cell } from "../../ops/recurrent.js";
import { fixed } from "../onnx/fixed.js";
import { int } from "../onnx/attributes.js";
import { given, inputShape, shapeAt, shapeOf, type OnnxNode, type Operand, type Rule } from "../onnx/operand.js";

const sizeOf = (operand: Operand | undefined) => elements(shapeOf(operand) ?? [0]);
const present = (operands: readonly (Operand | undefined)[]) => operands.filter(given);

/**
 * Sequence LSTMs of TensorFlow Lite: input; 4 input-to-gate and 4 recurrent weights (the input gate's may be left out: it is coupled); 3 peepholes; 4
 * biases; a projection and its bias; 2 states; 4 layer norms. MACs of a step are the weights of its matrices.
 * @param from the first of them among the inputs
 */
function lstmParts(node: OnnxNode, from: number) {
  const matrices = present([...node.inputs.slice(from, from + 8), node.inputs[from + 15]]);
  const peepholes = present(node.inputs.slice(from + 8, from + 11));
  const biases = present([...node.inputs.slice(from + 11, from + 15), node.inputs[from + 16]]);
  const [units = 1] = shapeOf(node.inputs[from + 1]) ?? [];
  const output = shapeOf(node.inputs[from + 15])?.[0] ?? shapeOf(node.inputs[from + 5])?.[1] ?? units;
  return { matrices, peepholes, biases, units, output };
}

const sum = (operands: readonly Operand[]) => operands.reduce((total, operand) => total + sizeOf(operand), 0n);

/** Activations and element-wise operations of a step, as of PyTorch's cells (ops/recurrent.ts), for each unit. */
export function gateCost(cell: Cell, peepholes: bigint) {
  const { cost } = recurrent({
    cell,
    hiddenSize: 1,
    numLayers: 1,
    biases: 0,
    bidirectional: false,
    projSize: 0,
    batchFirst: true,
    returns: { sequences: true, states: "none" },
  }).infer([[1, 1, 1]]);
  return { activation: cost.operations.activation ?? 0n, elementwise: (cost.operations.elementwise ?? 0n) + 2n * peepholes };
}

interface RecurrentSizes {
  readonly features: number;
  readonly units: number;
  /** Features of the state: fewer than the units where it is projected. */
  readonly state: number;
  readonly gates: number;
  readonly biased: boolean;
  readonly directions?: number;
}

/** The matrices and the one bias of a layer's directions, by PyTorch's names, and its attributes. */
export function recurrentFacts({ features, units, state, gates, biased, directions = 1 }: RecurrentSizes) {
  const port = (name: string, shape: readonly number[]) => ({ name, role: "parameter", shape }) as const;
  const ports = ["", "_reverse"]
    .slice(0, directions)
    .flatMap((suffix) => [
      port(`weight_ih_l0${suffix}`, [gates * units, features]),
      port(`weight_hh_l0${suffix}`, [gates * units, state]),
      ...(biased ? [port(`bias_ih_l0${suffix}`, [gates * units])] : []),
      ...(state === units ? [] : [port(`weight_hr_l0${suffix}`, [state, units])]),
    ]);
  return {
    ports,
    attributes: {
      inputSize: features,
      hiddenSize: units,
      numLayers: 1,
      bidirectional: directions === 2,
      bias: biased,
      ...(state === units ? {} : { projSize: state }),
    },
  };
}

/** LSTM's basic kernel: input, last output, weights [4 * units, features + units], bias, last state; it gives out both, and what it computed with. */
const basicLstm: Rule = (node) => {
  const [batch = 1, features = 1] = inputShape(node);
  const [rows = 4, columns = 1] = shapeAt(node, 2, 2);
  const units = Math.floor(rows / 4);
  const each = gateCost("lstm", 0n);
  const layer = fixed({
    op: "lstm",
    outputs: [
      [batch, units],
      [batch, units],
      [batch, columns],
      [batch, rows],
    ].slice(0, node.outputs),
    stored: node.weights(node.inputs.slice(2, 4)),
    macs: BigInt(batch) * sizeOf(node.inputs[2]),
    operations: {
      bias: BigInt(batch) * BigInt(rows),
      activation: BigInt(batch) * BigInt(units) * each.activation,
      // One product gives the gates of input and state together: no addition of the two.
      elementwise: BigInt(batch) * BigInt(units) * (each.elementwise - 4n),
    },
    ...recurrentFacts({ features, units, state: columns - features, gates: 4, biased: given(node.inputs[3]) }),
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: [node.inputs[0], node.inputs[1], node.inputs[4]].filter(given) };
};

/** UNIDIRECTIONAL_SEQUENCE_LSTM over [N, T, F] or [T, N, F], LSTM over one step, [N, F]. */
const lstm: Rule = (node) => {
  if (int(node, "kernel_type", 0) === 1) return basicLstm(node);
  const shape = inputShape(node);
  const { matrices, peepholes, biases, units, output } = lstmParts(node, 1);
  const steps = elements(shape.slice(0, -1));
  const norms = present(node.inputs.slice(20, 24));
  const each = gateCost("lstm", BigInt(peepholes.length));
  const layer = fixed({
    op: "lstm",
    outputs: [[...shape.slice(0, -1), output]],
    stored: node.weights([...matrices, ...peepholes, ...biases, ...norms]),
    macs: steps * sum(matrices),
    operations: {
      ...(biases.length > 0 ? { bias: steps * sum(biases) } : {}),
      activation: steps * BigInt(units) * each.activation,
      elementwise: steps * BigInt(units) * each.elementwise,
      ...(norms.length > 0 ? { normalization: steps * BigInt(units) * BigInt(norms.length) * 6n } : {}),
    },
    ...recurrentFacts({ features: shape.at(-1) ?? 0, units, state: output, gates: 4, biased: biases.length > 0 }),
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** BIDIRECTIONAL_SEQUENCE_LSTM: both directions' tensors one after the other; merged they lie side by side. */
const bidirectional: Rule = (node) => {
  const shape = inputShape(node);
  const [forward, backward] = [lstmParts(node, 1), lstmParts(node, 18)];
  const steps = elements(shape.slice(0, -1));
  const both = [forward, backward];
  const merged = int(node, "merge_outputs", 0) === 1;
  const outputs = merged ? [[...shape.slice(0, -1), forward.output + backward.output]] : both.map(({ output }) => [...shape.slice(0, -1), output]);
  const biases = both.flatMap((each) => each.biases);
  const layer = fixed({
    op: "lstm",
    outputs,
    stored: node.weights(both.flatMap((each) => [...each.matrices, ...each.peepholes, ...each.biases])),
    macs: steps * both.reduce((total, each) => total + sum(each.matrices), 0n),
    operations: {
      bias: steps * sum(biases),
      activation: steps * both.reduce((total, each) => total + BigInt(each.units) * gateCost("lstm", 0n).activation, 0n),
      elementwise: steps * both.reduce((total, each) => total + BigInt(each.units) * gateCost("lstm", BigInt(each.peepholes.length)).elementwise, 0n),
    },
    ...recurrentFacts({
      features: shape.at(-1) ?? 0,
      units: forward.units,
      state: forward.output,
      gates: 4,
      biased: biases.length > 0,
      directions: 2,
    }),
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** RNN over [N, F] and UNIDIRECTIONAL_SEQUENCE_RNN: input, weights [units, F], recurrent weights [units, units], bias, state. */
const rnn: Rule = (node) => {
  const shape = inputShape(node);
  const [units = 1] = shapeAt(node, 1, 2);
  const steps = elements(shape.slice(0, -1));
  const each = gateCost("rnn", 0n);
  const layer = fixed({
    op: "rnn",
    outputs: [[...shape.slice(0, -1), units]],
    stored: node.weights(node.inputs.slice(1, 4)),
    macs: steps * sum(node.inputs.slice(1, 3)),
    operations: {
      bias: steps * BigInt(units),
      activation: steps * BigInt(units) * each.activation,
      elementwise: steps * BigInt(units) * each.elementwise,
    },
    ...recurrentFacts({ features: shape.at(-1) ?? 0, units, state: units, gates: 1, biased: true }),
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/**
 * BIDIRECTIONAL_SEQUENCE_RNN: input; forward weights, recurrent weights, bias and state; the same backward; an auxiliary input and its weights. Merged, the
 * two outputs lie side by side.
 */
const bidirectionalRnn: Rule = (node) => {
  const shape = inputShape(node);
  const steps = elements(shape.slice(0, -1));
  const units = [1, 5].map((at) => shapeAt(node, at, 2)[0] ?? 1);
  const all = units.reduce((total, each) => total + each, 0);
  const matrices = present([1, 2, 5, 6, 10, 11].map((at) => node.inputs[at]));
  const biases = present([3, 7].map((at) => node.inputs[at]));
  const merged = int(node, "merge_outputs", 0) === 1;
  const each = gateCost("rnn", 0n);
  const layer = fixed({
    op: "rnn",
    outputs: (merged ? [all] : units).map((size) => [...shape.slice(0, -1), size]),
    stored: node.weights([...matrices, ...biases]),
    macs: steps * sum(matrices),
    operations: { bias: steps * BigInt(all), activation: steps * BigInt(all) * each.activation, elementwise: steps * BigInt(all) * each.elementwise },
    attributes: { inputSize: shape.at(-1) ?? 0, hiddenSize: units[0] ?? 0, bidirectional: true },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/**
 * SVDF (arXiv 1503.05833 as TensorFlow Lite has it): [N, F]; weights over features [filters, F], over time [filters, memory], bias. A new column of
 * memory, then a product over it; `rank` filters are added up for a unit.
 */
const svdf: Rule = (node) => {
  const shape = inputShape(node);
  const [filters = 1] = shapeAt(node, 1, 2);
  const rank = int(node, "rank", 1);
  const [batch = 1] = shape;
  const units = Math.floor(filters / rank);
  const bias = given(node.inputs[3]);
  const layer = fixed({
    op: "svdf",
    outputs: [[batch, units]],
    stored: node.weights(node.inputs.slice(1, 4)),
    macs: BigInt(batch) * sum(node.inputs.slice(1, 3)),
    operations: {
      ...(rank > 1 ? { reduction: BigInt(batch) * BigInt(units * (rank - 1)) } : {}),
      ...(bias ? { bias: BigInt(batch) * BigInt(units) } : {}),
    },
    attributes: { inputSize: shape.at(-1) ?? 0, rank, filters },
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 1) };
};

/** Layers with a state, which is a variable of the model and no input. */
export const recurrentRules: Readonly<Record<string, Rule>> = {
  LSTM: lstm,
  UNIDIRECTIONAL_SEQUENCE_LSTM: lstm,
  BIDIRECTIONAL_SEQUENCE_LSTM: bidirectional,
  RNN: rnn,
  UNIDIRECTIONAL_SEQUENCE_RNN: rnn,
  BIDIRECTIONAL_SEQUENCE_RNN: bidirectionalRnn,
  SVDF: svdf,
};

import { fail } from "../graph/diagnostic.js";
import type { Attributes, Primitive, Stored, TensorType } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import { firstInput, inference, requireRank } from "./primitive.js";

export type Cell = "rnn" | "gru" | "lstm";

/**
 * Gates of each cell, and what a hidden unit does besides matrix products and biases in a step (PyTorch, nn.RNN, nn.GRU, nn.LSTM):
 * rnn: 1 tanh, 1 addition of the two products. gru: 3 activations; 3 additions, r*(Wh+b), (1-z)*n + z*h (1+1+1+1).
 * lstm: 4 gate activations and tanh(c); 4 additions, f*c + i*g (3), o*tanh(c) (1).
 */
const CELLS: Readonly<Record<Cell, CellCost>> = {
  rnn: { gates: 1, gateActivations: 0n, stateActivations: 1n, elementwise: 1n },
  gru: { gates: 3, gateActivations: 2n, stateActivations: 1n, elementwise: 8n },
  lstm: { gates: 4, gateActivations: 3n, stateActivations: 2n, elementwise: 8n },
};

interface CellCost {
  readonly gates: number;
  /** Sigmoids of the gates, and hyperbolic tangents of the candidate and of the cell state. */
  readonly gateActivations: bigint;
  readonly stateActivations: bigint;
  readonly elementwise: bigint;
}

export interface RecurrentOptions {
  readonly cell: Cell;
  /** Absent: the last dimension of the input. */
  readonly inputSize?: number | undefined;
  readonly hiddenSize: number;
  readonly numLayers: number;
  /** Bias vectors of a direction: PyTorch has two a gate, Keras one (two for a GRU with reset_after). */
  readonly biases: 0 | 1 | 2;
  readonly bidirectional: boolean;
  readonly projSize: number;
  readonly batchFirst: boolean;
  /** Whether gates and states have an activation; both do unless Keras is given None. */
  readonly activated?: { readonly gates: boolean; readonly states: boolean } | undefined;
  /** What the layer returns: PyTorch's output and states, or Keras's choice. */
  readonly returns: { readonly sequences: boolean; readonly states: "torch" | "keras" | "none" };
  /** What it is set to besides, where that is not the default: `nonlinearity`, `dropout`, `goBackwards`. */
  readonly settings?: Attributes | undefined;
}

/**
 * Recurrent layers over [T, N, F] or [N, T, F]. MACs = T * N * every weight of a matrix; parameters and states as PyTorch shapes them.
 * Throws `feature-mismatch`, `wrong-rank`.
 */
export function recurrent(options: RecurrentOptions): Primitive {
  return {
    type: "primitive",
    op: options.cell,
    stores: options.inputSize === undefined ? undefined : storedTensors(options, options.inputSize),
    returns: options.returns.states === "keras" ? statesOf(options.cell) + 1 : undefined,
    axes: "plain",
    ranks: [3],
    batchAxis: options.batchFirst ? 0 : 1,
    infer: (inputs) => infer(options, firstInput(inputs)),
  };
}

const statesOf = (cell: Cell) => (cell === "lstm" ? 2 : 1);

function infer(options: RecurrentOptions, input: readonly number[]) {
  const { cell, hiddenSize, numLayers, bidirectional, batchFirst } = options;
  requireRank(cell, input, [3], batchFirst ? "batch, time, features" : "time, batch, features");
  const [first = 0, second = 0, features = 0] = input;
  if (options.inputSize !== undefined && features !== options.inputSize) {
    fail("feature-mismatch", `${cell} expects ${options.inputSize} features, but its input has ${features}`, {
      expected: `an input that ends in ${options.inputSize}`,
    });
  }
  const stored = storedTensors(options, features);
  const steps = BigInt(first) * BigInt(second);
  const matrices = sum(stored.filter((tensor) => tensor.shape.length === 2));
  const vectors = sum(stored.filter((tensor) => tensor.shape.length === 1));
  const units = BigInt(hiddenSize) * BigInt(numLayers) * (bidirectional ? 2n : 1n);
  return inference(outputs(options, input), {
    stored,
    macs: steps * matrices,
    operations: {
      ...(vectors === 0n ? {} : { bias: steps * vectors }),
      activation: steps * units * activations(options),
      elementwise: steps * units * CELLS[cell].elementwise,
    },
    attributes: {
      inputSize: features,
      hiddenSize,
      numLayers,
      bidirectional,
      batchFirst,
      bias: options.biases > 0,
      ...(options.projSize > 0 ? { projSize: options.projSize } : {}),
      ...(options.returns.sequences ? {} : { returnSequences: false }),
      ...options.settings,
    },
    mixes: { channels: true, space: true },
    formulas: () => ({
      params: `weights + biases = ${matrices} + ${vectors} = ${matrices + vectors}`,
      macs: `T·N·weights = ${steps}·${matrices} = ${steps * matrices}`,
    }),
  });
}

function activations({ cell, activated }: RecurrentOptions): bigint {
  const { gateActivations, stateActivations } = CELLS[cell];
  return (activated?.gates === false ? 0n : gateActivations) + (activated?.states === false ? 0n : stateActivations);
}

function sum(stored: readonly Stored[]): bigint {
  return stored.reduce((total, tensor) => total + elements(tensor.shape), 0n);
}

function storedTensors(options: RecurrentOptions, features: number): readonly Stored[] {
  const { hiddenSize, numLayers, bidirectional, projSize } = options;
  const rows = CELLS[options.cell].gates * hiddenSize;
  const state = projSize > 0 ? projSize : hiddenSize;
  const suffixes = bidirectional ? ["", "_reverse"] : [""];
  const layers = Array.from({ length: numLayers }, (_, layer) => ({ layer, width: layer === 0 ? features : state * suffixes.length }));
  return layers.flatMap(({ layer, width }) =>
    suffixes.flatMap((suffix): Stored[] => {
      const tensor = (name: string, shape: readonly number[]): Stored => ({ name: `${name}_l${layer}${suffix}`, role: "parameter", shape });
      const biases = ["bias_ih", "bias_hh"].slice(0, options.biases).map((name) => tensor(name, [rows]));
      const projection = projSize > 0 ? [tensor("weight_hr", [projSize, hiddenSize])] : [];
      return [tensor("weight_ih", [rows, width]), tensor("weight_hh", [rows, state]), ...biases, ...projection];
    }),
  );
}

function outputs(options: RecurrentOptions, [first = 0, second = 0]: readonly number[]): readonly TensorType[] {
  const { hiddenSize, projSize, numLayers, bidirectional, batchFirst, returns } = options;
  const directions = bidirectional ? 2 : 1;
  const state = projSize > 0 ? projSize : hiddenSize;
  const batch = batchFirst ? first : second;
  const sequence = { shape: returns.sequences ? [first, second, directions * state] : [batch, directions * state] };
  if (returns.states === "none") return [sequence];
  const states = (size: number) => ({ shape: returns.states === "torch" ? [numLayers * directions, batch, size] : [batch, size] });
  return options.cell === "lstm" ? [sequence, states(state), states(hiddenSize)] : [sequence, states(state)];
}

/** One step of a recurrent layer on [N, F] (PyTorch, nn.LSTMCell): the new hidden state, and the cell state of an LSTM. */
export function recurrentCell(cell: Cell, inputSize: number, hiddenSize: number, bias: boolean, settings: Attributes = {}): Primitive {
  const layer = recurrent({
    cell,
    inputSize,
    hiddenSize,
    numLayers: 1,
    biases: bias ? 2 : 0,
    bidirectional: false,
    projSize: 0,
    batchFirst: true,
    returns: { sequences: true, states: "none" },
    settings,
  });
  return {
    ...layer,
    op: `${cell}_cell`,
    ranks: [2],
    batchAxis: 0,
    impliedInput: { shape: [1, inputSize] },
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(`${cell}_cell`, input, [2], "batch, features");
      const [batch = 0, features = 0] = input;
      const output = { shape: [batch, hiddenSize] };
      return { ...layer.infer([[batch, 1, features]]), outputs: cell === "lstm" ? [output, output] : [output] };
    },
  };
}

/** One step of a layer of Keras on [N, F]: what it returns, and its states, of which the first is the same (keras.layers.LSTMCell). */
export function kerasStep(options: RecurrentOptions): Primitive {
  const layer = recurrent({ ...options, returns: { sequences: true, states: "none" } });
  return {
    ...layer,
    op: `${options.cell}_cell`,
    returns: statesOf(options.cell) + 1,
    ranks: [2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(`${options.cell}_cell`, input, [2], "batch, features");
      const [batch = 0, features = 0] = input;
      const output = { shape: [batch, options.hiddenSize] };
      return { ...layer.infer([[batch, 1, features]]), outputs: options.cell === "lstm" ? [output, output, output] : [output, output] };
    },
  };
}

import type { Cause } from "../graph/layer.js";
import { elements, type Shape } from "../graph/shape.js";
import type { Operation, Parts, Rule } from "./convention.js";

/** Operators of the program by family, as rules name them. */
const ranked = (name: string) => [1, 2, 3].map((rank) => `${name}${rank}d`);
export const CONVOLUTIONS = ranked("conv");
export const TRANSPOSED = ranked("conv_transpose");
export const MAX_POOLS = ranked("max_pool");
export const AVG_POOLS = ranked("avg_pool");
/** Global pools are PyTorch's adaptive ones with an output of 1. */
export const ADAPTIVE_AVG_POOLS = [...ranked("adaptive_avg_pool"), ...ranked("global_avg_pool")];
export const ADAPTIVE_MAX_POOLS = [...ranked("adaptive_max_pool"), ...ranked("global_max_pool")];
export const RECURRENT = ["rnn", "gru", "lstm"];
export const CELLS = ["rnn_cell", "gru_cell", "lstm_cell"];

/** Elements of the first input. */
export const inputOf = ({ inputs: [first = []] }: Operation): bigint => elements(first);

/** Elements of the first output. */
export const outputOf = ({ outputs: [first = []] }: Operation): bigint => elements(first);

/** Whether a norm has a scale of its own. */
export const isAffine = ({ attributes }: Operation): boolean => attributes["affine"] === true;

/** Multiply-adds of the contraction and nothing else. */
export const plain = ({ macs }: Operation): Parts => ({ macs });

/** Multiply-adds, and an addition for each bias. */
export const withBias = ({ macs, bias }: Operation): Parts => ({ macs, bias });

/** `count` for each element of the input, or of the output. */
export const perInput =
  (cause: Cause, count = 1n) =>
  (operation: Operation): Parts => ({ [cause]: count * inputOf(operation) });
export const perOutput =
  (cause: Cause, count = 1n) =>
  (operation: Operation): Parts => ({ [cause]: count * outputOf(operation) });

/** A norm: so much for each element of the input with a scale, so much without. */
export const norm =
  (affine: bigint, bare: bigint) =>
  (operation: Operation): Parts => ({
    normalization: (isAffine(operation) ? affine : bare) * inputOf(operation),
  });

/** The shape of a port of the operator: `weight`. */
export function portShape({ ports }: Operation, name: string): Shape | undefined {
  return ports.find((port) => port.name === name)?.shape;
}

/** An attribute that is a whole number, as a bigint; 0 where there is none. */
export function numberOf({ attributes }: Operation, name: string): bigint {
  const value = attributes[name];
  return typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : 0n;
}

/** Rules that the tool knows and that count nothing. */
export const nothing = (ops: readonly string[], source: string): Rule => ({ ops, formula: "0", source, count: () => ({}) });

/**
 * An einsum's products as tools read them off numpy.einsum_path's report, "Optimized FLOP count: 2.305e+06": two for each multiply-add, four digits of it, halves to even as
 * Python rounds.
 */
export function fourDigits({ macs }: Operation): Parts {
  const flops = 2n * macs;
  const unit = 10n ** BigInt(Math.max(0, flops.toString().length - 4));
  const [whole, rest] = [flops / unit, (flops % unit) * 2n];
  const up = rest > unit || (rest === unit && whole % 2n === 1n);
  return { macs: ((whole + (up ? 1n : 0n)) * unit) / 2n };
}

/** The product of an attribute's sizes, one an axis (`kernelSize`); 1 where there is none. */
export function productOf({ attributes }: Operation, name: string): bigint {
  const value = attributes[name];
  const sizes = Array.isArray(value) ? value.filter((size) => typeof size === "number") : [];
  return elements(sizes);
}

/** What ptflops, and calflops after it, look at in a recurrent layer. A projection's matrix is not among them. */
export interface RecurrentSteps {
  /** Times and batches. */
  readonly steps: bigint;
  /** Elements of the matrices of input and state. */
  readonly weights: bigint;
  /** Rows of both matrices of all layers and directions. */
  readonly rows: bigint;
  /** What hidden units do in a step besides matrix products: rnn 1 addition; gru 7, lstm 10 products and sums. */
  readonly unitOperations: bigint;
}

/** Whether an LSTM projects its state, by a matrix that ptflops and calflops leave out. */
export const isProjected = (operation: Operation): boolean => numberOf(operation, "projSize") > 0n;

const PER_UNIT: Readonly<Record<string, bigint>> = { rnn: 1n, gru: 7n, lstm: 10n };

/** The steps of an RNN, GRU, LSTM or one of their cells, by its stored matrices. */
export function recurrentSteps(operation: Operation): RecurrentSteps {
  const {
    op,
    inputs: [input = []],
    ports,
  } = operation;
  const matrices = ports.filter(({ name }) => /^weight_(ih|hh)/.test(name));
  const states = BigInt(matrices.filter(({ name }) => name.startsWith("weight_hh")).length);
  return {
    steps: elements(input.slice(0, -1)),
    weights: matrices.reduce((sum, { shape }) => sum + elements(shape), 0n),
    rows: matrices.reduce((sum, { shape: [rows = 0] }) => sum + BigInt(rows), 0n),
    unitOperations: states * numberOf(operation, "hiddenSize") * (PER_UNIT[op.replace("_cell", "")] ?? 0n),
  };
}

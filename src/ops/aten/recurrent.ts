import { fail } from "../../graph/diagnostic.js";
import { elements } from "../../graph/shape.js";
import { recurrent, recurrentCell, type Cell } from "../recurrent.js";
import { all, as, flag, hasTensor, whole, shapeOf, tensors, type AtenCall, type AtenRule } from "./call.js";

const cellOf = (op: string): Cell => (op.includes("lstm") ? "lstm" : op.includes("gru") ? "gru" : "rnn");

/** How ATen orders the tensors of one direction of one layer (RNN.cpp, gather_params). */
function paramNames(call: AtenCall, layers: number, directions: number, perDirection: number): readonly string[] {
  const biased = flag(call, "has_biases");
  const names = ["weight_ih", "weight_hh", ...(biased ? ["bias_ih", "bias_hh"] : []), "weight_hr"].slice(0, perDirection);
  return Array.from({ length: layers * directions }, (_, index) =>
    names.map((name) => `${name}_l${Math.floor(index / directions)}${index % directions === 1 ? "_reverse" : ""}`),
  ).flat();
}

/** lstm, gru, rnn_tanh and rnn_relu: every step meets every weight. Packed sequences have their steps in a row. */
const sequence: AtenRule = (call) => {
  const params = tensors(call, call.overload === "data" || tensors(call, "params").length > 0 ? "params" : "weights");
  const packed = tensors(call, "data")[0]?.shape;
  const input = packed === undefined ? shapeOf(call, "input") : [1, ...packed];
  const cell = cellOf(call.op);
  const hiddenSize = params.map(({ shape }) => shape).find((shape) => shape.length === 2)?.[0] ?? 0;
  const gates = cell === "lstm" ? 4 : cell === "gru" ? 3 : 1;
  const bidirectional = flag(call, "bidirectional");
  const numLayers = whole(call, "num_layers", 1) ?? 1;
  const directions = bidirectional ? 2 : 1;
  const perDirection = params.length / (numLayers * directions);
  const biased = flag(call, "has_biases");
  if (![2, 3].includes(perDirection - (biased ? 2 : 0)) || hiddenSize % gates !== 0)
    return fail("bad-attribute", `the ${params.length} weights of ${call.op} are not those of ${numLayers} layers`, {
      expected: "weights of input and state for each layer and direction",
    });
  const hasProjection = perDirection === (biased ? 5 : 3);
  const layer = recurrent({
    cell,
    hiddenSize: hiddenSize / gates,
    numLayers,
    biases: biased ? 2 : 0,
    bidirectional,
    projSize: hasProjection ? (params[perDirection - 1]?.shape[0] ?? 0) : 0,
    batchFirst: packed !== undefined || flag(call, "batch_first"),
    returns: { sequences: true, states: "torch" },
    settings: call.op === "rnn_relu" ? { nonlinearity: "relu" } : {},
  });
  return { ...as(layer, input), ports: { params: paramNames(call, numLayers, directions, perDirection) } };
};

/** One step over [N, F], or [F]. */
const cell: AtenRule = (call) => {
  const input = shapeOf(call, "input");
  const [rows = 0] = shapeOf(call, "w_hh");
  const kind = cellOf(call.op);
  const hidden = Math.floor(rows / (kind === "lstm" ? 4 : kind === "gru" ? 3 : 1));
  const layer = recurrentCell(kind, input.at(-1) ?? 0, hidden, hasTensor(call, "b_ih"), call.op === "rnn_relu_cell" ? { nonlinearity: "relu" } : {});
  const ports = { w_ih: "weight_ih", w_hh: "weight_hh", b_ih: "bias_ih", b_hh: "bias_hh" };
  return { ...as(layer, input.length === 1 ? [1, ...input] : input), op: layer.op, ports };
};

/** What is left of a cell after its two products: gates and state. */
const fusedCell: AtenRule = (call) => {
  const gates = elements(shapeOf(call, "input_gates"));
  return { op: `${cellOf(call.op)}_cell`, operations: { bias: 2n * gates, activation: gates, elementwise: 2n * gates } };
};

export const recurrentRules: Readonly<Record<string, AtenRule>> = {
  ...all("lstm gru rnn_tanh rnn_relu", sequence),
  ...all("lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell", cell),
  ...all("_thnn_fused_lstm_cell _thnn_fused_gru_cell", fusedCell),
};

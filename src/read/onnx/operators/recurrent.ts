import { elements } from "../../../graph/shape.js";
import { recurrent, type Cell } from "../../../ops/recurrent.js";
import { fixed } from "../fixed.js";
import { int, text } from "../attributes.js";
import { given, shapeAt, type OnnxNode, type Rule } from "../operand.js";

/**
 * RNN, GRU and LSTM (ONNX, version 22): X of [T, N, F], or [N, T, F] with `layout` 1; W of [directions, gates * H, F]. What a step costs is
 * what it costs in PyTorch; peepholes (P) are three products and additions a unit more.
 */
const rule =
  (cell: Cell): Rule =>
  (node) => {
    const input = shapeAt(node, 0, 3);
    const [directions = 1] = shapeAt(node, 1, 3);
    const [, , hidden = 1] = shapeAt(node, 2, 3);
    const batchFirst = int(node, "layout", 0) === 1;
    const [time = 1, batch = 1] = batchFirst ? [input[1], input[0]] : input;
    const layer = recurrent({
      cell,
      hiddenSize: hidden,
      numLayers: 1,
      biases: given(node.inputs[3]) ? 2 : 0,
      bidirectional: directions === 2,
      projSize: 0,
      batchFirst,
      returns: { sequences: true, states: "none" },
    });
    const { cost, attributes, stored } = layer.infer([input]);
    const peepholes = cell === "lstm" && given(node.inputs[7]) ? 6n * elements([time, batch, directions, hidden]) : 0n;
    const outputs = [
      batchFirst ? [batch, time, directions, hidden] : [time, directions, batch, hidden],
      ...Array<readonly number[]>(cell === "lstm" ? 2 : 1).fill(batchFirst ? [batch, directions, hidden] : [directions, batch, hidden]),
    ];
    const made = fixed({
      op: cell,
      outputs: outputs.slice(0, Math.max(1, node.outputs)),
      stored: node.weights([...node.inputs.slice(1, 4), node.inputs[7]]),
      ports: stored,
      macs: cost.macs,
      operations: { ...cost.operations, elementwise: (cost.operations.elementwise ?? 0n) + peepholes },
      attributes: { ...attributes, direction: text(node, "direction", "forward") },
      mixes: { channels: true, space: true },
    });
    return { kind: "layer", layer: made, inputs: inputsOf(node) };
  };

/** X, and the states that the model is given. */
const inputsOf = (node: OnnxNode) => [node.inputs[0], ...node.inputs.slice(5, 7)].flatMap((operand) => (given(operand) ? [operand] : []));

export const recurrentRules: Readonly<Record<string, Rule>> = { RNN: rule("rnn"), GRU: rule("gru"), LSTM: rule("lstm") };

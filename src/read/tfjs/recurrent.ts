import { inputShape, shapeAt, type Rule } from "../onnx/operand.js";
import { fixed } from "../onnx/fixed.js";
import { gateCost, recurrentFacts } from "../tflite/recurrent.js";

/**
 * LSTMBlockCell (TensorFlow): x, the last cell state and output, weights [inputs + units, 4 * units], three peepholes, a bias. It gives out the input gate,
 * the cell state, forget and output gate, the cell's input and output, and its output, all [batch, units].
 */
const blockCell: Rule = (node) => {
  const [batch = 1, features = 1] = inputShape(node);
  const [rows = 1, columns = 4] = shapeAt(node, 3, 2);
  const units = Math.floor(columns / 4);
  const each = gateCost("lstm", 0n);
  const positions = BigInt(batch) * BigInt(units);
  const layer = fixed({
    op: "lstm",
    outputs: Array.from({ length: 7 }, () => [batch, units]).slice(0, Math.max(1, node.outputs)),
    // Peepholes that are not used are there as well, and not read.
    stored: node.weights([node.inputs[3], ...(usesPeepholes(node) ? node.inputs.slice(4, 7) : []), node.inputs[7]]),
    macs: BigInt(batch) * BigInt(rows) * BigInt(columns),
    operations: {
      bias: BigInt(batch) * BigInt(columns),
      activation: positions * each.activation,
      // One product gives the gates of input and state together: no addition of the two.
      elementwise: positions * (each.elementwise - 4n + (usesPeepholes(node) ? 6n : 0n)),
    },
    ...recurrentFacts({ features, units, state: units, gates: 4, biased: true }),
    mixes: { channels: true, space: true },
  });
  return { kind: "layer", layer, inputs: node.inputs.slice(0, 3) };
};

function usesPeepholes({ attributes }: Parameters<Rule>[0]): boolean {
  return attributes.get("use_peephole")?.i === 1;
}

/** Cells of recurrent layers. */
export const recurrentRules: Readonly<Record<string, Rule>> = { LSTMBlockCell: blockCell };

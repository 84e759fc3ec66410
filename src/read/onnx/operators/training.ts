import { elements } from "../../../graph/shape.js";
import { fixed } from "../fixed.js";
import { shapeAt, type Rule } from "../operand.js";

/**
 * Optimizers (domain ai.onnx.preview.training): after the rate and the step count come tensors, their gradients, and one or more states of each.
 * @param states of each tensor
 * @param operations for each element, by the operator's definition
 */
const optimizer =
  (op: string, states: number, operations: bigint): Rule =>
  (node) => {
    const count = Math.floor((node.inputs.length - 2) / (states + 2));
    const shapes = Array.from({ length: count }, (_, index) => shapeAt(node, 2 + index));
    const outputs = Array.from({ length: states + 1 }, () => shapes).flat();
    const total = shapes.reduce((sum, shape) => sum + elements(shape), 0n);
    return { kind: "layer", layer: fixed({ op, outputs, dtype: "float32", operations: { elementwise: operations * total } }), inputs: node.inputs };
  };

export const trainingRules: Readonly<Record<string, Rule>> = {
  // G + norm * X; H + G*G; sqrt(H) + epsilon; X - r * G / H_adaptive.
  Adagrad: optimizer("adagrad", 1, 9n),
  // G + norm * X; V and H blended of old and new (3 and 4); sqrt(H) + epsilon; X - r * V / H.
  Adam: optimizer("adam", 2, 14n),
  // G + norm * X; alpha * V + beta * G; X - r * V.
  Momentum: optimizer("momentum", 1, 7n),
};

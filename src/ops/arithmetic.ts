import { fail } from "../graph/diagnostic.js";
import type { Primitive } from "../graph/layer.js";
import { elements, formatShape, type Shape } from "../graph/shape.js";
import { firstInput, inference } from "./primitive.js";

/** Two tensors of the same shape, element by element: one operation each. */
function pairwise(op: string): Primitive {
  return {
    type: "primitive",
    op,
    axes: "any",
    anyOrder: true,
    calledAs: "operator",
    infer(inputs) {
      const input = firstInput(inputs);
      const other = inputs[1] ?? input;
      if (formatShape(input) !== formatShape(other)) {
        fail("shape-mismatch", `${op} has inputs of ${formatShape(input)} and ${formatShape(other)}`, { expected: "two inputs of one shape" });
      }
      return inference([{ shape: input }], { operations: { elementwise: elements(input) } });
    },
  };
}

/** A residual addition. */
export const add = pairwise("add");

/**
 * Batched matrix product of two computed tensors, batch dimensions alike: [..., m, k] by [..., k, n], k exchanged with n in the second
 * where `transposed`. MACs = batch * m * k * n.
 * @param op what the source calls it: `matmul`, or `einsum` with an equation of that meaning
 */
export function matmul(transposed: boolean, op: "matmul" | "einsum" = "matmul"): Primitive {
  return {
    type: "primitive",
    op,
    axes: "plain",
    infer([left = [], right = []]) {
      const [m = 1, k = 1] = left.slice(-2);
      const [rows = 1, columns = 1] = transposed ? right.slice(-2).reverse() : right.slice(-2);
      if (rows !== k) fail("shape-mismatch", `matmul cannot multiply ${formatShape(left)} by ${formatShape(right)}`);
      const output = [...left.slice(0, -2), m, columns];
      return inference([{ shape: output }], {
        macs: elements(output) * BigInt(k),
        attributes: { transposed },
        mixes: { channels: true, space: true },
      });
    },
  };
}

/** A change of shape alone, of as many elements: a view. */
export function reshapeTo(op: string, shape: (input: Shape) => Shape): Primitive {
  return {
    type: "primitive",
    op,
    axes: "plain",
    calledAs: "operator",
    view: true,
    infer: (inputs) => inference([{ shape: shape(firstInput(inputs)) }]),
  };
}

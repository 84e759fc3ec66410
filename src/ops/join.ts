import { fail } from "../graph/diagnostic.js";
import type { Primitive } from "../graph/layer.js";
import { elements, exactSize, formatShape, type Shape } from "../graph/shape.js";
import { firstInput, inference, resolveAxis } from "./primitive.js";

/** The shape that two broadcast to: sizes from the last on, 1 fits everything (NumPy's rule, PyTorch's and ONNX's). Throws `shape-mismatch`. */
export function broadcast(op: string, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  const at = (shape: Shape, axis: number) => shape[axis - rank + shape.length] ?? 1;
  return Array.from({ length: rank }, (_, axis) => {
    const [a, b] = [at(left, axis), at(right, axis)];
    if (a === b || b === 1) return a;
    if (a === 1) return b;
    return fail("shape-mismatch", `${op} cannot join ${formatShape(left)} and ${formatShape(right)}`, { expected: "sizes that are equal, or 1" });
  });
}

/** Several tensors, element by element: an operation an element for each after the first. */
export function elementwiseJoin(op: "add" | "multiply"): Primitive {
  return {
    type: "primitive",
    op,
    axes: "any",
    calledAs: "operator",
    infer(inputs) {
      const output = inputs.reduce((left, right) => broadcast(op, left, right));
      return inference([{ shape: output }], { operations: { elementwise: elements(output) * BigInt(inputs.length - 1) } });
    },
  };
}

/** Several tensors end to end along one axis (PyTorch, torch.cat): data is moved, nothing computed. Throws `shape-mismatch`. */
export function concat(axis: number): Primitive {
  return {
    type: "primitive",
    op: "concat",
    axes: "any",
    calledAs: "function",
    infer(inputs) {
      const first = firstInput(inputs);
      const along = resolveAxis("concat", axis, first.length);
      for (const input of inputs) {
        const fits = input.length === first.length && input.every((size, index) => index === along || size === first[index]);
        if (!fits) {
          fail("shape-mismatch", `concat along axis ${along} cannot join ${inputs.map(formatShape).join(" and ")}`, {
            expected: `shapes that differ along axis ${along} only`,
          });
        }
      }
      const total = exactSize(inputs.reduce((sum, input) => sum + (input[along] ?? 0), 0));
      return inference([{ shape: first.map((size, index) => (index === along ? total : size)) }], { attributes: { axis: along } });
    },
  };
}

/**
 * One tensor as several along one axis (PyTorch, torch.split and torch.chunk): views of it.
 * @param parts how many equal parts, or the size of each. Throws `size-mismatch`.
 */
export function split(parts: number | readonly number[], axis: number): Primitive {
  return {
    type: "primitive",
    op: "split",
    axes: "any",
    calledAs: "operator",
    view: true,
    infer(inputs) {
      const input = firstInput(inputs);
      const along = resolveAxis("split", axis, input.length);
      const length = input[along] ?? 0;
      const sizes = typeof parts === "number" ? Array<number>(parts).fill(length / parts) : parts;
      const total = sizes.reduce((sum, size) => sum + size, 0);
      if (total !== length || !sizes.every(Number.isInteger)) {
        fail(
          "size-mismatch",
          `${length} along axis ${along} does not divide into ${typeof parts === "number" ? `${parts} parts` : parts.join(" + ")}`,
          {
            expected: typeof parts === "number" ? `a multiple of ${parts}` : `sizes of ${length} together`,
          },
        );
      }
      const outputs = sizes.map((size) => ({ shape: input.map((whole, index) => (index === along ? size : whole)) }));
      return inference(outputs, { attributes: { axis: along, sizes } });
    },
  };
}

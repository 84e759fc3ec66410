import { elements, type Shape } from "../../graph/shape.js";
import { shapeOf, type OnnxNode, type Operand, type Rule } from "./operand.js";

/** An operator that is a standard one with something done after it: that many operations an element. */
export function followed(rule: Rule, cause: "activation" | "elementwise", perElement: bigint): Rule {
  return (node) => {
    const result = rule(node);
    if (result.kind !== "layer") return result;
    const { layer } = result;
    return {
      ...result,
      layer: {
        ...layer,
        infer(inputs) {
          const inferred = layer.infer(inputs);
          const count = perElement * elements(inferred.outputs[0]?.shape ?? []);
          const operations = { ...inferred.cost.operations, [cause]: (inferred.cost.operations[cause] ?? 0n) + count };
          return { ...inferred, cost: { macs: inferred.cost.macs, operations } };
        },
      },
    };
  };
}

/** A pool or convolution over [N, H, W, C]. */
export const channelsLast =
  (rule: Rule, inputs: (node: OnnxNode) => readonly (Operand | undefined)[]): Rule =>
  (node) => {
    const [x, ...rest] = inputs(node);
    const shape = shapeOf(x) ?? [];
    const first: Shape = [...shape.slice(0, 1), ...shape.slice(-1), ...shape.slice(1, -1)];
    const turned: Operand = x?.kind === "tensor" ? { ...x, value: { ...x.value, shape: first } } : (x ?? { kind: "none" });
    const result = rule({ ...node, inputs: [turned, ...rest.map((operand): Operand => operand ?? { kind: "none" })] });
    if (result.kind !== "layer") return result;
    const { layer } = result;
    const last = (each: Shape): Shape => [...each.slice(0, 1), ...each.slice(2), ...each.slice(1, 2)];
    return {
      ...result,
      layer: {
        ...layer,
        axes: "plain",
        infer() {
          const inferred = layer.infer([first]);
          return { ...inferred, layout: "nhwc", outputs: inferred.outputs.map((output) => ({ ...output, shape: last(output.shape) })) };
        },
      },
      inputs: x === undefined ? [] : [x],
    };
  };

/** An operand as its transpose is: its last two axes change places. */
export function turned(operand: Operand | undefined, isTurned: boolean): Operand | undefined {
  const shape = shapeOf(operand);
  if (operand === undefined || shape === undefined || !isTurned || shape.length < 2) return operand;
  const swapped = [...shape.slice(0, -2), ...shape.slice(-2).reverse()];
  if (operand.kind === "tensor") return { ...operand, value: { ...operand.value, shape: swapped } };
  return operand.kind === "constant" ? { ...operand, shape: swapped } : operand;
}

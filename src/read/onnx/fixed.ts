import type { Attributes, Cause, Inference, Primitive, Stored } from "../../graph/layer.js";
import type { DType } from "../../graph/dtype.js";
import type { Shape } from "../../graph/shape.js";
import { inference } from "../../ops/primitive.js";
import { possible, type OnnxNode, type Result } from "./operand.js";

/** What a layer of a model file does, its shapes already known. */
export interface Fixed {
  readonly op: string;
  readonly outputs: readonly Shape[];
  readonly dtype?: DType | undefined;
  readonly stored?: readonly Stored[];
  readonly macs?: bigint;
  readonly operations?: Readonly<Partial<Record<Cause, bigint>>>;
  readonly attributes?: Attributes;
  readonly mixes?: Inference["mixes"];
  readonly view?: boolean;
}

/** A layer whose shapes and costs the file's reader has worked out. Throws `bad-shape`. */
export function fixed({ op, outputs, dtype, view, ...rest }: Fixed): Primitive {
  outputs.forEach(possible);
  return {
    type: "primitive",
    op,
    axes: "plain",
    view,
    infer: () =>
      inference(
        outputs.map((shape) => ({ shape, dtype })),
        rest,
      ),
  };
}

/** The same layer with what the file stores for it, in place of what it would store by its attributes. */
export function storing(layer: Primitive, stored: readonly Stored[]): Primitive {
  return { ...layer, infer: (inputs) => ({ ...layer.infer(inputs), stored }) };
}

/** Data moved or looked at otherwise: known where its source is known. */
export function moved(node: OnnxNode, op: string, shape: Shape, view: boolean, values?: readonly number[]): Result {
  const [source] = node.inputs;
  if (source?.kind === "constant") return { kind: "constant", shape, values, dtype: source.dtype };
  return { kind: "layer", layer: fixed({ op, outputs: [shape], view }), inputs: node.inputs.slice(0, 1) };
}

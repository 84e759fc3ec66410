import type { Attributes, Cause, Inference, Kind, Port, Primitive, Stored, TensorType } from "../../graph/layer.js";
import type { DType } from "../../graph/dtype.js";
import type { Shape } from "../../graph/shape.js";
import type { Values } from "../../graph/values.js";
import { inference } from "../../ops/primitive.js";
import { possible, type OnnxNode, type Result } from "./operand.js";

/** What a layer of a model file does, its shapes already known. */
export interface Fixed {
  readonly op: string;
  readonly outputs: readonly Shape[];
  /** Element type of the outputs, or of each: that of the first input unless said. */
  readonly dtype?: DType | readonly (DType | undefined)[] | undefined;
  readonly stored?: readonly Stored[];
  /** What it computes with, by the operator's names for it. */
  readonly ports?: Inference["ports"];
  /** The order of axes of its images; channels first unless said. */
  readonly layout?: Inference["layout"];
  readonly macs?: bigint;
  readonly operations?: Readonly<Partial<Record<Cause, bigint>>>;
  readonly attributes?: Attributes;
  readonly kind?: Kind;
  readonly mixes?: Inference["mixes"];
  readonly view?: boolean;
  readonly uncounted?: Inference["uncounted"];
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
        outputs.map((shape, index) => ({ shape, dtype: typeof dtype === "object" ? dtype[index] : dtype })),
        rest,
      ),
  };
}

/**
 * The same layer with what the file stores for it, in place of what it would store by its attributes.
 * @param more shapes of outputs behind those that it has
 */
export function storing(layer: Primitive, stored: readonly Stored[], more: readonly Shape[] = []): Primitive {
  return {
    ...layer,
    stores: stored,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, stored, ports: inferred.ports ?? inferred.stored, outputs: [...inferred.outputs, ...more.map((shape) => ({ shape }))] };
    },
  };
}

/** The same layer without the outputs that its node gives no name: nothing reads them, and nobody makes them. */
export function withoutAbsent(layer: Primitive, names: readonly string[]): Primitive {
  if (!names.includes("")) return layer;
  return {
    ...layer,
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, outputs: inferred.outputs.filter((_, index) => names[index] !== "") };
    },
  };
}

/** A weight and, where there is one, a bias of an operator, in PyTorch's order of axes. */
export function weightAndBias(weight: Shape, bias?: Shape): readonly Port[] {
  const port = (name: string, shape: Shape): Port => ({ name, role: "parameter", shape });
  return [port("weight", weight), ...(bias === undefined ? [] : [port("bias", bias)])];
}

/** Scale, shift and running statistics of a batch norm over channels. */
export function batchNormPorts(channels: Shape): readonly Port[] {
  return [...weightAndBias(channels, channels), ...["running_mean", "running_var"].map((name): Port => ({ name, role: "buffer", shape: channels }))];
}

/**
 * A layer as it stands in the model: its outputs have the element type of its first input where it says none, and it runs so many times.
 * The model's own type, float32 unless the user says another, is left open.
 */
export function placed(layer: Primitive, dtype: DType | undefined, times: bigint): Primitive {
  const typed = (type: TensorType): TensorType => {
    const own = type.dtype ?? dtype;
    return { shape: type.shape, dtype: own === "float32" ? undefined : own };
  };
  return {
    ...layer,
    // Shapes are shown as the file has them.
    axes: "plain",
    infer(inputs) {
      const inferred = layer.infer(inputs);
      return { ...inferred, outputs: inferred.outputs.map(typed), times: times === 1n ? undefined : times };
    },
  };
}

/** Data moved or looked at otherwise: known where its source is known. */
export function moved(node: OnnxNode, op: string, shape: Shape, view: boolean, values?: Values): Result {
  const [source] = node.inputs;
  if (source?.kind === "constant") return { kind: "constant", shape: possible(shape), values, dtype: source.dtype };
  return { kind: "layer", layer: fixed({ op, outputs: [shape], view }), inputs: node.inputs.slice(0, 1) };
}

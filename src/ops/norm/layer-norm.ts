import { fail } from "../../graph/diagnostic.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import { elements, formatShape } from "../../graph/shape.js";
import { firstInput, given, inference, resolveAxis } from "../primitive.js";

export interface LayerNormOptions {
  /** The axes that are normalized, as the source counts them; absent: the last ones. */
  readonly axes?: readonly number[] | undefined;
  /** Absent: the sizes of those axes, or the last dimension of the input. */
  readonly normalizedShape?: readonly number[] | undefined;
  /** A scale for each element of the normalized shape. */
  readonly affine: boolean;
  /** A shift beside the scale. */
  readonly bias: boolean;
  /** Root mean square: no mean is subtracted (arXiv 1910.07467). */
  readonly rms?: boolean | undefined;
  /** Added to the variance; absent: the framework's default. */
  readonly eps?: number | undefined;
}

/** Operations an element of a norm that measures its input: mean, subtract, square, sum, normalise; RMS has no mean to subtract. */
export const MEASURED = 5n;
const MEASURED_RMS = 3n;

/**
 * Layer or RMS normalisation over the last dimensions (PyTorch, nn.LayerNorm, nn.RMSNorm). 5 operations an element (RMS: 3), and one each
 * for scale and shift. Throws `shape-mismatch`.
 */
export function layerNorm(options: LayerNormOptions): Primitive {
  const op = options.rms === true ? "rms_norm" : "layer_norm";
  const shifted = options.bias && options.rms !== true;
  const stored = (shape: readonly number[]) => affineTensors(shape, options.affine, shifted);
  return {
    type: "primitive",
    op,
    stores: options.normalizedShape === undefined ? undefined : stored(options.normalizedShape),
    axes: "any",
    infer(inputs) {
      const input = firstInput(inputs);
      const axes = options.axes?.map((axis) => resolveAxis(op, axis, input.length)).sort((left, right) => left - right);
      if (new Set(axes).size !== (axes?.length ?? 0)) {
        fail("bad-axis", `${op} normalizes an axis twice: ${String(options.axes)}`, { expected: "each axis once" });
      }
      const shape = axes?.map((axis) => input[axis] ?? 1) ?? options.normalizedShape ?? input.slice(-1);
      if (axes === undefined && formatShape(input.slice(-shape.length)) !== formatShape(shape)) {
        fail("shape-mismatch", `${op} normalizes ${formatShape(shape)}, but its input is ${formatShape(input)}`, {
          expected: `an input that ends in ${formatShape(shape)}`,
        });
      }
      const perElement = (options.rms === true ? MEASURED_RMS : MEASURED) + (options.affine ? 1n : 0n) + (shifted ? 1n : 0n);
      return inference([{ shape: input }], {
        stored: stored(shape),
        operations: { normalization: elements(input) * perElement },
        attributes: { ...given({ axes: options.axes }), normalizedShape: shape, affine: options.affine || shifted, ...given({ eps: options.eps }) },
        mixes: { channels: true, space: shape.length > 1 },
      });
    },
  };
}

/** Scale and shift of a norm. */
export function affineTensors(shape: readonly number[], scale: boolean, shift: boolean, role: Stored["role"] = "parameter"): readonly Stored[] {
  return [...(scale ? [{ name: "weight", role, shape }] : []), ...(shift ? [{ name: "bias", role, shape }] : [])];
}

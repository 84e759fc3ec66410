import { fail } from "../../graph/diagnostic.js";
import type { Primitive, TensorType } from "../../graph/layer.js";
import { axisNames, imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { elements } from "../../graph/shape.js";
import { firstInput, given, inference, NOTHING, requireRank } from "../primitive.js";
import { placeWindow, type Window } from "../window.js";

export interface PoolOptions extends Window {
  readonly kind: "max" | "avg" | "lp";
  readonly rank: number;
  /** The order of the axes of input and output; channels first unless said. */
  readonly layout?: Layout | undefined;
  /** A second output with the index of each maximum (PyTorch's return_indices). */
  readonly returnIndices: boolean;
  /** Whether an average divides by the padding too (PyTorch's count_include_pad); absent: where the source does not say. */
  readonly countIncludePad?: boolean | undefined;
  /** What an average divides by in place of the window's size (PyTorch's divisor_override). */
  readonly divisor?: number | undefined;
  /** The power of a power norm. */
  readonly normType?: number | undefined;
}

/**
 * Maximum, average or power pooling (PyTorch, nn.MaxPool2d, nn.AvgPool2d, nn.LPPool2d). Operations for each output: a maximum K - 1
 * comparisons, an average K - 1 additions and a division, a power norm K powers, K - 1 additions and a root; a window that hangs over the
 * border counts in full. Throws `window-too-large`, `wrong-rank`.
 */
export function windowPool(options: PoolOptions): Primitive {
  const op = `${options.kind}_pool${options.rank}d`;
  const { layout = "nchw" } = options;
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: layout,
    ranks: [options.rank + 2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [options.rank + 2], axisNames(layout, options.rank + 2));
      const sizes = imageSizes(input, layout);
      const { size, pads } = placeWindow(op, options, sizes.space);
      const output = imageShape({ ...sizes, space: size }, layout);
      const taps = options.kernelSize.reduce((product, length) => product * BigInt(length), 1n);
      return inference(withIndices(output, options.returnIndices), {
        operations: { pooling: elements(output) * perOutput(options.kind, taps) },
        attributes: {
          kernelSize: options.kernelSize,
          stride: options.stride,
          padding: pads.map((pad) => (pad.before === pad.after ? pad.before : [pad.before, pad.after])),
          ...(options.padding === "same" ? { autoPad: "same" } : {}),
          dilation: options.dilation,
          ...(options.ceilMode === true ? { ceilMode: true } : {}),
          ...given({ countIncludePad: options.countIncludePad, divisor: options.divisor, normType: options.normType }),
        },
        mixes: { channels: false, space: taps > 1n },
      });
    },
  };
}

function perOutput(kind: PoolOptions["kind"], taps: bigint): bigint {
  if (kind === "max") return taps - 1n;
  return kind === "avg" ? taps : 2n * taps;
}

/** A pooled output, and its int64 indices where they are asked for. */
export function withIndices(shape: readonly number[], indices: boolean): readonly TensorType[] {
  return indices ? [{ shape }, { shape, dtype: "int64" }] : [{ shape }];
}

export interface AdaptiveOptions {
  readonly op: string;
  /** The order of the axes of input and output; channels first unless said. */
  readonly layout?: Layout | undefined;
  readonly kind: "max" | "avg";
  readonly rank: number;
  /** Output sizes; undefined keeps the input's. */
  readonly outputSize: readonly (number | undefined)[];
  readonly returnIndices: boolean;
  /** Keras's global pools drop the spatial axes unless told to keep them. */
  readonly dropAxes: boolean;
}

/**
 * Pooling to a given size (PyTorch, nn.AdaptiveAvgPool2d). Bin i of an axis reaches from floor(i*in/out) to ceil((i+1)*in/out); every value
 * in a bin is one operation, for a maximum one less a bin.
 */
export function adaptivePool(options: AdaptiveOptions): Primitive {
  const { op, kind, rank, layout = "nchw" } = options;
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: layout,
    makes: options.dropAxes ? "plain" : undefined,
    ranks: [rank + 2],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [rank + 2], axisNames(layout, rank + 2));
      const { batch, channels, space: spatial } = imageSizes(input, layout);
      const size = spatial.map((length, axis) => options.outputSize[axis] ?? length);
      const output = options.dropAxes ? [batch, channels] : imageShape({ batch, channels, space: size }, layout);
      const covered = spatial.map((length, axis) => coverage(length, size[axis] ?? length)).reduce((product, axis) => product * axis, 1n);
      const outputs = elements(size);
      const operations = elements([batch, channels]) * (kind === "max" ? covered - outputs : covered);
      return inference(withIndices(output, options.returnIndices), {
        operations: { pooling: operations },
        attributes: { outputSize: size },
        mixes: { channels: false, space: elements(spatial) > outputs },
      });
    },
  };
}

/**
 * Values that all bins of an axis read together; bins may overlap. With l = length/g, p = bins/g and g their greatest common divisor, a
 * period of p bins reads sum(ceil((i+1)l/p)) - sum(floor(i*l/p)) = l + p - 1 values, and there are g periods: length + bins - g.
 */
function coverage(length: number, bins: number): bigint {
  return BigInt(length) + BigInt(bins) - BigInt(gcd(length, bins));
}

function gcd(left: number, right: number): number {
  return right === 0 ? left : gcd(right, left % right);
}

/** PyTorch's rule for pools: padding at most half of the kernel. Throws `padding-too-large`. */
export function checkHalf(op: string, kernelSize: readonly number[], padding: readonly number[], dilation: readonly number[]): void {
  const wrong = padding.some((pad, axis) => pad > Math.floor(((dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1) + 1) / 2));
  if (!wrong) return;
  fail("padding-too-large", `the padding of ${op} is more than half of its kernel`, {
    expected: `at most ${kernelSize.map((size) => Math.floor(size / 2)).join("x")}`,
  });
}

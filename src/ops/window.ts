import { fail } from "../graph/diagnostic.js";
import { exactSize, formatShape } from "../graph/shape.js";

/** Padding added before and after one axis. Negative values crop, as PyTorch's and ONNX's pads do. */
export interface Pad {
  readonly before: number;
  readonly after: number;
}

/**
 * How a window meets the border: sizes an axis; `valid`, none; `same` as TensorFlow defines it (output = ceil(in/stride), the odd
 * one after); PyTorch's `padding="same"` is the same where it exists, at stride 1.
 */
export type Padding = readonly Pad[] | "same" | "valid";

/** A sliding window, one entry an axis. */
export interface Window {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: Padding;
  /** PyTorch's ceil_mode: round up, but never start a window in the padding after the input. */
  readonly ceilMode?: boolean | undefined;
}

export interface Placed {
  readonly size: readonly number[];
  readonly pads: readonly Pad[];
}

/** Symmetric padding, one number an axis. */
export function symmetric(padding: readonly number[]): readonly Pad[] {
  return padding.map((pad) => ({ before: pad, after: pad }));
}

/**
 * Output sizes and resolved padding of a window over `input` (spatial sizes only).
 * floor((in + pad - dilation*(k-1) - 1)/stride) + 1: PyTorch, Conv2d; ceil_mode: PyTorch, MaxPool2d, note 2;
 * same: TensorFlow, tf.nn.convolution. Throws `window-too-large` naming the padded sizes, as PyTorch does.
 */
export function placeWindow(op: string, window: Window, input: readonly number[]): Placed {
  const axes = input.map((size, axis) => placeAxis(window, size, axis));
  if (axes.every((axis) => axis.size >= 1)) {
    return { size: axes.map((axis) => axis.size), pads: axes.map((axis) => axis.pad) };
  }
  const reach = axes.map((axis) => axis.reach);
  const padded = axes.map((axis) => axis.padded);
  const dilated = window.dilation.some((step) => step > 1) ? " (with dilation)" : "";
  return fail("window-too-large", `the window of ${op}, ${formatShape(reach)}${dilated}, is larger than its padded input, ${formatShape(padded)}`, {
    expected: "a window that fits at least once",
    hint: "use a larger input, more padding, or a smaller kernel",
  });
}

function placeAxis(window: Window, size: number, axis: number) {
  const kernel = at(window.kernelSize, axis);
  const stride = at(window.stride, axis);
  const reach = at(window.dilation, axis) * (kernel - 1) + 1;
  const pad = axisPad(window.padding, axis, size, stride, reach);
  const padded = size + pad.before + pad.after;
  return { size: outputSize(size, pad, padded, reach, stride, window.ceilMode === true), pad, padded, reach };
}

function axisPad(padding: Padding, axis: number, size: number, stride: number, reach: number): Pad {
  if (padding === "valid") return { before: 0, after: 0 };
  if (padding === "same") {
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
    return { before: Math.floor(total / 2), after: Math.ceil(total / 2) };
  }
  return at(padding, axis);
}

function outputSize(size: number, pad: Pad, padded: number, reach: number, stride: number, ceilMode: boolean): number {
  const steps = (padded - reach) / stride;
  if (!ceilMode) return Math.floor(steps) + 1;
  const rounded = Math.ceil(steps) + 1;
  return (rounded - 1) * stride >= size + pad.before ? rounded - 1 : rounded;
}

/** A transposed window: how far the output reaches. */
export interface TransposedWindow extends Omit<Window, "ceilMode"> {
  readonly outputPadding: readonly number[];
}

/**
 * Output sizes of a transposed convolution. (in-1)*stride - pads + dilation*(k-1) + output_padding + 1: PyTorch, ConvTranspose2d.
 * same and valid: Keras, Conv2DTranspose: in*stride, and in*stride + max(k - stride, 0).
 * Throws `empty-output` where the padding takes everything away.
 */
export function placeTransposed(op: string, window: TransposedWindow, input: readonly number[]): readonly number[] {
  const size = input.map((length, axis) => exactSize(transposedSize(window, length, axis)));
  if (size.every((length) => length >= 1)) return size;
  return fail("empty-output", `the output of ${op} would be ${formatShape(size)}: the padding takes it all away`, {
    expected: "an output of 1 or more in every dimension",
    hint: "use less padding, or a larger input",
  });
}

function transposedSize(window: TransposedWindow, length: number, axis: number): number {
  const stride = at(window.stride, axis);
  const reach = at(window.dilation, axis) * (at(window.kernelSize, axis) - 1) + 1;
  const outputPadding = at(window.outputPadding, axis);
  if (window.padding === "same") return length * stride + outputPadding;
  if (window.padding === "valid") return (length - 1) * stride + Math.max(reach, stride) + outputPadding;
  const pad = at(window.padding, axis);
  return (length - 1) * stride - pad.before - pad.after + reach + outputPadding;
}

/** The entry of an axis; a list shorter than the rank is a bug of ours. */
export function at<T>(list: readonly T[], axis: number): T {
  const value = list[axis];
  if (value === undefined) throw new Error(`no entry for axis ${axis} in a list of ${list.length}`);
  return value;
}

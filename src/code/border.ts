import { Attrs, rankOf, type Part } from "./part.js";

export type Pads = readonly (readonly [number, number])[];

/** A sliding window and how it meets the border of its input. */
export interface Border {
  readonly rank: number;
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  /** How far a window reaches: `dilation * (k - 1) + 1`. */
  readonly reach: readonly number[];
  /** Padding before and after each axis of the input that was counted. */
  readonly pads: Pads;
  /** The source says `same`: an output of ceil(in / stride), whatever the input's size (TensorFlow, tf.nn.convolution). */
  readonly same: boolean;
  /** The padding of `same` depends on the size of the input: a stride, and a window of more than one position. */
  readonly sizeDependent: boolean;
}

export function borderOf(part: Part): Border {
  const attributes = new Attrs(part);
  const [kernelSize, stride] = [attributes.sizes("kernelSize"), attributes.sizes("stride")];
  const dilation = attributes.has("dilation") ? attributes.sizes("dilation") : kernelSize.map(() => 1);
  const reach = kernelSize.map((size, axis) => (dilation[axis] ?? 1) * (size - 1) + 1);
  const same = attributes.optionalText("autoPad") === "same";
  return {
    rank: rankOf(part.op),
    kernelSize,
    stride,
    dilation,
    reach,
    pads: attributes.pads("padding"),
    same,
    sizeDependent: same && reach.some((size, axis) => size > 1 && (stride[axis] ?? 1) > 1),
  };
}

export const isSymmetric = (pads: Pads): boolean => pads.every(([before, after]) => before === after);
export const isZero = (pads: Pads): boolean => pads.every(([before, after]) => before === 0 && after === 0);
export const befores = (pads: Pads): readonly number[] => pads.map(([before]) => before);

/**
 * Whether every window starts inside the input and at most its last position hangs over the end: then rounding the output up (ceil_mode)
 * is `same` for every size. True of windows of two positions at a stride of two or more, and of single positions.
 */
export function isSameByCeil({ same, reach, stride }: Border): boolean {
  return same && reach.every((size, axis) => size === 1 || (size === 2 && (stride[axis] ?? 1) >= 2));
}

import { grid } from "./property.js";

// Windows as PyTorch's and TensorFlow's pages describe them, walked one step after the other on a padded line: no closed formula.

export interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  /** PyTorch's ceil_mode: a window may hang over the end, if it starts in the input or the padding before it. */
  readonly ceil?: boolean;
}

/** Where the windows of an axis start on its padded line. */
export function starts({ size, kernel, stride, dilation, before, after, ceil = false }: Axis): readonly number[] {
  const line = Array.from({ length: before + size + after });
  const found: number[] = [];
  for (let start = 0; ; start += stride) {
    const taps = Array.from({ length: kernel }, (_, tap) => start + tap * dilation);
    const last = taps.at(-1) ?? start;
    const covered = last - stride;
    // What the window before this one has not reached is left for it.
    const left = start === 0 || covered < line.length - 1;
    const fits = last < line.length;
    if (!fits && !(ceil && left && start < before + size)) return found;
    found.push(start);
  }
}

/** `same` as TensorFlow defines it: the least padding with which ceil(size / stride) windows fit, the odd one after. */
export function padSame(axis: Omit<Axis, "before" | "after">): Axis {
  let wanted = 0;
  for (let position = 0; position < axis.size; position += axis.stride) wanted += 1;
  for (let total = 0; ; total += 1) {
    const padded = { ...axis, before: Math.floor(total / 2), after: total - Math.floor(total / 2) };
    if (starts(padded).length >= wanted) return padded;
  }
}

export interface Channels {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
}

export interface Walked {
  readonly output: readonly number[];
  /** Multiply-adds, those on padding too: as every dense implementation does them, and every tool counts them. */
  readonly macs: number;
  /** Weights that some multiply-add reads, each once. */
  readonly weights: number;
}

const channelsOf = (all: number, groups: number, group: number) =>
  Array.from({ length: all }, (_, channel) => channel).filter((channel) => Math.floor((channel * groups) / all) === group);

/** A convolution: every output position of every channel reads every tap of every channel of its group. */
export function walkConvolution(axes: readonly Axis[], channels: Channels): Walked {
  const { output, macs, weights } = walkTaps(
    axes.map((axis) => starts(axis).length),
    axes,
    channels,
  );
  return { output: [channels.batch, channels.outChannels, ...output], macs, weights };
}

/** A transposed convolution: every input position of every channel adds to every tap of every channel of its group. */
export function walkTransposed(axes: readonly Axis[], channels: Channels, outputPadding: readonly number[]): Walked {
  const { macs, weights } = walkTaps(
    axes.map(({ size }) => size),
    axes,
    channels,
  );
  const output = axes.map(({ size, kernel, stride, dilation, before, after }, axis) => {
    const written = new Set<number>();
    for (let position = 0; position < size; position += 1) for (let tap = 0; tap < kernel; tap += 1) written.add(position * stride + tap * dilation);
    return Math.max(...written) + 1 - before - after + (outputPadding[axis] ?? 0);
  });
  return { output: [channels.batch, channels.outChannels, ...output], macs, weights };
}

function walkTaps(positions: readonly number[], axes: readonly Axis[], { batch, inChannels, outChannels, groups }: Channels) {
  const places = grid(positions);
  const taps = grid(axes.map(({ kernel }) => kernel));
  const read = new Set<string>();
  let macs = 0;
  for (let group = 0; group < groups; group += 1)
    for (const to of channelsOf(outChannels, groups, group))
      for (const from of channelsOf(inChannels, groups, group))
        for (const tap of taps) {
          read.add(`${to} ${from} ${tap.join(" ")}`);
          for (let image = 0; image < batch; image += 1) places.forEach(() => (macs += 1));
        }
  return { output: positions, macs, weights: read.size };
}

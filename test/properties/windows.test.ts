import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";
import { grid, holds, numbers, python } from "./property.js";
import { padSame, starts, walkConvolution, walkTransposed, type Axis, type Channels, type Walked } from "./walk.js";

// Convolutions, pools and linear layers of every setting, against a walk over every position and tap.

const rank = fc.constantFrom(1, 2, 3);

/** Small enough to be walked: three dimensions are shorter. */
const space = rank.chain((dimensions) => {
  const longest = dimensions === 3 ? 5 : 9;
  return fc.record({
    size: numbers(dimensions, 1, longest),
    kernel: numbers(dimensions, 1, 4),
    stride: numbers(dimensions, 1, 3),
    dilation: numbers(dimensions, 1, 2),
    padding: numbers(dimensions, 0, 3),
    outputPadding: numbers(dimensions, 0, 2),
  });
});

const channels = fc.record({
  batch: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 3 }),
  from: fc.integer({ min: 1, max: 2 }),
  to: fc.integer({ min: 1, max: 3 }),
  bias: fc.boolean(),
});

type Space = typeof space extends fc.Arbitrary<infer T> ? T : never;

const axesOf = ({ size, kernel, stride, dilation, padding }: Space): readonly Axis[] =>
  size.map((length, axis) => {
    const [pad = 0] = padding.slice(axis);
    return { size: length, kernel: kernel[axis] ?? 1, stride: stride[axis] ?? 1, dilation: dilation[axis] ?? 1, before: pad, after: pad };
  });

const fits = (axes: readonly Axis[]) => axes.every((axis) => starts(axis).length > 0);

const wide = ({ batch, groups, from, to }: { batch: number; groups: number; from: number; to: number }): Channels => ({
  batch,
  groups,
  inChannels: groups * from,
  outChannels: groups * to,
});

function expectWalked(spec: string, input: readonly number[], walked: Walked, bias: boolean): void {
  const [layer] = analyze(parseLayers(spec), { input }).layers;
  const [, outChannels = 0] = walked.output;
  const outputs = grid(walked.output).length;
  expect([layer?.outputs, layer?.macs, layer?.params], spec).toEqual([
    [walked.output],
    BigInt(walked.macs),
    BigInt(walked.weights + (bias ? outChannels : 0)),
  ]);
  // Two for each multiply-add, and one for each output that a bias is added to.
  expect(layer?.flops, spec).toBe(BigInt(2 * walked.macs + (bias ? outputs : 0)));
}

const flag = (value: boolean) => (value ? "True" : "False");

describe("against a walk over every position and tap", () => {
  it("convolutions of PyTorch", () => {
    holds(
      fc.tuple(space, channels).filter(([where]) => fits(axesOf(where))),
      ([where, settings]) => {
        const sizes = wide(settings);
        const { size, kernel, stride, dilation, padding } = where;
        const spec = `nn.Conv${size.length}d(${sizes.inChannels}, ${sizes.outChannels}, ${python(kernel)}, stride=${python(stride)}, padding=${python(padding)}, dilation=${python(dilation)}, groups=${sizes.groups}, bias=${flag(settings.bias)})`;
        expectWalked(spec, [sizes.batch, sizes.inChannels, ...size], walkConvolution(axesOf(where), sizes), settings.bias);
      },
    );
  });

  it("padding same, as PyTorch and Keras have it", () => {
    holds(fc.tuple(space, channels), ([where, settings]) => {
      const { size, kernel, stride, dilation } = where;
      const sizes = wide(settings);
      const word = sizes.inChannels === 1 || size.length === 3 ? "torch" : "shorthand";
      const axes = axesOf(word === "torch" ? { ...where, stride: stride.map(() => 1) } : where).map(padSame);
      const spec =
        word === "torch"
          ? `nn.Conv${size.length}d(${sizes.inChannels}, ${sizes.outChannels}, ${python(kernel)}, padding="same", dilation=${python(dilation)}, groups=${sizes.groups}, bias=${flag(settings.bias)})`
          : `conv${size.length}d ${kernel.join("x")} ${sizes.inChannels}->${sizes.outChannels} s${stride.join("x")} d${dilation.join("x")} g${sizes.groups}${settings.bias ? " bias" : ""}`;
      expectWalked(spec, [sizes.batch, sizes.inChannels, ...size], walkConvolution(axes, sizes), settings.bias);
    });
  });

  it("depthwise convolutions", () => {
    holds(
      fc.tuple(space, channels).filter(([where]) => fits(axesOf(where))),
      ([where, { batch, groups: inChannels, to: multiplier, bias }]) => {
        const { size, kernel, stride, dilation, padding } = where;
        const sizes = { batch, inChannels, outChannels: inChannels * multiplier, groups: inChannels };
        const spec = `dw${size.length}d ${kernel.join("x")} s${stride.join("x")} p${padding.join("x")} d${dilation.join("x")} m${multiplier}${bias ? " bias" : ""}`;
        expectWalked(spec, [batch, inChannels, ...size], walkConvolution(axesOf(where), sizes), bias);
      },
    );
  });

  it("transposed convolutions", () => {
    const cases = fc
      .tuple(space, channels)
      .map(([where, settings]) => {
        const most = where.stride.map((step, axis) => Math.max(step, where.dilation[axis] ?? 1) - 1);
        const outputPadding = where.outputPadding.map((pad, axis) => Math.min(pad, most[axis] ?? 0));
        const sizes = wide(settings);
        return { where: { ...where, outputPadding }, settings, sizes, walked: walkTransposed(axesOf(where), sizes, outputPadding) };
      })
      .filter(({ walked }) => walked.output.every((length) => length > 0));
    holds(cases, ({ where, settings, sizes, walked }) => {
      const { size, kernel, stride, dilation, padding, outputPadding } = where;
      const spec = `nn.ConvTranspose${size.length}d(${sizes.inChannels}, ${sizes.outChannels}, ${python(kernel)}, stride=${python(stride)}, padding=${python(padding)}, output_padding=${python(outputPadding)}, groups=${sizes.groups}, bias=${flag(settings.bias)}, dilation=${python(dilation)})`;
      expectWalked(spec, [sizes.batch, sizes.inChannels, ...size], walked, settings.bias);
    });
  });

  it("pools", () => {
    const cases = fc
      .record({ where: space, kind: fc.constantFrom("Max", "Avg"), ceil: fc.boolean(), batch: fc.integer({ min: 1, max: 2 }) })
      .map((settings) => {
        const { where, kind, ceil } = settings;
        // PyTorch: at most half of the kernel is padding; its average pools have no dilation.
        const padding = where.padding.map((pad, axis) => Math.min(pad, Math.floor((where.kernel[axis] ?? 1) / 2)));
        const pooled = { ...where, padding, dilation: kind === "Avg" ? where.dilation.map(() => 1) : where.dilation };
        return { ...settings, where: pooled, axes: axesOf(pooled).map((axis) => ({ ...axis, ceil })) };
      })
      .filter(({ where }) => fits(axesOf(where)));
    holds(cases, ({ where, kind, ceil, batch, axes }) => {
      const { size, kernel, stride, dilation, padding } = where;
      const spec = `nn.${kind}Pool${size.length}d(${python(kernel)}, stride=${python(stride)}, padding=${python(padding)}${kind === "Max" ? `, dilation=${python(dilation)}` : ""}, ceil_mode=${flag(ceil)})`;
      const output = [batch, 3, ...axes.map((axis) => starts(axis).length)];
      let operations = 0;
      // A maximum compares every tap but the first; an average adds all but the first, and divides.
      grid(output).forEach(() => {
        grid(kernel).forEach((_, index) => (operations += index === 0 && kind === "Max" ? 0 : 1));
      });
      const [layer] = analyze(parseLayers(spec), { input: [batch, 3, ...size] }).layers;
      expect([layer?.outputs, layer?.flops, layer?.macs, layer?.params], spec).toEqual([[output], BigInt(operations), 0n, 0n]);
    });
  });

  it("linear layers", () => {
    const cases = fc.record({
      rows: fc.integer({ min: 1, max: 3 }).chain((length) => numbers(length, 1, 4)),
      features: numbers(2, 1, 6),
      bias: fc.boolean(),
    });
    holds(cases, ({ rows, features: [from = 1, to = 1], bias }) => {
      const spec = `nn.Linear(${from}, ${to}, bias=${flag(bias)})`;
      const weights = grid([to, from]).length;
      let macs = 0;
      grid(rows).forEach(() => {
        grid([to, from]).forEach(() => (macs += 1));
      });
      const [layer] = analyze(parseLayers(spec), { input: [...rows, from] }).layers;
      const added = bias ? grid([...rows, to]).length : 0;
      expect([layer?.outputs, layer?.macs, layer?.params, layer?.flops], spec).toEqual([
        [[...rows, to]],
        BigInt(macs),
        BigInt(weights + (bias ? to : 0)),
        BigInt(2 * macs + added),
      ]);
    });
  });
});

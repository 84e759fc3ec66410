import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";
import { holds } from "./property.js";

// MobileNets (Howard et al. 2017), section 3.1: a depthwise separable convolution is a depthwise and a pointwise one, and costs 1/N + 1/k^2
// of the standard convolution with N output channels and a k x k kernel.

const cases = fc.record({
  k: fc.integer({ min: 1, max: 11 }),
  stride: fc.integer({ min: 1, max: 4 }),
  multiplier: fc.integer({ min: 1, max: 4 }),
  from: fc.integer({ min: 2, max: 2048 }),
  to: fc.integer({ min: 1, max: 2048 }),
  size: fc.integer({ min: 11, max: 300 }),
  bias: fc.boolean(),
});

const count = (spec: string, input: readonly number[]) => analyze(parseLayers(spec), { input });

describe("a depthwise separable convolution", () => {
  it("is depthwise, then pointwise", () => {
    holds(cases, ({ k, stride, multiplier, from, to, size, bias }) => {
      const input = [1, from, size, size];
      const end = bias ? " bias" : "";
      const whole = count(`sep ${k}x${k} ${from}->${to} s${stride} m${multiplier}${end}`, input);
      const depthwise = count(`dw ${k}x${k} s${stride} m${multiplier}${end}`, input);
      const between = depthwise.outputs[0]?.shape?.map(Number) ?? [];
      const pointwise = count(`pw ${to}${end}`, between);
      for (const figure of ["params", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const)
        expect(whole.totals[figure], figure).toBe(depthwise.totals[figure] + pointwise.totals[figure]);
      expect(whole.outputs[0]?.shape).toEqual(pointwise.outputs[0]?.shape);
      expect(whole.layers[0]?.steps.map(({ kind, macs }) => [kind, macs])).toEqual([
        ["depthwise", depthwise.totals.macs],
        ["pointwise", pointwise.totals.macs],
      ]);
    });
  });

  it("costs exactly 1/N + 1/k² of the standard one, in multiply-adds and weights", () => {
    holds(cases, ({ k, stride, from, to, size }) => {
      const input = [1, from, size, size];
      const { totals: separable } = count(`sep ${k}x${k} ${from}->${to} s${stride}`, input);
      const { totals: standard } = count(`conv ${k}x${k} ${from}->${to} s${stride}`, input);
      // separable / standard = 1/N + 1/k² = (k² + N) / (N k²), as whole numbers.
      const [n, taps] = [BigInt(to), BigInt(k * k)];
      expect(separable.macs * n * taps).toBe(standard.macs * (taps + n));
      expect(separable.params * n * taps).toBe(standard.params * (taps + n));
    });
  });
});

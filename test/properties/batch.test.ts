import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze, parseLayers, type Analysis } from "../../src/index.js";
import { zooChain } from "../code/cases.js";
import { layers } from "./chains.js";
import { holds } from "./property.js";

// N images cost N times one: all that depends on an image. Weights are there once.

const SCALED = ["macs", "flops", "activationBytes", "peakActivationBytes"] as const;
const FIXED = ["params", "buffers", "weightBytes", "layers"] as const;

const batch = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 1_000_000 }));

function expectScaled(one: Analysis, many: Analysis, n: number): void {
  for (const figure of SCALED) expect(many.totals[figure], figure).toBe(BigInt(n) * one.totals[figure]);
  for (const figure of FIXED) expect(many.totals[figure], figure).toBe(one.totals[figure]);
  // Of what is moved only the weights stay.
  expect(many.totals.bytesMoved - one.totals.weightBytes).toBe(BigInt(n) * (one.totals.bytesMoved - one.totals.weightBytes));
  for (const [index, layer] of one.layers.entries()) expect(many.layers[index]?.macs, layer.name).toBe(BigInt(n) * layer.macs);
}

describe("a batch of N", () => {
  it("scales chains of layers", () => {
    holds(fc.tuple(layers, batch), ([spec, n]) => {
      const graph = parseLayers(spec);
      expectScaled(analyze(graph, { input: [1, 4, 9, 8] }), analyze(graph, { input: [n, 4, 9, 8] }), n);
    });
  });

  it.each(["mobilenet_v1", "mobilenet_v2", "resnet18"])("scales %s", (name) => {
    const graph = zooChain(name);
    const one = analyze(graph);
    holds(
      batch,
      (n) => {
        expectScaled(one, analyze(graph, { batch: n }), n);
      },
      6,
    );
  });
});

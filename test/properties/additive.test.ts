import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze, parseLayers, type Figures } from "../../src/index.js";
import { layers, linearChain } from "./chains.js";
import { holds } from "./property.js";

// What a chain costs is what its parts cost: every figure but the peak of memory, which is a moment and no sum.

const ADDED = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved"] as const;

const figures = (totals: Figures) => Object.fromEntries(ADDED.map((name) => [name, totals[name]]));

describe("count(a; b) = count(a) + count(b)", () => {
  it.each([
    ["images", layers, [2, 4, 9, 8]],
    ["features", linearChain, [3, 6]],
  ] as const)("for chains of %s, figure by figure and cause by cause", (_, chain, input) => {
    holds(fc.tuple(chain, chain), ([one, other]) => {
      const first = analyze(parseLayers(one), { input });
      const between = first.outputs[0]?.shape?.map(Number) ?? [];
      const second = analyze(parseLayers(other), { input: between });
      const both = analyze(parseLayers(`${one}; ${other}`), { input });
      const spec = `${one}; ${other}`;
      for (const name of ADDED) expect(both.totals[name], `${name} of ${spec}`).toBe(first.totals[name] + second.totals[name]);
      expect(both.totals.layers).toBe(first.totals.layers + second.totals.layers);
      expect(both.outputs[0]?.shape).toEqual(second.outputs[0]?.shape);
      const causes = [...new Set([first, second, both].flatMap(({ totals }) => Object.keys(totals.operations)))];
      const of = ({ totals }: typeof both, cause: string) => Object.entries(totals.operations).find(([key]) => key === cause)?.[1] ?? 0n;
      for (const cause of causes) expect(of(both, cause), `${cause} of ${spec}`).toBe(of(first, cause) + of(second, cause));
      // And the sum of its layers.
      for (const [name, total] of Object.entries(figures(both.totals)))
        expect(
          both.layers.reduce((sum, layer) => sum + (figures(layer)[name] ?? 0n), 0n),
          name,
        ).toBe(total);
    });
  });
});

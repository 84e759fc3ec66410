import { describe, expect, it } from "vitest";
import { analyze, parseLayers, writeCode } from "../../src/index.js";
import { layers } from "./chains.js";
import { holds } from "./property.js";

// What `convcost code` writes for PyTorch is read by the reader of PyTorch's notation: the same costs, and the same module again.

const input = [2, 4, 9, 8];

/** The layers of a module as assignments: what `__init__` has, without `self.`'s indentation and what is no layer. */
const layersOf = (code: string) =>
  (/super\(\).__init__\(\)\n([^]*?)\n\n {4}def forward/.exec(code)?.[1] ?? "")
    .split("\n")
    .map((line) => line.slice(8))
    .join("\n");

/** Padding that PyTorch's layers have not is a function beside them, which this reader does not read. */
const isPlain = (code: string) => !/F\.pad|def (?!__init__|forward)/.test(code);

describe("layers written for PyTorch", () => {
  it("cost the same when they are read again, and are written the same", () => {
    let read = 0;
    holds(layers, (spec) => {
      const code = writeCode(parseLayers(spec), { input });
      if (!isPlain(code) || layersOf(code) === "") return;
      read += 1;
      const again = parseLayers(layersOf(code));
      const [wanted, found] = [analyze(parseLayers(spec), { input }), analyze(again, { input })];
      for (const figure of ["params", "buffers", "macs", "flops"] as const)
        expect(found.totals[figure], `${figure} of ${code}`).toBe(wanted.totals[figure]);
      expect(found.outputs[0]?.shape).toEqual(wanted.outputs[0]?.shape);
      const calls = (text: string) => text.replace(/"""[^]*?"""/, "").match(/nn\.(?!Module|Sequential)\w+\(.*\)/g);
      expect(calls(writeCode(again, { input }))).toEqual(calls(code));
    });
    expect(read).toBeGreaterThan(20);
  });
});

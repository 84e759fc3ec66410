import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyze, InputError, parseLayers } from "../../src/index.js";

// What PyTorch 1.13.0 gave; torch_layers.py beside this file asks it again.
interface Row {
  readonly layer: string;
  readonly input: readonly number[];
  readonly outputs?: unknown;
  readonly params?: number;
  readonly buffers?: number;
  readonly error?: string;
}

function isRow(row: unknown): row is Row {
  return typeof row === "object" && row !== null && "layer" in row && typeof row.layer === "string" && "input" in row && Array.isArray(row.input);
}

function rows(): readonly Row[] {
  const data: unknown = JSON.parse(readFileSync(new URL("torch-layers.json", import.meta.url), "utf8"));
  const list: readonly unknown[] = Array.isArray(data) ? data : [];
  return list.filter(isRow);
}

describe("PyTorch's own answer", () => {
  const all = rows();
  const valid = all.filter((row) => row.error === undefined);
  const invalid = all.filter((row) => row.error !== undefined);

  it("is there for 100 layers", () => {
    expect(valid.length).toBeGreaterThan(100);
    expect(invalid.length).toBeGreaterThan(20);
  });

  it.each(valid.map((row) => [row.layer, row] as const))(
    "%s: every output's shape, parameters, buffers",
    (_, { layer, input, outputs, params, buffers }) => {
      const { layers, totals } = analyze(parseLayers(layer), { input });
      expect({ outputs: layers[0]?.outputs, params: totals.params, buffers: totals.buffers }).toEqual({
        outputs,
        params: BigInt(params ?? -1),
        buffers: BigInt(buffers ?? -1),
      });
    },
  );

  it.each(invalid.map((row) => [row.layer, row] as const))("%s is refused", (_, { layer, input }) => {
    expect(() => analyze(parseLayers(layer), { input })).toThrow(InputError);
  });
});

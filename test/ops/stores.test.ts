import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Stored } from "../../src/graph/layer.js";
import { elements } from "../../src/graph/shape.js";
import { parseLayers } from "../../src/index.js";

interface Row {
  readonly layer: string;
  readonly params: number;
  readonly buffers: number;
}

function isRow(row: unknown): row is Row {
  return typeof row === "object" && row !== null && "layer" in row && typeof row.layer === "string" && "params" in row && "buffers" in row;
}

/** Figures of PyTorch 1.13 (test/reference/torch_layers.py). */
function rows(): readonly Row[] {
  const data: unknown = JSON.parse(readFileSync(new URL("../reference/torch-layers.json", import.meta.url), "utf8"));
  const list: readonly unknown[] = Array.isArray(data) ? data : [];
  return list.filter(isRow);
}

const sum = (stores: readonly Stored[], role: Stored["role"]) =>
  stores.filter((tensor) => tensor.role === role).reduce((total, { shape }) => total + elements(shape), 0n);

/** A lazy layer takes a size from its input; a transformer's layers store what their steps do. */
const WITHOUT = /^nn\.(Lazy|Transformer)/;

describe("what a layer stores by its attributes alone", () => {
  it.each(rows().map((row) => [row.layer, row] as const))("%s", (_, { layer, params, buffers }) => {
    const stores = parseLayers(layer).nodes[0]?.layer.stores;
    if (WITHOUT.test(layer)) expect(stores).toBeUndefined();
    else
      expect([sum(stores ?? [], "parameter"), sum(stores ?? [], "buffer"), stores === undefined]).toEqual([BigInt(params), BigInt(buffers), false]);
  });
});

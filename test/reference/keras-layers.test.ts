import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { parseLayers } from "../../src/index.js";
import { readKerasJson } from "../../src/read/keras/read.js";

/** Layers as typed, and functions of keras.ops as a file has them, with what Keras 3.15 said of them (keras_layers.py). */
interface LayerRow {
  readonly layer: string;
  readonly input: readonly number[];
  readonly params: number;
  readonly buffers: number;
  readonly outputs: readonly (readonly number[])[];
}
interface FunctionRow extends Pick<LayerRow, "outputs"> {
  readonly function: string;
  readonly model: object;
}

interface ModelRow extends Omit<LayerRow, "layer" | "input" | "outputs"> {
  readonly text: string;
  readonly model: object;
  readonly outputs: readonly (readonly (number | null)[])[];
}

const isRow = (row: unknown): row is LayerRow | FunctionRow | ModelRow => typeof row === "object" && row !== null && "outputs" in row;
const parsed = (name: string): unknown => JSON.parse(readFileSync(new URL(name, import.meta.url), "utf8"));
const data = parsed("keras-layers.json");
const rows = (Array.isArray(data) ? data : []).filter(isRow);
const layers = rows.flatMap((row) => ("layer" in row ? [[row.layer, row] as const] : []));
const functions = rows.flatMap((row) => ("function" in row ? [[row.function, row] as const] : []));
const models = rows.flatMap((row) => ("text" in row ? [[row.text, row] as const] : []));

describe("layers of Keras as typed", () => {
  it.each(layers)("%s", (text, { input, params, buffers, outputs }) => {
    const { totals, outputs: made } = analyze(parseLayers(text), { input });
    expect([totals.params, totals.buffers]).toEqual([BigInt(params), BigInt(buffers)]);
    expect(made.map(({ shape }) => shape)).toEqual(outputs);
  });
});

describe("functions of keras.ops in a file", () => {
  it.each(functions)("%s", (_, { model, outputs }) => {
    const { totals, partial, outputs: made } = analyze(readKerasJson(JSON.stringify(model)));
    expect([totals.params, partial]).toEqual([0n, false]);
    expect(made.map(({ shape }) => shape)).toEqual(outputs);
  });
});

describe("models of Keras: open sizes, second outputs", () => {
  it.each(models)("%s", (_, { model, params, buffers, outputs }) => {
    const { totals, outputs: made } = analyze(readKerasJson(JSON.stringify(model)));
    expect([totals.params, totals.buffers, totals.lowerBounds.includes("params")]).toEqual([BigInt(params), BigInt(buffers), false]);
    expect(made.map(({ shape }) => shape)).toEqual(outputs);
  });
});

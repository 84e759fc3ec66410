import { describe, expect, it } from "vitest";
import { analyze, InputError, parseLayers } from "../../src/index.js";
import { hasReference, readReference } from "./reference.js";

// Figures of PyTorch 1.13 itself, in ../shared/reference/random_layers.json beside the project.
const FILE = "random_layers.json";

interface Row {
  readonly id: number;
  readonly category: string;
  readonly ctor: string;
  readonly repr: string;
  readonly input: readonly number[];
  readonly ok: boolean;
  readonly params: number;
  readonly buffers: number;
  readonly output?: unknown;
  readonly macs_exact?: number;
  readonly bias_adds?: number;
  readonly fvcore?: number;
  readonly thop_macs?: number;
}

function rows(): readonly Row[] {
  if (!hasReference(FILE)) return [];
  const data = readReference(FILE);
  if (typeof data !== "object" || data === null || !("rows" in data) || !Array.isArray(data.rows)) throw new Error(`${FILE} has no rows`);
  const list: readonly unknown[] = data.rows;
  return list.filter(isRow);
}

function isRow(row: unknown): row is Row {
  return typeof row === "object" && row !== null && "ctor" in row && typeof row.ctor === "string" && "input" in row && Array.isArray(row.input);
}

/** PyTorch nests the states of an LSTM in a tuple: shapes in the order they stand. */
function flatShapes(output: unknown): readonly (readonly number[])[] {
  if (!Array.isArray(output)) return [];
  const items: readonly unknown[] = output;
  const numbers = items.filter((item) => typeof item === "number");
  return numbers.length === items.length ? [numbers] : items.flatMap(flatShapes);
}

const count = (text: string, input: readonly number[]) => analyze(parseLayers(text), { input });

/** What print() leaves out and the constructor says: the row as printed is another layer. */
const LOSSY_REPR = /^(AvgPool|RNN\(.*nonlinearity|Upsample\(scale_factor=2\.0, mode=nearest)/;

describe.skipIf(!hasReference(FILE))("PyTorch's own figures for random layers (skipped where ../shared is not there)", () => {
  const all = rows();
  const valid = all.filter((row) => row.ok);
  const invalid = all.filter((row) => !row.ok);

  it("has the rows it is said to have", () => {
    expect([valid.length, invalid.length]).toEqual([280, 51]);
  });

  it.each(valid.map((row) => [row.ctor, row] as const))("%s: shape and parameters", (_, row) => {
    const { layers, totals } = count(row.ctor, row.input);
    expect(layers[0]?.outputs).toEqual(flatShapes(row.output));
    expect(totals.params).toBe(BigInt(row.params));
    // PyTorch's buffers of a batch norm hold num_batches_tracked besides the running mean and variance that convcost counts.
    expect(totals.buffers).toBe(BigInt(row.buffers - (row.buffers % 2)));
  });

  it.each(valid.filter((row) => row.macs_exact !== undefined).map((row) => [row.ctor, row] as const))("%s: multiply-adds", (_, row) => {
    const [layer] = count(row.ctor, row.input).layers;
    expect(layer?.macs).toBe(BigInt(row.macs_exact ?? -1));
    if (row.bias_adds !== undefined) expect(layer?.operations.bias ?? 0n).toBe(BigInt(row.bias_adds));
  });

  // thop and fvcore count a convolution and a linear layer without bias, as we do; fvcore counts 0 for a convolution whose padding is a
  // string; thop takes a transposed convolution's MACs from its output size, which is wrong; neither sees what a recurrent layer's
  // MACs are by this definition (thop adds gates and biases).
  const plain = valid.filter((row) => row.category === "conv" || row.category === "linear");
  it.each(plain.map((row) => [row.ctor, row] as const))("%s: multiply-adds of thop and fvcore", (_, row) => {
    const { totals } = count(row.ctor, row.input);
    if (row.thop_macs !== undefined) expect(totals.macs).toBe(BigInt(row.thop_macs));
    if (row.fvcore !== undefined && !/padding='(same|valid)'/.test(row.ctor)) expect(totals.macs).toBe(BigInt(row.fvcore));
  });

  it.each(valid.filter((row) => !LOSSY_REPR.test(row.repr) && !/add_bias_kv/.test(row.ctor)).map((row) => [row.repr, row] as const))(
    "as printed: %s",
    (_, row) => {
      const { layers, totals } = count(row.repr, row.input);
      expect(layers[0]?.outputs[0]).toEqual(flatShapes(row.output)[0]);
      expect(totals.params).toBe(BigInt(row.params));
    },
  );

  it.each(invalid.map((row) => [row.ctor, row] as const))("%s is refused", (_, row) => {
    expect(() => count(row.ctor, row.input)).toThrow(InputError);
  });
});

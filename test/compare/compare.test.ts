import { describe, expect, it } from "vitest";
import { compare, compareModels, InputError, parseLayers, type ComparisonRow } from "../../src/index.js";

function rowsOf(spec: string, options: Parameters<typeof compare>[1] = {}): ReadonlyMap<string, ComparisonRow> {
  return new Map(compare(parseLayers(spec), options).rows.map((row) => [row.label, row]));
}

function available(rows: ReadonlyMap<string, ComparisonRow>, label: string) {
  const row = rows.get(label);
  if (row?.available !== true) throw new Error(`${label} is not available`);
  return row;
}

describe("the ways to write conv 3x3 64->128 at 56x56", () => {
  const out = 56 * 56;
  const rows = rowsOf("conv 3x3 64->128 @56x56", { groups: 8, expand: 4 });

  // Each worked out by hand: MACs, parameters, mixes channels, mixes space.
  const expected: readonly (readonly [string, number, number, boolean, boolean])[] = [
    ["standard", out * 128 * 64 * 9, 128 * 64 * 9, true, true],
    ["depthwise", out * 64 * 2 * 9, 64 * 2 * 9, false, true],
    ["pointwise", out * 64 * 128, 64 * 128, true, false],
    ["depthwise separable", out * (64 * 9 + 64 * 128), 64 * 9 + 64 * 128, true, true],
    ["grouped", out * 128 * 8 * 9, 128 * 8 * 9, true, true],
    ["spatially separable", out * (128 * 64 * 3 + 128 * 128 * 3), 128 * 64 * 3 + 128 * 128 * 3, true, true],
    ["bottleneck", out * (64 * 32 + 32 * 32 * 9 + 32 * 128), 64 * 32 + 32 * 32 * 9 + 32 * 128, true, true],
    ["inverted residual", out * (64 * 256 + 256 * 9 + 256 * 128), 64 * 256 + 256 * 9 + 256 * 128, true, true],
  ];

  it("are these, in this order", () => {
    expect([...rows.keys()]).toEqual(expected.map(([label]) => label));
  });

  it.each(expected)("%s", (label, macs, params, channels, space) => {
    const row = available(rows, label);
    expect([row.macs, row.params]).toEqual([BigInt(macs), BigInt(params)]);
    expect(row.outputs).toEqual([[1, 128, 56, 56]]);
    expect(row.mixes).toEqual({ channels, space });
    expect(row.ratio.macs).toBeCloseTo(macs / (out * 128 * 64 * 9), 12);
    expect(row.flops).toBe(2n * row.macs);
  });

  it("has no ratio to nothing", () => {
    const [first, second] = compareModels([parseLayers("relu"), parseLayers("pw 8")], { input: "3x8x8" }).rows;
    const ratios = [first, second].map((row) => (row?.available === true ? [row.ratio.macs, row.ratio.params] : []));
    expect(ratios).toEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it("bytes moved are inputs, outputs and weights of each step", () => {
    // float32: standard reads 64 and writes 128 planes of 56x56 and reads 73,728 weights.
    expect(available(rows, "standard").bytesMoved).toBe(BigInt(4 * (64 * out + 128 * out + 128 * 64 * 9)));
    expect(available(rows, "depthwise separable").bytesMoved).toBe(
      BigInt(4 * (64 * out + 64 * out + 64 * 9) + 4 * (64 * out + 128 * out + 64 * 128)),
    );
  });

  it("steps add up to their row", () => {
    const row = available(rows, "inverted residual");
    expect(row.steps.map((step) => step.name)).toEqual(["expand", "depthwise", "project"]);
    expect(row.steps.reduce((sum, step) => sum + step.macs, 0n)).toBe(row.macs);
  });
});

describe("variants that cannot exist say so", () => {
  const rows = rowsOf("conv 1x3 64->100 @14x14", { groups: 7 });
  it.each([
    ["depthwise", "cannot turn 64 channels into 100"],
    ["grouped", "not divisible by groups 7"],
    ["spatially separable", "nothing to separate"],
  ])("%s", (label, reason) => {
    const row = rows.get(label);
    expect(row?.available).toBe(false);
    expect(row?.available === false ? row.reason : "").toContain(reason);
  });
});

describe("what is varied", () => {
  it("stride, dilation, padding and bias stay", () => {
    const rows = rowsOf("nn.Conv2d(8, 8, 5, stride=2, padding=1, dilation=2)", { input: "8x21x21" });
    // floor((21 + 2 - 2*4 - 1)/2) + 1 = 8
    for (const label of ["standard", "depthwise", "depthwise separable", "spatially separable", "bottleneck", "inverted residual"]) {
      expect(available(rows, label).outputs).toEqual([[1, 8, 8, 8]]);
    }
    expect(available(rows, "depthwise").params).toBe(BigInt(8 * 25 + 8));
  });

  it("a separable spec is compared by the convolution it stands for", () => {
    expect(available(rowsOf("sep 3x3 64->128 s2 @56x56"), "standard").macs).toBe(BigInt(28 * 28 * 128 * 64 * 9));
  });

  it("channels last are read and shown", () => {
    const rows = rowsOf("conv 3x3 64->128", { input: "56x28x64", layout: "nhwc" });
    expect(available(rows, "bottleneck").outputs).toEqual([[1, 56, 28, 128]]);
  });
});

describe("several specs", () => {
  it("are a row each, to the first", () => {
    const graphs = ["conv 3x3 64->128", "dw 3x3; pw 128"].map((spec) => parseLayers(spec));
    const { baseline, rows } = compare(graphs, { input: "64x56x56" });
    expect([baseline, rows.map((row) => row.label)]).toEqual(["conv 3x3 64->128", ["conv 3x3 64->128", "dw 3x3; pw 128"]]);
    const last = rows[1];
    expect(last?.available === true ? last.ratio.macs : 0).toBeCloseTo((9 + 128) / (9 * 128), 12);
  });

  it("in one text are a row each, on the same input", () => {
    const { rows } = compare(parseLayers("conv 3x3 64->128; sep 3x3 64->128"), { input: "64x56x56" });
    expect(rows.map((row) => (row.available ? row.outputs[0] : row.reason))).toEqual([
      [1, 128, 56, 56],
      [1, 128, 56, 56],
    ]);
  });

  it("one that is no convolution is refused", () => {
    expect(() => compare(parseLayers("relu"), { input: "4x4" })).toThrow(InputError);
  });
});

import { describe, expect, it } from "vitest";
import { analyze, compare, parseLayers } from "../../src/index.js";

// Howard et al., MobileNets, arXiv 1704.04861, table 4: one layer at 14x14, 512 to 512 channels, 3x3. Published in millions, to three figures.
const TABLE = [
  { what: "convolution", spec: "conv 3x3 512->512 @14x14", macs: "462", params: "2.36" },
  { what: "depthwise separable", spec: "sep 3x3 512->512 @14x14", macs: "52.3", params: "0.27" },
  // The paper's width multiplier of 0.75 makes 384 channels of 512.
  { what: "width 0.75", spec: "sep 3x3 384->384 @14x14", macs: "29.6", params: "0.15" },
  { what: "width 0.75 at 10x10", spec: "sep 3x3 384->384 @10x10", macs: "15.1", params: "0.15" },
] as const;

const millions = (value: bigint, published: string) => (Number(value) / 1e6).toFixed((published.split(".")[1] ?? "").length);

describe("MobileNets, table 4", () => {
  it.each(TABLE)("$what: $macs M multiply-adds, $params M parameters", ({ spec, macs, params }) => {
    const { totals } = analyze(parseLayers(spec));
    expect(millions(totals.macs, macs)).toBe(macs);
    expect(millions(totals.params, params)).toBe(params);
  });

  it("section 3.1: separable to standard is 1/N + 1/DK^2", () => {
    const { rows } = compare(parseLayers("conv 3x3 512->512 @14x14"));
    const row = rows.find(({ label }) => label === "depthwise separable");
    if (row?.available !== true) throw new Error("no separable row");
    expect(row.ratio.macs).toBeCloseTo(1 / 512 + 1 / 9, 12);
    expect(row.law?.value).toBeCloseTo(1 / 512 + 1 / 9, 12);
  });
});

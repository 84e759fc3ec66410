import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../../src/index.js";

describe("DeformConv2d", () => {
  it("is a convolution whose values are interpolated", () => {
    const { totals, outputs } = analyze(parseLayers("DeformConv2d(64, 64, kernel_size=3, padding=1)"), { input: [1, 64, 64, 64] });
    // 64·64·9 + 64; a product for each tap, channel and position; 7 operations for each value that is read.
    expect([totals.params, totals.macs, totals.operations.interpolation]).toEqual([36928n, 150_994_944n, BigInt(7 * 64 * 64 * 64 * 9)]);
    expect(outputs[0]?.shape).toEqual([1, 64, 64, 64]);
  });
});

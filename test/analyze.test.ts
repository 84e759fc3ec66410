import { describe, expect, it } from "vitest";
import { analyze, parseLayers } from "../src/index.js";

const totals = (spec: string, options: Parameters<typeof analyze>[1]) => analyze(parseLayers(spec), options).totals;

describe("memory", () => {
  it("a chain's peak is the largest input and output of a layer together", () => {
    // float32 planes of 8x8: 3 in, 16, then 4. Peak: 3 + 16 at the first layer, 16 + 4 at the second.
    const { peakActivationBytes, activationBytes, weightBytes } = totals("pw 16; pw 4", { input: "3x8x8" });
    expect(peakActivationBytes).toBe(BigInt(20 * 64 * 4));
    expect(activationBytes).toBe(BigInt((16 + 4) * 64 * 4));
    expect(weightBytes).toBe(BigInt((3 * 16 + 16 * 4) * 4));
  });

  it("a residual keeps its input alive", () => {
    // Encoder of width 8 and 4 tokens: while the feed-forward of 32 runs, its own input waits for the addition.
    const { peakActivationBytes } = totals("encoder 2 32", { input: "4x8" });
    // At the activation (not in place): 4x32 in, 4x32 out, and the 4x8 residual.
    expect(peakActivationBytes).toBe(BigInt((4 * 32 + 4 * 32 + 4 * 8) * 4));
  });

  it("views and dropout move nothing and take nothing", () => {
    const [plain, viewed] = ["relu; linear 10", "relu; flatten; dropout; linear 10"].map((spec) => totals(spec, { input: "1x64" }));
    expect(viewed?.bytesMoved).toBe(plain?.bytesMoved);
    expect(viewed?.peakActivationBytes).toBe(plain?.peakActivationBytes);
  });

  it("a smaller type takes fewer bytes, indices keep theirs", () => {
    // 3x4 int64 indices in, 3x4x6 float16 out, 50x6 float16 weights.
    const { bytesMoved } = totals("nn.Embedding(50, 6)", { input: "3x4", dtype: "float16" });
    expect(bytesMoved).toBe(BigInt(12 * 8 + 72 * 2 + 300 * 2));
  });

  it("running statistics are buffers, and stored", () => {
    const result = totals("nn.BatchNorm2d(8)", { input: "1x8x4x4" });
    expect([result.params, result.buffers, result.weightBytes]).toEqual([16n, 16n, 128n]);
  });
});

describe("an input of three sizes", () => {
  const warnings = (spec: string, options: Parameters<typeof analyze>[1]) => analyze(parseLayers(spec), options).warnings;

  it.each(["flatten; linear 10", "relu; nn.Flatten(); linear 2", "bn", "dropout; bn; relu"])(
    "whose first may be a batch is told: %s, which PyTorch reads as three examples",
    (spec) => {
      expect(warnings(spec, { input: "3x32x32" })).toEqual([expect.stringContaining("--input 1x3x32x32")]);
      expect(analyze(parseLayers(spec), { input: "3x32x32" }).outputs[0]?.shape?.[0]).toBe(3);
    },
  );

  it.each([
    ["conv 3x3 8; flatten", "3x32x32"],
    ["bn; conv 3x3 8", "3x32x32"],
    ["linear 10; flatten", "3x32x32"],
    ["relu", "3x32x32"],
    ["flatten; linear 10", "1x32x32"],
    ["flatten; linear 10", "2x3x32x32"],
  ])("is not where a layer decides, or nothing hangs on it: %s of %s", (spec, input) => {
    expect(warnings(spec, { input })).toEqual([]);
  });
});

describe("FLOPs that are no multiply-adds", () => {
  it.each([
    ["conv 1x1 4->8 bias", "4x2x2", { bias: 8 * 4 }],
    ["bn", "1x4x2x2", { normalization: 2 * 16 }],
    ["ln", "2x8", { normalization: 16 * (5 + 2) }],
    ["rmsnorm", "2x8", { normalization: 16 * (3 + 1) }],
    ["relu", "2x8", { activation: 16 }],
    ["softmax", "2x8", { softmax: 2 * (5 * 8 - 2) }],
    ["maxpool 2x2", "1x4x4x4", { pooling: 4 * 4 * 3 }],
    ["avgpool 2x2", "1x4x4x4", { pooling: 4 * 4 * 4 }],
    ["gap", "1x4x3x5", { pooling: 4 * 15 }],
    // Bins of an axis of 5 in 3: [0,2) [1,4) [3,5) = 2 + 3 + 2 = 7 values; 7*7 for two axes.
    ["adaptiveavgpool 3x3", "1x4x5x5", { pooling: 4 * 49 }],
    ["nn.Upsample(scale_factor=2)", "1x4x2x2", {}],
    ["nn.Upsample(scale_factor=2, mode='bilinear')", "1x4x2x2", { interpolation: 4 * 16 * 7 }],
  ])("%s on %s", (spec, input, operations) => {
    const expected = Object.fromEntries(Object.entries(operations).map(([cause, count]) => [cause, BigInt(count)]));
    const result = totals(spec, { input });
    expect(result.operations).toEqual(expected);
    expect(result.flops).toBe(Object.values(expected).reduce((sum, count) => sum + count, 2n * result.macs));
  });
});

describe("the whole is the sum of its parts", () => {
  it("count(a; b) = count(a) + count(b)", () => {
    const whole = totals("conv 3x3 8; bn; relu; sep 3x3 16; gap", { input: "3x9x9" });
    const [first, second] = [totals("conv 3x3 8; bn; relu", { input: "3x9x9" }), totals("sep 3x3 16; gap", { input: "8x9x9" })];
    for (const key of ["params", "macs", "flops", "buffers", "bytesMoved", "weightBytes", "activationBytes"] as const)
      expect(whole[key]).toBe(first[key] + second[key]);
  });

  it("the batch scales what is computed and not what is stored", () => {
    const [one, four] = [1, 4].map((batch) => totals("conv 3x3 8; bn; relu; maxpool 2x2", { input: "3x9x9", batch }));
    expect(four?.macs).toBe(4n * (one?.macs ?? 0n));
    expect(four?.flops).toBe(4n * (one?.flops ?? 0n));
    expect(four?.params).toBe(one?.params);
  });
});

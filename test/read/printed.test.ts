import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { readPrinted } from "../../src/read/torch/read.js";
import { openLayers } from "../../src/source/layers.js";
import { convcost } from "../cli/run.js";
import { NET } from "./printed-model.js";

describe("print(model)", () => {
  it("a tree has exact parameters; what runs when is not printed", () => {
    const { totals, layers, partial } = analyze(readPrinted(NET));
    const block = 2 * 16 + (16 * 64 + 64) + (64 * 16 + 16);
    expect(totals.params).toBe(BigInt(3 * 16 * 9 + 3 * block + 2 * 16 + 4 * 8 * (16 + 8) + 2 * 4 * 8));
    expect(totals.buffers).toBe(32n);
    expect([totals.macs, partial, totals.uncounted]).toEqual([0n, true, layers.length]);
    expect(layers.map(({ name }) => name)).toContain("blocks.2.mlp.0");
  });

  it("a module that is not known is named", () => {
    expect(analyze(readPrinted(NET)).uncounted).toContainEqual({
      op: "LayerScale",
      count: 3,
      reason: "this module is not known: its parameters are not printed",
    });
  });

  it("a chain is counted as far as it goes", () => {
    const chain = `Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3), padding=(1, 1))\n  (1): Strange(\n    (a): Linear(in_features=4, out_features=4, bias=False)\n  )\n  (2): ReLU()\n)`;
    const { totals, uncounted } = analyze(readPrinted(chain, { input: [1, 3, 8, 8] }));
    expect([totals.macs, totals.params]).toEqual([BigInt(64 * 8 * 27), BigInt(8 * 27 + 8 + 16)]);
    expect(uncounted.map(({ op }) => op)).toEqual(["Linear", "ReLU"]);
  });

  it.each([
    ["a module that does not end", NET.slice(0, -3)],
    ["deep nesting", `${"A(\n  (a): ".repeat(1000)}B()`],
  ])("%s is refused", (_, text) => {
    expect(() => readPrinted(text)).toThrow(InputError);
  });

  it("a chain of known layers is compared and written as one that is typed", async () => {
    const chain = "Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))\n)";
    const [compared, written] = [await convcost(["compare", chain, "--input", "3x8x8"]), await convcost(["code", chain, "--input", "3x8x8"])];
    expect([compared.code, written.code]).toEqual([0, 0]);
    expect(compared.stdout).toContain("depthwise separable");
    expect(written.stdout).toContain("nn.Conv2d(3, 8");
  });

  it("comes on standard input", async () => {
    const { stdout, code } = await convcost(["count", "-", "--json"], { stdin: NET });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ model: { name: "Net", format: "torch" }, partial: true });
  });
});

// PyTorch 2.13 prints these in one line, as a layer is typed.
it.each([
  "LazyConv2d(0, 8, kernel_size=(3, 3), stride=(1, 1))",
  "LazyBatchNorm1d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)",
  "LazyLinear(in_features=0, out_features=5, bias=True)",
  "ParameterList(  (0): Parameter containing: [torch.float32 of size 3])",
])("%s is a printed model, not a typed layer", async (text) => {
  const opened = await openLayers(text, "m.txt");
  expect(opened.type).toBe("model");
  if (opened.type !== "model") return;
  const { totals } = analyze(opened.read({}));
  // A lazy module has no sizes yet; a list of parameters prints them.
  expect([totals.params, totals.lowerBounds.includes("params")]).toEqual(text.startsWith("Lazy") ? [0n, true] : [3n, false]);
});

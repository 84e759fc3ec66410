import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTfjs, type ReadTfjsOptions } from "../../src/read/tfjs/read.js";
import { convcost } from "../cli/run.js";
import { source } from "./onnx-model.js";
import { model, NET, node, placeholder } from "./tfjs-model.js";

const count = ({ json, shard }: typeof NET, options: ReadTfjsOptions = {}) =>
  analyze(readTfjs(json, { sibling: (name) => (name === "group1-shard1of1.bin" ? source(shard) : undefined), ...options }));

describe("TensorFlow.js: graph models", () => {
  it("every layer, with sizes and axes from the weights beside it", () => {
    const { totals, layers, outputs, partial } = count(NET);
    const macs = 16 * 27 * 4 + 16 * 9 * 8 + 16 * 8 * 16 + 16 * 10;
    expect(totals.macs).toBe(BigInt(macs));
    expect(totals.params).toBe(BigInt(108 + 8 + 72 + 8 + 128 + 16 + 160 + 10));
    expect(totals.buffers).toBe(8n);
    expect([outputs[0]?.shape, partial]).toEqual([[1, 10], false]);
    expect(layers.map(({ kind }) => kind).filter((kind) => kind !== undefined)).toEqual(["standard", "depthwise", "pointwise"]);
  });

  it("without them what they decide is not known, and parameters are", () => {
    const { totals, partial } = count(NET, { sibling: undefined });
    expect([partial, totals.params]).toEqual([true, count(NET).totals.params]);
  });

  it("an operator that is not known is named", () => {
    const { uncounted } = count(model([placeholder(1, 4), node("Mystery", "m", ["x"])], []));
    expect(uncounted).toEqual([{ op: "tensorflow.Mystery", count: 1, reason: "this operator is not known" }]);
  });

  it.each([
    ["a circle", model([placeholder(1, 4), node("Relu", "a", ["b"]), node("Relu", "b", ["a"])], []), /run in a circle/],
    ["a tensor that nothing makes", model([node("Relu", "a", ["b"])], []), /nothing makes `b`/],
  ])("%s is refused", (_, bad, message) => {
    expect(() => count(bad)).toThrow(message);
  });

  it("the command reads the weights beside model.json, and nothing outside of its folder", async () => {
    const files = {
      "web/model.json": { type: "file" as const, bytes: new TextEncoder().encode(NET.json) },
      "web/group1-shard1of1.bin": { type: "file" as const, bytes: NET.shard },
    };
    const { stdout } = await convcost(["count", "web/model.json", "--json"], { files });
    expect(JSON.parse(stdout)).toMatchObject({ partial: false, outputs: [{ name: "y", shape: [1, 10] }] });
  });
});

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

  it("a file of weights that is missing is named once, and is the reason of all that it leaves open", () => {
    const { uncounted, warnings } = count(NET, { sibling: undefined });
    expect(new Set(uncounted.map(({ reason }) => reason))).toEqual(new Set(["weights file group1-shard1of1.bin is missing"]));
    expect(warnings.filter((text) => text.includes("group1-shard1of1.bin"))).toHaveLength(1);
  });

  it.each([1, 3, 7])("weights files may be cut anywhere: every %d bytes", (size) => {
    const names = Array.from({ length: Math.ceil(NET.shard.length / size) }, (_, index) => `part${index}`);
    const json = NET.json.replace('"group1-shard1of1.bin"', names.map((name) => JSON.stringify(name)).join());
    const sibling = (name: string) => source(NET.shard.subarray(names.indexOf(name) * size, (names.indexOf(name) + 1) * size));
    const { totals, partial } = analyze(readTfjs(json, { sibling }));
    expect([totals.macs, partial]).toEqual([count(NET).totals.macs, false]);
  });

  it("texts and quantised numbers stand before others in a file", () => {
    const weights = [
      { name: "t", shape: [2], dtype: "string" },
      { name: "q", shape: [2], dtype: "int32", quantization: { dtype: "uint8", scale: 2, min: -1 } },
      { name: "s", shape: [2], dtype: "int32" },
    ];
    const topology = {
      node: [placeholder(1, 15), node("Const", "q"), node("Const", "s"), node("Reshape", "r", ["x", "q"]), node("Reshape", "y", ["r", "s"])],
    };
    // "ab" and "" with their lengths before them, 1 and 8 for 1 and 15, then 5 and 3.
    const shard = new Uint8Array([2, 0, 0, 0, 97, 98, 0, 0, 0, 0, 1, 8, 5, 0, 0, 0, 3, 0, 0, 0]);
    const json = JSON.stringify({ modelTopology: topology, weightsManifest: [{ paths: ["a.bin"], weights }] });
    const { outputs, partial } = analyze(readTfjs(json, { sibling: () => source(shard) }));
    expect([outputs[0]?.shape, partial]).toEqual([[5, 3], false]);
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

import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTfjs, type ReadTfjsOptions } from "../../src/read/tfjs/read.js";
import { convcost } from "../cli/run.js";
import { source } from "./onnx-model.js";

const base64 = (text: string) => btoa(text);
const list = (...values: readonly number[]) => ({ list: { i: values.map(String) } });
const text = (value: string) => ({ s: base64(value) });
const fused = (...names: readonly string[]) => ({ list: { s: names.map(base64) } });
const node = (op: string, name: string, input: readonly string[] = [], attr: object = {}) => ({ op, name, input, attr });
const placeholder = (...sizes: readonly number[]) =>
  node("Placeholder", "x", [], { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim: sizes.map((size) => ({ size: String(size) })) } } });

interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values?: readonly number[];
}

/** A graph model around its nodes; the shard has the values of whole numbers, and zeros for the rest. */
function model(nodes: readonly object[], weights: readonly Weight[], more: object = {}) {
  const listed = weights.map(({ name, shape, values }) => ({ name, shape, dtype: values === undefined ? "float32" : "int32" }));
  const shard = weights.flatMap(({ shape, values }) => [
    ...new Uint8Array(new Int32Array(values ?? Array<number>(shape.reduce((product, size) => product * size, 1)).fill(0)).buffer),
  ]);
  const constants = weights.map(({ name }) => node("Const", name));
  const json = {
    format: "graph-model",
    modelTopology: { node: [...nodes, ...constants] },
    weightsManifest: [{ paths: ["group1-shard1of1.bin"], weights: listed }],
    ...more,
  };
  return { json: JSON.stringify(json), shard: Uint8Array.from(shard) };
}

const conv = { strides: list(1, 2, 2, 1), dilations: list(1, 1, 1, 1), padding: text("VALID"), data_format: text("NHWC") };
const same = { strides: list(1, 1, 1, 1), dilations: list(1, 1, 1, 1), padding: text("SAME") };

// A MobileNet in small, as tensorflowjs_converter writes it: padding by itself, batch norm whole or folded, activations fused.
const NET = model(
  [
    placeholder(-1, 8, 8, 3),
    node("Pad", "pad", ["x", "paddings"]),
    node("Conv2D", "stem", ["pad", "stem/w"], conv),
    node("FusedBatchNormV3", "bn", ["stem", "gamma", "beta", "mean", "var"]),
    node("Relu6", "act", ["bn:0", "^pad"]),
    node("FusedDepthwiseConv2dNative", "dw", ["act", "dw/w", "dw/b"], { ...same, fused_ops: fused("BiasAdd", "Relu6") }),
    node("_FusedConv2D", "pw", ["dw", "pw/w", "pw/b"], { ...same, fused_ops: fused("BiasAdd", "Relu6") }),
    node("Mean", "pool", ["pw", "axes"], { keep_dims: { b: false } }),
    node("_FusedMatMul", "dense", ["pool", "dense/w", "dense/b"], { fused_ops: fused("BiasAdd") }),
    node("Softmax", "y", ["dense"]),
  ],
  [
    { name: "paddings", shape: [4, 2], values: [0, 0, 0, 1, 0, 1, 0, 0] },
    { name: "stem/w", shape: [3, 3, 3, 4] },
    ...["gamma", "beta", "mean", "var"].map((name) => ({ name, shape: [4] })),
    { name: "dw/w", shape: [3, 3, 4, 2] },
    { name: "dw/b", shape: [8] },
    { name: "pw/w", shape: [1, 1, 8, 16] },
    { name: "pw/b", shape: [16] },
    { name: "axes", shape: [2], values: [1, 2] },
    { name: "dense/w", shape: [16, 10] },
    { name: "dense/b", shape: [10] },
  ],
  { signature: { outputs: { prediction: { name: "y:0" } } } },
);

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

import { describe, expect, it } from "vitest";
import { analyze } from "../src/analyze/analyze.js";
import { groupLayers, modulePath } from "../src/analyze/group.js";
import { withPairs } from "../src/analyze/pairs.js";
import type { Graph } from "../src/graph/graph.js";
import { parseNetwork } from "../src/read/network/network.js";
import { zooModel } from "../src/zoo/zoo.js";
import { convcost } from "./cli/run.js";

function networkOf(name: string): Graph {
  const { text, variant } = zooModel(name);
  return parseNetwork(text, { set: variant === undefined ? {} : { variant } });
}

describe("modules, from the names of layers", () => {
  // Names as torch.onnx.export writes them, and the modules as named_modules() lists them.
  it.each([
    ["/features/features.3/conv/conv.0/conv.0.0/Conv", "features.3.conv.0.0"],
    ["/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"],
    ["/encoder/layers/encoder_layer_0/mlp/mlp.0/Gemm", "encoder.layers.encoder_layer_0.mlp.0"],
    ["/Flatten", ""],
    ["StatefulPartitionedCall/model/conv1/BiasAdd", "StatefulPartitionedCall.model.conv1"],
    ["features.0.1", "features.0.1"],
    ["Conv_12", "Conv_12"],
  ])("%s lies in %s", (name, path) => {
    expect(modulePath(name).join(".")).toBe(path);
  });
});

describe("groups of layers", () => {
  const graph = networkOf("mobilenet_v1");
  const analysis = analyze(graph);

  it.each([{ by: "op" as const }, { by: "kind" as const }, { by: "module" as const, depth: 1 }])("$by: every layer is in one", (options) => {
    const groups = groupLayers(analysis.layers, options);
    const sum = (pick: (figures: (typeof groups)[number]) => bigint) => groups.reduce((total, group) => total + pick(group), 0n);
    expect([sum((group) => group.macs), sum((group) => group.params), sum((group) => group.flops)]).toEqual([
      analysis.totals.macs,
      analysis.totals.params,
      analysis.totals.flops,
    ]);
  });

  // MobileNets, table 2: 74.59% of the parameters and 94.86% of the multiply-adds are in 1x1 convolutions.
  it("kinds of convolutions are those of the paper", () => {
    const groups = groupLayers(analysis.layers, { by: "kind" });
    const pointwise = groups.find(({ name }) => name === "pointwise");
    expect(Number(pointwise?.macs) / Number(analysis.totals.macs)).toBeCloseTo(0.9486, 3);
    expect(Number(pointwise?.params) / Number(analysis.totals.params)).toBeCloseTo(0.7459, 2);
  });

  it("a module's figures are those of all that is in it", () => {
    const groups = groupLayers(analyze(networkOf("resnet18")).layers, { by: "module" });
    for (const group of groups) {
      const children = groups.filter(({ name, depth }) => depth === group.depth + 1 && name.startsWith(`${group.name}.`));
      const inside = children.reduce((sum, child) => sum + child.macs, 0n);
      expect(inside <= group.macs).toBe(true);
    }
    expect(groups.filter(({ depth }) => depth === 1).reduce((sum, { macs }) => sum + macs, 0n)).toBe(1_814_073_344n);
  });

  it("pairs: the 13 depthwise separable blocks of MobileNet v1 are a row each, the totals the same", () => {
    const paired = withPairs(graph, analysis);
    const pairs = paired.layers.filter(({ op }) => op === "separable_conv2d");
    expect(pairs).toHaveLength(13);
    expect(pairs.every(({ steps }) => steps[0]?.kind === "depthwise" && steps.at(-1)?.kind === "pointwise")).toBe(true);
    expect(paired.layers.reduce((sum, { macs }) => sum + macs, 0n)).toBe(analysis.totals.macs);
    expect(paired.totals).toEqual(analysis.totals);
  });
});

describe("convcost count --group-by, --depth, --pairs", () => {
  it("fold the table; the total stays", async () => {
    const { stdout } = await convcost(["count", "zoo:mobilenet_v1", "--group-by", "kind", "--sort", "macs", "--units", "raw"]);
    const rows = stdout.split("\n").map((line) => line.trim().split(/\s+/));
    expect(rows[1]?.[0]).toBe("pointwise");
    expect(rows.find(([name]) => name === "total")?.[3]).toBe("568740352");
  });

  it("stand in the JSON beside the layers", async () => {
    const { stdout } = await convcost(["count", "zoo:resnet18", "--depth", "1", "--json"]);
    const modules = ["stem", "layer1", "layer2", "layer3", "layer4"];
    for (const name of modules) expect(stdout).toContain(`{ "name": "${name}", "depth": 1`);
  });

  it("--depth counts levels of modules only", async () => {
    const { code, stderr } = await convcost(["count", "zoo:resnet18", "--depth", "1", "--group-by", "op"]);
    expect(code).toBe(2);
    expect(stderr).toContain("--depth counts levels of modules");
  });
});

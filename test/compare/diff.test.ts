import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { diffCosts, heaviestChanges, type Difference } from "../../src/compare/diff.js";
import { readAnalysis } from "../../src/analyze/saved.js";
import { analysisJson } from "../../src/report/analysis-json.js";
import { parseNetwork } from "../../src/read/network/network.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { readPrinted } from "../../src/read/torch/read.js";
import { zooModel } from "../../src/zoo/zoo.js";

const layers = (text: string, input = "16x32x32") => analyze(parseLayers(text), { input: input.split("x").map(Number) });
const zoo = (name: string) => {
  const { text, variant } = zooModel(name);
  return analyze(parseNetwork(text, { set: variant === undefined ? {} : { variant } }));
};
const network = (body: string) => analyze(parseNetwork(`input: [16, 32, 32]\nlayers:\n${body}`));

/** What differs, a line a layer. */
function lines({ layers: changes }: Difference): readonly string[] {
  return changes.map((change) => {
    switch (change.type) {
      case "added":
        return `+ ${change.after.name} ${change.after.op}`;
      case "removed":
        return `- ${change.before.name} ${change.before.op}`;
      case "changed":
        return `~ ${change.before.name} ${change.after.name} ${change.fields.map(({ field }) => field).join(",")}`;
    }
  });
}

describe("the same model", () => {
  it.each(["mobilenet_v2", "resnet18", "densenet121"])("%s has no difference to itself", (name) => {
    const difference = diffCosts(zoo(name), zoo(name));
    expect(difference.equal).toBe(true);
    expect(difference.layers).toEqual([]);
  });
});

describe("attributes of a saved analysis", () => {
  it("are its own alone, whatever every object has besides: found by fuzzing", () => {
    const analysis = layers("conv 3x3 16; relu");
    const written = analysisJson(analysis, "0.1.0", analysis.layers);
    const saved = written
      .replace(/,\s*"digest": "[^"]*"/, "")
      .replace(/"attributes": \{(\})?/g, (_, end = ",") => `"attributes": { "constructor": 1${String(end)}`);
    const difference = diffCosts(readAnalysis(saved, "a.json"), analysis);
    expect(lines(difference)).toEqual(["~ 0 0 constructor", "~ 1 1 constructor"]);
    expect(difference.layers.flatMap((change) => (change.type === "changed" ? change.fields : []))).toEqual([
      { field: "constructor", before: 1, after: undefined },
      { field: "constructor", before: 1, after: undefined },
    ]);
  });
});

describe("a network at another width", () => {
  it.each([
    ["mobilenet_v1", 0.5],
    ["mobilenet_v2", 0.35],
    ["mobilenet_v2", 0.5],
    ["mobilenet_v2", 1.4],
  ])("%s at %f: every layer is the one in its place, though others are as wide as some were", (name, alpha) => {
    const { text } = zooModel(name);
    const { counts } = diffCosts(zoo(name), analyze(parseNetwork(text, { set: { alpha } })));
    expect(counts).toMatchObject({ added: 0, removed: 0, renamed: 0, moved: 0 });
  });
});

describe("names that are positions", () => {
  it("a layer put in front shifts none", () => {
    const chain = "conv 3x3 16; bn; relu; conv 3x3 32; bn; relu; conv 1x1 16";
    const difference = diffCosts(layers(chain), layers(`dropout; ${chain}`));
    expect(lines(difference)).toEqual(["+ 0 dropout"]);
    expect(difference.counts).toMatchObject({ unchanged: 7, renamed: 7, moved: 0 });
  });

  it("where every layer is the same as the next, the one of another kind is the one that came", () => {
    // By names, four of the five convolutions would stay where they are and the first become a pool.
    const difference = diffCosts(layers("5*(conv 3x3 16)"), layers("conv 1x1 16; 5*(conv 3x3 16)"));
    expect(lines(difference)).toEqual(["+ 0 conv2d"]);
  });

  it("a layer taken out of the middle is the one that is gone", () => {
    const difference = diffCosts(layers("conv 3x3 16; bn; relu; pw 16; bn; relu"), layers("conv 3x3 16; relu; pw 16; bn; relu"));
    expect(lines(difference)).toEqual(["- 1 batch_norm"]);
  });

  it("a changed layer beside one put in is still a change", () => {
    const difference = diffCosts(layers("conv 3x3 16; bn; relu; conv 3x3 32"), layers("conv 3x3 16; dropout; bn; relu; conv 5x5 32"));
    expect(lines(difference)).toEqual(["+ 1 dropout", "~ 3 4 kernelSize,padding"]);
  });

  it("blocks put into a network shift none", () => {
    const difference = diffCosts(
      layers("3*(dw 3x3; bn; relu; pw 16)"),
      layers("2*(dw 3x3; bn; relu; pw 16); dw 5x5; bn; silu; pw 16; dw 3x3; bn; relu; pw 16"),
    );
    expect(difference.counts).toMatchObject({ added: 4, removed: 0, changed: 0, unchanged: 12 });
  });

  it("another input changes every layer and adds none", () => {
    const chain = "conv 3x3 16; bn; relu; conv 3x3 32 s2; bn";
    expect(diffCosts(layers(chain), layers(chain, "16x48x48")).counts).toMatchObject({ added: 0, removed: 0, changed: 5 });
  });

  it("another input and a layer put in are told apart", () => {
    const chain = "conv 3x3 16; bn; relu; conv 3x3 32 s2; bn";
    expect(diffCosts(layers(chain), layers(`dropout; ${chain}`, "16x48x48")).counts).toMatchObject({ added: 1, removed: 0, changed: 5 });
  });
});

describe("names that mean something", () => {
  it("of equal layers the one whose name is gone is the one removed", () => {
    const difference = diffCosts(
      layers("a = nn.Conv2d(16, 16, 1); b = nn.Conv2d(16, 16, 1); c = nn.Conv2d(16, 16, 1)"),
      layers("a = nn.Conv2d(16, 16, 1); c = nn.Conv2d(16, 16, 1)"),
    );
    expect(lines(difference)).toEqual(["- b conv2d"]);
  });

  it("a layer that became another under its name is a change", () => {
    const difference = diffCosts(layers("a = nn.Conv2d(16, 16, 1); act = nn.ReLU()"), layers("a = nn.Conv2d(16, 16, 1); act = nn.SiLU()"));
    expect(lines(difference)).toEqual(["~ act act op"]);
  });

  it("ResNet-34 is ResNet-18 and 8 blocks of 7 layers", () => {
    // He et al. 2015, table 1: 2, 2, 2, 2 blocks against 3, 4, 6, 3; conv, bn, relu, conv, bn, add, relu each.
    const difference = diffCosts(zoo("resnet18"), zoo("resnet34"));
    expect(difference.counts).toMatchObject({ added: 8 * 7, removed: 0, changed: 0, renamed: 0, unchanged: 69 });
    // torchvision: 11,689,512 and 21,797,672 parameters.
    expect(difference.totals.find(({ measure }) => measure.name === "params")).toMatchObject({ before: 11_689_512n, after: 21_797_672n });
  });
});

describe("order", () => {
  it("branches that run in another order are the same layers", () => {
    const branches = (list: string) => network(`- add:\n${list}`);
    const before = branches("    - conv 3x3 16; bn\n    - conv 1x1 16\n");
    const after = branches("    - conv 1x1 16\n    - conv 3x3 16; bn\n");
    const difference = diffCosts(before, after);
    expect(difference.counts).toMatchObject({ added: 0, removed: 0, changed: 0, unchanged: 4 });
    expect(difference.counts.moved).toBeGreaterThan(0);
  });
});

it("a layer that moved is not taken for a new one that stands where it was", () => {
  const difference = diffCosts(
    layers("p = nn.ReLU(); a = nn.Conv2d(16, 16, 1); q = nn.BatchNorm2d(16)"),
    layers("p = nn.ReLU(); y = nn.Conv2d(16, 16, 1, bias=False); q = nn.BatchNorm2d(16); a = nn.Conv2d(16, 16, 1)"),
  );
  expect(lines(difference)).toEqual(["+ y conv2d"]);
  expect(difference.counts).toMatchObject({ unchanged: 3, moved: 1 });
});

describe("from one format to another", () => {
  it("the text of print(model) has the same parameters as the layers, and no figures", () => {
    const printed = analyze(
      readPrinted("Net(\n  (conv): Conv2d(16, 8, kernel_size=(3, 3))\n  (fc): Linear(in_features=8, out_features=4, bias=True)\n)", {}),
    );
    const difference = diffCosts(layers("conv = nn.Conv2d(16, 8, 3); fc = nn.Linear(30, 4)"), printed);
    expect(difference.counts).toMatchObject({ added: 0, removed: 0, changed: 2 });
    expect(difference.notes.join()).toContain("Conv2d");
  });
});

describe("what weighs most", () => {
  it("is kept in its order", () => {
    const { layers: changes } = diffCosts(layers("relu"), layers("pw 8; conv 3x3 16; relu; pw 32; dropout"));
    // 16*8, 8*16*9, 16*32 MACs a position.
    expect(heaviestChanges(changes, 2).map((change) => (change.type === "removed" ? "" : change.after.name))).toEqual(["1", "3"]);
  });
});

it("a hundred thousand layers with one put in", () => {
  const block = "19999*(conv 1x1 4; relu; bn; relu; dropout)";
  const difference = diffCosts(layers(block, "4x1x1"), layers(`dropout; ${block}`, "4x1x1"));
  expect(difference.counts).toMatchObject({ added: 1, removed: 0, changed: 0, unchanged: 99_995 });
});

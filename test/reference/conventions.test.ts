import { conventionNamed } from "../../src/conventions/table.js";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { analyze, compareConventions, parseLayers, parseNetwork, readOnnx, zooFamilies, zooModel, type Graph } from "../../src/index.js";
import { hasReference, readReference } from "./reference.js";
import { LAYER_MODELS } from "./torchvision.js";

// What each tool itself reported, in ../shared/reference beside the project: of 280 layers, and of torchvision's models.

type Json = Readonly<Record<string, unknown>>;

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isJson(inner) ? inner[key] : undefined), value);
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const numbers = (value: unknown): readonly number[] => list(value).filter((item) => typeof item === "number");
const big = (value: unknown) => (typeof value === "number" ? BigInt(value) : undefined);

/** Where the reference has a convention's figure of a layer, and of a model; a tool that failed has none. */
const LAYER_FIGURES: Readonly<Record<string, string>> = {
  thop: "thop_macs",
  ptflops: "ptflops_pytorch",
  "ptflops-modules": "ptflops_pytorch_nofunctional",
  "ptflops-aten": "ptflops_aten",
  fvcore: "fvcore",
  torchinfo: "torchinfo_mult_adds",
};
const MODEL_FIGURES: Readonly<Record<string, readonly string[]>> = {
  thop: ["thop", "macs"],
  ptflops: ["ptflops_pytorch", "macs"],
  "ptflops-modules": ["ptflops_pytorch_nofunctional", "macs"],
  "ptflops-aten": ["ptflops_aten", "macs"],
  fvcore: ["fvcore", "flops"],
  torchinfo: ["torchinfo", "total_mult_adds"],
  calflops: ["calflops", "flops"],
};

const counted = (graph: Graph, convention: string, input?: readonly number[]) =>
  analyze(graph, { convention: conventionNamed(convention), input }).totals.counted;

function randomLayers(): readonly Json[] {
  if (!hasReference("random_layers.json")) return [];
  return list(at(readReference("random_layers.json"), "rows")).filter((row): row is Json => isJson(row) && row["ok"] === true);
}

describe.skipIf(!hasReference("random_layers.json"))("every tool's figure of a single layer (../shared/reference/random_layers.json)", () => {
  const rows = randomLayers();

  it("has layers to look at", () => {
    expect(rows.length).toBe(280);
  });

  it.each(Object.entries(LAYER_FIGURES))("%s", (convention, key) => {
    const wrong = rows.flatMap((row) => {
      const text = String(row["ctor"]);
      const figure = counted(parseLayers(text), convention, numbers(row["input"]));
      return figure === big(row[key]) ? [] : [`${text}: ${String(figure)} and not ${String(row[key])}`];
    });
    expect(wrong).toEqual([]);
  });
});

const ZOO: ReadonlySet<string> = new Set(zooFamilies().flatMap(({ name, variants }) => [name, ...variants]));

function models(): readonly (readonly [string, unknown])[] {
  if (!hasReference("torchvision.json")) return [];
  const all = at(readReference("torchvision.json"), "models");
  return isJson(all) ? Object.entries(all).filter(([name]) => ZOO.has(name)) : [];
}

function zoo(name: string): Graph {
  const { text, variant } = zooModel(name);
  return parseNetwork(text, { set: variant === undefined ? {} : { variant } });
}

describe.skipIf(!hasReference("torchvision.json"))("every tool's total of the zoo's models (../shared/reference/torchvision.json)", () => {
  it("has models to look at", () => {
    expect(models().length).toBe(49);
  });

  it.each(models())("%s", (name, model) => {
    const { rows } = compareConventions(zoo(name), { input: numbers(at(model, "input")) });
    for (const { convention, counted: figure } of rows) {
      const expected = big(at(model, ...(MODEL_FIGURES[convention.name] ?? ["nothing"])));
      // Absent where the tool failed: ptflops on ViT, calflops on the two largest models.
      if (expected !== undefined) expect({ tool: convention.name, figure }).toEqual({ tool: convention.name, figure: expected });
    }
    expect(rows.find(({ convention }) => convention.name === "thop")?.params).toBe(big(at(model, "thop", "params")));
  });

  it.each(models())("%s at the sizes that PyTorch's counter was run on", (name, model) => {
    for (const run of list(at(model, "torch_flop_counter"))) {
      const input = numbers(at(run, "input"));
      // ViT's position embedding has one size.
      if (name.startsWith("vit") && input[2] !== 224) continue;
      const graph = parseNetwork(zooModel(name).text, { set: settings(name, input) });
      expect({ input, flops: counted(graph, "torch", input) }).toEqual({ input, flops: big(at(run, "flops")) });
    }
  });

  it("only ptflops on ViT and calflops on the largest models have no figure", () => {
    const missing = models().flatMap(([name, model]) =>
      Object.entries(MODEL_FIGURES).flatMap(([tool, path]) => (big(at(model, ...path)) === undefined ? [`${tool} ${name}`] : [])),
    );
    const vit = ["vit_b_16", "vit_h_14", "vit_l_32"].flatMap((name) => [`ptflops ${name}`, `ptflops-modules ${name}`]);
    expect(missing.sort()).toEqual([...vit, "calflops regnet_y_128gf", "calflops vit_h_14"].sort());
  });
});

function settings(name: string, [, , resolution = 224]: readonly number[]) {
  const { variant } = zooModel(name);
  return { resolution, ...(variant === undefined ? {} : { variant }) };
}

// ptflops fails on ViT.
const LAYER_FILES = LAYER_MODELS.filter((name) => name !== "vit_b_16");

describe.skipIf(!hasReference("layers/mobilenet_v2.json"))("thop and ptflops layer by layer (../shared/reference/layers)", () => {
  it.each(LAYER_FILES)("%s", (name) => {
    const leaves = list(at(readReference(`layers/${name}.json`), "layers"));
    for (const [convention, key] of [
      ["thop", "thop"],
      ["ptflops-modules", "ptflops"],
    ] as const) {
      const expected = leaves.map((leaf) => big(at(leaf, key)) ?? 0n).filter((count) => count > 0n);
      const input = numbers(list(at(leaves[0], "input"))[0]);
      const own = analyze(zoo(name), { convention: conventionNamed(convention), input }).layers.flatMap(({ counted: count = 0n }) =>
        count > 0n ? [count] : [],
      );
      expect(sorted(own)).toEqual(sorted(expected));
    }
  });
});

const sorted = (counts: readonly bigint[]) => [...counts].sort((left, right) => (left < right ? -1 : left > right ? 1 : 0));

function onnx(path: string): Graph {
  const bytes = readFileSync(new URL(`../../../shared/reference/${path}`, import.meta.url));
  return readOnnx({ length: bytes.length, read: (start, end) => bytes.subarray(start, end) });
}

// ../shared/CONVENTIONS.md, the table of models in millions. Of ViT's shapes, 561 elements that onnx-tool also counts are no layers here: 0.0006 M.
const ONNX_TOOL = [
  ["resnet50", 4117.34],
  ["mobilenet_v2", 319.95],
  ["efficientnet_b0", 600.99],
  ["densenet121", 3184.55],
  ["vit_b_16", 17998.59],
] as const;

describe.skipIf(!hasReference("onnx/resnet50.onnx"))("ONNX files (../shared/reference/onnx)", () => {
  it.each(ONNX_TOOL)("onnx-tool: %s, %d M", (name, millions) => {
    const figure = counted(onnx(`onnx/${name}.onnx`), "onnx-tool") ?? 0n;
    expect(((figure + 5000n) / 10000n).toString()).toBe(Math.round(millions * 100).toString());
  });

  it("a convention that counts batch norm says what is missing where it is folded", () => {
    const { caveats } = analyze(onnx("onnx/mobilenet_v2.onnx"), { convention: conventionNamed("thop") });
    expect(caveats.join("\n")).toMatch(/52 of 52 convolutions have no batch norm after them: what this tool counts of a norm/);
  });

  it("where it is kept, fvcore's figure of the file is that of the model", () => {
    const graph = onnx("onnx-bn/mobilenet_v2.onnx");
    expect(counted(graph, "fvcore")).toBe(counted(zoo("mobilenet_v2"), "fvcore"));
    expect(analyze(graph, { convention: conventionNamed("fvcore") }).caveats.join("\n")).not.toMatch(/batch norm/);
  });
});

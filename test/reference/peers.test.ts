import { conventionNamed } from "../../src/conventions/table.js";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { analyze, parseLayers, readOnnx, type Graph } from "../../src/index.js";
import { source } from "../read/onnx-model.js";
import { hasReference, readReference, readReferenceBytes } from "./reference.js";

// What the tools themselves gave, found beside them: ../shared/reference/reports/peers.json, C1 to C9.
const Peers = v.array(
  v.object({ id: v.string(), kind: v.string(), expected: v.union([v.number(), v.string(), v.array(v.unknown()), v.record(v.string(), v.number())]) }),
);
const known = hasReference("reports/peers.json");
const peers = known ? v.parse(Peers, readReference("reports/peers.json")).filter(({ kind }) => kind === "convention") : [];

const file = (name: string): Graph => readOnnx(source(readReferenceBytes(`reports/files/${name}`)));
const counted = (graph: Graph, convention: string, input?: string) =>
  analyze(graph, { convention: conventionNamed(convention), input }).totals.counted;

/** The figure of a case, by its id: of a file, or of layers. */
const CASES: Readonly<Record<string, { readonly graph: () => Graph; readonly input?: string; readonly conventions?: readonly string[] }>> = {
  C2: { graph: () => file("tconv.o13.onnx") },
  C2b: { graph: () => file("unet.o13.onnx"), conventions: ["onnx-tool"] },
  C3: { graph: () => file("gru1.o13.onnx") },
  C3b: { graph: () => file("gru1.o13train.onnx"), conventions: ["calflops"] },
  C4: { graph: () => file("upsample.o13.onnx") },
  C5: { graph: () => parseLayers("nn.Softmax2d()"), input: "2x8x12x12", conventions: ["thop"] },
  C6: { graph: () => parseLayers("nn.UpsamplingBilinear2d(scale_factor=2)"), input: "2x8x12x12", conventions: ["ptflops-modules"] },
  C8: { graph: () => parseLayers("nn.TransformerEncoderLayer(32,4,80,batch_first=True)"), input: "2x10x32", conventions: ["calflops"] },
};

/** Cases whose figure depends on more than the model says. */
const OTHERWISE: Readonly<Record<string, string>> = {
  C1: "the file is not there; tested below on the zoo's and torchvision's MobileNet v2",
  C9: "0 on PyTorch's fast path, and the figure here without it: a caveat says so",
};

describe.skipIf(!known)("conventions beside the tools themselves (../shared/reference/reports/peers.json)", () => {
  it("every case is here", () => {
    expect(peers.map(({ id }) => id).filter((id) => CASES[id] === undefined && OTHERWISE[id] === undefined)).toEqual([]);
  });

  it.each(peers.filter(({ id }) => CASES[id] !== undefined))("$id", ({ id, expected }) => {
    const { graph, input, conventions = [] } = CASES[id] ?? { graph: () => file("") };
    const figures = typeof expected === "number" ? conventions.map((name) => [name, expected] as const) : Object.entries(expected);
    expect(figures.length).toBeGreaterThan(0);
    for (const [name, figure] of figures) expect([name, counted(graph(), name, input)]).toEqual([name, BigInt(Number(figure))]);
  });

  it("C9: thop and torchinfo have a caveat for encoder layers that take the fast path", () => {
    for (const name of ["thop", "torchinfo"]) {
      const caveats = (spec: string) => analyze(parseLayers(spec), { convention: conventionNamed(name), input: "2x10x32" }).caveats.join("\n");
      expect(caveats("nn.TransformerEncoderLayer(32, 4, 80, batch_first=True)")).toContain("the tool sees nothing of it and reports 0");
      expect(caveats("nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 80, batch_first=True), 2)")).toContain("reports 0");
      expect(caveats("nn.TransformerEncoderLayer(32, 4, 80)")).toBe("");
    }
  });
});

describe.skipIf(!hasReference("onnx-bn/mobilenet_v2.onnx"))("C1: torchinfo on an ONNX file with its norms", () => {
  it("is what the tool gave of the module", () => {
    const graph = readOnnx(source(readReferenceBytes("onnx-bn/mobilenet_v2.onnx")));
    expect(counted(graph, "torchinfo")).toBe(300_809_384n);
  });
});

// Run beside PyTorch 1.13: thop 43c064a, ptflops d612c75, calflops 29ca584, torchinfo 5c4164f. Inference without batch_first has no fast path.
const RUN: readonly (readonly [string, string, Readonly<Record<string, bigint>>])[] = [
  ["nn.TransformerEncoderLayer(32, 4, 80)", "10x2x32", { thop: 107520n, "ptflops-modules": 204640n, calflops: 375840n, torchinfo: 105920n }],
  ["nn.TransformerEncoderLayer(32, 4, 80, activation=nn.ReLU(), batch_first=True)", "2x10x32", { "ptflops-modules": 206240n, calflops: 377440n }],
  ["nn.Softmax2d()", "2x8x12x12", { thop: 0n, ptflops: 2304n, "ptflops-modules": 0n, torchinfo: 0n }],
  ["nn.UpsamplingBilinear2d(scale_factor=2)", "2x8x12x12", { thop: 101376n, "ptflops-modules": 0n, torchinfo: 0n }],
  ["nn.UpsamplingNearest2d(scale_factor=2)", "2x8x12x12", { thop: 9216n, "ptflops-modules": 0n, torchinfo: 0n }],
  // TylerYep/torchinfo#77: release 1.8.0 gives 5 * (24 + 8), a later commit 50 * 32.
  ["nn.Linear(3, 8)", "5x10x3", { torchinfo: 1600n, "torchinfo-1.8.0": 160n }],
];

describe("layers that tools see in a way of their own", () => {
  it.each(RUN)("%s at %s", (spec, input, figures) => {
    for (const [name, figure] of Object.entries(figures)) expect([name, counted(parseLayers(spec), name, input)]).toEqual([name, figure]);
  });
});

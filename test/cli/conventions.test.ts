import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { convcost } from "./run.js";

const MOBILENET = "zoo:mobilenet_v2";

function schema(name: string): object {
  const value: unknown = JSON.parse(readFileSync(new URL(`../../schema/${name}.json`, import.meta.url), "utf8"));
  if (typeof value !== "object" || value === null) throw new Error("a schema is an object");
  return value;
}

interface Counted {
  readonly counted?: number;
  readonly count?: number;
}

interface Result {
  readonly totals: { readonly counted?: number; readonly macs: number; readonly flops: number };
  readonly differences?: readonly Counted[];
  readonly layers: readonly Counted[];
}

function isResult(value: unknown): value is Result {
  return typeof value === "object" && value !== null && "totals" in value && "layers" in value;
}

async function json(argv: readonly string[]): Promise<unknown> {
  const value: unknown = JSON.parse((await convcost([...argv, "--json"])).stdout);
  return value;
}

async function analysis(argv: readonly string[]): Promise<Result> {
  const value = await json(argv);
  if (!isResult(value)) throw new Error("this is no analysis");
  return value;
}

const sum = (counts: readonly (number | undefined)[]) => counts.reduce<number>((total, count = 0) => total + count, 0);

describe("--convention", () => {
  // ../shared/CONVENTIONS.md: MobileNetV2 in millions.
  it.each([
    ["thop", "327.49 M MAC"],
    ["ptflops", "320.30 M MAC"],
    ["fvcore", "314.19 M MAC"],
    ["torchinfo", "300.81 M MAC"],
    ["calflops", "614.97 M FLOP"],
  ])("count prints the figure of %s first, with its unit", async (name, figure) => {
    const { code, stdout } = await convcost(["count", MOBILENET, "--convention", name, "--top", "1"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${name} +${figure}  MACs [+-]`, "m"));
    expect(stdout).toMatch(/^MACs +300\.77 M/m);
  });

  it("the JSON has the figure, its unit and its causes, and macs and flops as ever", async () => {
    const result = await analysis(["count", MOBILENET, "--convention", "thop"]);
    const own = await analysis(["count", MOBILENET]);
    expect(result).toMatchObject({ convention: "thop", totals: { counted: 327_486_720, unit: "MAC", macs: 300_774_272, flops: own.totals.flops } });
    expect(own.totals.counted).toBeUndefined();
    expect(result.totals.macs + sum((result.differences ?? []).map(({ count }) => count))).toBe(327_486_720);
    expect(sum(result.layers.map(({ counted }) => counted))).toBe(327_486_720);
    expect(new Ajv2020({ strict: false }).validate(schema("analysis"), result)).toBe(true);
  });

  it("compare and sweep show it too", async () => {
    const compared = await json(["compare", MOBILENET, "zoo:resnet50", "--convention", "fvcore"]);
    expect(compared).toMatchObject({ convention: "fvcore", unit: "MAC", rows: [{ counted: 314_193_216 }, { counted: 4_111_512_576 }] });
    expect(new Ajv2020({ strict: false }).validate(schema("comparison"), compared)).toBe(true);
    expect(await json(["sweep", MOBILENET, "--set", "alpha=1", "--convention", "thop"])).toMatchObject({ counted: 327_486_720, unit: "MAC" });
    const table = await convcost(["sweep", MOBILENET, "--set", "alpha=1", "--convention", "calflops"]);
    expect(table.stdout).toMatch(/calflops\n.*M FLOP\n.*614\.97\n$/);
  });

  it("CSV has a column of it only where it was asked for", async () => {
    expect((await convcost(["count", MOBILENET, "--format", "csv"])).stdout).not.toMatch(/counted/);
    expect((await convcost(["count", MOBILENET, "--format", "csv", "--convention", "thop"])).stdout).toMatch(/^layer.*,counted,/);
  });

  it("a name that is none is told with those there are", async () => {
    const { code, stderr } = await convcost(["count", MOBILENET, "--convention", "thopp"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/'thopp' is invalid. Allowed choices are convcost, paper, thop, ptflops/);
  });
});

describe("conventions", () => {
  it("a row a tool, and the causes of its difference", async () => {
    const { stdout, code } = await convcost(["conventions", "zoo:resnet50"]);
    expect(code).toBe(0);
    // ../shared/reference/torchvision.json: thop 4,133,742,592; batch norm is 4 * 11,113,984, the last pool (49 + 1) * 2048.
    expect(stdout).toMatch(/^thop +4,133\.74 +MAC +\+44\.56\n +normalization +\+44\.46\n +pooling +\+0\.10$/m);
    expect(stdout).toMatch(/^torch +8,178\.37 +FLOP/m);
  });

  it("JSON by its schema, CSV with a line a cause", async () => {
    const result = await json(["conventions", "zoo:resnet18"]);
    expect(new Ajv2020({ strict: false }).validate(schema("conventions"), result)).toBe(true);
    const { stdout } = await convcost(["conventions", "zoo:resnet50", "--format", "csv"]);
    expect(stdout.split("\r\n").slice(0, 4)).toEqual([
      "convention,unit,counted,cause,difference",
      "convcost,MAC,4089184256,,0",
      "paper,MAC,4089184256,,0",
      "thop,MAC,4133742592,normalization,44455936",
    ]);
  });

  it("says on which models a figure may not be the tool's", async () => {
    const { stdout, stderr } = await convcost(["conventions", "zoo:vit_b_32"]);
    expect(stdout).toMatch(/^ptflops \* /m);
    expect(stderr).toMatch(/ptflops, ptflops-modules: the tool fails on multi_head_attention where it is given q, k and v by keyword/);
    expect(stderr).toMatch(/onnx-tool: the tool counts ONNX files/);
  });

  it("--explain prints every rule with the file where it stands", async () => {
    const { stdout, code } = await convcost(["conventions", "--explain", "thop"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^thop \(Lyken17\/pytorch-OpCounter 43c064a\)$/m);
    expect(stdout).toMatch(
      /^batch_norm, layer_norm, instance_norm\n {4}4 an element, 2 without scale and shift\n {4}thop\/vision\/basic_hooks\.py, count_normalization$/m,
    );
    expect(await json(["conventions", "--explain", "thop"])).toMatchObject({ schema: "convcost/convention@1", unit: "MAC", perMac: 1 });
  });

  it.each([
    [["conventions", "--explain", "nonsuch"], /--explain: there is no convention 'nonsuch'\nexpected: convcost, paper, thop/],
    [["conventions", "--explain", "thop", "zoo:resnet18"], /this prints the rules of a convention, and a model is given besides/],
    [["conventions", "nonsuch.onnx"], /there is no such file/],
    [["conventions", "--explain", "thop", "--format", "csv"], /no table for CSV/],
  ])("%j is refused", async (argv, message) => {
    const { code, stderr, stdout } = await convcost(argv);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("nothing lists them", async () => {
    expect((await convcost(["conventions"])).stdout).toMatch(/^calflops +FLOP +MrYxJ\/calculate-flops.pytorch 29ca584$/m);
    expect(await json(["conventions"])).toMatchObject({ conventions: { length: 13 } });
  });
});

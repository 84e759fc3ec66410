import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { convcost, file } from "./run.js";

const schema: unknown = JSON.parse(readFileSync(new URL("../../schema/diff.json", import.meta.url), "utf8"));
if (typeof schema !== "object" || schema === null) throw new Error("the schema is an object");
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

const before = "conv 3x3 3->8; bn; relu; conv 3x3 16";
const after = "conv 3x3 3->8; dropout; bn; relu; conv 5x5 16 s2";
const pair = ["diff", before, after, "--input", "3x32x32"];

describe("convcost diff", () => {
  it("shows totals, then layers with what they are set to", async () => {
    const { code, stdout } = await convcost(pair);
    // 216*1024 + 9*8*16*1024 = 1,400,832 MACs; 216*1024 + 25*8*16*256 = 1,040,384: 25.73% less.
    expect(stdout).toMatch(/^MACs +1,400\.83 K +1,040\.38 K +-360,448 +-25\.73$/m);
    expect(stdout).toContain("1 added, 0 removed, 1 changed, 3 unchanged; of those in both, 3 under another name");
    expect(stdout).toMatch(/^\+ 1 +dropout/m);
    expect(stdout).toMatch(/^~ 4 +conv2d +standard +\+2,048 +-360,448\n +was 3\n +kernelSize: 3x3 -> 5x5\n +stride: 1x1 -> 2x2$/m);
    expect(code).toBe(0);
  });

  it("ends with 1 where told to, and something differs that is counted", async () => {
    expect((await convcost([...pair, "--exit-code"])).code).toBe(1);
    expect((await convcost(["diff", before, before, "--input", "3x32x32", "--exit-code"])).code).toBe(0);
    const named = ["diff", "a = nn.ReLU()", "b = nn.ReLU()", "--input", "1x4", "--exit-code"];
    expect((await convcost(named)).code).toBe(0);
  });

  it("JSON keeps the published schema and is exact", async () => {
    const { stdout } = await convcost([...pair, "--json"]);
    const result: unknown = JSON.parse(stdout);
    validate(result);
    expect(validate.errors).toBeNull();
    expect(result).toMatchObject({
      equal: false,
      totals: { macs: { before: 1_400_832, after: 1_040_384, change: -360_448, percent: -25.7309 }, params: { change: (25 - 9) * 8 * 16 } },
      counts: { added: 1, removed: 0, changed: 1, unchanged: 3, renamed: 3, moved: 0 },
      layers: [
        { type: "added", after: { op: "dropout" } },
        {
          type: "changed",
          before: { name: "3" },
          after: { name: "4" },
          fields: [{ field: "kernelSize", before: [3, 3], after: [5, 5] }, {}, {}, {}],
        },
      ],
    });
    expect(validate({ schema: "convcost/diff@1" })).toBe(false);
  });

  it("says what another tool counts, where both were counted by it", async () => {
    const models = ["diff", "zoo:mobilenet_v1", "zoo:mobilenet_v2", "--json"];
    const same: unknown = JSON.parse((await convcost([...models, "--convention", "thop"])).stdout);
    validate(same);
    expect(validate.errors).toBeNull();
    expect(same).toMatchObject({ totals: { counted: { after: 327_486_720 }, macs: { after: 300_774_272 } }, after: { unit: "MAC" } });
    const saved = (await convcost(["count", "zoo:mobilenet_v1", "--json"])).stdout;
    const other = await convcost(["diff", "v1.json", "zoo:mobilenet_v2", "--convention", "thop", "--json"], { files: { "v1.json": file(saved) } });
    expect(JSON.parse(other.stdout)).toMatchObject({ notes: [expect.stringContaining("different conventions: convcost, thop")] });
    expect(other.stdout).not.toMatch(/^ {4}"counted"/m);
  });

  it("CSV has a line a change", async () => {
    const { stdout } = await convcost([...pair, "--format", "csv"]);
    const lines = stdout.trimEnd().split("\r\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^change,before,after,op,kind,fields,paramsBefore,/);
    expect(lines[2]).toMatch(/^changed,3,4,conv2d,standard,"kernelSize: 3x3 -> 5x5; /);
  });

  it("Markdown has totals first and the layers folded", async () => {
    const { stdout } = await convcost(["diff", "zoo:resnet18", "zoo:resnet34", "--format", "markdown"]);
    expect(stdout).toMatch(/^- before: \*\*zoo:resnet18\*\*\n- after: \*\*zoo:resnet34\*\*\n\n\| total \|/);
    expect(stdout).toMatch(/56 added, 0 removed, 0 changed, 69 unchanged\n\n<details>/);
    expect(stdout).toContain("and 6 changes that weigh less (--top)");
    // GitHub takes comments of 65,536 characters.
    expect(stdout.length).toBeLessThan(10_000);
  });

  it("--top keeps what weighs most", async () => {
    const { stdout } = await convcost([...pair, "--json", "--top", "1"]);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { added: 1, changed: 1 }, layers: [{ type: "changed" }] });
  });

  it("reads saved counts, either way round and from standard input", async () => {
    const saved = (await convcost(["count", before, "--input", "3x32x32", "--json"])).stdout;
    const files = { "base.json": file(saved) };
    expect((await convcost(["diff", "base.json", before, "--input", "3x32x32", "--exit-code"], { files })).code).toBe(0);
    expect((await convcost(["diff", after, "base.json", "--input", "3x32x32", "--exit-code"], { files })).code).toBe(1);
    expect((await convcost(["diff", "base.json", "-", "--exit-code"], { files, stdin: saved })).code).toBe(0);
  });

  it.each([
    ["flags for what was counted earlier", ["diff", "a.json", "a.json", "--batch", "2"], "--batch: a.json"],
    ["an analysis without its layers", ["diff", "cut.json", "a.json"], "1 of 4 layers"],
    ["a source that is none", ["diff", "nonsuch.onnx", "a.json"], "no such file"],
    ["one source", ["diff", "a.json"], "missing required argument"],
    ["a saved count where a model is wanted", ["count", "a.json"], "what an earlier count has printed"],
  ])("%s is refused", async (_, argv, says) => {
    const count = ["count", before, "--input", "3x32x32", "--json"];
    const files = { "a.json": file((await convcost(count)).stdout), "cut.json": file((await convcost([...count, "--top", "1"])).stdout) };
    const { code, stdout, stderr } = await convcost(argv, { files });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
  });

  it("a saved count of pairs has all its layers", async () => {
    const count = ["count", "dw 3x3 8; bn; pw 16", "--input", "8x8x8", "--json", "--pairs"];
    const files = { "a.json": file((await convcost(count)).stdout) };
    expect((await convcost(["diff", "a.json", "a.json", "--exit-code"], { files })).code).toBe(0);
  });

  it("sets a parameter of one side alone", async () => {
    const files = { "net.yaml": file("parameters: { c: 8 }\ninput: [3, 4, 4]\nlayers: pw {c}\n") };
    const set = async (...flags: readonly string[]): Promise<unknown> =>
      JSON.parse((await convcost(["diff", "net.yaml", "net.yaml", ...flags, "--json"], { files })).stdout);
    // A pointwise convolution of 3 * c weights.
    expect(await set("--set-after", "c=4")).toMatchObject({ totals: { params: { before: 3 * 8, after: 3 * 4 } } });
    expect(await set("--set", "c=16", "--set-before", "c=2")).toMatchObject({ totals: { params: { before: 3 * 2, after: 3 * 16 } } });
    const base = (await convcost(["count", "pw 3->8 @4x4", "--json"])).stdout;
    const { code, stderr } = await convcost(["diff", "base.json", "pw 3->8 @4x4", "--set-before", "c=1"], { files: { "base.json": file(base) } });
    expect([code, stderr]).toEqual([2, expect.stringContaining("--set-before: base.json was counted earlier")]);
  });

  it("tells what is only a lower bound", async () => {
    const printed = file("Net(\n  (conv): Conv2d(3, 8, kernel_size=(3, 3))\n  (x): Linear(in_features=8, out_features=4, bias=True)\n)\n");
    const { stdout, stderr } = await convcost(["diff", "net.txt", before, "--input", "3x32x32"], { files: { "net.txt": printed } });
    expect(stdout).toMatch(/^MACs +>= 0 K +1,400\.83 K +<= \+1,400\.83 K *$/m);
    const both = (await convcost(["diff", "net.txt", "net.txt"], { files: { "net.txt": printed } })).stdout;
    expect(both).toMatch(/^MACs +>= 0 +>= 0 +\? *$/m);
    expect(stderr).toContain("before: Conv2d (1), Linear (1) not counted");
  });
});

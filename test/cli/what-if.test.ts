import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { convcost, file } from "./run.js";

const NET = ["conv 3x3 3->8 @8x8; conv 3x3 8->16; conv 1x1 16->16", "--replace", "standard k>1", "--with", "depthwise-separable"];

describe("whatif", () => {
  it("shows each replaced layer and the totals, before and after", async () => {
    const { code, stdout, stderr } = await convcost(["whatif", ...NET, "--keep-first"]);
    expect(code).toBe(0);
    // 64 positions: 8*16*9 against 8*9 + 8*16 multiply-adds.
    expect(stdout).toMatch(/1 +3x3 +1,152 +200 +0\.174 +73,728 +12,800 +0\.174/);
    expect(stdout).toMatch(/MACs +103,936 +43,008 +0\.414/);
    expect(stderr).toContain("left as it was: 0: the first convolution is kept");
  });

  it.each([[], ["--sort", "macs", "--top", "1"], ["--between", "bn; relu"]])("--json keeps the published schema %s", async (...flags) => {
    const schema: unknown = JSON.parse(readFileSync(new URL("../../schema/whatif.json", import.meta.url), "utf8"));
    if (typeof schema !== "object" || schema === null) throw new Error("no schema");
    const validate = new Ajv2020().compile(schema);
    const result: unknown = JSON.parse((await convcost(["whatif", ...NET, ...flags, "--json"])).stdout);
    void validate(result);
    expect(validate.errors).toBeNull();
    expect(result).toMatchObject({ schema: "convcost/whatif@1", layers: [{}, {}, { kind: "pointwise" }] });
  });

  it("says what changes nothing: a mistyped pattern must not pass for a model without such layers", async () => {
    const net = "conv 3x3 8->16 @8x8; conv 5x5 16";
    const run = (...flags: readonly string[]) => convcost(["whatif", net, "--replace", "k=3", "--with", "depthwise-separable", ...flags]);
    expect((await run("--keep", "nosuch*")).stderr).toContain("note: --keep 'nosuch*' keeps nothing: no layer has such a name");
    expect((await run("--groups", "3")).stderr).toContain("note: --groups 3 changes nothing: nothing becomes grouped");
    expect((await run("--expand", "7")).stderr).toContain("note: --expand 7 changes nothing: nothing becomes a bottleneck");
    expect((await run("--replace", "k=7", "--with", "grouped")).stderr).toContain("note: 'k=7' replaces nothing");
    expect((await run("--keep", "1")).stderr).not.toMatch(/nothing:/);
  });

  it("several names are any of them", async () => {
    const { stdout } = await convcost([
      "whatif",
      "conv 3x3 8->16 @8x8; conv 5x5 16; conv 3x3 16",
      "--name",
      "0",
      "--name",
      "2",
      "--with",
      "depthwise-separable",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ replaced: [{ index: 0 }, { index: 2 }] });
  });

  it("csv has raw numbers, markdown two tables", async () => {
    const csv = (await convcost(["whatif", ...NET, "--format", "csv", "--columns", "layer,macs"])).stdout;
    expect(csv.split("\r\n").slice(0, 2)).toEqual(["layer,macs,macs_after,macs_ratio", `0,${64 * 216},${64 * (27 + 24)},${51 / 216}`]);
    expect((await convcost(["whatif", ...NET, "--format", "markdown"])).stdout.match(/^\| :?---/gm)).toHaveLength(2);
  });

  it("names that a model brings do no harm", async () => {
    const net = file('input: [4, 8, 8]\nlayers:\n  - name: "a|b\\u001b[31m"\n    layer: conv 3x3 4\n');
    const { stdout } = await convcost(["whatif", "n.yaml", "--replace", "any", "--with", "grouped", "--format", "markdown"], {
      files: { "n.yaml": net },
    });
    expect(stdout).not.toContain("\u001b");
  });

  it("fits into 80 columns, and says what it leaves out", async () => {
    const { stdout } = await convcost(["whatif", ...NET], { terminal: 80, env: { NO_COLOR: "1" } });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout).toMatch(/not shown at this width: kernel \(/);
  });

  it.each([
    [["conv 3x3 3->8 @8x8", "--replace", "any"], /1 --replace and 0 --with/],
    [["conv 3x3 3->8 @8x8", "--replace", "any", "--with", "deepwise"], /no variant 'deepwise'/],
    [["conv 3x3 3->8 @8x8", "--replace", "standard q>1", "--with", "grouped"], / {2}standard q>1\n {11}\^\^\^/],
    [["relu", "--input", "4", "--replace", "any", "--with", "grouped"], /no convolution of relu is meant/],
    [["conv 3x3 3->8 @8x8", "--replace", "any", "--with", "depthwise-separable", "--between", "maxpool 2x2"], /output would be/],
    [["conv 3x3 3->8 @8x8", "--replace", "any", "--with", "depthwise-separable", "--between", "sep 3x3 3"], /several layers/],
  ])("%s is refused", async (argv, message) => {
    const { code, stdout, stderr } = await convcost(["whatif", ...argv]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });
});

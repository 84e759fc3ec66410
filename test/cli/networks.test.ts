import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { zooFamilies, zooModel } from "../../src/zoo/zoo.js";
import { convcost, file } from "./run.js";

const NET = `name: tiny
parameters: {alpha: 1.0, wide: true, act: relu, groups: [1, 2]}
input: [8, 4, 4]
layers:
  - conv 1x1 {int(16 * alpha)}; {act}
  - dw 3x3; bn; relu; pw 4
`;
const files = { "net.yaml": file(NET) };

function totals(stdout: string): unknown {
  const data: unknown = JSON.parse(stdout);
  return typeof data === "object" && data !== null && "totals" in data ? data.totals : undefined;
}

describe("count of a network file", () => {
  it("counts it, with parameters set", async () => {
    const whole = await convcost(["count", "net.yaml", "--json"], { files });
    // 1x1 from 8 to 16, 3x3 of 16, batch norm of 16, 1x1 from 16 to 4.
    expect(totals(whole.stdout)).toMatchObject({ params: 128 + 144 + 32 + 64, macs: 16 * (128 + 144 + 64) });
    const half = await convcost(["count", "net.yaml", "--json", "--set", "alpha=0.5", "--batch", "2"], { files });
    expect(totals(half.stdout)).toMatchObject({ params: 64 + 72 + 16 + 32, macs: 2 * 16 * (64 + 72 + 32) });
  });

  it("knows one by its content, from standard input too", async () => {
    const { stdout } = await convcost(["count", "-", "--json"], { stdin: NET });
    expect(totals(stdout)).toMatchObject({ params: 368 });
    const json = await convcost(["count", "model.txt", "--json"], { files: { "model.txt": file('{"input": [8, 4, 4], "layers": "conv 1x1 4"}') } });
    expect(totals(json.stdout)).toMatchObject({ params: 32 });
  });

  it.each([
    [["--set", "alpa=1"], /no parameter 'alpa'\n.*\n.*did you mean --set alpha=/],
    [["--set", "alpha=wide"], /--set: alpha is set to wide, which is a text\nexpected: a number/],
    [["--set", "alpha"], /sets nothing/],
    [["--set", "alpha=0"], /net\.yaml:5:\d+: .*too small/],
    [["--input", "y=8x4x4"], /there is no input 'y'/],
  ])("%j is refused", async (flags, message) => {
    const { code, stdout, stderr } = await convcost(["count", "net.yaml", ...flags], { files });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
  });

  it("layers have no parameters", async () => {
    const { code, stderr } = await convcost(["count", "conv 3x3 3->8 @8x8", "--set", "alpha=1"]);
    expect(code).toBe(2);
    expect(stderr).toContain("layers have no parameters to set");
  });

  it("a complaint shows the line", async () => {
    const { code, stderr } = await convcost(["count", "net.yaml"], { files: { "net.yaml": file(NET.replace("alpha)", "beta)")) } });
    expect(code).toBe(2);
    expect(stderr).toMatch(/net\.yaml:5:24: there is no `beta` here\n {4}- conv 1x1 \{int\(16 \* beta\)\}; \{act\}\n +\^\^\^\^\n/);
  });
});

describe("the zoo", () => {
  it("lists every family with its variants", async () => {
    const { stdout } = await convcost(["zoo"]);
    for (const { name, variants } of zooFamilies()) for (const word of [name, ...variants]) expect(stdout).toMatch(new RegExp(`\\b${word}\\b`));
  });

  it.each(["json", "csv", "markdown"])("lists as %s", async (format) => {
    const { code, stdout } = await convcost(["zoo", "--format", format]);
    expect(code).toBe(0);
    expect(stdout.replaceAll("\\", "")).toContain("mobilenet_v3_large_minimalistic");
  });

  it.each(["mobilenet_v2", "resnext101_64x4d", "swin_v2_b", "efficientnet_b3", "regnet_x_1_6gf"])(
    "show %s prints a file that counts the same",
    async (name) => {
      const shown = await convcost(["zoo", "show", name]);
      const [own, mine] = await Promise.all([
        convcost(["count", `zoo:${name}`, "--json"]),
        convcost(["count", "my.yaml", "--json"], { files: { "my.yaml": file(shown.stdout) } }),
      ]);
      expect(mine.stderr).toBe("");
      expect(totals(mine.stdout)).toEqual(totals(own.stdout));
    },
  );

  it("suggests a name", async () => {
    const { code, stderr } = await convcost(["count", "zoo:mobilnet_v2"]);
    expect(code).toBe(2);
    expect(stderr).toContain("did you mean zoo:mobilenet_v2?");
  });
});

describe("schema/network.json", () => {
  const schema: unknown = JSON.parse(readFileSync(new URL("../../schema/network.json", import.meta.url), "utf8"));
  if (typeof schema !== "object" || schema === null) throw new Error("the schema is an object");
  const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

  it.each(zooFamilies().map(({ name }) => name))("knows zoo:%s", (name) => {
    validate(parse(zooModel(name).text));
    expect(validate.errors).toBeNull();
  });

  it.each(["layers: [{layer: relu, repeet: 2}]\ninput: 3", "layers: relu", "input: 3", "input: 3\nlayers: relu\nblock: {}"])("refuses %j", (text) => {
    expect(validate(parse(text))).toBe(false);
  });
});

describe("compare of models", () => {
  it("a row each, ratios to the first", async () => {
    const { stdout } = await convcost(["compare", "net.yaml", "zoo:mobilenet_v1", "--format", "csv"], { files });
    expect(stdout.split("\r\n").map((line) => line.split(",")[0])).toEqual(["label", "tiny", "mobilenet_v1", ""]);
  });

  it("--full-conv: the depthwise and the pointwise convolution become one, norm and activation between them go", async () => {
    const { stdout, stderr } = await convcost(["compare", "--full-conv", "net.yaml", "--json"], { files });
    const data: unknown = JSON.parse(stdout);
    expect(stderr).toBe("");
    expect(data).toMatchObject({
      rows: [
        { label: "tiny, full convolution", params: 128 + 9 * 16 * 4, macs: 16 * (128 + 9 * 16 * 4) },
        { label: "tiny", params: 368 },
      ],
      notes: ["tiny: 1 depthwise separable convolutions became standard ones"],
    });
  });

  it("--full-conv: a depthwise convolution alone keeps its channels", async () => {
    const alone = "input: [8, 4, 4]\nlayers: [dw 3x3 bias; relu; maxpool 2x2]";
    const { stdout } = await convcost(["compare", "--full-conv", "alone.yaml", "--json"], { files: { "alone.yaml": file(alone) } });
    expect(JSON.parse(stdout)).toMatchObject({ rows: [{ params: 9 * 64 + 8 }, { params: 9 * 8 + 8 }] });
  });

  it.each([
    [["net.yaml"], /one model, and nothing to compare it with/],
    [["--full-conv", "zoo:vgg16"], /vgg16 has no depthwise convolution/],
    [["net.yaml", "zoo:vgg16", "--set", "nope=1"], /none of these networks has a parameter 'nope'/],
  ])("%j is refused", async (argv, message) => {
    const { code, stderr } = await convcost(["compare", ...argv], { files });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

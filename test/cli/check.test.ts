import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { sourceFlagNames } from "../../src/commands/command.js";
import { MEASURES } from "../../src/compare/measures.js";
import { convcost, file, type Setting } from "./run.js";

// torchvision: mobilenet_v2 has 3,504,872 parameters, and 300,774,272 multiply-adds at 224 pixels.
const NET = "zoo:mobilenet_v2";
// Modules of one's own in print(model): parameters are known (3*8*9 + 8 and 8*4 + 4), MACs are not.
const PRINTED = file("Net(\n  (conv): Conv2d(3, 8, kernel_size=(3, 3))\n  (x): Linear(in_features=8, out_features=4, bias=True)\n)\n");

function schema(name: string) {
  const data: unknown = JSON.parse(readFileSync(new URL(`../../schema/${name}.json`, import.meta.url), "utf8"));
  if (typeof data !== "object" || data === null) throw new Error(`${name} is no schema`);
  return new Ajv2020({ allowUnionTypes: true }).compile(data);
}

/** Elements with their attributes, from a parser that refuses what is no XML. */
function elements(xml: string): readonly { readonly name: string; readonly attributes: Readonly<Record<string, string>> }[] {
  const found: { name: string; attributes: Record<string, string> }[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", (tag) => found.push({ name: tag.name, attributes: { ...tag.attributes } }));
  parser.write(xml).close();
  return found;
}

describe("budgets on the command line", () => {
  it.each([
    ["the figure itself", ["--max-macs", "300774272", "--max-params", "3504872"], 0],
    ["one multiply-add less", ["--max-macs", "300774271", "--max-params", "3504872"], 1],
    ["one parameter less", ["--max-macs", "300774272", "--max-params", "3504871"], 1],
    ["rounded up", ["--max-macs", "301M", "--max-params", "3.6M"], 0],
    ["no unknown operator", ["--no-unknown"], 0],
  ] as const)("%s", async (_, flags, code) => {
    const result = await convcost(["check", NET, ...flags]);
    expect(result.code).toBe(code);
  });

  it("says limit, value, headroom, the word, and what weighs most", async () => {
    const { stdout } = await convcost(["check", NET, "--max-macs", "300M", "--max-params", "4M"]);
    // 774,272 of 300 M is 0.258%; 495,128 of 4 M is 12.4%.
    expect(stdout).toMatch(/^MACs +300\.00 M +300\.77 M +-0\.3% +FAIL$/m);
    expect(stdout).toMatch(/^Parameters +4,000\.00 K +3,504\.87 K +12\.4% +pass$/m);
    // The last 1x1 convolution: 320 * 1280 * 7 * 7 = 20,070,400 MACs, the most of any layer.
    expect(stdout).toMatch(/MACs: the heaviest layers\nlayer .*\n.*\nhead\.0 +conv2d +pointwise +20\.07 /);
    expect(stdout).toMatch(/0 of 1 model within budget, 1 over budget\n$/);
  });

  it("counts as the flags of count say", async () => {
    expect((await convcost(["check", NET, "--batch", "2", "--max-macs", "601548543"])).code).toBe(1);
    expect((await convcost(["check", NET, "--batch", "2", "--max-macs", "601548544"])).code).toBe(0);
    expect((await convcost(["check", "zoo:mobilenet_v1", "--set", "alpha=0.5", "--max-params", "1.4M"])).code).toBe(0);
    expect((await convcost(["check", "conv 3x3 3->8", "--input", "3x8x8", "--dtype", "int8", "--max-weights", "216B"])).code).toBe(0);
  });

  const refused: readonly [string, readonly string[], string][] = [
    ["no budget", ["check", NET], "no budget"],
    ["a unit that is none", ["check", NET, "--max-macs", "300m"], "did you mean 300M?"],
    ["a negative amount", ["check", NET, "--max-params", "-1"], "negative"],
    ["bytes without a unit of bytes", ["check", NET, "--max-weights", "5K"], "KiB (1024)"],
    ["a budget without a source", ["check", "--max-macs", "5M"], "no source is given"],
    ["nothing at all", ["check"], "no config is in this folder"],
    ["both ways with unknown operators", ["check", NET, "--no-unknown", "--allow-unknown"], "contradicts"],
    ["an increase from nothing", ["check", NET, "--max-increase", "macs=1%"], "no --baseline"],
    ["a baseline for nothing", ["check", NET, "--baseline", "b.json", "--max-macs", "1G"], "needs --max-increase"],
    ["a figure that is none", ["check", NET, "--baseline", "b.json", "--max-increase", "mac=1%"], "did you mean macs?"],
    ["a source and a config", ["check", NET, "--config", "c.yaml", "--max-macs", "1G"], "--config names others"],
    ["one baseline for two", ["check", NET, NET, "--baseline", "b.json", "--max-increase", "macs=1%"], "one model"],
    ["a config that is not there", ["check", "--config", "c.yaml"], "no such file"],
  ];
  it.each(refused)("%s is refused", async (_, argv, says) => {
    const { code, stdout, stderr } = await convcost(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(says);
  });
});

// thop's figure for MobileNetV2 is 327.49 M, TensorFlow's multiply-adds 300.77 M (../shared/CONVENTIONS.md).
describe("as another tool counts", () => {
  const checked = ["check", "zoo:mobilenet_v2", "--convention", "thop", "--json"];
  const figures = (stdout: string) => {
    const result: unknown = JSON.parse(stdout);
    return result;
  };

  it("holds the tool's figure against the budget, and its MACs keep their meaning", async () => {
    const { code, stdout } = await convcost([...checked, "--max-counted", "327.48M", "--max-macs", "300.78M"]);
    expect(code).toBe(1);
    expect(figures(stdout)).toMatchObject({
      models: [
        {
          convention: "thop",
          budgets: [
            { name: "macs", value: 300_774_272, status: "pass" },
            { name: "counted", value: 327_486_720, status: "fail" },
          ],
        },
      ],
    });
    expect((await convcost([...checked, "--max-counted", "327.49M"])).code).toBe(0);
  });

  it("names the tool and its unit", async () => {
    const { stdout } = await convcost(["check", "zoo:mobilenet_v2", "--convention", "calflops", "--max-layer-counted", "1M", "--max-counted", "1G"]);
    expect(stdout).toMatch(/^Counted by calflops \(FLOP\) +1,000\.00 M +614\.97 M +38\.5% +pass$/m);
    expect(stdout).toMatch(/^layer +op +kind +calflops$/m);
  });

  it("says why the tool may report something else", async () => {
    // onnx-tool sees models as an exporter writes them.
    const { stdout } = await convcost(["check", "zoo:mobilenet_v2", "--convention", "onnx-tool", "--max-counted", "1G"]);
    expect(stdout).toMatch(/^warning: onnx-tool: /m);
  });

  it("is not measured from a baseline of another", async () => {
    const base = (await convcost(["count", "zoo:mobilenet_v2", "--json"])).stdout;
    const { code, stderr } = await convcost([...checked, "--baseline", "base.json", "--max-increase", "macs=1%"], {
      files: { "base.json": file(base) },
    });
    expect(code).toBe(2);
    expect(stderr).toContain("the baseline was counted by the convention convcost, and this by thop");
  });

  it("is read from what was saved, and held against what its layers have", async () => {
    const saved = (await convcost(["count", "zoo:mobilenet_v2", "--convention", "thop", "--json"])).stdout;
    const run = (base: string) => convcost(["check", "base.json", "--max-counted", "327.48M"], { files: { "base.json": file(base) } });
    expect((await run(saved)).code).toBe(1);
    const cheated = await run(saved.replace('"counted": 327486720', '"counted": 320000000'));
    expect([cheated.code, cheated.stderr]).toEqual([2, expect.stringContaining("totals.counted is 320000000, and the layers have 327486720")]);
  });
});

describe("what could not be counted", () => {
  const check = (...flags: readonly string[]) => convcost(["check", "net.txt", ...flags], { files: { "net.txt": PRINTED } });

  it("leaves MACs open and says which operators", async () => {
    const { code, stdout } = await check("--max-macs", "1M", "--max-params", "268");
    expect(stdout).toMatch(/^MACs .*NOT KNOWN$/m);
    expect(stdout).toContain("Conv2d (1), Linear (1)");
    expect(code).toBe(2);
  });

  it("leaves parameters known", async () => {
    expect((await check("--max-params", "260")).code).toBe(0);
    expect((await check("--max-params", "259")).code).toBe(1);
  });

  it("fails with --no-unknown, passes with --allow-unknown and says so", async () => {
    expect((await check("--max-macs", "1M", "--no-unknown")).code).toBe(1);
    const { code, stdout } = await check("--max-macs", "1M", "--allow-unknown");
    expect(code).toBe(0);
    expect(stdout).toContain("taken at what it is at least, as --allow-unknown accepts");
  });
});

describe("several models", () => {
  const setting: Setting = { files: { "bad.onnx": file("nonsense"), "net.txt": PRINTED } };
  const argv = ["check", NET, "bad.onnx", "missing.onnx", "zoo:nonsuch", "zoo:mobilenet_v1", "--max-macs", "301M"];

  it("are all checked, and the worst decides", async () => {
    const { code, stdout } = await convcost([...argv, "--json"], setting);
    const result: unknown = JSON.parse(stdout);
    // MobileNetV1 has 569 M (arXiv 1704.04861).
    expect(result).toMatchObject({
      status: "unknown",
      models: [
        { status: "pass" },
        { status: "error" },
        { status: "error", error: { code: "unreadable-file" } },
        { status: "error" },
        { status: "fail" },
      ],
    });
    expect(code).toBe(2);
  });

  it.each(["table", "markdown", "github", "junit"])("as %s none that cannot be read passes in silence", async (format) => {
    const { code, stdout, stderr } = await convcost([...argv, "--format", format], setting);
    for (const name of ["bad.onnx", "missing.onnx", "zoo:nonsuch"]) expect(stdout.replaceAll("%3A", ":")).toContain(name);
    expect(stdout).toContain("there is no such file");
    expect(stderr).toContain("missing.onnx: there is no such file");
    expect(code).toBe(2);
  });

  it("over budget alone is exit code 1", async () => {
    expect((await convcost(["check", NET, "zoo:mobilenet_v1", "--max-macs", "301M"])).code).toBe(1);
  });
});

describe("a baseline", () => {
  const baseline = async (...argv: readonly string[]) => file((await convcost(["count", ...argv, "--json"])).stdout);

  it("holds increases to shares and amounts", async () => {
    const files = { "base.json": await baseline("zoo:mobilenet_v2", "--batch", "2") };
    const check = (batch: string, ...flags: readonly string[]) =>
      convcost(["check", NET, "--batch", batch, "--baseline", "base.json", ...flags], { files });
    expect((await check("2", "--max-increase", "macs=0%,params=0")).code).toBe(0);
    // From 2 images to 3 there is half as much again.
    expect((await check("3", "--max-increase", "macs=50%", "--max-increase", "params=0%")).code).toBe(0);
    expect((await check("3", "--max-increase", "macs=49.99%")).code).toBe(1);
    expect((await check("3", "--max-increase", "macs=300774272")).code).toBe(0);
    expect((await check("3", "--max-increase", "macs=300774271")).code).toBe(1);
  });

  it.each([
    ["missing", undefined, "there is no such baseline"],
    ["of another program", file('{"schema": "other@1"}'), "schema"],
    ["cut off", file('{"schema": "convcost/analysis@1", "tot'), "not JSON"],
  ])("%s is exit code 2", async (_, content, says) => {
    const setting = content === undefined ? {} : { files: { "base.json": content } };
    const { code, stdout } = await convcost(["check", NET, "--baseline", "base.json", "--max-increase", "macs=1%"], setting);
    expect(stdout).toContain(says);
    expect(code).toBe(2);
  });

  it("a saved count is checked as it is, and no flag counts it anew", async () => {
    const files = { "base.json": await baseline(NET) };
    expect((await convcost(["check", "base.json", "--max-macs", "300774272"], { files })).code).toBe(0);
    expect((await convcost(["check", "base.json", "--max-macs", "300774271"], { files })).code).toBe(1);
    const { code, stdout } = await convcost(["check", "base.json", "--batch", "8", "--max-macs", "1G"], { files });
    expect(stdout).toContain("--batch: base.json was counted earlier");
    expect(code).toBe(2);
  });
});

describe("a config", () => {
  const yaml = `defaults:
  budgets: { macs: 301M, params: 5M }
models:
  - source: ${NET}
  - source: zoo:mobilenet_v1
    name: half
    set: { alpha: 0.5 }
    budgets:
      params: 1.4M
  - source: layers.txt
    input: [3, 8, 8]
    batch: 4
    budgets: { macs: 55296, weights: 864 }
`;
  // conv 3x3 3->8 on 8x8, batch 4: 216 * 64 * 4 = 55,296 MACs, 864 bytes.
  const layers = file("conv 3x3 3->8\n");

  it("is found in the folder, and what a model says goes over the defaults", async () => {
    const { code, stdout } = await convcost(["check", "--json"], { files: { "convcost.config.yaml": file(yaml), "layers.txt": layers } });
    expect(JSON.parse(stdout)).toMatchObject({
      status: "pass",
      models: [
        {
          name: NET,
          budgets: [
            { name: "macs", limit: 301_000_000 },
            { name: "params", limit: 5_000_000 },
          ],
        },
        {
          name: "half",
          budgets: [
            { name: "macs", limit: 301_000_000 },
            { name: "params", limit: 1_400_000 },
          ],
        },
        { name: "layers.txt", budgets: [{ name: "params" }, { name: "macs", limit: 55_296, value: 55_296 }, { name: "weights", value: 864 }] },
      ],
    });
    expect(code).toBe(0);
  });

  it("is one of the folder's names, or the key of package.json", async () => {
    const config = { models: [{ source: "conv 3x3 3->8", input: "3x8x8", budgets: { macs: 13_824 } }] };
    for (const name of ["convcost.config.yml", "convcost.config.json"])
      expect((await convcost(["check"], { files: { [name]: file(JSON.stringify(config)) } })).code).toBe(0);
    expect((await convcost(["check"], { files: { "package.json": file(JSON.stringify({ name: "x", convcost: config })) } })).code).toBe(0);
    expect((await convcost(["check"], { files: { "package.json": file(JSON.stringify({ name: "x" })) } })).code).toBe(2);
  });

  it("has paths relative to itself", async () => {
    const base = file((await convcost(["count", "conv 3x3 3->8", "--input", "3x8x8", "--json"])).stdout);
    const text = "models: [{ source: layers.txt, input: 3x8x8, baseline: base.json, max-increase: { macs: 0% } }]";
    const { code } = await convcost(["check", "--config", "ci/budgets.yaml"], {
      files: { "ci/budgets.yaml": file(text), "ci/layers.txt": layers, "ci/base.json": base },
    });
    expect(code).toBe(0);
  });

  it("numbers are taken as they are written", async () => {
    const text = `models: [{ source: "linear 2147483647->2147483647", input: 1048576x2147483647, budgets: { macs: ${(1n << 20n) * (2n ** 31n - 1n) ** 2n} } }]`;
    const { code, stdout } = await convcost(["check", "--json"], { files: { "convcost.config.yaml": file(text) } });
    expect(stdout).toContain('"headroom": 0,');
    expect(code).toBe(0);
  });

  const wrong: readonly [string, string, string][] = [
    ["an unknown key", "models:\n  - source: x\n    bugdets: { macs: 1M }\n", "c.yaml:3:5: a model has no `bugdets`\n"],
    ["an unknown figure", "models:\n  - source: x\n    budgets: { mac: 1M }\n", "c.yaml:3:16: budgets has no `mac`\n"],
    ["an unknown key above", "model: []\nmodels: [{ source: x, no-unknown: true }]\n", "c.yaml:1:1: a config has no `model`\n"],
    ["a wrong amount", "models:\n  - source: x\n    budgets:\n      macs: 300m\n", "c.yaml:4:13: '300m' has a unit"],
    ["an amount that is a list", "models:\n  - source: x\n    budgets: { macs: [1] }\n", "c.yaml:3:22: `models[0].budgets.macs` is a list"],
    ["no source", "models:\n  - name: x\n", "c.yaml:2:5: a model needs `source`"],
    ["no models", "defaults: {}\n", "a config needs `models`"],
    ["an empty list", "models: []\n", "c.yaml:1:9: `models`"],
    ["no budget", "models:\n  - source: x\n", "c.yaml:2:13: this model has no budget"],
    ["an increase from nothing", "models:\n  - source: x\n    max-increase: { macs: 1% }\n", "c.yaml:3:27: max-increase has nothing to measure from"],
    ["a baseline for nothing", "models:\n  - source: x\n    baseline: b.json\n    budgets: { macs: 1M }\n", "the baseline is there for nothing"],
    ["broken YAML", "models: [\n", "this is not YAML"],
    ["a text", "hello", "this is no config"],
    ["a key twice", "models: []\nmodels: []\n", "c.yaml:2:1: `models` is given twice"],
  ];
  it.each(wrong)("%s is told where it stands", async (_, text, says) => {
    const { code, stdout, stderr } = await convcost(["check", "--config", "c.yaml"], { files: { "c.yaml": file(text) } });
    expect(stderr).toContain(says);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("a wrong setting is that model's alone", async () => {
    const text = "models:\n  - { source: relu, input: 1x4, batch: x, no-unknown: true }\n  - { source: relu, input: 1x4, no-unknown: true }\n";
    const { code, stdout } = await convcost(["check", "--config", "c.yaml", "--json"], { files: { "c.yaml": file(text) } });
    expect(JSON.parse(stdout)).toMatchObject({ models: [{ status: "error", error: { place: { line: 2, column: 40 } } }, { status: "pass" }] });
    expect(code).toBe(2);
  });

  it("keeps the published schema, which knows every flag and figure", () => {
    const validate = schema("config");
    validate({
      $schema: "x",
      defaults: { budgets: { macs: "301M" } },
      models: [{ source: "x", set: { alpha: 0.5 }, input: [1, 3], dim: { batch: 1 }, "no-unknown": true }],
    });
    expect(validate.errors).toBeNull();
    for (const flag of sourceFlagNames()) expect([flag, validate({ models: [{ source: "x", [flag]: "1" }] })]).toEqual([flag, true]);
    for (const { name } of MEASURES)
      expect([name, validate({ models: [{ source: "x", budgets: { [name]: "5" }, "max-increase": { [name]: "1%" } }] })]).toEqual([name, true]);
    expect(validate({ models: [{ source: "x", bugdets: {} }] })).toBe(false);
    expect(validate({ models: [{ source: "x", budgets: { macs: "-5" } }] })).toBe(false);
    expect(validate({ models: [] })).toBe(false);
  });
});

describe("formats", () => {
  it.each([
    [NET, "--max-macs", "300M", "--max-peak-memory", "1MiB", "--max-layer-macs", "15M"],
    [NET, "nonsuch.onnx", "--max-params", "5M", "--no-unknown"],
    ["net.txt", "--max-macs", "5M", "--max-buffers", "0"],
  ])("JSON keeps the published schema: %s %s", async (...argv) => {
    const { stdout } = await convcost(["check", ...argv, "--json"], { files: { "net.txt": PRINTED } });
    const validate = schema("check");
    validate(JSON.parse(stdout));
    expect(validate.errors).toBeNull();
    expect(schema("check")({ schema: "convcost/check@1" })).toBe(false);
  });

  it("GitHub: an error at the line of the budget, and the summary of the job", async () => {
    const files = { "convcost.config.yaml": file(`models:\n  - source: ${NET}\n    budgets:\n      macs: 300M\n`) };
    const { code, stdout, written } = await convcost(["check", "--format", "github"], { files, env: { GITHUB_STEP_SUMMARY: "/summary.md" } });
    expect(stdout).toMatch(
      /^::error file=convcost\.config\.yaml,line=4,col=13,title=zoo%3Amobilenet_v2::MACs: 300\.77 M exceeds 300\.00 M, headroom -0\.3%25; /,
    );
    expect(written.get("/summary.md")).toMatch(/## convcost check\n[^]*\| \*\*MACs\*\* \| \*\*300\.00 M\*\* \|/);
    expect(code).toBe(1);
  });

  it("GitHub: what holds is a notice, and nothing is summed up outside of a job", async () => {
    const { stdout, written } = await convcost(["check", NET, "--max-macs", "301M", "--format", "github"]);
    expect(stdout).toBe("::notice title=convcost check::1 of 1 model within budget\n");
    expect(written.size).toBe(0);
  });

  it("JUnit: a suite a model, a case a budget", async () => {
    const { stdout } = await convcost(["check", NET, "none.onnx", "--max-macs", "300M", "--max-params", "5M", "--format", "junit"]);
    const found = elements(stdout);
    expect(found.filter(({ name }) => name === "testsuites")).toMatchObject([{ attributes: { tests: "3", failures: "1", errors: "1" } }]);
    expect(found.filter(({ name }) => name === "testsuite").map(({ attributes }) => attributes["name"])).toEqual([NET, "none.onnx"]);
    expect(found.filter(({ name }) => name === "testcase").map(({ attributes }) => attributes["name"])).toEqual([
      "macs",
      "params",
      "could be checked",
    ]);
    expect(found.filter(({ name }) => name === "failure")).toHaveLength(1);
    expect(found.filter(({ name }) => name === "error")).toHaveLength(1);
  });

  it("are written to a file as a whole", async () => {
    const { code, stdout, written } = await convcost(["check", NET, "--max-macs", "300M", "--format", "junit", "-o", "report.xml"]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(elements(written.get("report.xml") ?? "").length).toBeGreaterThan(0);
  });
});

describe("names that would be more than names", () => {
  const NASTY = "a\u001b[31m\n::error::x%0A,:|<b>&\"']]>\ud800\u0000\ufffe";
  // What a name in a model file may be: here that of the model, from a config.
  const config = JSON.stringify({ models: [{ source: "conv 3x3 3->8", name: NASTY, input: "3x8x8", budgets: { macs: 1 } }] });
  const check = (format: string) => convcost(["check", "--format", format], { files: { "convcost.config.json": file(config) } });

  it.each(["table", "markdown", "github", "junit"])("do no harm as %s", async (format) => {
    const { stdout } = await check(format);
    expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    expect(stdout).not.toMatch(/^::error::x/m);
    if (format === "markdown") expect(stdout).not.toContain("<b>");
  });

  it("leave the XML well-formed", async () => {
    const [, suite] = elements((await check("junit")).stdout);
    expect(suite?.attributes["name"]).toContain(":error::x%0A,:|<b>&\"']]>");
  });

  it("leave GitHub's properties whole", async () => {
    const [line = ""] = (await check("github")).stdout.split("\n");
    expect(line).toContain("%3A%3Aerror%3A%3Ax%250A%2C%3A|");
  });
});

it("names the layers that may add to a budget's own figure, and no others", async () => {
  const print = "Net(\n  (fc): Linear(in_features=4, out_features=2, bias=True)\n  (own): RelPos()\n)\n";
  const { code, stdout } = await convcost(["check", "m.txt", "--max-params", "100", "--max-macs", "100"], { files: { "m.txt": file(print) } });
  expect(code).toBe(2);
  // The parameters of a linear layer are printed, what it reads is not; of RelPos neither is.
  expect(stdout).toMatch(/^Parameters: .*may add to it: RelPos \(1\)$/m);
  expect(stdout).toMatch(/^MACs: .*may add to it: Linear \(1\), RelPos \(1\)$/m);
});

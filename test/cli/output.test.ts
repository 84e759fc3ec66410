import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { convcost, file } from "./run.js";

// The line this project began with, and what PyTorch says of it: 3 filters of 3x3 with a bias, 3*32*32*9 multiply-adds.
const SEED = "nn.Conv2d(in_channels=3, out_channels=3, kernel_size=3, stride=1, padding=1, groups=3)";
const seed = ["count", SEED, "--input", "1x3x32x32"];

function schema(name: string): object {
  const data: unknown = JSON.parse(readFileSync(new URL(`../../schema/${name}.json`, import.meta.url), "utf8"));
  if (typeof data !== "object" || data === null) throw new Error(`${name} is no schema`);
  return data;
}

describe("the seed of the project", () => {
  it("is depthwise, with 30 parameters and 27,648 multiply-adds, as a table", async () => {
    const { code, stdout } = await convcost(seed);
    expect(stdout).toMatch(/conv2d\s+depthwise\s+1x3x32x32\s+30\s+27,648\s/);
    expect(code).toBe(0);
  });

  it("is the same as JSON", async () => {
    const result: unknown = JSON.parse((await convcost([...seed, "--json"])).stdout);
    expect(result).toMatchObject({
      schema: "convcost/analysis@1",
      outputs: [{ shape: [1, 3, 32, 32], dtype: "float32" }],
      totals: {
        layers: 1,
        params: 30,
        macs: 27648,
        flops: 2 * 27648 + 3 * 32 * 32,
        weightBytes: 120,
        activationBytes: 12288,
        peakActivationBytes: 24576,
      },
      layers: [{ op: "conv2d", kind: "depthwise", attributes: { kernelSize: [3, 3], groups: 3, padding: [1, 1] } }],
    });
  });
});

describe("JSON", () => {
  const analyses = [
    seed,
    ["count", "conv 3x3 3->8 s2; bn; relu; sep 3x3 16; gap; flatten; linear 10 bias", "--input", "3x32x32"],
    ["count", "layers.Conv2D(8, 3, activation='relu')", "--input", "9x9x3", "--layout", "nhwc"],
  ];
  it.each(analyses)("count %s keeps the published schema", async (...argv) => {
    const validate = new Ajv2020().compile(schema("analysis"));
    validate(JSON.parse((await convcost([...argv, "--json"])).stdout));
    expect(validate.errors).toBeNull();
  });

  const comparisons = [
    ["compare", "conv 3x3 64->100 @14x14"],
    ["compare", "conv 3x3 64->128", "sep 3x3 64->128", "--input", "64x56x56"],
  ];
  it.each(comparisons)("compare %s keeps the published schema", async (...argv) => {
    const validate = new Ajv2020().compile(schema("comparison"));
    validate(JSON.parse((await convcost([...argv, "--json"])).stdout));
    expect(validate.errors).toBeNull();
  });

  it("the schema refuses what is not so", () => {
    const validate = new Ajv2020().compile(schema("analysis"));
    expect(validate({ schema: "convcost/analysis@1" })).toBe(false);
  });

  it("writes integers far above 2^53 in full", async () => {
    // 2^31-1 input and output features and a batch of 2^20: MACs = 2^20 * (2^31-1)^2.
    const { stdout } = await convcost(["count", "linear 2147483647->2147483647", "--input", "1048576x2147483647", "--json"]);
    expect(stdout).toContain(`"macs": ${((1n << 20n) * (2n ** 31n - 1n) ** 2n).toString()}`);
  });
});

describe("other formats", () => {
  it("CSV has a header of keys, raw numbers and a row a layer", async () => {
    const { stdout } = await convcost([...seed, "--format", "csv", "--columns", "layer,kind,output,params,macs"]);
    expect(stdout).toBe("layer,kind,output,params,macs\r\n0,depthwise,1x3x32x32,30,27648\r\n");
  });

  it("Markdown is a table with numbers on the right", async () => {
    const { stdout } = await convcost([...seed, "--format", "markdown", "--columns", "layer,params,macs"]);
    expect(stdout.split("\n").slice(0, 4)).toEqual([
      "| layer | params | MACs |",
      "| :--- | ---: | ---: |",
      "| 0 | 30 | 27,648 |",
      "| **total** | **30** | **27,648** |",
    ]);
  });

  it("a hostile text is harmless in each", async () => {
    const specs = ["conv 3x3 8 # | <script> \u001b[31m", "pw 8 # ::error:: \n# x"];
    const compare = ["compare", ...specs, "--input", "3x8x8"];
    const markdown = (await convcost([...compare, "--format", "markdown"])).stdout;
    expect(markdown).toContain("\\| &lt;script&gt; \\\\x1b\\[31m");
    for (const format of ["table", "markdown", "csv", "json"]) {
      const { code, stdout } = await convcost([...compare, "--format", format]);
      expect(code).toBe(0);
      expect(stdout).not.toContain("\u001b");
      expect(stdout).not.toMatch(/^::error/m);
    }
  });

  it("--units raw writes plain numbers", async () => {
    const { stdout } = await convcost(["count", "conv 3x3 512->512 @14x14", "--units", "raw"]);
    expect(stdout).toContain(String(196 * 512 * 512 * 9));
  });

  it("-o writes the file and nothing to standard output", async () => {
    const { stdout, written } = await convcost([...seed, "--json", "-o", "out.json"]);
    expect(stdout).toBe("");
    expect(JSON.parse(written.get("out.json") ?? "")).toMatchObject({ totals: { params: 30 } });
  });

  it("an error leaves no file", async () => {
    expect((await convcost(["count", "nonsuch", "-o", "out.json"])).written.size).toBe(0);
  });
});

describe("rows", () => {
  const layers = ["count", "conv 3x3 3->8; pw 16; dw 3x3", "--input", "3x8x8", "--format", "csv", "--columns", "layer,macs"];
  // conv 64*8*27 = 13,824; pw 64*8*16 = 8,192; dw 64*16*9 = 9,216.
  it("--sort puts the largest first", async () => {
    expect((await convcost([...layers, "--sort", "macs"])).stdout).toBe("layer,macs\r\n0,13824\r\n2,9216\r\n1,8192\r\n");
  });

  it("--top keeps the totals of the whole", async () => {
    const result: unknown = JSON.parse(
      (await convcost(["count", "conv 3x3 3->8; pw 16; dw 3x3", "--input", "3x8x8", "--json", "--sort", "macs", "--top", "1"])).stdout,
    );
    expect(result).toMatchObject({ totals: { layers: 3, macs: 13824 + 8192 + 9216 }, layers: [{ name: "0" }] });
  });

  it("--top says what it leaves out", async () => {
    expect((await convcost(["count", "relu; relu; relu", "--input", "4", "--top", "1"])).stdout).toContain("2 more layers are in the totals");
  });
});

describe("shapes", () => {
  it.each([
    ["--batch is put in front", ["count", "conv 3x3 8", "--input", "3x8x8", "--batch", "5"], [5, 8, 8, 8]],
    ["--batch replaces a batch", ["count", "conv 3x3 8", "--input", "1,3,8,8", "--batch", "5"], [5, 8, 8, 8]],
    ["channels last in and out", ["count", "conv 3x3 8 s2", "--input", "10x12x3", "--layout", "nhwc"], [1, 5, 6, 8]],
    ["@ gives the size", ["count", "conv 3x3 3->8 @9x7"], [1, 8, 9, 7]],
    ["Keras's own input", ["count", "layers.Input(shape=(28, 30, 1)); layers.Conv2D(8, 3)"], [1, 26, 28, 8]],
    ["a named input", ["count", "relu", "--input", "x=2x3"], [2, 3]],
  ])("%s", async (_, argv, shape) => {
    expect(JSON.parse((await convcost([...argv, "--json"])).stdout)).toMatchObject({ outputs: [{ shape }] });
  });

  it("--dtype decides bytes: int4 takes half a byte", async () => {
    expect(JSON.parse((await convcost([...seed, "--json", "--dtype", "int4"])).stdout)).toMatchObject({
      totals: { weightBytes: Math.ceil(27 / 2) + Math.ceil(3 / 2), activationBytes: 1536 },
    });
  });
});

describe("where specs come from", () => {
  const total = async (argv: readonly string[], setting = {}) => {
    const { stdout, stderr } = await convcost([...argv, "--json"], setting);
    expect(stderr).toBe("");
    const result: unknown = JSON.parse(stdout);
    return result;
  };
  const expected = { totals: { layers: 2, macs: 64 * 8 * 27 + 64 * 8 * 16 } };
  it("one argument", async () => {
    expect(await total(["count", "conv 3x3 3->8; pw 16", "--input", "3x8x8"])).toMatchObject(expected);
  });
  it("several", async () => {
    expect(await total(["count", "conv 3x3 3->8", "layers.Conv2D(16, 1, use_bias=False)", "--input", "3x8x8"])).toMatchObject(expected);
  });
  it("standard input", async () => {
    expect(await total(["count", "-", "--input", "3x8x8"], { stdin: "conv 3x3 3->8\n# a comment\npw 16\n" })).toMatchObject(expected);
  });
  it("a file", async () => {
    expect(
      await total(["count", "n.txt", "--input", "3x8x8"], {
        files: { "n.txt": file("\uFEFFconv 3x3 3->8\r\n\r\nnn.Conv2d(8, 16, 1, bias=False),\r\n") },
      }),
    ).toMatchObject(expected);
  });
  it("what print(model) shows", async () => {
    const printed =
      "Sequential(\n  (0): Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)\n  (1): Conv2d(8, 16, kernel_size=(1, 1), stride=(1, 1), bias=False)\n)";
    expect(await total(["count", printed, "--input", "3x8x8"])).toMatchObject(expected);
  });
});

describe("the terminal", () => {
  it("has colour, and none where NO_COLOR is set or the output is piped", async () => {
    const escape = "\u001b[";
    expect((await convcost(seed, { terminal: 80 })).stdout).toContain(escape);
    expect((await convcost(seed, { terminal: 80, env: { NO_COLOR: "1" } })).stdout).not.toContain(escape);
    expect((await convcost(seed)).stdout).not.toContain(escape);
    expect((await convcost(seed, { env: { FORCE_COLOR: "1" } })).stdout).toContain(escape);
  });

  it("has the first 1,000 rows of a table and its totals, unless more are asked for", async () => {
    const long = ["count", "1200*(relu)", "--input", "4"];
    const lines = async (...argv: readonly string[]) => (await convcost([...long, ...argv])).stdout.split("\n");
    const rows = async (...argv: readonly string[]) => (await lines(...argv)).filter((line) => /^\d+ +relu/.test(line)).length;
    expect([await rows(), await rows("--top", "1200"), await rows("--top", "5")]).toEqual([1000, 1200, 5]);
    expect((await lines()).slice(1001).join("\n")).toMatch(/^total .*\n200 more rows are not shown \(--top N, or --format json\)$/m);
    expect((await convcost([...long, "--format", "csv"])).stdout.split("\r\n")).toHaveLength(1202);
  });

  it("too narrow for its columns loses the least important, and none of those that are named", async () => {
    const columns = ["layer", "op", "kind", "output", "params", "macs", "flops", "moved"];
    const narrow = { terminal: 40, env: { NO_COLOR: "1" } };
    expect((await convcost(seed, narrow)).stdout).toContain("not shown at this width");
    const { stdout } = await convcost([...seed, "--columns", columns.join(",")], narrow);
    expect(stdout.split("\n")[0]?.trim().split(/\s+/)).toEqual(["layer", "op", "kind", "output", "params", "MACs", "FLOPs", "moved"]);
    expect(stdout).not.toContain("not shown");
  });

  it("of 80 columns holds a comparison", async () => {
    const { stdout } = await convcost(["compare", "conv 3x3 512->512 @14x14"], { terminal: 80, env: { NO_COLOR: "1" } });
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("help", () => {
  it.each([[["--help"]], [["count", "--help"]], [["compare", "--help"]], [["completion", "--help"]]])(
    "%s has examples and exit code 0",
    async (argv) => {
      const { code, stdout } = await convcost(argv);
      expect(stdout).toContain("Examples:");
      expect(code).toBe(0);
    },
  );

  it("--version is that of the package", async () => {
    const data: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(data).toMatchObject({ version: (await convcost(["--version"])).stdout.trim() });
  });

  it.each(["bash", "zsh", "fish"])("completion %s knows commands and flags", async (shell) => {
    const { stdout } = await convcost(["completion", shell]);
    for (const word of ["count", "compare", "layout"]) expect(stdout).toContain(word);
  });
});

it.each([
  ["nn.ReLU", "a class is called with brackets: nn.ReLU()"],
  ["torch.nn.ReLU", "a class is called with brackets: torch.nn.ReLU()"],
  ["resnet50", "zoo:resnet50 is a network of the zoo"],
  ["MobileNet", "zoo:mobilenet_v1 is a network of the zoo"],
  ["relus", "did you mean `relu`?"],
  ["nonsuch", "`convcost count --help` shows the notations"],
])("%s is no layer, and a hint says what it may be", async (word, hint) => {
  const { code, stderr } = await convcost(["count", word]);
  expect(code).toBe(2);
  expect(stderr).toContain(`hint: ${hint}\n`);
});

it("a variant of the zoo is named as the source, so that the name makes the same model again", async () => {
  const source = async (argv: readonly string[]) => /"source": "(.*)"/.exec((await convcost(["count", ...argv, "--json"])).stdout)?.[1];
  expect(await source(["zoo:resnet34"])).toBe("zoo:resnet34");
  expect(await source(["zoo:resnet"])).toBe("zoo:resnet");
});

it("--columns counted without a convention is the program's own figure: the multiply-adds", async () => {
  const { stdout } = await convcost(["count", "conv 3x3 3->8 @8x8; relu", "--format", "csv", "--columns", "layer,macs,counted"]);
  // 64 positions, 8 outputs, 27 taps.
  expect(stdout.split("\r\n")[1]).toBe(`0,${64 * 8 * 27},${64 * 8 * 27}`);
});

it("layers.txt is a file, though layers.Conv2D is a class of Keras", async () => {
  const { code, stdout } = await convcost(["count", "layers.txt", "--json"], { files: { "layers.txt": file("conv 3x3 3->8 @8x8") } });
  expect(code).toBe(0);
  // 64 positions, 8 outputs, 27 taps.
  expect(stdout).toMatch(new RegExp(`"macs": ${64 * 8 * 27},`));
});

it("what could be layers by its name is a file where there is one", async () => {
  const { code, stdout } = await convcost(["count", "my layers (1).txt", "--json"], { files: { "my layers (1).txt": file("conv 3x3 3->8 @8x8") } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ totals: { params: 3 * 8 * 9 }, layers: [{}] });
  expect((await convcost(["count", "my layers (1).txt"])).code).toBe(2);
});

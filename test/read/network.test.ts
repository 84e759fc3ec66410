import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { InputError } from "../../src/graph/diagnostic.js";
import { parseNetwork, type ExpandOptions, type ReadNetworkOptions } from "../../src/read/network/network.js";

type Options = ExpandOptions & ReadNetworkOptions;

const count = (text: string, options: Options = {}) => analyze(parseNetwork(text, { source: "net.yaml", ...options }), options);

/** A network on 8 channels of 4x4, of these layers. */
const net = (layers: string, rest = "") => `input: [8, 4, 4]\n${rest}\nlayers:\n${layers}\n`;

describe("structures, each against its formula", () => {
  it.each<[string, string, string, bigint, readonly number[]]>([
    ["a text of several layers", "  - conv 3x3 16; bn; relu", "", 9n * 8n * 16n + 32n, [1, 16, 4, 4]],
    ["PyTorch and Keras", '  - nn.Conv2d(8, 4, 1)\n  - layers.Conv2D(6, 3, padding="same")', "", 8n * 4n + 4n + 9n * 4n * 6n + 6n, [1, 4, 4, 6]],
    ["a residual", "  - residual: conv 3x3 8", "", 9n * 64n, [1, 8, 4, 4]],
    ["a residual with a shortcut", "  - residual: conv 3x3 16 s2\n    shortcut: conv 1x1 16 s2", "", 9n * 128n + 128n, [1, 16, 2, 2]],
    ["a residual that is none", "  - residual: conv 3x3 16\n    when: in_channels == 16", "", 9n * 128n, [1, 16, 4, 4]],
    ["branches", "  - concat:\n      - []\n      - conv 1x1 3\n      - [conv 1x1 5, conv 3x3 2]", "", 24n + 40n + 90n, [1, 13, 4, 4]],
    ["an addition", "  - add:\n      - conv 1x1 4\n      - conv 3x3 4", "", 32n + 288n, [1, 4, 4, 4]],
    ["squeeze and excite", "  - multiply:\n      - []\n      - gap; conv 1x1 2 bias; relu; conv 1x1 8 bias; sigmoid", "", 18n + 24n, [1, 8, 4, 4]],
    ["equal parts", "  - split: 2\n    concat:\n      - []\n      - conv 1x1 {in_channels}", "", 16n, [1, 8, 4, 4]],
    ["parts of given sizes", "  - split: [2, 6]\n    concat: [conv 1x1 1, conv 1x1 1]", "", 8n, [1, 2, 4, 4]],
    ["a repeat", "  - repeat: 3\n    layers: conv 1x1 8", "", 3n * 64n, [1, 8, 4, 4]],
    ["a repeat with its round", "  - repeat: 2\n    as: i\n    layers: conv 1x1 {4 + i}", "", 32n + 20n, [1, 5, 4, 4]],
    ["a loop over pairs", "  - for: [k, c]\n    in: [[1, 4], [3, 6]]\n    layers: conv {k}x{k} {c}", "", 32n + 216n, [1, 6, 4, 4]],
    [
      "a loop with one name twice: the last value counts, as in Python",
      "  - for: [c, c]\n    in: [[4, 5]]\n    layers: conv 1x1 {c}",
      "",
      40n,
      [1, 5, 4, 4],
    ],
    ["no round at all", "  - repeat: 0\n    layers: conv 1x1 8\n  - relu", "", 0n, [1, 8, 4, 4]],
    ["a condition", "  - if: wide\n    layers: conv 1x1 16\n    else: conv 1x1 2\n", "parameters: {wide: false}", 16n, [1, 2, 4, 4]],
    ["a tap", "  - tap: start\n  - conv 3x3 4\n  - concat: [[], {from: start}]", "", 288n, [1, 12, 4, 4]],
    ["a tap of an entry", "  - layers: conv 1x1 2\n    tap: low\n  - conv 1x1 3\n  - from: low", "", 16n + 6n, [1, 2, 4, 4]],
    [
      "a block",
      "  - wide(2); wide(factor=1)",
      "blocks:\n  wide(factor, k=1):\n    - conv {k}x{k} {factor * in_channels}",
      128n + 256n,
      [1, 16, 4, 4],
    ],
    ["a block given None, which leaves the default", "  - b(None)", "blocks:\n  b(c=5): conv 1x1 {c}", 40n, [1, 5, 4, 4]],
    ["a block with a let", "  - b(4)", "blocks:\n  b(c):\n    let: {half: c // 2}\n    layers: conv 1x1 {half}", 16n, [1, 2, 4, 4]],
    ["a function", "  - conv 1x1 {double(3)}", "functions:\n  double(c): 2 * c", 48n, [1, 6, 4, 4]],
    ["training only", "  - tap: x\n  - training_only: gap; flatten; linear 10 bias\n  - from: x\n  - conv 1x1 8", "", 90n + 64n, [1, 8, 4, 4]],
  ])("%s", (_, layers, rest, params, output) => {
    const { totals, outputs } = count(net(layers, rest));
    expect(totals.params).toBe(params);
    expect(outputs.map(({ shape }) => shape)).toEqual([output]);
  });

  it("what only training runs costs no multiply-add and no memory", () => {
    const plain = count(net("  - conv 1x1 8"));
    const auxiliary = count(net("  - tap: x\n  - training_only: gap; flatten; linear 10 bias\n  - from: x\n  - conv 1x1 8"));
    for (const figure of ["macs", "flops", "activationBytes", "peakActivationBytes"] as const)
      expect(auxiliary.totals[figure]).toBe(plain.totals[figure]);
    expect(auxiliary.totals.weightBytes).toBe(plain.totals.weightBytes + 90n * 4n);
  });

  it("several inputs and outputs", () => {
    const text = `
inputs: {image: [3, 8, 8], ids: {shape: [1, 5], dtype: int64}}
layers:
  - conv 3x3 4 s2
  - tap: features
  - from: ids
  - nn.Embedding(10, 6)
  - tap: words
outputs: {low: features, text: words}`;
    const { inputs, outputs, totals } = count(text);
    expect(inputs).toEqual([
      { name: "image", shape: [1, 3, 8, 8], dtype: "float32" },
      { name: "ids", shape: [1, 5], dtype: "int64" },
    ]);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["low", [1, 4, 4, 4]],
      ["text", [1, 5, 6]],
    ]);
    expect(totals.params).toBe(9n * 12n + 60n);
    const wider = count(text, { input: { image: "3x16x16" } });
    expect(wider.outputs[0]?.shape).toEqual([1, 4, 8, 8]);
  });

  it("the batch goes where the first layer wants it", () => {
    expect(count(net("  - conv 1x1 8"), { batch: 5 }).outputs[0]?.shape).toEqual([5, 8, 4, 4]);
    expect(count("input: [1, 8, 4, 4]\nlayers: conv 1x1 8", { batch: 5 }).outputs[0]?.shape).toEqual([5, 8, 4, 4]);
    expect(count("input: [2, 7, 16]\nlayers: linear 4").outputs[0]?.shape).toEqual([2, 7, 4]);
    expect(count("input: 16\nlayers: linear 4").outputs[0]?.shape).toEqual([1, 4]);
    expect(count("input: [12, 50]\nlayers: nn.Conv1d(12, 4, 3)").outputs[0]?.shape).toEqual([1, 4, 48]);
  });

  it("--layout nhwc is about the shapes typed and shown, not about the file", () => {
    const { inputs, outputs } = count(net("  - conv 1x1 2"), { input: "6x6x8", layout: "nhwc" });
    expect(inputs[0]?.shape).toEqual([1, 6, 6, 8]);
    expect(outputs[0]?.shape).toEqual([1, 6, 6, 2]);
  });

  it("layers are named by their place", () => {
    const { layers } = count(
      net("  - name: stem\n    layers: conv 1x1 8; bn\n  - b()\n  - b()\n  - relu", "blocks:\n  b:\n    - residual: conv 1x1 8"),
    );
    expect(layers.map(({ name }) => name)).toEqual(["stem.0", "stem.1", "b.0", "b.add", "b_1.0", "b_1.add", "0"]);
  });

  it("JSON is the same", () => {
    const text = JSON.stringify({ input: [8, 4, 4], layers: [{ residual: ["conv 3x3 8", "bn"] }] });
    expect(count(text, { syntax: "json" }).totals.params).toBe(9n * 64n + 16n);
  });

  it("a chain of 100,000 layers is no hostile file", () => {
    expect(parseNetwork(net("  - repeat: 100000\n    layers: relu")).nodes).toHaveLength(100_000);
  });

  it("aliases stand for what they name", () => {
    expect(count("input: [8, 4, 4]\nlayers:\n  - &c conv 1x1 8\n  - *c").totals.params).toBe(128n);
  });
});

// What Python 3 gives for the same.
describe("expressions", () => {
  it.each<[string, number | string]>([
    ["7 // 2", 3],
    ["-7 // 2", -4],
    ["-7 % 3", 2],
    ["2 ** 3 ** 2", 512],
    ["-2 ** 2", -4],
    ["round(2.5) + round(3.5)", 6],
    ["round(2.675, 1)", 2.7],
    ["int(-3.7)", -3],
    ["1 if 2 > 1 and not 3 < 2 else 0", 1],
    ["sum([x * x for x in range(5) if x % 2 == 0])", 20],
    ["len(unique([8, 8, 16]))", 2],
    ["[1, 2, 3][-1]", 3],
    ["max(3, 4) + min([5, 6])", 9],
    ["3 in [1, 2, 3]", "True"],
    ["2 not in [1, 2]", "False"],
    ["[1] + [2] == [1, 2]", "True"],
    ["1e3 + .5", 1000.5],
    ["log(8) / log(2)", 3],
    ["[a * b for a, b in zip([1, 2], [3, 4])][1]", 8],
    ["reversed([1, 2, 3])[0]", 3],
    // As Python has them, beyond 2^53 too.
    ["9007199254740993 == 9007199254740992", "False"],
    ["9007199254740993 % 1000", 993],
    ["2 ** 60 // 2 ** 50 + 1", 1025],
    ["-(2 ** 60 + 1) // 2 ** 59", -3],
    ["max(2 ** 60, 2 ** 60 + 1) - 2 ** 60", 1],
    ["sum([2 ** 53, 1]) - 2 ** 53", 1],
    ["2 ** 60 / 2 ** 61", 0.5],
    ["2 ** -1", 0.5],
    ["1e20 > 2 ** 60", "True"],
    // tensorflow/models, slim/nets/mobilenet, make_divisible.
    ["make_divisible(32 * 1.4, 8)", 48],
    ["make_divisible(24 * 0.35, 8)", 8],
    ["make_divisible(16 * 0.75, 8)", 16],
    ["make_divisible(3, 8)", 8],
    ["make_divisible(90, 100, 10)", 100],
  ])("%s", (expression, value) => {
    const graph = parseNetwork(net(`  - name: "{${expression}}"\n    layers: relu`));
    expect(graph.nodes[0]?.name).toBe(`${value}.0`);
  });
});

function complaint(text: string, options: Options = {}) {
  try {
    count(text, options);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const { code, place } = error.diagnostic;
    if (place?.kind !== "text") return { code, at: place?.kind };
    const before = place.text.slice(0, place.start);
    return { code, at: `${before.split("\n").length}:${place.start - before.lastIndexOf("\n")}`, text: place.text.slice(place.start, place.end) };
  }
  return undefined;
}

describe("complaints name line and column", () => {
  it.each<[string, string, string]>([
    ["input: [8, 4, 4]\nlayer: conv", "unknown-key", "2:1"],
    ["input: [8, 4, 4]", "missing-key", "1:1"],
    ["layers: relu", "missing-key", "1:1"],
    ["input: [8, 4\nlayers: relu", "bad-yaml", "2:1"],
    ["input: [8, 4, 4]\nlayers:\n  - conf 3x3 8", "unknown-layer", "3:5"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 3x3 8; conv 1x1 {width}", "unknown-name", "3:27"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 3x3 {8 / 3}", "unknown-part", "3:14"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 1x1 {1 / 0}", "bad-value", "3:15"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 1x1 {1 +}", "bad-expression", "3:18"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 1x1 {f(1)}", "unknown-function", "3:15"],
    ["input: [8, 4, 4]\nlayers:\n  - nn.Linear(9, 2)", "feature-mismatch", "3:5"],
    ["input: [8, 4, 4]\nlayers: |\n  relu\n\n  bn; conf 3", "unknown-layer", "5:7"],
    ["input: [8, 4, 4]\nlayers:\n  - |\n    conv 1x1 {\n    a}", "unknown-name", "5:5"],
    ["input: [8, 4, 4]\nlayers:\n  - relu\n  - from: low", "unknown-tap", "4:5"],
    ["input: [8, 4, 4]\nlayers:\n  - residual: conv 1x1 4", "shape-mismatch", "3:5"],
    ["input: [8, 4, 4]\nlayers:\n  - split: 3\n    concat: [[], [], []]", "size-mismatch", "3:5"],
    ["input: [8, 4, 4]\nlayers:\n  - repeat: 1.5\n    layers: relu", "bad-value", "3:5"],
    ["input: [8, 4, 4]\nlayers:\n  - repeeat: 2", "unknown-key", "3:5"],
    ["input: [8, 4, 4]\nblocks:\n  b(c): conv 1x1 {c}\nlayers:\n  - b()", "bad-argument", "5:5"],
    ["input: [8, 4, 4]\nblocks:\n  b(c): conv 1x1 {c}\nlayers:\n  - b(1, d=2)", "bad-argument", "5:5"],
    ["input: [8, 4, 4]\nblocks:\n  b: b()\nlayers: b()", "too-deep", "3:6"],
    ["input: [0, 4, 4]\nlayers: relu", "bad-shape", "1:8"],
    ["input: [8, 4, 4]\nname: a\nname: b\nlayers: relu", "repeated-key", "3:1"],
    ["input: &a [*a]\nlayers: relu", "bad-yaml", "1:12"],
    ["input: [8, 4, 4]\nlayers: []", "empty-spec", ""],
    ["- relu", "bad-value", "1:1"],
    ["input: [8, 4, 4]\nlayers:\n  - conv 1x1 {make_divisible()}", "bad-value", "3:15"],
  ])("%j", (text, code, at) => {
    expect(complaint(text)).toMatchObject(at === "" ? { code } : { code, at });
  });

  it.each<[string, string]>([
    ['{"input": [8, 4, 4], "layers": tru}', "1:32"],
    ['{"input": [8, 4, 4], "layers": ["relu"}', "1:39"],
    ['{"input": [8, 4, 4],', "1:21"],
  ])("JSON: %s", (text, at) => {
    expect(complaint(text, { syntax: "json" })).toMatchObject({ code: "bad-json", at });
  });

  it.each<[ExpandOptions["set"], string]>([
    [{ alhpa: 1 }, "unknown-parameter"],
    [{ alpha: "wide" }, "bad-value"],
    [{ variant: "other" }, "unknown-variant"],
    [{ variant: "half" }, ""],
  ])("--set %j", (set, code) => {
    const text = net("  - conv 1x1 {int(8 * alpha)}", "parameters: {alpha: 1.0}\nvariants: {half: {alpha: 0.5}}");
    expect(complaint(text, { set })?.code ?? "").toBe(code);
  });
});

describe("hostile files end soon", () => {
  const nested = Array.from({ length: 30 }, (_, level) => `  b${level}: [b${level + 1}(), b${level + 1}()]`).join("\n");
  const loops = Array.from({ length: 12 }, (_, level) => `${"  ".repeat(level + 1)}- repeat: 10\n${"  ".repeat(level + 1)}  layers:`).join("\n");
  const aliases = Array.from({ length: 30 }, (_, level) => `  - &a${level} [${level === 0 ? "relu, relu" : `*a${level - 1}, *a${level - 1}`}]`).join(
    "\n",
  );

  it.each([
    ["blocks that call blocks", `input: [8, 4, 4]\nblocks:\n${nested}\n  b30: relu\nlayers: b0()`, "too-many-layers"],
    ["blocks that make nothing", `input: [8, 4, 4]\nblocks:\n${nested}\n  b30: []\nlayers: b0()`, "too-many-layers"],
    ["repeats of repeats", `input: [8, 4, 4]\nlayers:\n${loops} relu`, "too-many-layers"],
    ["repeats in a layer's text", "input: [8, 4, 4]\nlayers: 999999*(relu)", "too-many-layers"],
    ["aliases of aliases", `input: [8, 4, 4]\nlayers:\n${aliases}`, "too-many-layers"],
    ["a list of everything", "input: [8, 4, 4]\nlayers:\n  - conv 1x1 {len(range(1000000000))}", "too-many-layers"],
    ["a list of lists", "input: [8, 4, 4]\nlayers:\n  - conv 1x1 {len([1 for i in range(9999) for j in range(9999)])}", "bad-expression"],
    ["open brackets", `input: [8, 4, 4]\nlayers: ${"[".repeat(200_000)}`, "too-deep"],
    ["brackets", `input: [8, 4, 4]\nlayers: ${"[".repeat(1000)}${"]".repeat(1000)}`, "too-deep"],
    ["a function that calls itself", "functions: {f(x): f(x + 1)}\ninput: [8, 4, 4]\nlayers: conv 1x1 {f(1)}", "too-deep"],
    [
      "functions that call each other twice",
      "functions: {f(x): f(x - 1) + f(x - 1) if x > 0 else 1}\ninput: [8, 4, 4]\nlayers: conv 1x1 {f(60)}",
      "too-many-layers",
    ],
    ["brackets in an expression", `input: [8, 4, 4]\nlayers: conv 1x1 {${"(".repeat(100_000)}}`, "bad-expression"],
    ["a number that no function takes", `input: [8, 4, 4]\nlayers: conv 1x1 {floor(2 ** 60)}`, "bad-value"],
    ["signs in an expression", `input: [8, 4, 4]\nlayers: conv 1x1 {${"-".repeat(100_000)}1}`, "bad-expression"],
  ])("%s", (_, text, code) => {
    expect(complaint(text)?.code).toBe(code);
  });

  it("a sum, a condition and a list of lists may be as long as the text", () => {
    for (const text of ["1" + " + 1".repeat(20_000), `1${" and 1".repeat(20_000)}`, `1${" or 1".repeat(20_000)}`, `len([${"1, ".repeat(20_000)}])`])
      expect(complaint(net(`  - conv 1x1 {min(8, ${text})}`))).toBeUndefined();
    expect(complaint(net(`  - conv 1x1 {[1]${"[0]".repeat(20_000)}}`))?.code).toBe("bad-value");
  });

  it("a name of Object.prototype is no name", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect(complaint(net(`  - conv 1x1 {${name}}`))?.code).toBe("unknown-name");
      expect(complaint(net(`  - conv 1x1 {${name}(1)}`))?.code).toBe("unknown-function");
      expect(complaint(net(`  - from: ${name}`))?.code).toBe("unknown-tap");
    }
  });
});

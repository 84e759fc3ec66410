import { Inferrer } from "../../src/graph/inferrer.js";
import { inference } from "../../src/ops/primitive.js";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { writeCode } from "../../src/code/write.js";
import { compare, compareFullConvolution, compareModels } from "../../src/compare/compare.js";
import { parseSelector } from "../../src/compare/selector.js";
import { whatIf } from "../../src/compare/what-if.js";
import { InputError } from "../../src/graph/diagnostic.js";
import type { Layer } from "../../src/graph/layer.js";
import type { Shape } from "../../src/graph/shape.js";
import { add, matmul } from "../../src/ops/arithmetic.js";
import { readKerasJson } from "../../src/read/keras/read.js";
import { parseLayers } from "../../src/read/notation/read.js";
import { readEach, readModel } from "../../src/source/read.js";
import { ioOf } from "../../fuzz/oracle.js";
import { convcost } from "../cli/run.js";
import { heard, type Wrong } from "./case.js";
import { BATCHES } from "./batch.js";
import { CHECKS } from "./check.js";
import { CODES } from "./code.js";
import { CONVENTIONS } from "./conventions.js";
import { DIFFS } from "./diff.js";
import { FLAGS, ORDERS, VARIANTS } from "./flags.js";
import { writtenComplaints, writtenExpectations, type Written } from "./inventory.js";
import { LAYERS } from "./layers.js";
import { MODELS } from "./models.js";
import { OF_NETWORKS } from "./networks.js";
import { OPEN } from "./open.js";
import { SAVED } from "./saved.js";
import { WHAT_IFS } from "./what-if.js";

const written = writtenComplaints();
const all: readonly Wrong[] = [
  ...LAYERS,
  ...OF_NETWORKS,
  ...FLAGS,
  ...MODELS,
  ...OPEN,
  ...VARIANTS,
  ...ORDERS,
  ...CHECKS,
  ...SAVED,
  ...DIFFS,
  ...BATCHES,
  ...WHAT_IFS,
  ...CODES,
  ...CONVENTIONS,
];

const layerOf = (text: string) => parseLayers(text).nodes[0]?.layer;
const infer = (layer: Layer | undefined, ...inputs: readonly Shape[]) => (layer?.type === "primitive" ? layer.infer(inputs) : undefined);

/** What the command cannot be made to ask, and a program that uses the library can. */
const LIBRARY: readonly (readonly [code: string, says: string, run: () => unknown])[] = [
  ["empty-spec", "there is nothing to compare", () => compare([])],
  ["empty-spec", "there is nothing to compare", () => compareModels([])],
  ["empty-spec", "there is nothing to compare", () => compareFullConvolution([])],
  ["empty-spec", "no layer is given", () => readModel([], ioOf({}).io, [], {})],
  ["empty-spec", "no layer is given", () => readEach([], ioOf({}).io, [], {})],
  ["empty-spec", "there is no layer to write", () => writeCode({ ...parseLayers("relu"), nodes: [], outputs: ["input"] }, { input: [1, 4] })],
  ["empty-spec", "there is no layer here", () => parseLayers("")],
  // @ts-expect-error: what JavaScript lets through.
  ["unknown-dtype", "there is no element type 'float31'", () => analyze(parseLayers("relu"), { input: [1, 4], dtype: "float31" })],
  // @ts-expect-error: what JavaScript lets through.
  ["unknown-framework", "there is no framework 'caffe' to write for", () => writeCode(parseLayers("relu"), { input: [1, 4], framework: "caffe" })],
  ["bad-factor", "expand is -1", () => compare(parseLayers("conv 3x3 8->8 @4x4"), { expand: -1 })],
  ["bad-factor", "groups is 1.5", () => compare(parseLayers("conv 3x3 8->8 @4x4"), { groups: 1.5 })],
  [
    "bad-factor",
    "groups is 0",
    () => whatIf(parseLayers("conv 3x3 8->8 @4x4"), { replacements: [{ replace: parseSelector("standard"), with: "grouped" }], groups: 0 }),
  ],
  ["feature-mismatch", "bilinear expects 4 features, but its input has 3", () => infer(layerOf("nn.Bilinear(4, 5, 2)"), [1, 3], [1, 5])],
  [
    "impossible-figure",
    "made would have a size or a count of -1",
    () =>
      new Inferrer().run("a", { type: "primitive", op: "made", axes: "any", infer: () => inference([{ shape: [1] }], { macs: -1n }) }, [
        { id: 0, axes: "any", shape: [1] },
      ]),
  ],
  ["shape-mismatch", "add has inputs of 1x3 and 1x4", () => infer(add, [1, 3], [1, 4])],
  ["shape-mismatch", "matmul cannot multiply 1x3 by 4x5", () => infer(matmul(false), [1, 3], [4, 5])],
  ["bad-keras", "a Dense has no layers that are written out", () => readKerasJson('{"class_name": "Dense", "config": {}}')],
  ["bad-axis", "softmax works on axis 7", () => analyze(parseLayers("nn.Softmax(7)"), { input: [1, 2] })],
];

/** Messages that no test can make the program say within reason, each with the reason. */
const BEYOND: Readonly<Record<string, string>> = {
  "any JSON": "what the id of a request is: none is refused",
  "this model has more than 512 MiB besides its weights": "needs a file of that size",
  "this model runs more than \u0000 nodes": "test/read/onnx-control.test.ts reads it: it takes seconds",
  ...Object.fromEntries(
    [
      ["padding_mode '\u0000' with uneven padding", 'PyTorch alone has a padding_mode, and pads unevenly for "same" alone, which is written as such'],
      ["its padding is larger before than after", "no framework pads a transposed convolution so; it would be written wrong"],
      ["its padding is uneven", 'no framework pads an average so but for "same", which is written as such'],
    ].map(([why, reason = ""]) => [`layer \u0000 (\u0000) cannot be written for \u0000: ${why}`, reason]),
  ),
};

const isOf = (code: string) => (complaint: Written) =>
  complaint.code === code || (complaint.code.endsWith("*") && code.startsWith(complaint.code.slice(0, -1)));

describe("every wrong request is told", () => {
  it.each(all.map((wrong) => [wrong.says, wrong] as const))("%s", async (_, wrong) => {
    const { code, argv, says, setting, told = "error", exit = told === "error" ? 2 : 0 } = wrong;
    const outcome = await convcost(argv, setting);
    const { message, code: saidCode = code } = heard(wrong, outcome);
    const said = written.filter(isOf(code));
    expect(told === "error" ? outcome.stderr : message).toContain(says);
    expect(said.filter(({ pattern, within }) => (told === "row" ? within : pattern).test(message))).not.toEqual([]);
    expect([outcome.code, saidCode]).toEqual([exit, code]);
    if (told !== "error") return;
    expect(outcome.stderr).toMatch(/^error: /);
    if (wrong.results !== true) expect(outcome.stdout).toBe("");
  });

  it.each(LIBRARY)("in the library: %s, %s", async (code, says, run) => {
    const error: unknown = await Promise.resolve()
      .then(run)
      .catch((thrown: unknown) => thrown);
    if (!(error instanceof InputError)) throw new Error("it is no InputError", { cause: error });
    expect(error.diagnostic.code).toBe(code);
    expect(error.message).toContain(says);
  });
});

describe("no complaint is without a test that reads it", () => {
  it("by its code", () => {
    const provoked = new Set([...all.map(({ code }) => code), ...LIBRARY.map(([code]) => code)]);
    expect([...new Set(written.map(({ code }) => code))].filter((code) => !code.includes("*") && !provoked.has(code))).toEqual([]);
  });

  it("by its message", async () => {
    const messages = await Promise.all(all.map(async (wrong) => ({ ...wrong, ...heard(wrong, await convcost(wrong.argv, wrong.setting)) })));
    const heads = [...messages.filter(({ told }) => told !== "row").map(({ message }) => message), ...LIBRARY.map(([, says]) => says)];
    const rows = messages.filter(({ told }) => told === "row").map(({ message }) => message);
    const unread = written.filter(
      ({ pattern, within, text }) =>
        BEYOND[text] === undefined && !heads.some((head) => pattern.test(head)) && !rows.some((shown) => within.test(shown)),
    );
    expect(unread.map(({ text, where }) => `${where}: ${text.replaceAll("\u0000", "*")}`)).toEqual([]);
    const expectations = messages.flatMap(({ expected = [] }) => expected);
    expect(writtenExpectations().filter((text) => BEYOND[text] === undefined && !expectations.some((expected) => expected.startsWith(text)))).toEqual(
      [],
    );
  });
});

import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { evaluate, solve } from "../../src/read/pt2/evaluate.js";
import { expressionText, parseExpression } from "../../src/read/pt2/expression.js";
import { readPt2 } from "../../src/read/pt2/read.js";
import { source } from "./onnx-model.js";
import { arg, archive, meta, NET, node, tensor, type Program } from "./pt2-model.js";

const valueAt = (text: string, symbols: Readonly<Record<string, number>>) => {
  const expression = parseExpression(text);
  return expression === undefined ? "no expression" : evaluate(expression, new Map(Object.entries(symbols)));
};

describe("sizes of an exported program as expressions", () => {
  // Values by Python: `from sympy import *` and torch.utils._sympy.functions' definitions.
  it.each<[string, Readonly<Record<string, number>>, number | undefined | string]>([
    ["2*s0 + 1", { s0: 7 }, 15],
    ["(s0 - 1)//2 + 1", { s0: 224 }, 112],
    ["-3//2", {}, -2],
    ["-s0**2", { s0: 3 }, -9],
    ["2**3**2", {}, 512],
    ["7 % 4 - 1 - 1", {}, 1],
    ["Max(1, 2*(((s0 - 1)//2)))", { s0: 16 }, 14],
    ["Add(FloorDiv(Add(Symbol('s0', positive=True, integer=True), Integer(-1)), Integer(2)), Integer(1))", { s0: 15 }, 8],
    ["Mul(Rational(1, 2), Pow(Symbol('s0', integer=True), Integer(2)))", { s0: 6 }, 18],
    ["CeilToInt(IntTrueDiv(Symbol('s0'), Integer(3)))", { s0: 7 }, 3],
    ["Where(Eq(s0, 1), 5, s0)", { s0: 1 }, 5],
    ["PythonMod(s0, 32)", { s0: 70 }, 6],
    ["u0 + 1", {}, undefined],
    ["s0//0", { s0: 1 }, undefined],
    ["Novel(s0)", { s0: 1 }, undefined],
    ["s0 +", { s0: 1 }, "no expression"],
    ["(s0", { s0: 1 }, "no expression"],
    ["", {}, "no expression"],
    ["(".repeat(500), {}, "no expression"],
  ])("%s", (text, symbols, value) => {
    expect(valueAt(text, symbols)).toBe(value);
  });

  it("are shown as Python writes them", () => {
    const text = (written: string) => expressionText(parseExpression(written) ?? { kind: "number", value: NaN });
    expect(text("Mul(Integer(32), Symbol('s39', positive=True))")).toBe("32*s39");
    expect(text("Add(FloorDiv(Add(Symbol('s0'), Integer(-1)), Integer(2)), Integer(1))")).toBe("((s0 + -1)//2) + 1");
  });

  it("are solved where they grow evenly with one symbol", () => {
    const at = (written: string, wanted: number) =>
      solve(parseExpression(written) ?? { kind: "number", value: 0 }, "s0", wanted, new Map([["s1", 4]]));
    expect([at("s0", 5), at("32*s0", 96), at("2*s0 + 1", 9), at("s0*s1", 12)]).toEqual([5, 3, 4, 3]);
    expect([at("32*s0", 97), at("s0//2", 3), at("s0**2", 9), at("Min(12, 12*s0)", 12)]).toEqual([undefined, undefined, undefined, undefined]);
  });
});

const symbol = (text: string, hint?: number) => ({ as_expr: { expr_str: text, ...(hint === undefined ? {} : { hint: { as_int: hint } }) } });

/** What the net of the other tests does at a batch: every multiply-add is done for each sample. */
const macsAt = (batch: number) => BigInt(batch * (16 * 27 * 4 + 16 * 9 * 4 + 16 * 4 * 16 + 16 * 10));

describe("open sizes of an archive", () => {
  it("are those of the example unless they are set, which is said", () => {
    const { totals, inputs, warnings } = analyze(readPt2(source(archive(NET))));
    expect([totals.macs, inputs[0]?.shape]).toEqual([macsAt(2), [2, 3, 8, 8]]);
    expect(warnings.join()).toContain("s0 = 2");
  });

  it.each<[string, NonNullable<Parameters<typeof readPt2>[1]>]>([
    ["--batch", { batch: 5 }],
    ["--input", { input: "5x3x8x8" }],
    ["--input by name", { input: { x: [5, 3, 8, 8] } }],
    ["--dim", { dims: { s0: 5 } }],
  ])("%s sets them, and all that follows from them", (_, options) => {
    const { totals, inputs, outputs, layers, warnings } = analyze(readPt2(source(archive(NET)), options));
    expect([totals.macs, inputs[0]?.shape, outputs[0]?.shape]).toEqual([macsAt(5), [5, 3, 8, 8], [5, 10]]);
    expect(layers.flatMap(({ outputs: [output] }) => output?.[0] ?? [])).toEqual(layers.filter(({ op }) => op !== "unused").map(() => 5));
    expect(warnings).toEqual([]);
  });

  it("a batch of 1 passes a lower bound of 2, as PyTorch lets it", () => {
    const ranges = { s0: { min_val: 2, max_val: 64 } };
    expect(analyze(readPt2(source(archive({ ...NET, ranges })), { batch: 1 })).totals.macs).toBe(macsAt(1));
  });

  it("--batch leaves a length alone that other dimensions have too", () => {
    const masked: Program = {
      parameters: [],
      inputs: ["mask", "x"],
      values: {
        mask: meta([symbol("s1", 3), symbol("s1", 3)]),
        x: meta([symbol("s0", 2), symbol("s1", 3)]),
        y: meta([symbol("s0", 2), symbol("s1", 3)]),
      },
      nodes: [node("matmul.default", [arg("self", tensor("x")), arg("other", tensor("mask"))], "y")],
      output: "y",
    };
    const { inputs, totals, warnings } = analyze(readPt2(source(archive(masked)), { batch: 5 }));
    expect([inputs.map(({ shape }) => shape), totals.macs]).toEqual([
      [
        [3, 3],
        [5, 3],
      ],
      45n,
    ]);
    expect(warnings.join()).toContain("s1 = 3");
  });

  const picked: Program = {
    parameters: ["w"],
    values: { x: meta([8, 4]), w: meta([3, 4]), u: meta([symbol("u0"), 4]), y: meta([symbol("u0"), 3]) },
    nodes: [
      node("masked_select.default", [arg("self", tensor("x"))], "u"),
      node("linear.default", [arg("input", tensor("u")), arg("weight", tensor("w"))], "y"),
    ],
    output: "y",
  };

  it("that depend on the data are not known: the rows say so, and parameters count all the same", () => {
    const { uncounted, outputs, totals } = analyze(readPt2(source(archive(picked))));
    expect(uncounted.map(({ op, reason }) => [op, /depends on the data/.test(reason)])).toEqual([
      ["masked_select", true],
      ["linear", true],
    ]);
    expect([outputs[0]?.shape, totals.params]).toEqual([["u0", 3], 12n]);
  });

  it("that depend on the data may be said", () => {
    const { partial, outputs, totals } = analyze(readPt2(source(archive(picked)), { dims: { u0: 5 } }));
    expect([partial, outputs[0]?.shape, totals.macs]).toEqual([false, [5, 3], 60n]);
  });
});

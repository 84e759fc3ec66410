import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseSelector } from "../../src/compare/selector.js";
import { whatIf } from "../../src/compare/what-if.js";
import { readOnnx } from "../../src/read/onnx/read.js";
import { analysed, input, message, model, node, number, output, source, tensorOf, text, weight, whole, type Write } from "../read/onnx-model.js";
import { holds } from "./property.js";

const FLOAT16 = 10;
// Weights that nodes choose from: alike but for their names, one of another type, and shapes as values.
const BIASES = Array.from({ length: 12 }, (_, index) => `b${index}`);
const WEIGHTS: readonly Write[] = [
  ...["w0", "w1", "w2"].map((name) => weight(name, [4, 4, 1, 1])),
  weight("half", [4, 4, 1, 1], { type: FLOAT16 }),
  ...BIASES.map((name) => weight(name, [4])),
  ...["s0", "s1"].map((name) => weight(name, [1, 4, 1, 1])),
  whole("flat", 1, 4, 36),
  whole("square", 1, 4, 6, 6),
  whole("wide", 1, 4, 4, 9),
];

interface Step {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
  readonly constant?: boolean;
}

// All of them keep [1, 4, ...] and 36 positions.
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(fc.constantFrom("w0", "w1", "w2", "half"), fc.constantFrom([], ["b0"], ["b1"]), fc.constantFrom({}, { pads: [0, 0, 0, 0] }))
    .map(([kernel, bias, attributes]) => ({ op: "Conv", inputs: ["x", kernel, ...bias], attributes })),
  fc.constantFrom("Relu", "Sigmoid").map((op) => ({ op, inputs: ["x"] })),
  fc.constantFrom(["x", "s0"], ["s0", "x"], ["x", "s1"], ["x", "x"], ["x"]).map((inputs) => ({ op: "Mul", inputs })),
  // Which of the four are the same one, of four that others may read as well.
  fc.tuple(fc.constantFrom([0, 0, 0, 0], [0, 1, 0, 1], [0, 0, 1, 1], [0, 1, 2, 3]), fc.constantFrom(0, 4, 8)).map(([which, from]) => {
    return { op: "BatchNormalization", inputs: ["x", ...which.map((index) => `b${from + index}`)] };
  }),
  fc.constantFrom("square", "wide").map((shape) => ({ op: "Reshape", inputs: ["x", shape] })),
  fc.constantFrom(1, 3).map((size) => {
    const pad = (size - 1) / 2;
    return { op: "AveragePool", inputs: ["x"], attributes: { kernel_shape: [size, size], pads: [pad, pad, pad, pad] } };
  }),
  fc.constant({ op: "Mul", inputs: ["x", "made"], constant: true }),
);

/** A chain of the steps; `marked` nodes have a note each that is nobody else's, so that no two are alike. */
function chain(steps: readonly Step[], marked: boolean): Uint8Array {
  let x = "x";
  const nodes = steps.flatMap(({ op, inputs, attributes = {}, constant = false }, index) => {
    const made = `made${index}`;
    const read = inputs.map((name) => (name === "x" ? x : name === "made" ? made : name));
    x = index === steps.length - 1 ? "y" : `t${index}`;
    const note = marked ? { [`note${index}`]: 1 } : {};
    // The values of two Constant nodes are two tensors, however much alike they are.
    const before = constant ? [node("Constant", [], [made], { attributes: { value: { tensor: tensorOf("", [4, 1, 1]) } } })] : [];
    return [...before, node(op, read, [x], { attributes: { ...attributes, ...note } })];
  });
  return model([input("x", [1, 4, 6, 6]), output("y"), ...WEIGHTS, ...nodes]);
}

describe("ONNX: nodes that are written and read alike", () => {
  const outcome = (content: Uint8Array) => {
    try {
      const { totals, layers } = analysed(content);
      return { totals, layers: layers.map(({ formulas, ...layer }) => ({ ...layer, formulas: formulas?.() })) };
    } catch (error) {
      return String(error);
    }
  };

  it("cost what they cost where each is told apart by a note of its own", () => {
    holds(
      fc.array(step, { minLength: 1, maxLength: 14 }),
      (steps) => {
        expect(outcome(chain(steps, false))).toEqual(outcome(chain(steps, true)));
      },
      500,
    );
  });

  it("store tensors of their own: by hand, three convolutions of 16 weights, the third reading those of the second", () => {
    const steps = ["w0", "w1", "w1"].map((kernel) => ({ op: "Conv", inputs: ["x", kernel, "b0"] }));
    const { totals, layers } = analysed(chain(steps, false));
    expect(totals.params).toBe(16n + 16n + 4n);
    expect(layers.map(({ params, sharedParams }) => [params, sharedParams])).toEqual([
      [20n, undefined],
      [16n, 4n],
      [0n, 20n],
    ]);
  });

  it("are known to what-if by the tensors that they store: one whose weights another reads is left", () => {
    const steps = ["w0", "w1", "w2", "w1"].map((kernel) => ({ op: "Conv", inputs: ["x", kernel] }));
    const graph = readOnnx(source(chain(steps, false)));
    const { replaced, left } = whatIf(graph, { replacements: [{ replace: parseSelector("pointwise"), with: "grouped" }] });
    expect(replaced.map(({ before }) => before.index)).toEqual([0, 2]);
    expect(left.map(({ index, reason }) => [index, reason])).toEqual([
      [1, "other layers share its weights"],
      [3, "other layers share its weights"],
    ]);
  });

  it("that take their shape from values have each its own", () => {
    const steps = ["flat", "square", "wide", "flat"].map((shape) => ({ op: "Reshape", inputs: ["x", shape] }));
    expect(analysed(chain(steps, false)).layers.map(({ outputs }) => outputs[0])).toEqual([
      [1, 4, 36],
      [1, 4, 6, 6],
      [1, 4, 4, 9],
      [1, 4, 36],
    ]);
  });

  it("are told apart by their attributes: 1x1 convolutions of the same weights with no padding, with none again, and with one of 1", () => {
    const pads = [0, 0, 1].map((pad) => [pad, pad, pad, pad]);
    const steps = pads.map((pad) => ({ op: "Conv", inputs: ["x", "w0"], attributes: { pads: pad } }));
    expect(analysed(chain(steps, false)).layers.map(({ outputs }) => outputs[0])).toEqual([
      [1, 4, 6, 6],
      [1, 4, 6, 6],
      [1, 4, 8, 8],
    ]);
  });

  it("that read a weight turned round store it all the same: products with transposed matrices of 6 x 6, the third with that of the second", () => {
    const product = (input: string, matrix: string, output: string) =>
      node("FusedMatMul", [input, matrix], [output], { domain: "com.microsoft", attributes: { transB: 1 } });
    const nodes = [product("x", "a", "t"), product("t", "b", "u"), product("u", "b", "y")];
    const { layers } = analysed(model([input("x", [1, 6]), output("y"), weight("a", [6, 6]), weight("b", [6, 6]), ...nodes]));
    expect(layers.map(({ params, macs }) => [params, macs])).toEqual([
      [36n, 36n],
      [36n, 36n],
      [0n, 36n],
    ]);
  });

  it("split into as many parts as they have outputs: 12 into two and into three", () => {
    const nodes = [
      node("Split", ["x"], ["a", "b"]),
      node("Split", ["x"], ["c", "d", "e"]),
      node("Concat", ["a", "c"], ["y"], { attributes: { axis: 0 } }),
    ];
    const parts = analysed(model([input("x", [12, 1]), output("y"), ...nodes])).layers.slice(0, 2);
    expect(parts.map(({ outputs }) => outputs.map(([size]) => size))).toEqual([
      [6, 6],
      [4, 4, 4],
    ]);
  });

  it("are told of each by its own name, where something is assumed", () => {
    const pool = (name: string) => node("MaxRoiPool", ["x", "rois"], [name], { name, attributes: { pooled_shape: [2, 2] } });
    const inputs = [input("x", [1, 4, 6, 6]), input("rois", [3, 5])];
    const { warnings } = analysed(model([...inputs, output("one"), output("two"), pool("one"), pool("two")]));
    expect(warnings.map((text) => /^node (\w+):/.exec(text)?.[1])).toEqual(["one", "two"]);
  });

  it("add a mask where a softmax follows, which is no weight, and a weight elsewhere", () => {
    const nodes = [node("Add", ["x", "w"], ["a"]), node("Sigmoid", ["a"], ["b"]), node("Add", ["b", "mask"], ["c"]), node("Softmax", ["c"], ["y"])];
    const { layers } = analysed(model([input("x", [1, 1, 6, 6]), output("y"), weight("w", [6, 6]), weight("mask", [6, 6]), ...nodes]));
    expect(layers.map(({ op, params }) => [op, params])).toEqual([
      ["add", 36n],
      ["sigmoid", 0n],
      ["add", 0n],
      ["softmax", 0n],
    ]);
  });

  it("that hold a tensor each, however much alike they are, store one each", () => {
    const held = (name: string) => node("Constant", [], [name], { attributes: { value: { tensor: tensorOf("", [8, 8]) } } });
    const nodes = [held("a"), held("b"), node("MatMul", ["x", "a"], ["t"]), node("MatMul", ["t", "b"], ["y"])];
    const { totals } = analysed(model([input("x", [1, 8]), output("y"), ...nodes]));
    expect(totals.params).toBe(2n * 64n);
  });

  it("read tensors of their own types: 4 elements of 4 bytes, and of 2", () => {
    const inputs = [input("x", [1, 4]), input("half", [1, 4], FLOAT16)];
    const nodes = [node("Relu", ["x"], ["y"]), node("Relu", ["half"], ["z"])];
    const { layers } = analysed(model([...inputs, output("y"), output("z"), ...nodes]));
    expect(layers.map(({ activationBytes }) => activationBytes)).toEqual([16n, 8n]);
  });

  it("are of their own version of ONNX: Concat, whose axis was 1 where none was said, in a function of opset 3", () => {
    const old = message(
      25,
      text(1, "Old"),
      text(4, "a"),
      text(5, "b"),
      node("Concat", ["a", "a"], ["b"], { field: 7 }),
      message(9, number(2, 3)),
      text(10, "f"),
    );
    const nodes = [node("Concat", ["x", "x"], ["y"]), node("Old", ["x"], ["z"], { domain: "f" })];
    const { layers } = analysed(model([input("x", [2, 4]), output("y"), output("z"), ...nodes], old));
    // The third gives the result of the function the name of the output.
    expect(layers.slice(0, 2).map(({ outputs }) => outputs[0])).toEqual([
      [4, 4],
      [2, 8],
    ]);
  });
});

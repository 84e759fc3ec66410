import { describe, expect, it } from "vitest";
import {
  analysed,
  functionOf,
  known,
  bytes,
  input,
  message,
  model,
  node,
  number,
  output,
  text,
  tensorOf,
  weight,
  whole,
  type AttributeValue,
  type Write,
} from "./onnx-model.js";

// Each case runs in onnxruntime 1.30 as it is, and none of its changes does: what contradicts its operator is no count.

interface Case {
  readonly op: string;
  readonly graph: readonly Write[];
  readonly inputs: readonly string[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** The same operator with another attribute, list or input in place of a right one. */
  readonly changes: Readonly<
    Record<
      string,
      { readonly graph?: readonly Write[]; readonly inputs?: readonly string[]; readonly attributes?: Readonly<Record<string, AttributeValue>> }
    >
  >;
}

const image = input("x", [1, 4, 8, 8]);
const CASES: readonly Case[] = [
  {
    op: "Slice",
    graph: [image, whole("start", 0, 0), whole("end", 4, 4), whole("axes", 2, 3), whole("one", 1)],
    inputs: ["x", "start", "end", "axes"],
    changes: {
      "an end less": { inputs: ["x", "start", "one", "axes"] },
      "a start less": { inputs: ["x", "one", "end", "axes"] },
      "an axis less": { inputs: ["x", "start", "end", "one"] },
      "a step less": { inputs: ["x", "start", "end", "axes", "one"] },
      "an axis twice": { graph: [whole("twice", 3, -1)], inputs: ["x", "start", "end", "twice"] },
    },
  },
  {
    op: "Pad",
    graph: [image, whole("pads", 0, 0, 1, 1, 0, 0, 1, 1), whole("short", 1, 1), whole("axes", 2, 2)],
    inputs: ["x", "pads"],
    changes: {
      "pads of one axis": { inputs: ["x", "short"] },
      "an axis twice": { graph: [whole("four", 1, 1, 1, 1)], inputs: ["x", "four", "", "axes"] },
    },
  },
  {
    op: "Resize",
    graph: [image, whole("sizes", 1, 4, 16, 16), whole("short", 1, 4, 16)],
    inputs: ["x", "", "", "sizes"],
    attributes: { mode: "linear" },
    changes: { "a size less": { inputs: ["x", "", "", "short"] }, "an unknown mode": { attributes: { mode: "smooth" } } },
  },
  {
    op: "Split",
    graph: [image, whole("parts", 4), whole("less", 3), whole("more", 2, 2)],
    inputs: ["x", "parts"],
    attributes: { axis: 1 },
    changes: { "less than there is": { inputs: ["x", "less"] }, "more parts than outputs": { inputs: ["x", "more"] } },
  },
  {
    op: "GroupNormalization",
    graph: [image, weight("s", [2]), weight("b", [2]), weight("wide", [99])],
    inputs: ["x", "s", "b"],
    attributes: { num_groups: 2 },
    changes: { "a scale of another size": { inputs: ["x", "wide", "b"] }, "a bias of another size": { inputs: ["x", "s", "wide"] } },
  },
  {
    op: "DeformConv",
    graph: [image, weight("w", [6, 4, 3, 3]), input("o", [1, 18, 6, 6]), input("p", [1, 9, 6, 6])],
    inputs: ["x", "w", "o"],
    changes: { "offsets for other taps": { inputs: ["x", "w", "p"] }, "offsets of two groups": { attributes: { offset_group: 2 } } },
  },
  {
    op: "Col2Im",
    graph: [input("x", [1, 4, 9]), whole("image", 4, 4), whole("block", 2, 2), whole("large", 5, 5)],
    inputs: ["x", "image", "block"],
    changes: { "an image of more positions": { inputs: ["x", "large", "block"] }, "strides of fewer": { attributes: { strides: [2, 2] } } },
  },
  {
    op: "ConvTranspose",
    graph: [image, weight("w", [4, 2, 3, 3])],
    inputs: ["x", "w"],
    attributes: { strides: [2, 2], output_shape: [16, 16] },
    changes: { "an output that nothing reaches": { attributes: { strides: [2, 2], output_shape: [19, 16] } } },
  },
  {
    op: "Attention",
    graph: [
      input("q", [1, 4, 5, 8]),
      input("k", [1, 2, 7, 8]),
      input("v", [1, 2, 7, 8]),
      input("thin", [1, 2, 7, 1]),
      input("short", [1, 2, 1, 8]),
      input("three", [1, 3, 7, 8]),
    ],
    inputs: ["q", "k", "v"],
    changes: {
      "keys of another width": { inputs: ["q", "thin", "v"] },
      "fewer values than keys": { inputs: ["q", "k", "short"] },
      "heads that do not divide": { inputs: ["q", "three", "three"] },
    },
  },
  {
    op: "ScatterElements",
    graph: [input("x", [3, 3]), whole("at", 0), input("i", [1, 3], 7), input("u", [1, 3]), input("other", [3, 3])],
    inputs: ["x", "i", "u"],
    changes: { "updates of another shape": { inputs: ["x", "i", "other"] }, "an axis that is not there": { attributes: { axis: 2 } } },
  },
  {
    op: "Gemm",
    graph: [input("a", [6, 3]), input("b", [6, 4]), input("c", [3, 6])],
    inputs: ["a", "b"],
    attributes: { transA: 2 },
    changes: { "a factor of another size": { inputs: ["c", "b"] } },
  },
  {
    op: "MaxPool",
    graph: [image],
    inputs: ["x"],
    attributes: { kernel_shape: [2, 2] },
    changes: {
      "no kernel": { attributes: {} },
      "a kernel that is no list": { attributes: { kernel_shape: 2 } },
      "a padding that is no word of it": { attributes: { kernel_shape: [2, 2], auto_pad: "SAME" } },
      "a flag that is a list": { attributes: { kernel_shape: [2, 2], ceil_mode: [1] } },
      "an input more": { inputs: ["x", "x"] },
    },
  },
  {
    op: "Add",
    graph: [image],
    inputs: ["x", "x"],
    changes: { "one input": { inputs: ["x"] }, "an input left out": { inputs: ["x", ""] }, "three inputs": { inputs: ["x", "x", "x"] } },
  },
];

describe("ONNX: what contradicts its operator", () => {
  const built = ({ op, graph, inputs, attributes = {} }: Omit<Case, "changes">) =>
    model([...graph, node(op, inputs, ["y"], { attributes }), output("y")]);

  it.each(CASES)("$op is counted as it is", (each) => {
    const { partial, warnings } = analysed(built(each));
    expect([partial, warnings]).toEqual([false, []]);
  });

  it.each(CASES.flatMap((each) => Object.entries(each.changes).map(([what, change]) => [each.op, what, each, change] as const)))(
    "%s with %s is refused",
    (_, __, each, change) => {
      expect(() => analysed(built({ ...each, ...change, graph: [...each.graph, ...(change.graph ?? [])] }))).toThrow(
        each.op === "Gemm" ? "MatMul" : each.op,
      );
    },
  );

  it("scales of LayerNormalization broadcast to its input, and do not widen it", () => {
    const normed = (...dims: readonly number[]) =>
      model([input("x", [2, 3, 5]), weight("s", dims), node("LayerNormalization", ["x", "s"], ["y"]), output("y")]);
    expect(analysed(normed(2, 3, 5)).totals.params).toBe(30n);
    expect(() => analysed(normed(4, 3, 5))).toThrow("input 1 of LayerNormalization is 4x3x5");
  });
});

describe("ONNX: what a graph says of itself", () => {
  const relu = node("Relu", ["x"], ["y"]);
  const conv = node("Conv", ["x", "w"], ["y"]);
  const w = [3, 3, 3, 3];
  const external = (...entries: readonly (readonly [string, string])[]) =>
    message(5, ...tensorOf("w", w), number(14, 1), ...entries.map(([key, value]) => message(13, text(1, key), text(2, value))));
  const x = input("x", [1, 3, 8, 8]);
  const floats =
    (count: number): Write =>
    (pbf) => {
      pbf.writePackedFloat(4, Array<number>(count).fill(0));
    };

  it.each<[string, readonly Write[], string]>([
    ["inputs of one name", [x, input("x", [1, 300, 8, 8]), relu], "two inputs are called x"],
    ["external data of another length", [x, conv, external(["location", "d.bin"], ["length", "4"])], "324 bytes, but has 4"],
    ["external data without a file", [x, conv, external(["location", "."])], "outside of the model's folder"],
    ["fewer values than the shape has", [x, conv, message(5, ...tensorOf("w", w), floats(5))], "but has 5 values"],
    ["elements of no type", [x, conv, message(5, ...tensorOf("w", w, { type: 99 }))], "a type that is not known, 99"],
    ["a weight without channels", [x, conv, weight("w", [0, 3, 3, 3])], "the weight of Conv is 0x3x3x3"],
    ["negative pads", [x, node("Conv", ["x", "w"], ["y"], { attributes: { pads: [-1, 0, 0, 0] } }), weight("w", w)], "pads of Conv is -1, 0, 0, 0"],
    [
      "pads beside auto_pad",
      [x, node("Conv", ["x", "w"], ["y"], { attributes: { pads: [1, 1, 1, 1], auto_pad: "VALID" } }), weight("w", w)],
      "pads of Conv is 1, 1, 1, 1",
    ],
    [
      "a depth of two",
      [input("i", [3], 7), whole("d", 5, 6), whole("v", 0, 1), node("OneHot", ["i", "d", "v"], ["y"])],
      "the depth of OneHot has 2 values",
    ],
    ["more sparse values than elements", [x, message(15, message(1, ...tensorOf("w", [20])), number(3, 4), number(3, 4)), relu], "but has 20 values"],
  ])("%s are refused", (_, graph, says) => {
    expect(() => analysed(model([...graph, output("y")]))).toThrow(says);
  });

  it.each<[string, Write, string]>([
    ["an input", known("x", [5, 5]), "the file says that x is 5x5, and it is 1x3x8x8"],
    ["an initializer", known("w", [5, 5]), "the file says that w is 5x5, and it is 3x3x3x3"],
    ["a size beside an open one", known("t", ["n", 77, 8, 8]), "the file says that t is nx77x8x8, and it is 1x3x8x8"],
    ["another number of dimensions", known("t", ["n", "m"]), "the file says that t is nxm, and it is 1x3x8x8"],
  ])("of %s something else: said", (_, info, says) => {
    const graph = [x, weight("w", w), node("Relu", ["x"], ["t"]), node("Conv", ["t", "w"], ["y"]), info, output("y")];
    expect(analysed(model(graph)).warnings.join()).toContain(says);
  });

  it("a function that has the name of an operator does not run, as in onnxruntime", () => {
    const shadow = functionOf("", "Conv", ["a", "b"], ["c"], node("Relu", ["a"], ["c"], { field: 7 }));
    const { totals, warnings } = analysed(model([x, weight("w", w), conv, output("y")], shadow));
    expect([totals.macs, warnings.length]).toEqual([BigInt(36 * 3 * 27), 1]);
  });

  it("a function that is given more than it takes is refused", () => {
    const own = functionOf("d", "f", ["a"], ["c"], node("Relu", ["a"], ["c"], { field: 7 }));
    expect(() => analysed(model([x, node("f", ["x", "x"], ["y"], { domain: "d" }), output("y")], own))).toThrow("the function f is given 2 inputs");
  });

  it.each([
    ["could not be counted", [node("Mystery", ["x"], ["b"], { domain: "d" }), output("b")]],
    [
      "has more FLOPs",
      [
        ...Array.from({ length: 20 }, (_, index) => node("Exp", [index === 0 ? "x" : `e${index}`], [`e${index + 1}`])),
        node("Relu", ["e20"], ["b"]),
        output("b"),
      ],
    ],
  ])("where the branch of an If that is not counted %s, the figures are lower bounds", (says, other) => {
    const small = [weight("k", [3, 3, 1, 1]), node("Conv", ["x", "k"], ["a"]), output("a")];
    const choose = node("If", ["c"], ["y"], { attributes: { then_branch: { graph: small }, else_branch: { graph: other } } });
    const { partial, uncounted } = analysed(model([x, input("c", [], 9), choose, output("y")]));
    expect(partial).toBe(true);
    expect(uncounted.map(({ reason }) => reason).join()).toContain(says);
  });
});

describe("ONNX: what is given twice", () => {
  const attribute = (name: string, value: number) => message(5, text(1, name), number(3, value), number(20, 2));
  const relu = (...parts: readonly Write[]) => message(1, text(1, "x"), text(2, "y"), text(4, "Elu"), ...parts);
  const graph = [input("x", [1, 8]), output("y")];

  it.each<[string, Uint8Array, string]>([
    ["an attribute", model([...graph, relu(attribute("a", 1), attribute("a", 2))]), "the attribute a is given twice"],
    ["an attribute apart", model([...graph, relu(attribute("a", 1), text(3, "n"), attribute("a", 2))]), "the attribute a is given twice"],
    ["the graph", model([...graph, node("Elu", ["x"], ["y"])], message(7, ...graph, node("Elu", ["x"], ["y"]))), "the graph is given twice"],
    ["a version", model([...graph, node("Elu", ["x"], ["y"])], message(8, number(2, 9))), "the version of the operators of '' is given twice"],
    [
      "a function",
      model(
        [...graph, node("f", ["x"], ["y"], { domain: "d" })],
        ...Array.from({ length: 2 }, () => message(25, text(1, "f"), text(4, "a"), text(5, "a"), text(10, "d"))),
      ),
      "two functions have the same name",
    ],
    [
      "a tensor of an attribute",
      model([...graph, relu(message(5, text(1, "t"), message(5, ...tensorOf("", [1])), message(5, ...tensorOf("", [2]))))]),
      "the tensor of an attribute is given twice",
    ],
    [
      "a value of two types",
      model([...graph, relu(message(5, text(1, "a"), number(3, 1), number(8, 2), number(20, 2)))]),
      "a value of another type than it says",
    ],
  ])("%s is refused", (_, content, says) => {
    expect(() => analysed(content)).toThrow(says);
  });

  it("a zero that proto3 leaves out is a value", () => {
    // `axis` of its type alone: 0, not Softmax's default of -1.
    const content = bytes(
      number(1, 8),
      message(8, number(2, 17)),
      message(
        7,
        input("x", [2, 3]),
        message(1, text(1, "x"), text(2, "y"), text(4, "Flatten"), message(5, text(1, "axis"), number(20, 2))),
        output("y"),
      ),
    );
    expect(analysed(content).outputs[0]?.shape).toEqual([1, 6]);
  });
});

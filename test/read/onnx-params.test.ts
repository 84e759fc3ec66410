import { describe, expect, it } from "vitest";
import {
  analysed,
  functionOf,
  input,
  int64s,
  message,
  model,
  node,
  number,
  output,
  tensorOf,
  text,
  truth,
  weight,
  whole,
  type Write,
} from "./onnx-model.js";

const totalsOf = (...graph: readonly Write[]) => analysed(model(graph)).totals;
const floats = (...values: readonly number[]) => new Uint8Array(new Float32Array(values).buffer);
const constant = (name: string, dims: readonly number[], raw?: Uint8Array) =>
  node("Constant", [], [name], { attributes: { value: { tensor: tensorOf("", dims, { raw }) } } });
const whole8 = (name: string, dims: readonly number[]) => message(5, ...tensorOf(name, dims, { type: 3 }));

/** How a weight of [4, 6] is moved before it is used, as exporters write it that fold no constants: nodes from `w` to `m`, and what is left of it. */
const MOVES: Readonly<Record<string, readonly [shape: readonly [number, number], ...Write[]]>> = {
  Reshape: [[6, 4], whole("to", 6, 4), node("Reshape", ["w", "to"], ["m"])],
  "Unsqueeze and Squeeze": [[4, 6], whole("at", 0), node("Unsqueeze", ["w", "at"], ["u"]), node("Squeeze", ["u", "at"], ["m"])],
  Slice: [[4, 3], whole("b", 0), whole("e", 3), whole("at", 1), node("Slice", ["w", "b", "e", "at"], ["m"])],
  "a shape as a Constant node": [
    [6, 4],
    node("Constant", [], ["to"], { attributes: { value: { tensor: tensorOf("", [2], { type: 7, raw: int64s(6, 4) }) } } }),
    node("Reshape", ["w", "to"], ["m"]),
  ],
  Gather: [[2, 6], whole("rows", 1, 3), node("Gather", ["w", "rows"], ["m"])],
  Transpose: [[6, 4], node("Transpose", ["w"], ["m"])],
  Expand: [[4, 6], whole("to", 4, 6), node("Expand", ["w", "to"], ["m"])],
  Tile: [[8, 6], whole("by", 2, 1), node("Tile", ["w", "by"], ["m"])],
  Cast: [[4, 6], node("Cast", ["w"], ["m"], { attributes: { to: 1 } })],
  Identity: [[4, 6], node("Identity", ["w"], ["m"])],
  "Concat of one": [[4, 6], node("Concat", ["w"], ["m"], { attributes: { axis: 0 } })],
  "a number as a scale": [[4, 6], weight("one", [1], { raw: floats(2) }), node("Mul", ["w", "one"], ["m"])],
  limits: [[4, 6], weight("least", [], { raw: floats(-1) }), weight("most", [], { raw: floats(1) }), node("Clip", ["w", "least", "most"], ["m"])],
  "a computed length": [
    [6, 4],
    node("Shape", ["w"], ["s"]),
    whole("second", 1),
    node("Gather", ["s", "second"], ["rows"]),
    whole("rest", -1),
    node("Concat", ["rows", "rest"], ["to"], { attributes: { axis: 0 } }),
    node("Reshape", ["w", "to"], ["m"]),
  ],
};

/** Operators that read a weight of two axes as theirs. */
const READERS: Readonly<Record<string, (rows: number, columns: number) => readonly Write[]>> = {
  MatMul: (rows) => [input("x", [3, rows]), node("MatMul", ["x", "m"], ["y"])],
  Gemm: (rows) => [input("x", [3, rows]), node("Gemm", ["x", "m"], ["y"])],
  Add: (rows, columns) => [input("x", [3, rows, columns]), node("Add", ["x", "m"], ["y"])],
  PRelu: (rows, columns) => [input("x", [3, rows, columns]), node("PRelu", ["x", "m"], ["y"])],
  Einsum: (rows) => [input("x", [3, rows]), node("Einsum", ["x", "m"], ["y"], { attributes: { equation: "ij,jk->ik" } })],
};

const moved = Object.entries(MOVES).flatMap(([move, [shape, ...nodes]]) =>
  Object.entries(READERS).map(([reader, read]) => ({ move, reader, graph: [weight("w", [4, 6]), ...nodes, ...read(...shape), output("y")] })),
);

describe("ONNX: what is a parameter", () => {
  it.each(moved)("a weight behind $move that $reader reads has the numbers that are stored, and nothing else has", ({ graph }) => {
    expect(totalsOf(...graph)).toMatchObject({ params: 24n, buffers: 0n });
  });

  it.each(moved.slice(0, 5))("the same in a branch of an If ($reader)", ({ graph }) => {
    // In a branch the input is that of the graph around it.
    const [w, to, reshape, x, reader] = graph;
    const branch = [w, to, reshape, reader, output("y")].flatMap((write) => write ?? []);
    const both = { attributes: { then_branch: { graph: branch }, else_branch: { graph: branch } } };
    expect(totalsOf(...(x === undefined ? [] : [x]), truth("c", true), node("If", ["c"], ["z"], both), output("z"))).toMatchObject({ params: 24n });
  });

  it("the same in a function of the model", () => {
    const body = functionOf(
      "pkg",
      "linear",
      ["x", "w"],
      ["y"],
      node("Constant", [], ["to"], { attributes: { value_ints: [6, 4] }, field: 7 }),
      node("Reshape", ["w", "to"], ["m"], { field: 7 }),
      node("MatMul", ["x", "m"], ["y"], { field: 7 }),
    );
    const graph = [weight("w", [4, 6]), input("x", [3, 6]), node("linear", ["x", "w"], ["y"], { domain: "pkg" }), output("y")];
    expect(analysed(model(graph, body)).totals).toMatchObject({ params: 24n, macs: 72n });
  });

  it.each<[string, readonly Write[], bigint]>([
    [
      "a quantised weight: its scale and zero point are none",
      [whole8("q", [4, 6]), weight("s", [6]), whole8("z", [6]), node("DequantizeLinear", ["q", "s", "z"], ["m"])],
      24n,
    ],
    ["a weight of bytes that is cast", [whole8("q", [4, 6]), node("Cast", ["q"], ["m"], { attributes: { to: 1 } })], 24n],
    [
      "positions that are cast are none",
      [
        whole("p", ...Array<number>(24).fill(2)),
        whole("to", 4, 6),
        node("Cast", ["p"], ["f"], { attributes: { to: 1 } }),
        node("Reshape", ["f", "to"], ["m"]),
      ],
      0n,
    ],
    [
      "a range is none",
      [
        weight("a", [], { raw: floats(0) }),
        weight("b", [], { raw: floats(24) }),
        weight("c", [], { raw: floats(1) }),
        whole("to", 4, 6),
        node("Range", ["a", "b", "c"], ["f"]),
        node("Reshape", ["f", "to"], ["m"]),
      ],
      0n,
    ],
    [
      "weight normalisation: its two parts",
      [
        weight("v", [4, 6]),
        weight("g", [4, 1]),
        node("ReduceL2", ["v"], ["n"], { attributes: { axes: [1], keepdims: 1 } }),
        node("Div", ["v", "n"], ["d"]),
        node("Mul", ["d", "g"], ["m"]),
      ],
      28n,
    ],
    ["a sum of two weights", [weight("v", [4, 6]), weight("u", [4, 6]), node("Add", ["v", "u"], ["m"])], 48n],
  ])("MatMul by %s", (_, nodes, params) => {
    expect(totalsOf(input("x", [3, 4]), ...nodes, node("MatMul", ["x", "m"], ["y"]), output("y"))).toMatchObject({ params });
  });

  it.each<[string, readonly Write[], bigint]>([
    [
      "the bias of one feature is one",
      [input("x", [2, 3, 6]), weight("w", [6, 1]), weight("b", [1]), node("MatMul", ["x", "w"], ["t"]), node("Add", ["t", "b"], ["y"])],
      7n,
    ],
    ["a single number as a scale is none", [input("x", [2, 3, 6]), weight("s", [1]), node("Mul", ["x", "s"], ["y"])], 0n],
    ["a scale a channel is one", [input("x", [2, 3, 6]), node("Relu", ["x"], ["r"]), weight("s", [6]), node("Mul", ["r", "s"], ["y"])], 6n],
    [
      "zeros that are multiplied are a state",
      [input("x", [2, 4]), weight("s", [2, 4], { raw: floats(...Array<number>(8).fill(0)) }), node("Mul", ["x", "s"], ["y"])],
      0n,
    ],
    ["zeros that are added are a bias", [input("x", [2, 4]), weight("s", [4], { raw: floats(0, 0, 0, 0) }), node("Add", ["x", "s"], ["y"])], 4n],
    [
      "a state of zeros times a weight",
      [
        weight("s", [2, 4], { raw: floats(...Array<number>(8).fill(0)) }),
        weight("w", [4, 4]),
        node("MatMul", ["s", "w"], ["t"]),
        input("x", [2, 4]),
        node("Add", ["x", "t"], ["y"]),
      ],
      16n,
    ],
    [
      "ones and zeros of a norm without scale",
      [
        input("x", [2, 4, 9]),
        constant("s", [4], floats(1, 1, 1, 1)),
        constant("b", [4], floats(0, 0, 0, 0)),
        node("InstanceNormalization", ["x", "s", "b"], ["y"]),
      ],
      0n,
    ],
    [
      "a norm's own scale and shift, ones and zeros at first",
      [
        input("x", [2, 4, 9]),
        weight("s", [4], { raw: floats(1, 1, 1, 1) }),
        weight("b", [4], { raw: floats(0, 0, 0, 0) }),
        node("InstanceNormalization", ["x", "s", "b"], ["y"]),
      ],
      8n,
    ],
  ])("%s", (_, graph, params) => {
    expect(totalsOf(...graph, output("y"))).toMatchObject({ params });
  });

  it("a weight that is added to itself a hundred times is one", () => {
    const sums = Array.from({ length: 100 }, (_, index) => node("Add", [`w${index}`, `w${index}`], [`w${index + 1}`]));
    const graph = [input("x", [3, 4]), weight("w0", [4, 6]), ...sums, node("MatMul", ["x", "w100"], ["y"]), output("y")];
    expect(totalsOf(...graph)).toMatchObject({ params: 24n });
  });

  it("a quantised tensor that is added is one; its scale and zero point are none", () => {
    const numbers = ["s", "t", "u"].map((name) => weight(name, []));
    const zeros = ["a", "b", "c"].map((name) => whole8(name, []));
    const domain = "com.microsoft";
    const graph = [input("x", [2, 6], 3), whole8("w", [6]), ...numbers, ...zeros];
    const sum = node("QLinearAdd", ["x", "s", "a", "w", "t", "b", "u", "c"], ["y"], { domain });
    expect(totalsOf(...graph, sum, output("y"))).toMatchObject({ params: 6n });
  });

  const scores = [input("x", [2, 3, 4, 4]), node("Softmax", ["t"], ["y"]), output("y")];

  it.each<[string, readonly Write[], bigint]>([
    ["a mask is none", [weight("m", [4, 4]), node("Add", ["x", "m"], ["t"])], 0n],
    [
      "a mask that is cut and put in place is none",
      [
        weight("w", [2, 9, 9]),
        whole("at", 1),
        whole("b", 0, 0),
        whole("e", 4, 4),
        whole("axes", 1, 2),
        node("Slice", ["w", "b", "e", "axes"], ["c"]),
        node("Unsqueeze", ["c", "at"], ["m"]),
        node("Add", ["x", "m"], ["t"]),
      ],
      0n,
    ],
    ["a bias for each head is one", [weight("m", [1, 3, 4, 4]), node("Add", ["x", "m"], ["t"])], 48n],
    [
      "a table of distances is one, also of a single head",
      [
        weight("w", [7, 1]),
        whole("i", ...Array<number>(16).fill(3)),
        whole("to", 4, 4),
        node("Gather", ["w", "i"], ["g"]),
        node("Reshape", ["g", "to"], ["m"]),
        node("Add", ["x", "m"], ["t"]),
      ],
      7n,
    ],
  ])("added before a softmax: %s", (_, nodes, params) => {
    expect(totalsOf(...nodes, ...scores)).toMatchObject({ params });
  });

  const turned = [
    node("Split", ["q"], ["a", "b"], { attributes: { axis: 1 } }),
    node("Neg", ["b"], ["n"]),
    node("Concat", ["n", "a"], ["t"], { attributes: { axis: 1 } }),
  ];

  it.each<[string, readonly Write[]]>([
    ["x * cos + turned(x) * sin", [...turned, node("Mul", ["q", "cos"], ["l"]), node("Mul", ["t", "sin"], ["r"]), node("Add", ["l", "r"], ["y"])]],
    [
      "a * cos - b * sin, b * cos + a * sin",
      [
        ...turned.slice(0, 1),
        node("Slice", ["cos", "zero", "half", "one"], ["c"]),
        node("Slice", ["sin", "zero", "half", "one"], ["s"]),
        ...[
          ["a", "c", "ac"],
          ["b", "s", "bs"],
          ["b", "c", "bc"],
          ["a", "s", "as"],
        ].map(([l = "", r = "", o = ""]) => node("Mul", [l, r], [o])),
        node("Sub", ["ac", "bs"], ["d"]),
        node("Add", ["bc", "as"], ["e"]),
        node("Concat", ["d", "e"], ["y"], { attributes: { axis: 1 } }),
      ],
    ],
  ])("rotary tables are buffers: %s", (_, nodes) => {
    const stored = [weight("w", [6, 8]), weight("cos", [3, 8]), weight("sin", [3, 8]), whole("zero", 0), whole("half", 4), whole("one", 1)];
    const graph = [input("x", [3, 6]), ...stored, node("MatMul", ["x", "w"], ["q"]), ...nodes, output("y")];
    expect(totalsOf(...graph)).toMatchObject({ params: 48n, buffers: 48n });
  });

  it("frequencies of which a sine and a cosine are taken are buffers; weights before a sine alone are weights", () => {
    const waves = [node("Sin", ["p"], ["s"]), node("Cos", ["p"], ["c"]), node("Concat", ["s", "c"], ["y"], { attributes: { axis: 1 } }), output("y")];
    expect(totalsOf(input("x", [5, 1]), weight("f", [1, 4]), node("Mul", ["x", "f"], ["p"]), ...waves)).toMatchObject({ params: 0n, buffers: 4n });
    expect(totalsOf(input("x", [5, 1]), weight("f", [1, 4]), node("MatMul", ["x", "f"], ["p"]), ...waves)).toMatchObject({ params: 0n, buffers: 4n });
    expect(totalsOf(input("x", [5, 3]), weight("f", [3, 4]), node("MatMul", ["x", "f"], ["p"]), ...waves)).toMatchObject({
      params: 12n,
      buffers: 0n,
    });
    expect(
      totalsOf(input("x", [5, 3]), weight("f", [3, 4]), node("MatMul", ["x", "f"], ["p"]), node("Sin", ["p"], ["y"]), output("y")),
    ).toMatchObject({ params: 12n });
  });

  it("the scales of a Resize are none, where its shape is not known either", () => {
    const graph = [input("x", [1, 3, "h", 8]), weight("s", [4], { raw: floats(1, 1, 2, 2) }), node("Resize", ["x", "", "s"], ["y"]), output("y")];
    expect(totalsOf(...graph)).toMatchObject({ params: 0n });
  });
});

describe("ONNX: outputs", () => {
  it("that have no name are made by nobody: they take no memory", () => {
    const norm = (...outputs: readonly string[]) => [
      input("x", [2, 3, 4]),
      weight("s", [4]),
      weight("b", [4]),
      node("LayerNormalization", ["x", "s", "b"], outputs),
    ];
    const { layers } = analysed(model([...norm("y", "", "d"), output("y"), output("d")]));
    expect(layers.map(({ outputs }) => outputs)).toEqual([
      [
        [2, 3, 4],
        [2, 3, 1],
      ],
    ]);
    expect(totalsOf(...norm("y", "", ""), output("y"))).toMatchObject({ activationBytes: 96n });
  });

  it("the first of which has no name: the states of an LSTM alone", () => {
    const graph = [
      input("x", [5, 2, 3]),
      weight("w", [1, 16, 3]),
      weight("r", [1, 16, 4]),
      node("LSTM", ["x", "w", "r"], ["", "h", "c"]),
      output("h"),
      output("c"),
    ];
    const { layers, outputs } = analysed(model(graph));
    expect(layers[0]?.outputs).toEqual([
      [1, 2, 4],
      [1, 2, 4],
    ]);
    expect(outputs).toMatchObject([
      { name: "h", shape: [1, 2, 4] },
      { name: "c", shape: [1, 2, 4] },
    ]);
  });

  it("of a BatchNormalization in training: its new statistics", () => {
    const stored = ["s", "b", "m", "v"].map((name) => weight(name, [4]));
    const norm = node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y", "mean", "var"], { attributes: { training_mode: 1 } });
    const { outputs, totals } = analysed(model([input("x", [2, 4, 5]), ...stored, norm, output("y"), output("mean"), output("var")]));
    expect(outputs.map(({ shape }) => shape)).toEqual([[2, 4, 5], [4], [4]]);
    expect(totals).toMatchObject({ params: 8n, buffers: 8n });
  });

  it("of a Dropout in training: what is left, and which", () => {
    const { outputs } = analysed(model([input("x", [2, 4]), node("Dropout", ["x"], ["y", "mask"]), output("y"), output("mask")]));
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [2, 4],
      [2, 4],
    ]);
  });
});

describe("QONNX and Brevitas", () => {
  const few = ["onnx.brevitas", "qonnx.custom_op.general"];

  it.each(few)("a quantiser of %s keeps the shape, and its weight a weight", (domain) => {
    const numbers = ["scale", "zero", "bits"].map((name) => weight(name, []));
    const quant = (from: string, to: string) => node("Quant", [from, "scale", "zero", "bits"], [to], { domain });
    const graph = [input("x", [2, 4]), weight("w", [4, 3]), ...numbers, quant("w", "q"), quant("x", "z"), node("MatMul", ["z", "q"], ["t"])];
    const ends = [
      node("BipolarQuant", ["t", "scale"], ["u"], { domain }),
      node("Trunc", ["u", "scale", "zero", "bits", "bits"], ["y"], { domain }),
      output("y"),
    ];
    expect(analysed(model([...graph, ...ends]))).toMatchObject({ partial: false, totals: { params: 12n, macs: 24n }, outputs: [{ shape: [2, 3] }] });
  });

  it("a convolution whose channels stand last: 3x3, 4 to 5 channels, on 8x6", () => {
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
    const domain = "qonnx.custom_op.channels_last";
    const graph = [input("x", [1, 8, 6, 4]), weight("w", [5, 3, 3, 4]), node("Conv", ["x", "w"], ["c"], { domain, attributes })];
    const stored = ["s", "b", "m", "v"].map((name) => weight(name, [5]));
    const norm = node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"], { domain });
    const pool = node("MaxPool", ["n"], ["y"], { domain, attributes: { kernel_shape: [2, 2], strides: [2, 2] } });
    expect(analysed(model([...graph, ...stored, norm, pool, output("y")]))).toMatchObject({
      partial: false,
      totals: { params: BigInt(5 * 9 * 4 + 10), buffers: 10n, macs: BigInt(8 * 6 * 5 * 9 * 4) },
      outputs: [{ shape: [1, 4, 3, 5] }],
    });
  });
});

describe("what torch.onnx.export(dynamo=True) notes about its initializers", () => {
  const entry = (key: string, value: string) => message(4, text(1, key), text(2, value));
  const noted = (name: string, ...notes: readonly Write[]) => message(13, text(1, name), ...notes);
  const kind = (name: string, of: string) => noted(name, entry("pkg.torch.export.graph_signature.InputSpec.kind", of));
  const folded = (name: string, from: string) => noted(name, entry("pkg.onnxscript.optimizer.folded_from", from));
  const x = input("x", [2, 4]);
  const rows = message(11, text(1, "i"), message(2, message(1, number(1, 7), message(2, message(1, number(1, 2))))));
  const plus = (name: string) => [x, weight(name, [2, 4]), node("Add", ["x", name], ["y"]), output("y")];
  /** The parameters and buffers that the same modules have in PyTorch 2.13. */
  it.each<readonly [of: string, graph: readonly Write[], params: bigint, buffers: bigint]>([
    ["a parameter that is added", [...plus("m.w"), kind("m.w", "PARAMETER")], 8n, 0n],
    ["a parameter of one number", [x, weight("m.s", []), node("Mul", ["x", "m.s"], ["y"]), output("y"), kind("m.s", "PARAMETER")], 1n, 0n],
    ["a buffer that is added", [...plus("m.pe"), kind("m.pe", "BUFFER")], 0n, 8n],
    ["a constant", [...plus("c"), kind("c", "CONSTANT_TENSOR")], 0n, 0n],
    ["a table folded of a buffer and numbers", [...plus("t"), folded("t", "['cos', 'm.rotary_emb.inv_freq', 'val_3']")], 0n, 8n],
    ["a table folded of a buffer that is there", [...plus("t"), weight("m.b", [8]), kind("m.b", "BUFFER"), folded("t", "['m.b', 'val_3']")], 0n, 8n],
    ["numbers of the exporter", [...plus("val_3"), folded("val_3", "['val_1', 'val_2']")], 0n, 0n],
    [
      "an embedding and an output layer with one weight, transposed when it was folded",
      [
        ...[rows, weight("m.b.weight", [10, 4]), weight("val_0", [4, 10]), kind("m.b.weight", "PARAMETER"), folded("val_0", "['m.b.weight']")],
        ...[node("Gather", ["m.b.weight", "i"], ["e"]), node("MatMul", ["e", "val_0"], ["y"]), output("y")],
      ],
      40n,
      0n,
    ],
  ])("%s", (_, graph, params, buffers) => {
    expect(totalsOf(...graph)).toMatchObject({ params, buffers });
  });
});

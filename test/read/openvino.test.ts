import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readOpenvino } from "../../src/read/openvino/read.js";
import { convcost } from "../cli/run.js";
import { hasReference } from "../reference/reference.js";
import { constant, ir, layersAndEdges, parameter, result, type IrLayer } from "./openvino-model.js";

type Options = Parameters<typeof readOpenvino>[1];
const count = (layers: readonly IrLayer[], options: Options = {}) => analyze(readOpenvino(ir(layers), options));
const WINDOW = { strides: "2,2", pads_begin: "1,1", pads_end: "1,1", dilations: "1,1" };
const X = parameter("x", [1, 8, 32, 32]);

const OPERATORS: readonly (readonly [what: string, layers: readonly IrLayer[], macs: number, params: number, output: readonly number[]])[] = [
  [
    "Convolution, its bias added after it",
    [
      X,
      constant("w", [16, 8, 3, 3]),
      constant("b", [1, 16, 1, 1]),
      { name: "c", type: "Convolution", data: { ...WINDOW, auto_pad: "explicit" }, reads: ["x", "w"], makes: [[1, 16, 16, 16]] },
      { name: "y", type: "Add", reads: ["c", "b"], makes: [[1, 16, 16, 16]] },
    ],
    16 * 16 * 16 * 8 * 9,
    16 * 8 * 9 + 16,
    [1, 16, 16, 16],
  ],
  [
    "GroupConvolution, its groups in front of its weights",
    [
      X,
      constant("w", [8, 2, 1, 3, 3]),
      { name: "y", type: "GroupConvolution", data: { ...WINDOW, auto_pad: "same_upper" }, reads: ["x", "w"], makes: [[1, 16, 16, 16]] },
    ],
    16 * 16 * 16 * 9,
    16 * 9,
    [1, 16, 16, 16],
  ],
  [
    "ConvolutionBackpropData",
    [
      X,
      constant("w", [8, 4, 2, 2]),
      {
        name: "y",
        type: "ConvolutionBackpropData",
        data: { ...WINDOW, pads_begin: "0,0", pads_end: "0,0" },
        reads: ["x", "w"],
        makes: [[1, 4, 64, 64]],
      },
    ],
    32 * 32 * 8 * 4 * 4,
    8 * 4 * 4,
    [1, 4, 64, 64],
  ],
  [
    "GroupConvolutionBackpropData with the shape of its output",
    [
      X,
      constant("w", [2, 4, 3, 3, 3]),
      constant("s", [2], "i64"),
      { name: "y", type: "GroupConvolutionBackpropData", data: WINDOW, reads: ["x", "w", "s"], makes: [[1, 6, 64, 64]] },
    ],
    32 * 32 * 8 * 3 * 9,
    8 * 3 * 9,
    [1, 6, 64, 64],
  ],
  [
    "MatMul, its weights transposed, behind a Reshape whose shape lies in the .bin",
    [
      X,
      constant("s", [2], "i64"),
      { name: "f", type: "Reshape", data: { special_zero: "true" }, reads: ["x", "s"], makes: [[1, 8192]] },
      constant("w", [10, 8192]),
      { name: "y", type: "MatMul", data: { transpose_a: "False", transpose_b: "True" }, reads: ["f", "w"], makes: [[1, 10]] },
    ],
    81920,
    81920,
    [1, 10],
  ],
  [
    "weights of 4 bits, less a zero point and times a scale: once, as they are stored",
    [
      parameter("x", [1, 64]),
      constant("w", [10, 4, 16], "u4"),
      constant("z", [10, 4, 1], "u4"),
      constant("scale", [10, 4, 1], "f16"),
      constant("s", [2], "i64"),
      { name: "w16", type: "Convert", data: { destination_type: "f16" }, reads: ["w"], makes: [[10, 4, 16]], precision: "FP16" },
      { name: "z16", type: "Convert", data: { destination_type: "f16" }, reads: ["z"], makes: [[10, 4, 1]], precision: "FP16" },
      { name: "zeroed", type: "Subtract", reads: ["w16", "z16"], makes: [[10, 4, 16]], precision: "FP16" },
      { name: "scaled", type: "Multiply", reads: ["zeroed", "scale"], makes: [[10, 4, 16]], precision: "FP16" },
      { name: "flat", type: "Reshape", reads: ["scaled", "s"], makes: [[10, 64]], precision: "FP16" },
      { name: "w32", type: "Convert", data: { destination_type: "f32" }, reads: ["flat"], makes: [[10, 64]] },
      { name: "y", type: "MatMul", data: { transpose_b: "true" }, reads: ["x", "w32"], makes: [[1, 10]] },
    ],
    640,
    640,
    [1, 10],
  ],
  [
    "LSTMSequence, one bias a gate",
    [
      parameter("x", [2, 5, 8]),
      parameter("h", [2, 1, 16]),
      parameter("c", [2, 1, 16]),
      constant("l", [2], "i64"),
      constant("W", [1, 64, 8]),
      constant("R", [1, 64, 16]),
      constant("B", [1, 64]),
      {
        name: "y",
        type: "LSTMSequence",
        data: { hidden_size: 16, direction: "forward" },
        reads: ["x", "h", "c", "l", "W", "R", "B"],
        makes: [
          [2, 1, 5, 16],
          [2, 1, 16],
          [2, 1, 16],
        ],
      },
    ],
    2 * 5 * 64 * (8 + 16),
    64 * (8 + 16 + 1),
    [2, 1, 5, 16],
  ],
  [
    "BatchNormInference: scale and shift are trained",
    [
      X,
      ...["g", "b", "m", "v"].map((name) => constant(name, [8])),
      { name: "y", type: "BatchNormInference", data: { epsilon: "1e-5" }, reads: ["x", "g", "b", "m", "v"], makes: [[1, 8, 32, 32]] },
    ],
    0,
    16,
    [1, 8, 32, 32],
  ],
  [
    "shapes that follow from the .bin are those of the file",
    [
      X,
      constant("s", [4], "i64"),
      constant("one", [1], "i64"),
      { name: "a", type: "StridedSlice", reads: ["x", "s", "s", "s"], makes: [[1, 8, 16, 16]] },
      { name: "b", type: "Transpose", reads: ["a", "s"], makes: [[1, 16, 16, 8]] },
      {
        name: "c",
        type: "VariadicSplit",
        reads: ["b", "one", "s"],
        makes: [
          [1, 16, 16, 3],
          [1, 16, 16, 5],
        ],
      },
      { name: "d", type: "Concat", data: { axis: -1 }, reads: ["c:1", "c:0"], makes: [[1, 16, 16, 8]] },
      { name: "e", type: "ReduceMean", data: { keep_dims: "false" }, reads: ["d", "s"], makes: [[1, 8]] },
      { name: "f", type: "Unsqueeze", reads: ["e", "s"], makes: [[1, 8, 1, 1]] },
      { name: "y", type: "Interpolate", data: { mode: "nearest" }, reads: ["f", "s"], makes: [[1, 8, 2, 2]] },
    ],
    0,
    0,
    [1, 8, 2, 2],
  ],
  [
    "TensorIterator: its body once for each slice",
    [
      parameter("x", [7, 4]),
      {
        name: "y",
        type: "TensorIterator",
        reads: ["x"],
        makes: [[7, 3]],
        inner: `<port_map><input external_port_id="0" internal_layer_id="0" axis="0" part_size="1"/><output external_port_id="1" internal_layer_id="3" axis="0"/></port_map><back_edges/><body>${layersAndEdges(
          [
            parameter("step", [1, 4]),
            constant("w", [4, 3]),
            { name: "m", type: "MatMul", data: {}, reads: ["step", "w"], makes: [[1, 3]] },
            result("m"),
          ],
        )}</body>`,
      },
    ],
    7 * 12,
    12,
    [7, 3],
  ],
];

describe("OpenVINO IR", () => {
  it.each(OPERATORS)("%s", (_, layers, macs, params, output) => {
    const { totals, outputs, partial, warnings } = count([...layers, result(layers.at(-1)?.name ?? "")]);
    expect([totals.macs, totals.params, outputs[0]?.shape, partial, warnings]).toEqual([BigInt(macs), BigInt(params), output, false, []]);
  });

  it("weights have the bytes of the type that they are stored as", () => {
    const layers = OPERATORS.find(([what]) => what.startsWith("weights of 4 bits"))?.[1] ?? [];
    expect(count([...layers, result("y")]).totals.weightBytes).toBe(320n);
  });

  it("running statistics are buffers", () => {
    const layers = OPERATORS.find(([what]) => what.startsWith("BatchNorm"))?.[1] ?? [];
    expect(count([...layers, result("y")]).totals.buffers).toBe(16n);
  });

  it("an operator that is not known is a row, and its shapes are those of the file", () => {
    const layers = [
      X,
      { name: "m", type: "Mystery", reads: ["x"], makes: [[1, 8, 4, 4]] },
      { name: "y", type: "ReLU", reads: ["m"], makes: [[1, 8, 4, 4]] },
    ];
    const { uncounted, outputs, layers: rows } = count([...layers, result("y")]);
    expect(uncounted).toEqual([{ op: "openvino.Mystery", count: 1, reason: "this operator is not known" }]);
    expect([outputs[0]?.shape, rows.map(({ op }) => op)]).toEqual([
      [1, 8, 4, 4],
      ["openvino.Mystery", "relu"],
    ]);
  });

  it.each([1, 3])("with a batch of %d, reshapes keep what is not the batch", (batch) => {
    const layers = OPERATORS.find(([what]) => what.startsWith("MatMul"))?.[1] ?? [];
    const { totals, outputs } = count([...layers, result("y")], { batch });
    expect([totals.macs, outputs[0]?.shape]).toEqual([BigInt(batch * 81920), [batch, 10]]);
  });

  it("sizes that the file leaves open follow from --input, as far as it says how", () => {
    const open = parameter("x", [-1, 8, -1, -1]);
    const flat: IrLayer = { name: "f", type: "Reshape", reads: ["x", "s"], makes: [[-1, 8, -1]] };
    const up: IrLayer = { name: "u", type: "Interpolate", data: { mode: "nearest" }, reads: ["x", "s"], makes: [[-1, 8, -1, -1]] };
    const read = count([open, constant("s", [3], "i64"), flat, up, result("f"), result("u")], { input: [2, 8, 4, 6] });
    expect(read.outputs.map(({ shape }) => shape)).toEqual([
      [2, 8, 24],
      [null, 8, null, null],
    ]);
    expect(read.uncounted.map(({ op }) => op)).toEqual(["openvino.Interpolate"]);
  });

  it("layers stand in any order in the file", () => {
    const relu: IrLayer = { name: "a", type: "ReLU", reads: ["x"], makes: [[1, 8, 32, 32]] };
    const { layers } = count([result("y"), { ...relu, name: "y", type: "Abs", reads: ["a"] }, relu, X]);
    expect(layers.map(({ op }) => op)).toEqual(["relu", "abs"]);
  });

  it("If: the costlier branch, each with the inputs that it reads", () => {
    const branch = (out: number) =>
      layersAndEdges([
        parameter("in", [1, 4]),
        constant("w", [4, out]),
        { name: "m", type: "MatMul", data: {}, reads: ["in", "w"], makes: [[1, out]] },
        result("m"),
      ]);
    const map = (name: string, port: number) =>
      `<${name}_port_map><input external_port_id="${port}" internal_layer_id="0"/><output external_port_id="3" internal_layer_id="3"/></${name}_port_map>`;
    const { totals } = count([
      { ...parameter("c", []), data: { element_type: "boolean", shape: "" } },
      parameter("a", [1, 4]),
      parameter("b", [1, 4]),
      {
        name: "y",
        type: "If",
        reads: ["c", "a", "b"],
        makes: [[1, -1]],
        inner: `${map("then", 1)}${map("else", 2)}<then_body>${branch(2)}</then_body><else_body>${branch(5)}</else_body>`,
      },
      result("y"),
    ]);
    expect([totals.macs, totals.params]).toEqual([20n, 28n]);
  });

  it("a hundred thousand layers in linear time", () => {
    const chain = Array.from({ length: 100_000 }, (_, index): IrLayer => ({
      name: `r${index}`,
      type: "ReLU",
      reads: [index === 0 ? "x" : `r${index - 1}`],
      makes: [[1, 4]],
    }));
    expect(count([parameter("x", [1, 4]), ...chain, result("r99999")]).totals.flops).toBe(400_000n);
  }, 60_000);
});

const net = (inner: string, version = "11") => `<net name="n" version="${version}">${inner}</net>`;
const relu = (reads: readonly string[]): IrLayer => ({ name: "a", type: "ReLU", reads, makes: [[1, 4]] });

describe("broken OpenVINO IR is refused", () => {
  it.each([
    ["a tag that is not closed", "<net version='11'><layers>", /unclosed tag: layers/],
    ["an entity of its own", `<!DOCTYPE net [<!ENTITY a "b">]>${net("")}`, /it has a document type/],
    ["an entity that is not known", net(`<layers><layer id="&a;"/></layers>`), /undefined entity/],
    ["elements inside each other without end", net("<a>".repeat(300)), /nested more than 256 deep/],
    ["another XML", "<testsuites/>", /begins with <testsuites>/],
    ["an old version", net("", "7"), /OpenVINO IR of version 7/],
    ["no version", "<net name='n'/>", /of version \?/],
    ["a circle", ir([relu(["b"]), { ...relu(["a"]), name: "b" }, result("b")]), /run in a circle/],
    ["an edge from nowhere", ir([relu(["nowhere"]), result("a")]), /an edge leads from layer -1 port 0 to layer 0 port 0/],
    ["an input without an edge", ir([X, relu(["x"]), result("a")]).replace(/<edge [^>]*to-layer="1"[^>]*>/, ""), /nothing feeds input 0/],
    ["a negative dimension", ir([parameter("x", [1, -4]), result("x")]), /a dimension of this layer is '-4'/],
    ["a dimension that is no number", ir([X, result("x")]).replace("<dim>8</dim>", "<dim>8e999</dim>"), /a dimension of this layer is '8e999'/],
    ["a constant of open size", ir([{ ...constant("w", [1]), data: { element_type: "f32", shape: "-1" } }, result("w")]), /a constant of open size/],
    [
      "bytes that do not fit a constant",
      ir([{ ...constant("w", [4]), data: { element_type: "f32", shape: "4", size: 15 } }, result("w")]),
      /16 bytes, but has 15/,
    ],
    ["a Result that reads nothing", ir([X, { name: "r", type: "Result" }]), /a Result has no input/],
  ])("%s", (_, text, message) => {
    expect(() => readOpenvino(text)).toThrow(message);
  });

  it("an .xml that is something else is named by the command, with a hint for an old version", async () => {
    const file = (text: string) => ({ files: { "m.xml": { type: "file" as const, bytes: new TextEncoder().encode(text) } } });
    const other = await convcost(["count", "m.xml"], file("<?xml version='1.0'?><testsuites/>"));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("this XML is not OpenVINO IR")]);
    const old = await convcost(["count", "m.xml"], file(net("", "6")));
    expect([old.code, old.stderr]).toEqual([2, expect.stringContaining("convert the model again with OpenVINO 2020.4 or later")]);
  });
});

const SAMPLENET = "wild/omz_SampLeNet.xml";

describe.skipIf(!hasReference(SAMPLENET))(`../shared/reference/${SAMPLENET}`, () => {
  it("the same architecture as its ONNX file: 62,006 parameters, 651,720 multiply-adds", () => {
    const text = readFileSync(fileURLToPath(new URL(`../../../shared/reference/${SAMPLENET}`, import.meta.url)), "utf8");
    const { totals, outputs, partial, warnings } = analyze(readOpenvino(text));
    expect([totals.params, totals.macs, totals.weightBytes]).toEqual([62006n, 651720n, 248024n]);
    expect([outputs[0]?.shape, partial, warnings]).toEqual([[1, 10], false, []]);
  });
});

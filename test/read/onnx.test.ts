import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readOnnx, type ReadOnnxOptions } from "../../src/read/onnx/read.js";
import {
  analysed,
  bytes,
  input,
  int64s,
  known,
  message,
  model,
  node,
  number,
  output,
  tensorOf,
  text,
  weight,
  whole,
  type Write,
} from "./onnx-model.js";
import { convcost } from "../cli/run.js";

const gemm = (raw: Uint8Array | undefined, size: number) =>
  model([weight("w", [size, size], { raw }), input("x", ["batch", size]), output("y", ["batch", size]), node("MatMul", ["x", "w"], ["y"])]);

const totalsOf = (...graph: readonly Write[]) => analysed(model(graph)).totals;
const made = (dims: readonly number[], raw?: Uint8Array) => ({ attributes: { value: { tensor: tensorOf("", dims, { raw }) } } });

describe("ONNX: weights", () => {
  it("are not read: a model with 64 MiB of them costs what it costs without", () => {
    const size = 4096;
    const content = gemm(new Uint8Array(size * size * 4), size);
    let read = 0;
    const heavy = readOnnx({ length: content.length, read: (start, end) => ((read += end - start), content.subarray(start, end)) });
    expect(analyze(heavy).totals).toEqual(analysed(gemm(undefined, size)).totals);
    expect(analyze(heavy).totals).toMatchObject({ params: 4096n * 4096n, macs: 4096n * 4096n, weightBytes: 4096n * 4096n * 4n });
    // Small windows of the file: its beginning, and what follows the weights.
    expect(read).toBeLessThan(8 * 1024);
  });

  it("an input without a name is read by nobody: found by fuzzing", () => {
    const graph = [input("", [5, 5]), input("x", [1, 8]), weight("w", [8, 4]), node("MatMul", ["x", "w"], ["y"]), output("y")];
    expect(totalsOf(...graph)).toMatchObject({ params: 32n, macs: 32n });
  });

  it("a node that says it ends far behind the file is refused at once: found in review", () => {
    const content = Buffer.from("080842021011" + "3a130a88c0caf384a302" + "2a80c0caf384a3020a0161", "hex");
    expect(() => readOnnx({ length: content.length, read: (start, end) => content.subarray(start, end) })).toThrow(
      "this is no ONNX model, or a damaged one",
    );
  });

  it("are not split into fractions: found in review", () => {
    const floats = (...values: readonly number[]) => new Uint8Array(new Float32Array(values).buffer);
    const graph = [
      weight("c", [2], { raw: floats(1, 2) }),
      weight("s", [2], { raw: floats(0.5, 1.5) }),
      node("Split", ["c", "s"], ["y", "z"]),
      output("y"),
    ];
    expect(() => totalsOf(...graph)).toThrow("no tensor has the shape 0.5");
  });

  it("of which some bytes are kept, and some were left out, have those that are kept: found in review", () => {
    const raw =
      (length: number): Write =>
      (pbf) => {
        pbf.writeBytesField(9, new Uint8Array(length));
      };
    const twice = message(5, number(1, 32), number(1, 64), number(2, 1), raw(8), raw(32 * 64 * 4), text(8, "w"));
    const graph = [input("x", [4, 32]), twice, node("MatMul", ["x", "w"], ["y"]), output("y")];
    expect(() => totalsOf(...graph)).toThrow("the initializer w is 32x64 of float32, 8192 bytes, but has 8");
  });

  it("attributes of the same bytes that end behind what they say are each read with what follows: found in review", () => {
    // The size of each LRN is a varint whose last byte stands behind the attribute: 5, and 5 + 128.
    const attribute = Buffer.concat([bytes(text(1, "size")), Buffer.from([0x18, 0x85])]);
    const unknown = Buffer.from([0x50, 0, 0x50, 0]);
    const lrn = (from: string, to: string, last: number): Write => {
      const said = bytes(text(1, from), text(2, to), text(4, "LRN"));
      const content = Buffer.concat([said, Buffer.from([0x2a, attribute.length]), attribute, Buffer.from([last]), unknown]);
      return (pbf) => {
        pbf.writeBytesField(1, content);
      };
    };
    const { layers } = analysed(model([lrn("x", "t", 0), lrn("t", "y", 1), input("x", [1, 8, 4, 4]), output("y")]));
    expect(layers.map(({ attributes }) => attributes["size"])).toEqual([5, 133]);
  });

  it("what was inferred while reading is of these nodes: a graph of some of them is worked out by itself", () => {
    const nodes = [node("MatMul", ["x", "w"], ["y"]), node("Relu", ["y"], ["z"])];
    const content = model([input("x", [1, 8]), weight("w", [8, 4]), ...nodes, output("z")]);
    const graph = readOnnx({ length: content.length, read: (start, end) => content.subarray(start, end) });
    const first = analyze({ ...graph, nodes: graph.nodes.slice(0, 1), outputs: ["y"] });
    expect(first.totals).toMatchObject({ layers: 1, macs: 32n, flops: 64n });
    expect(first.outputs).toMatchObject([{ name: "y", shape: [1, 4] }]);
    expect(analyze(graph).totals).toMatchObject({ layers: 2, macs: 32n, flops: 68n });
  });

  it("that two nodes read count once", () => {
    const graph = [weight("w", [8, 8]), input("x", [1, 8]), node("MatMul", ["x", "w"], ["y"]), node("MatMul", ["y", "w"], ["z"]), output("z")];
    const { totals, layers } = analysed(model(graph));
    expect(totals).toMatchObject({ params: 64n, macs: 128n, weightBytes: 256n });
    expect(layers.map(({ op, params, sharedParams }) => [op, params, sharedParams])).toEqual([
      ["linear", 64n, undefined],
      ["linear", 0n, 64n],
    ]);
    // Both read it: 8 values in, 64 weights, 8 values out, of 4 bytes.
    expect(layers.map(({ bytesMoved }) => bytesMoved)).toEqual([320n, 320n]);
  });

  // Where exporters keep them: Paddle in Constant nodes, Caffe2 in ConstantOfShape, ONNX's sparse format with the values alone.
  it.each<[string, readonly Write[], bigint]>([
    ["a Constant node", [node("Constant", [], ["w"], made([8, 4])), node("Constant", [], ["b"], made([4]))], 36n],
    ["a small Constant node, its values loaded", [weight("w", [8, 4]), node("Constant", [], ["b"], made([4], new Uint8Array(16)))], 36n],
    ["ConstantOfShape", [whole("s", 8, 4), node("ConstantOfShape", ["s"], ["w"]), weight("b", [4])], 36n],
    [
      "a sparse initializer: the values that are stored",
      [message(15, message(1, ...tensorOf("w", [20])), message(2, ...tensorOf("", [20], { type: 7 })), number(3, 8), number(3, 4)), weight("b", [4])],
      24n,
    ],
    ["inputs of the same name", [input("w", [8, 4]), weight("w", [8, 4]), weight("b", [4])], 36n],
    [
      "a Transpose and an Identity behind them",
      [weight("v", [4, 8]), node("Transpose", ["v"], ["t"]), node("Identity", ["t"], ["w"]), weight("b", [4])],
      36n,
    ],
    [
      "a DequantizeLinear behind int8: scales are none",
      [weight("q", [8, 4], { type: 3 }), weight("scale", [4]), node("DequantizeLinear", ["q", "scale"], ["w"]), weight("b", [4])],
      36n,
    ],
  ])("in %s", (_, stored, params) => {
    const graph = [input("x", [2, 8]), ...stored, node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "b"], ["y"]), output("y")];
    expect(totalsOf(...graph)).toMatchObject({ params, macs: 2n * 8n * 4n });
  });

  it("constants that decide shapes, scale by one number or mask attention are none", () => {
    const mask = weight("mask", [1, 1, 6, 6]);
    const bias = weight("bias", [1, 3, 6, 6]);
    const graph = [
      input("q", [1, 3, 6, 4]),
      input("k", [1, 3, 4, 6]),
      node("MatMul", ["q", "k"], ["s"]),
      node("Constant", [], ["root"], made([], new Uint8Array(4))),
      node("Mul", ["s", "root"], ["scaled"]),
      mask,
      node("Add", ["scaled", "mask"], ["masked"]),
      // One for each head: a bias of relative positions, which is trained.
      bias,
      node("Add", ["masked", "bias"], ["biased"]),
      node("Softmax", ["biased"], ["p"]),
      whole("shape", 0, -1),
      node("Reshape", ["p", "shape"], ["y"]),
      output("y"),
    ];
    expect(totalsOf(...graph)).toMatchObject({ params: 3n * 36n, buffers: 0n });
  });

  it("running statistics are buffers, and those of a batch norm that cannot be counted as well", () => {
    const norm = (x: string) => node("BatchNormalization", [x, "g", "b", "mean", "var"], ["y"]);
    const stored = ["g", "b", "mean", "var"].map((name) => weight(name, [8]));
    expect(totalsOf(input("x", [1, 8, 4, 4]), ...stored, norm("x"), output("y"))).toMatchObject({ params: 16n, buffers: 16n });
    expect(totalsOf(input("x", [1, 8, 4, "w"]), ...stored, norm("x"), output("y"))).toMatchObject({ params: 16n, buffers: 16n, uncounted: 1 });
  });
});

describe("ONNX: shapes", () => {
  // Shape -> Slice -> Concat -> Reshape, as exporters write `x.view(x.size(0), -1)` and its kin; the expectation is torch's.
  it("small values are carried along", () => {
    const graph = [
      input("x", [2, 3, 4, 5]),
      node("Shape", ["x"], ["s"]),
      whole("zero", 0),
      whole("two", 2),
      whole("rest", -1),
      node("Slice", ["s", "zero", "two"], ["lead"]),
      node("ReduceProd", ["lead"], ["rows"], { attributes: { keepdims: 1, axes: [0] } }),
      node("Concat", ["rows", "rest"], ["shape"], { attributes: { axis: 0 } }),
      node("Reshape", ["x", "shape"], ["y"]),
      output("y"),
    ];
    expect(analysed(model(graph)).outputs[0]?.shape).toEqual([6, 20]);
  });

  const two = (...graph: readonly Write[]) =>
    model([
      input("ids", ["batch", "seq"]),
      input("mask", ["batch", "seq"]),
      node("Add", ["ids", "mask"], ["y"]),
      output("y", ["batch", "seq"]),
      ...graph,
    ]);

  it.each<[string, ReadOnnxOptions]>([
    ["--dim", { dims: { batch: 2, seq: 7 } }],
    ["--input of one, which names the sizes of the other", { input: { ids: [2, 7] } }],
    ["--batch and --dim", { batch: 2, dims: { seq: 7 } }],
  ])("open sizes are bound by %s", (_, options) => {
    const { outputs, partial, warnings } = analysed(two(), options);
    expect([outputs[0]?.shape, partial, warnings]).toEqual([[2, 7], false, []]);
  });

  it("one that stays open is named with its flag; what does not depend on it is counted all the same", () => {
    const { outputs, inputs, warnings, totals, uncounted } = analysed(
      two(weight("w", [8, 8]), input("z", [1, 8]), node("MatMul", ["z", "w"], ["m"]), output("m")),
    );
    expect(warnings).toContain("input ids has an open dimension 1 (seq): --dim seq=N");
    expect(inputs.map(({ shape }) => shape)).toEqual([
      [1, 8],
      [1, "seq"],
      [1, "seq"],
    ]);
    expect(outputs.map(({ shape }) => shape)).toEqual([
      [1, "seq"],
      [1, 8],
    ]);
    expect([totals.macs, totals.params]).toEqual([64n, 64n]);
    expect(uncounted).toEqual([{ op: "Add", count: 1, reason: "the shape of input ids is open" }]);
  });

  it("what depends on the data is a row without figures, its shape as far as it is known", () => {
    const { outputs, layers, totals } = analysed(
      model([
        input("boxes", [1, 100, 4]),
        input("scores", [1, 3, 100]),
        whole("most", 10),
        node("NonMaxSuppression", ["boxes", "scores", "most"], ["picked"], { name: "nms" }),
        output("picked"),
      ]),
    );
    expect(outputs[0]?.shape).toEqual([null, 3]);
    expect(layers[0]?.uncounted).toBe("how many boxes NonMaxSuppression selects depends on the data (node nms)");
    expect(totals.uncounted).toBe(1);
  });

  const strange = node("Strange", ["x"], ["u"], { domain: "com.acme" });
  const after = [weight("w", [8, 4]), node("MatMul", ["u", "w"], ["y"]), output("y")];

  it("an operator that is not known is named with its domain; its weights count", () => {
    const { uncounted, totals } = analysed(model([input("x", [2, 8]), strange, ...after]));
    expect(uncounted).toEqual([
      { op: "com.acme.Strange", count: 1, reason: "this operator is not known" },
      { op: "MatMul", count: 1, reason: "it follows com.acme.Strange, which is not known" },
    ]);
    expect([totals.params, totals.layers]).toEqual([32n, 2]);
  });

  it("what follows it is counted where the file says its shape, unless the sizes of the inputs are others", () => {
    const content = model([input("x", [2, 8]), strange, known("u", [2, 8]), ...after]);
    expect(analysed(content).totals).toMatchObject({ macs: 64n, uncounted: 1 });
    expect(analysed(content, { input: [3, 8] }).totals).toMatchObject({ macs: 0n, uncounted: 2 });
  });

  it("tensors of float16 have two bytes an element, whatever --dtype says", () => {
    const { layers } = analysed(model([input("x", [1, 8], 10), node("Relu", ["x"], ["y"]), node("Sigmoid", ["y"], ["z"]), output("z")]));
    expect(layers.map(({ activationBytes }) => activationBytes)).toEqual([16n, 16n]);
  });
});

describe("ONNX: names", () => {
  it("the module that PyTorch's newer exporter notes stands before the node", () => {
    const scopes = "['', 'features', 'features.0', 'conv2d']";
    const content = model([input("x", [1, 8]), node("Relu", ["x"], ["y"], { name: "node_relu", scopes }), output("y")]);
    expect(analysed(content).layers[0]?.name).toBe("/features.0/node_relu");
  });
});

describe("ONNX: what is no model", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /no ONNX model/],
    ["a name that nothing makes", model([input("x", [1]), node("Relu", ["q"], ["y"])]), /nothing before this makes `q`/],
    ["a cycle", model([input("x", [1]), node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])]), /nothing before this makes `b`/],
    ["an operator without inputs", model([input("x", [1]), node("Add", [], ["y"])]), /Add has 0 inputs/],
    [
      "a pool of a vector",
      model([input("x", [8]), node("MaxPool", ["x"], ["y"], { attributes: { kernel_shape: [2] } })]),
      /MaxPool cannot read an input of 1 dimensions/,
    ],
    [
      "strides for another rank",
      model([input("x", [1, 2, 8, 8]), node("MaxPool", ["x"], ["y"], { attributes: { kernel_shape: [2, 2], strides: [2] } })]),
      /strides of MaxPool is 2/,
    ],
    ["an impossible size", model([weight("w", [-4]), input("x", [1]), node("Relu", ["x"], ["y"])]), /impossible shape/],
    ["sizes that do not fit", model([weight("w", [3, 3]), input("x", [1, 8]), node("MatMul", ["x", "w"], ["y"])]), /cannot multiply 1x8 by 3x3/],
    ["a reshape of other sizes", model([input("x", [2, 3]), whole("s", 7), node("Reshape", ["x", "s"], ["y"])]), /cannot make 7 of 2x3/],
    [
      "bytes of another length",
      model([weight("w", [2], { raw: int64s(1) }), weight("v", [3], { raw: int64s(1) }), input("x", [1])]),
      /12 bytes, but has 8/,
    ],
  ])("%s is refused", (_, content, message_) => {
    expect(() => analysed(content)).toThrow(message_);
  });
});

describe("convcost count of an ONNX model", () => {
  const files = {
    "./model": { type: "file" as const, bytes: gemm(undefined, 8) },
    "named.onnx": { type: "file" as const, bytes: model([input("x", [1, "length"]), output("y"), node("Relu", ["x"], ["y"])]) },
  };

  it("knows one by its content, and takes an open batch as 1 with a warning", async () => {
    const { stdout, stderr } = await convcost(["count", "./model", "--format", "csv"], { files });
    expect(stdout).toContain("linear");
    expect(stderr).toContain("the batch of input x is open (batch): 1 is taken");
  });

  it("binds sizes; what stays open makes the totals at least what they say", async () => {
    const bound = await convcost(["count", "named.onnx", "--dim", "length=7", "--json"], { files });
    expect(JSON.parse(bound.stdout)).toMatchObject({ partial: false, inputs: [{ name: "x", shape: [1, 7] }] });
    const open = await convcost(["count", "named.onnx", "--json"], { files });
    expect(JSON.parse(open.stdout)).toMatchObject({
      partial: true,
      inputs: [{ name: "x", shape: [1, "length"] }],
      uncounted: [{ op: "Relu", count: 1 }],
    });
    const said = await convcost(["count", "named.onnx"], { files });
    expect(said.stderr).toContain("input x has an open dimension 1 (length): --dim length=N");
    expect(said.stdout).toMatch(/^MACs +not known/m);
    const half = model([input("x", [1, "length"]), input("k", [1, 8]), node("Relu", ["x"], ["y"]), node("Relu", ["k"], ["z"]), output("z")]);
    const some = await convcost(["count", "half.onnx"], { files: { "half.onnx": { type: "file", bytes: half } } });
    expect(some.stdout).toMatch(/^MACs +not known\n(.*\n)*FLOPs \(at least\) +8/m);
    expect(said.stdout).toMatch(/y|Relu.*\?/);
  });

  it("refuses a size that the model has no name for", async () => {
    const { code, stdout, stderr } = await convcost(["count", "named.onnx", "--dim", "lenght=7"], { files });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("did you mean length?");
  });
});

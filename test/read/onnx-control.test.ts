import { describe, expect, it } from "vitest";
import { InputError } from "../../src/graph/diagnostic.js";
import { analysed, functionOf, input, model, node, output, scalar, source, tensorOf, truth, weight, whole, type Write } from "./onnx-model.js";
import { readOnnx } from "../../src/read/onnx/read.js";

const linear = (size: number, ...more: readonly Write[]) => [weight("w", [8, size]), node("MatMul", ["x", "w"], ["y"]), output("y"), ...more];

describe("ONNX: graphs inside nodes", () => {
  const branches = { then_branch: { graph: linear(16) }, else_branch: { graph: linear(4) } };

  it("an If whose condition is known is the branch that is taken", () => {
    const { totals, outputs } = analysed(
      model([input("x", [2, 8]), truth("c", false), node("If", ["c"], ["z"], { attributes: branches }), output("z")]),
    );
    expect([totals.macs, totals.params, outputs[0]?.shape]).toEqual([2n * 8n * 4n, 32n, [2, 4]]);
  });

  it("one that depends on the data is its costlier branch, and both store their weights", () => {
    const { totals, outputs, warnings } = analysed(
      model([input("x", [2, 8]), input("c", [], 9), node("If", ["c"], ["z"], { attributes: branches }), output("z")]),
    );
    expect([totals.macs, totals.params]).toEqual([2n * 8n * 16n, 8n * 16n + 8n * 4n]);
    expect(warnings.join()).toContain("then_branch is counted, the costlier one");
    // The branches give out tensors of different widths.
    expect(outputs[0]?.shape).toBeNull();
  });

  const body = (...graph: readonly Write[]) => ({
    graph: [input("i", [], 7), input("go", [], 9), input("h", [2, 8]), ...graph, output("go"), output("h2")],
  });

  it("a Loop is its body times the iterations; what it stores is stored once", () => {
    const { totals, outputs, layers } = analysed(
      model([
        input("x", [2, 8]),
        scalar("n", 10),
        node("Loop", ["n", "", "x"], ["y"], { attributes: { body: body(weight("w", [8, 8]), node("MatMul", ["h", "w"], ["h2"])) } }),
        output("y"),
      ]),
    );
    expect([totals.macs, totals.params, outputs[0]?.shape]).toEqual([10n * 2n * 8n * 8n, 64n, [2, 8]]);
    expect(layers.find((layer) => layer.op === "linear")?.times).toBe(10n);
  });

  it("one of unknown length counts one iteration, and says so", () => {
    const { totals, partial, uncounted } = analysed(
      model([
        input("x", [2, 8]),
        input("n", [], 7),
        node("Loop", ["n", "", "x"], ["y"], { attributes: { body: body(weight("w", [8, 8]), node("MatMul", ["h", "w"], ["h2"])) } }),
        output("y"),
      ]),
    );
    expect([totals.macs, partial]).toEqual([2n * 8n * 8n, true]);
    expect(uncounted).toEqual([{ op: "Loop", count: 1, reason: "how often a Loop runs depends on the data: one iteration is counted" }]);
  });

  it("one without an end counts one iteration, whatever the graphs in its body hold", () => {
    const names = Array.from({ length: 50 }, (_, index) => `r${index}`);
    const branch = { graph: [...names.map((name, index) => node("Relu", [names[index - 1] ?? "h"], [name])), output("r49")] };
    const chosen = node("If", ["c"], ["h2"], { attributes: { then_branch: branch, else_branch: branch } });
    const { partial, uncounted } = analysed(
      model([input("x", [2, 8]), input("c", [], 9), node("Loop", ["", "", "x"], ["y"], { attributes: { body: body(chosen) } }), output("y")]),
    );
    expect([partial, uncounted[0]?.op]).toEqual([true, "Loop"]);
  });

  it("one whose tensors grow is unrolled: 2, 4, 8 rows", () => {
    const grown = body(weight("w", [8, 8]), node("MatMul", ["h", "w"], ["m"]), node("Concat", ["m", "m"], ["h2"], { attributes: { axis: 0 } }));
    const { totals, outputs } = analysed(
      model([input("x", [2, 8]), scalar("n", 3), node("Loop", ["n", "", "x"], ["y"], { attributes: { body: grown } }), output("y")]),
    );
    expect([totals.macs, totals.params, outputs[0]?.shape]).toEqual([(2n + 4n + 8n) * 64n, 64n, [16, 8]]);
  });

  it("a Scan runs once for each slice and stacks what comes out", () => {
    const scanned = [
      input("h", [4]),
      input("s", [8]),
      weight("w", [8, 4]),
      node("MatMul", ["s", "w"], ["m"]),
      node("Add", ["h", "m"], ["h2"]),
      node("Identity", ["h2"], ["o"]),
      output("h2"),
      output("o"),
    ];
    const { totals, outputs } = analysed(
      model([
        input("h0", [4]),
        input("x", [6, 8]),
        node("Scan", ["h0", "x"], ["h", "y"], { attributes: { body: { graph: scanned }, num_scan_inputs: 1 } }),
        output("h"),
        output("y"),
      ]),
    );
    expect([totals.macs, totals.params]).toEqual([6n * 8n * 4n, 32n]);
    expect(outputs.map(({ shape }) => shape)).toEqual([[4], [6, 4]]);
  });

  it("a sequence holds tensors; a Loop fills one and ConcatFromSequence joins it", () => {
    const filling = {
      graph: [input("i", [], 7), input("go", [], 9), input("seq", []), node("SequenceInsert", ["seq", "x"], ["seq2"]), output("go"), output("seq2")],
    };
    const { outputs, partial } = analysed(
      model([
        input("x", [2, 8]),
        scalar("n", 5),
        node("SequenceEmpty", [], ["empty"]),
        node("Loop", ["n", "", "empty"], ["seq"], { attributes: { body: filling } }),
        node("ConcatFromSequence", ["seq"], ["y"], { attributes: { axis: 1 } }),
        output("y"),
      ]),
    );
    expect([outputs[0]?.shape, partial]).toEqual([[2, 40], false]);
  });
});

describe("ONNX: functions of the model", () => {
  const call = (op: string, inputs: readonly string[], attributes = {}) => node(op, inputs, ["y"], { domain: "mine", name: "block", attributes });

  it("are unfolded where they are called, their attributes put in", () => {
    const twice = functionOf(
      "mine",
      "Twice",
      ["a", "k"],
      ["b"],
      node("MatMul", ["a", "k"], ["m"], { field: 7, name: "one" }),
      node("Concat", ["m", "m"], ["b"], { field: 7, name: "two", attributes: { axis: { ref: "along" } } }),
    );
    const { totals, outputs, layers } = analysed(
      model([input("x", [2, 8]), weight("w", [8, 8]), call("Twice", ["x", "w"], { along: 0 }), output("y")], twice),
    );
    expect([totals.macs, totals.params, outputs[0]?.shape]).toEqual([128n, 64n, [4, 8]]);
    expect(layers.slice(0, 2).map(({ name }) => name)).toEqual(["block/one", "block/two"]);
  });

  it.each<[string, Write, RegExp]>([
    ["calls itself", functionOf("mine", "F", ["a"], ["b"], node("F", ["a"], ["b"], { field: 7, domain: "mine" })), /nested more than 64 deep/],
    [
      "doubles at every level",
      functionOf(
        "mine",
        "F",
        ["a"],
        ["c"],
        node("F", ["a"], ["b"], { field: 7, domain: "mine" }),
        node("F", ["b"], ["c"], { field: 7, domain: "mine" }),
      ),
      /nested more than 64 deep/,
    ],
  ])("one that %s is refused", (_, made, message_) => {
    const content = model([input("x", [2, 8]), call("F", ["x"]), output("y")], made);
    expect(() => analysed(content)).toThrow(message_);
  });

  it("a model that unfolds without end is refused in bounded time", () => {
    // 40 functions, each of which calls the next twice: 2^40 nodes.
    const chain = Array.from({ length: 40 }, (_, level) =>
      functionOf(
        "mine",
        `F${level}`,
        ["a"],
        ["c"],
        node(level === 39 ? "Relu" : `F${level + 1}`, ["a"], ["b"], { field: 7, domain: level === 39 ? "" : "mine" }),
        node(level === 39 ? "Relu" : `F${level + 1}`, ["b"], ["c"], { field: 7, domain: level === 39 ? "" : "mine" }),
      ),
    );
    expect(() => readOnnx(source(model([input("x", [2, 8]), call("F0", ["x"]), output("y")], ...chain)))).toThrow(/runs more than/);
  });
});

describe("ONNX: broken files", () => {
  it.each<[string, readonly Write[], RegExp]>([
    ["a tensor made twice", [input("x", [1]), node("Relu", ["x"], ["y"]), node("Relu", ["x"], ["y"])], /`y` is made twice/],
    ["two initializers of one name", [weight("w", [1]), weight("w", [2]), input("x", [1]), node("Add", ["x", "w"], ["y"])], /`w` is made twice/],
    [
      "data outside of the folder",
      [weight("w", [1], { location: "../secret" }), input("x", [1]), node("Add", ["x", "w"], ["y"])],
      /outside of the model's folder/,
    ],
    [
      "data at an absolute path",
      [weight("w", [1], { location: "/etc/passwd" }), input("x", [1]), node("Add", ["x", "w"], ["y"])],
      /outside of the model's folder/,
    ],
    [
      "data that does not fit its shape",
      [weight("w", [64, 64], { raw: new Uint8Array(16_000) }), input("x", [1]), node("Relu", ["x"], ["y"])],
      /16384 bytes, but has 16000/,
    ],
    ["an If without branches", [truth("c", true), node("If", ["c"], ["y"])], /If has no then_branch/],
    [
      "a step of 0",
      [input("x", [8]), whole("s", 0), whole("e", 4), whole("a", 0), node("Slice", ["x", "s", "e", "a", "s"], ["y"])],
      /step of Slice is 0/,
    ],
    ["a permutation that is none", [input("x", [2, 3]), node("Transpose", ["x"], ["y"], { attributes: { perm: [0, 0] } })], /perm of Transpose/],
  ])("%s", (_, graph, message_) => {
    expect(() => analysed(model(graph))).toThrow(message_);
    expect(() => analysed(model(graph))).toThrow(InputError);
  });

  it("a loop that runs for ever over growing tensors ends in an answer that says it is partial", () => {
    const growing = {
      graph: [
        input("i", [], 7),
        input("go", [], 9),
        input("h", [2, 8]),
        node("Concat", ["h", "h"], ["h2"], { attributes: { axis: 0 } }),
        output("go"),
        output("h2"),
      ],
    };
    const content = model([
      input("x", [2, 8]),
      scalar("n", 9_000_000),
      node("Loop", ["n", "", "x"], ["y"], { attributes: { body: growing } }),
      output("y"),
    ]);
    expect(analysed(content).partial).toBe(true);
  });

  it("tensors of a Constant are told from those that the file stores", () => {
    const made = tensorOf("", [8, 8]);
    const content = model([
      input("x", [2, 8]),
      node("Constant", [], ["w"], { attributes: { value: { tensor: made } } }),
      node("MatMul", ["x", "w"], ["y"]),
      output("y"),
    ]);
    expect(analysed(content).totals).toMatchObject({ params: 64n, macs: 128n });
  });
});

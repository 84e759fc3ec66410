import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readTfjs } from "../../src/read/tfjs/read.js";
import { source } from "./onnx-model.js";
import { func, model, node, placeholder } from "./tfjs-model.js";

const count = ({ json, shard }: ReturnType<typeof model>) => analyze(readTfjs(json, { sibling: () => source(shard) }));
const scalar = (name: string, value: number) => ({ name, shape: [], values: [value] });
const product = (name: string, x: string, w: string) => node("MatMul", name, [x, w]);
const square = (name: string) => ({ name, shape: [4, 4] });

describe("TensorFlow.js: control flow of TensorFlow 1", () => {
  /** Two products of 2x4 by 4x4, one in each branch. */
  const branches = (condition: readonly object[], weights: readonly { readonly name: string; readonly shape: readonly number[] }[]) =>
    count(
      model(
        [
          placeholder(2, 4),
          ...condition,
          node("Switch", "s", ["x", "c"]),
          product("no", "s:0", "w"),
          product("yes", "s:1", "v"),
          node("Relu", "more", ["yes"]),
          node("Merge", "m", ["no", "more"]),
          node("Identity", "y", ["m"]),
        ],
        [square("w"), square("v"), ...weights],
      ),
    );

  it("of a Switch whose condition is known one branch is counted", () => {
    const { totals, outputs, partial } = branches([node("Identity", "c", ["k"])], [scalar("k", 0)]);
    expect([totals.macs, outputs[0]?.shape, partial]).toEqual([32n, [2, 4], false]);
  });

  it("where it depends on the data both are, and that is said", () => {
    const condition = node("Placeholder", "c", [], { dtype: { type: "DT_BOOL" }, shape: { shape: {} } });
    const { totals, outputs, warnings } = branches([condition], []);
    expect([totals.macs, outputs[0]?.shape]).toEqual([64n, [2, 4]]);
    expect(warnings.join()).toContain("both are counted");
  });

  it("the body of a loop is counted once, and the totals are lower bounds", () => {
    const nodes = [
      placeholder(2, 4),
      node("Enter", "i0", ["zero"]),
      node("Enter", "h0", ["x"]),
      node("Merge", "i", ["i0", "i2"]),
      node("Merge", "h", ["h0", "h2"]),
      node("Less", "goes", ["i", "three"]),
      node("LoopCond", "c", ["goes"]),
      node("Switch", "si", ["i", "c"]),
      node("Switch", "sh", ["h", "c"]),
      node("AddV2", "i1", ["si:1", "one"]),
      product("h1", "sh:1", "w"),
      node("NextIteration", "i2", ["i1"]),
      node("NextIteration", "h2", ["h1"]),
      node("Exit", "y", ["sh"]),
    ];
    const { totals, outputs, partial } = count(model(nodes, [square("w"), scalar("zero", 0), scalar("one", 1), scalar("three", 3)]));
    expect([totals.macs, outputs[0]?.shape, partial]).toEqual([32n, [2, 4], true]);
  });
});

describe("TensorFlow.js: functions", () => {
  const define = (name: string, inputs: readonly string[], nodeDef: readonly object[], ret: Readonly<Record<string, string>>) => ({
    signature: { name, inputArg: inputs.map((each) => ({ name: each })), outputArg: Object.keys(ret).map((each) => ({ name: each })) },
    nodeDef,
    ret,
  });

  it("a While runs as often as its counter says, and fills a list", () => {
    const condition = define("cond", ["i", "h", "l", "w"], [node("Less", "goes", ["i", "five"]), node("Const", "five")], { out: "goes:z:0" });
    const body = define(
      "body",
      ["i", "h", "l", "w"],
      [
        node("Const", "one"),
        node("AddV2", "next", ["i", "one"]),
        node("MatMul", "step", ["h", "w"]),
        node("TensorListSetItem", "put", ["l", "i", "step:product:0"]),
      ],
      { i: "next:z:0", h: "step:product:0", l: "put:output_handle:0", w: "w" },
    );
    const nodes = [
      placeholder(2, 4),
      node("TensorListReserve", "list", ["shape", "count"]),
      node("StatelessWhile", "run", ["zero", "x", "list", "w"], { cond: func("cond"), body: func("body") }),
      node("TensorListStack", "y", ["run:2", "shape"]),
    ];
    const weights = [
      square("w"),
      scalar("zero", 0),
      scalar("one", 1),
      scalar("five", 5),
      scalar("count", 5),
      { name: "shape", shape: [2], values: [-1, 4] },
    ];
    const { totals, outputs, partial } = count(model(nodes, weights, {}, [condition, body]));
    expect([totals.macs, totals.params, outputs[0]?.shape, partial]).toEqual([5n * 32n, 16n, [5, 2, 4], false]);
  });

  it("outputs are read by name, and a call is what it calls", () => {
    const called = define("f", ["a"], [node("TopKV2", "t", ["a", "k"]), node("Const", "k")], { out: "t:indices:0" });
    const { outputs, partial } = count(
      model([placeholder(2, 9), node("PartitionedCall", "y", ["x"], { f: func("f") })], [scalar("k", 3)], {}, [called]),
    );
    expect([outputs[0]?.shape, partial]).toEqual([[2, 3], false]);
  });

  it("one that runs itself is refused", () => {
    const called = define("f", ["a"], [node("PartitionedCall", "t", ["a"], { f: func("f") })], { out: "t:output:0" });
    expect(() => count(model([placeholder(2), node("PartitionedCall", "y", ["x"], { f: func("f") })], [], {}, [called]))).toThrow("runs itself");
  });
});

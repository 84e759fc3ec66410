import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readPt2 } from "../../src/read/pt2/read.js";
import { source } from "./onnx-model.js";
import { arg, archive, meta, node, tensor, type Program } from "./pt2-model.js";

const tensors = (...names: readonly string[]) => ({ as_tensors: names.map((name) => ({ name })) });

/** A graph inside a node: its inputs and outputs by name, and the shapes of its tensors. */
const graph = (
  name: string,
  inputs: readonly string[],
  nodes: readonly object[],
  output: string,
  shapes: Readonly<Record<string, readonly number[]>>,
) => ({
  as_graph: {
    name,
    graph: {
      inputs: inputs.map(tensor),
      outputs: [tensor(output)],
      nodes,
      tensor_values: Object.fromEntries(Object.entries(shapes).map(([each, shape]) => [each, meta(shape)])),
    },
  },
});

const linear = (input: string, weight: string, output: string) =>
  node("linear.default", [arg("input", tensor(input)), arg("weight", tensor(weight))], output);

/** A node that holds graphs: its arguments have no names. */
const higher = (op: string, inputs: readonly object[], outputs: readonly string[]) => ({
  target: `torch.ops.higher_order.${op}`,
  inputs: inputs.map((value) => arg("", value)),
  outputs: outputs.map(tensor),
  metadata: {},
  name: op,
});

/** [2, 4] through a square matrix of 4: 32 multiply-adds a run. */
const body = graph("body", ["a", "m"], [linear("a", "m", "b")], "b", { a: [2, 4], m: [4, 4], b: [2, 4] });
const program = (nodes: readonly object[], values: Readonly<Record<string, object>> = {}): Program => ({
  parameters: ["w", "v"],
  values: { x: meta([2, 4]), w: meta([4, 4]), v: meta([4, 4]), y: meta([2, 4]), ...values },
  nodes,
  output: "y",
});
const read = (given: Program) => analyze(readPt2(source(archive(given))));

describe("graphs inside the nodes of an archive", () => {
  it.each([
    ["wrap_with_set_grad_enabled", [{ as_bool: false }]],
    ["wrap_with_autocast", [{ as_string: "cpu" }, { as_none: true }, { as_bool: true }, { as_none: true }]],
    ["tag_activation_checkpoint", []],
    ["invoke_subgraph", []],
  ])("%s runs its graph once", (op, before) => {
    const { totals, partial, layers } = read(program([higher(op, [...before, body, tensor("x"), tensor("w")], ["y"])]));
    expect([totals.macs, totals.params, partial]).toEqual([32n, 32n, false]);
    expect(layers[0]?.name).toBe(`${op}/body/b`);
  });

  it("wrappers inside wrappers, and one graph that runs twice with the same weights", () => {
    const inner = higher("wrap", [body, tensor("a"), tensor("m")], ["b"]);
    const outer = graph("outer", ["a", "m"], [inner], "b", { a: [2, 4], m: [4, 4], b: [2, 4] });
    const { totals } = read(
      program([higher("wrap", [outer, tensor("x"), tensor("w")], ["z"]), higher("wrap", [outer, tensor("z"), tensor("w")], ["y"])], {
        z: meta([2, 4]),
      }),
    );
    expect([totals.macs, totals.params]).toEqual([64n, 32n]);
  });

  it("cond counts the costlier branch, says so, and all parameters", () => {
    const twice = graph("twice", ["a", "m"], [linear("a", "m", "c"), linear("c", "m", "b")], "b", { a: [2, 4], m: [4, 4], b: [2, 4], c: [2, 4] });
    const { totals, warnings } = read(program([higher("cond", [tensor("x"), body, twice, tensors("x", "w")], ["y"])]));
    expect([totals.macs, totals.params]).toEqual([64n, 32n]);
    expect(warnings.join()).toContain("twice is counted, the costlier one");
  });

  it("scan runs its graph for each slice, and carries its state along", () => {
    const step = graph("step", ["s", "a", "m"], [linear("a", "m", "b")], "b", { s: [4], a: [2, 4], m: [4, 4], b: [2, 4] });
    const given = program([higher("scan", [step, tensors("h"), tensors("xs"), tensors("w")], ["y"])], { xs: meta([5, 2, 4]), h: meta([4]) });
    const { totals, layers } = read({ ...given, inputs: ["xs", "h"] });
    expect([totals.macs, totals.params, layers[0]?.times]).toEqual([5n * 32n, 32n, 5n]);
  });

  it("map runs its graph for each slice", () => {
    const given = program([higher("map_impl", [body, tensors("xs"), tensors("w")], ["ys"])], { xs: meta([7, 2, 4]), ys: meta([7, 2, 4]) });
    expect(read({ ...given, inputs: ["xs"], output: "ys" }).totals.macs).toBe(7n * 32n);
  });

  it("while_loop counts one run and says that it is at least that", () => {
    const { totals, uncounted } = read(program([higher("while_loop", [body, body, tensors("x"), tensors("w")], ["y"])]));
    expect([totals.macs, uncounted[0]?.op]).toEqual([64n, "while_loop"]);
    expect(uncounted[0]?.reason).toContain("depends on the data");
  });

  it("with_effects is the operator that it runs: tokens are no tensors", () => {
    const check = (before: string, after: string) => ({
      ...higher("with_effects", [tensor(before), { as_operator: "torch.ops.aten._linalg_check_errors.default" }, tensor("x")], [after]),
      outputs: [tensor(after), { as_none: true }],
    });
    const { totals, partial } = read(program([check("token", "t1"), check("t1", "t2"), linear("x", "w", "y")]));
    expect([totals.macs, partial]).toEqual([32n, false]);
    const own = higher("with_effects", [tensor("token"), { as_operator: "mine.op.default" }, tensor("x"), tensor("w")], ["t1", "y"]);
    expect(read(program([own])).uncounted).toEqual([{ op: "mine.op", count: 1, reason: "this operator is not known" }]);
  });

  it("one that is not known is a row with a reason, and its weights count", () => {
    const { totals, uncounted } = read(program([higher("novel", [body, tensor("x"), tensor("w")], ["y"])]));
    expect([totals.params, uncounted]).toEqual([32n, [{ op: "higher_order.novel", count: 1, reason: "this operator is not known" }]]);
  });
});

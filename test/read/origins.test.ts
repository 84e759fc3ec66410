import { describe, expect, it } from "vitest";
import type { Origin } from "../../src/read/onnx/operand.js";
import { Origins } from "../../src/read/onnx/origins.js";

const origin = (name: string): Origin => ({ name, shape: [1], dtype: undefined, held: "initializer" });
const names = (origins: Origins) => origins.list().map(({ name }) => name);

describe("the tensors that a constant is made of", () => {
  it("are named once each, in the order in which they came", () => {
    const [a, b, c] = ["a", "b", "c"].map((name) => Origins.of(origin(name)));
    if (a === undefined || b === undefined || c === undefined) throw new Error("three tensors");
    const nested = Origins.joined([Origins.joined([c, a]), Origins.none, Origins.joined([a, b, c])]);
    expect(names(nested)).toEqual(["c", "a", "b"]);
    expect([nested.only, nested.isEmpty, Origins.joined([Origins.none]).isEmpty]).toEqual([undefined, false, true]);
  });

  it("are one where one tensor is joined to itself", () => {
    const tensor = origin("a");
    expect(Origins.joined([Origins.of(tensor), Origins.of(tensor)]).only).toBe(tensor);
  });

  it("are told of a chain that is longer than a stack is deep", () => {
    let chain = Origins.of(origin("t0"));
    for (let index = 1; index < 100_000; index++) chain = Origins.joined([chain, Origins.of(origin(`t${index}`))]);
    expect([chain.list().length, chain.list()[0]?.name, chain.list().at(-1)?.name]).toEqual([100_000, "t0", "t99999"]);
  });

  it("are told of joins that have 2^1000 ways through them", () => {
    let [before, last] = [Origins.of(origin("a")), Origins.of(origin("b"))];
    for (let step = 0; step < 1000; step++) [before, last] = [last, Origins.joined([before, last])];
    expect(names(last).sort()).toEqual(["a", "b"]);
  });
});

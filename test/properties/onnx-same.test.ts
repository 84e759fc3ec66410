// What a reader remembers of a file must never be seen: names, sizes, and shapes that were inferred once already.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import { readOnnx } from "../../src/read/onnx/read.js";
import { analysed, input, model, node, output, source, weight } from "../read/onnx-model.js";
import { holds } from "./property.js";

/** A chain of Relu nodes under some names, the tensors between them with them. */
const chain = (names: readonly string[]) => {
  const tensor = (index: number) => (index === names.length ? "y" : `to ${names[index] ?? ""}`);
  return model([input(tensor(0), [1, 4]), output("y"), ...names.map((name, index) => node("Relu", [tensor(index)], [tensor(index + 1)], { name }))]);
};

const namesOf = (content: Uint8Array) => analysed(content).layers.map(({ name }) => name);

/** FNV-1a of 32 bits, as its authors give it (isthe.com/chongo/tech/comp/fnv), for ASCII. */
const fnv1a = (text: string) => new TextEncoder().encode(text).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193), 0x811c9dc5);

describe("ONNX: names", () => {
  it("are those of the file, in any script and of any length", () => {
    const name = fc.oneof(fc.string({ minLength: 1, unit: "grapheme" }), fc.string({ minLength: 1, unit: "grapheme-ascii", maxLength: 600 }));
    holds(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), (names) => {
      expect(namesOf(chain(names))).toEqual(names);
    });
  });

  it("are told apart where their hashes fall on the same place, more of them than are looked at", () => {
    const names = Array.from({ length: 20_000 }, (_, index) => `n${index}`).filter((name) => (fnv1a(name) & 0xff) === 7);
    expect(names.length).toBeGreaterThan(40);
    expect(namesOf(chain(names))).toEqual(names);
  });

  it("are told apart where their whole hashes are the same: known collisions of FNV-1a", () => {
    const pairs = [
      ["costarring", "liquid"],
      ["declinate", "macallums"],
      ["altarage", "zinke"],
    ] as const;
    for (const [name, other] of pairs) expect(fnv1a(name)).toBe(fnv1a(other));
    expect(namesOf(chain(pairs.flat()))).toEqual(pairs.flat());
  });

  it("are told apart, thousands of them", () => {
    const names = Array.from({ length: 5000 }, (_, index) => `layer.${index}`);
    expect(namesOf(chain(names))).toEqual(names);
  });
});

describe("ONNX: sizes", () => {
  it("of a thousand weights, of which no two are the same", () => {
    const sizes = Array.from({ length: 1000 }, (_, index) => [index + 1, (index % 7) + 1]);
    const weights = sizes.map((size, index) => weight(`w${index}`, size));
    const nodes = sizes.map((_, index) => node("Gemm", [`x${index}`, `w${index}`], [`y${index}`], { attributes: { transB: 1 } }));
    const inputs = sizes.map(([, columns = 1], index) => input(`x${index}`, [1, columns]));
    const { layers } = analysed(model([...inputs, ...sizes.map((_, index) => output(`y${index}`)), ...weights, ...nodes]));
    expect(layers.map(({ outputs }) => outputs)).toEqual(sizes.map(([rows]) => [[1, rows]]));
    expect(layers.map(({ params }) => params)).toEqual(sizes.map(([rows = 1, columns = 1]) => BigInt(rows * columns)));
  });
});

describe("ONNX: shapes that were inferred when the model was read", () => {
  it("are those of nodes that were changed no more: another graph of them is inferred anew", () => {
    const graph = readOnnx(source(chain(["a", "b"])));
    const { layers, outputs } = analyze({ ...graph, nodes: graph.nodes.slice(0, 1), outputs: ["to b"] });
    expect(layers.map(({ name }) => name)).toEqual(["a"]);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([["to b", [1, 4]]]);
  });
});

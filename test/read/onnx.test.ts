import Pbf from "pbf";
import { describe, expect, it } from "vitest";
import { analyze } from "../../src/analyze/analyze.js";
import type { ByteSource } from "../../src/read/onnx/bytes.js";
import { readOnnx } from "../../src/read/onnx/read.js";
import { convcost } from "../cli/run.js";

// Messages are written by their field numbers in onnx.proto3.
type Write = (pbf: Pbf) => void;

const bytes = (write: Write) => {
  const pbf = new Pbf();
  write(pbf);
  return pbf.finish();
};

const message = (field: number, write: Write): Write => {
  const content = bytes(write);
  return (pbf) => {
    pbf.writeBytesField(field, content);
  };
};

const all =
  (...writes: readonly Write[]): Write =>
  (pbf) => {
    for (const write of writes) write(pbf);
  };

const text =
  (field: number, value: string): Write =>
  (pbf) => {
    pbf.writeStringField(field, value);
  };

const number =
  (field: number, value: number): Write =>
  (pbf) => {
    pbf.writeVarintField(field, value);
  };

const tensor = (name: string, dims: readonly number[], raw: Uint8Array | undefined): Write =>
  all(...dims.map((size) => number(1, size)), number(2, 1), text(8, name), (pbf) => {
    if (raw !== undefined) pbf.writeBytesField(9, raw);
  });

const value = (field: number, name: string, dims: readonly (number | string)[]): Write => {
  const shape = all(...dims.map((size) => message(1, typeof size === "number" ? number(1, size) : text(2, size))));
  return message(field, all(text(1, name), message(2, message(1, all(number(1, 1), message(2, shape))))));
};

const node = (op: string, inputs: readonly string[], outputs: readonly string[], ...attributes: readonly Write[]): Write =>
  message(
    1,
    all(
      ...inputs.map((name) => text(1, name)),
      ...outputs.map((name) => text(2, name)),
      text(4, op),
      ...attributes.map((write) => message(5, write)),
    ),
  );

const model = (...graph: readonly Write[]) => bytes(all(number(1, 8), message(8, number(2, 17)), message(7, all(...graph))));

/** Counts the bytes that are asked for. */
function watched(content: Uint8Array): { readonly source: ByteSource; readonly read: () => number } {
  let total = 0;
  const read = (start: number, end: number) => {
    total += end - start;
    return content.subarray(start, end);
  };
  return { source: { length: content.length, read }, read: () => total };
}

const gemm = (raw: Uint8Array | undefined, size: number) =>
  model(
    message(5, tensor("w", [size, size], raw)),
    value(11, "x", ["batch", size]),
    value(12, "y", ["batch", size]),
    node("MatMul", ["x", "w"], ["y"]),
  );

describe("ONNX", () => {
  it("weights are not read: a model with 64 MiB of them costs what it costs without", () => {
    const size = 4096;
    const heavy = watched(gemm(new Uint8Array(size * size * 4), size));
    const light = watched(gemm(undefined, size));
    const [one, other] = [analyze(readOnnx(heavy.source)), analyze(readOnnx(light.source))];
    expect(one.totals).toEqual(other.totals);
    expect(one.totals).toMatchObject({ params: 4096n * 4096n, macs: 4096n * 4096n, weightBytes: 4096n * 4096n * 4n });
    // Two windows of the file at most: its beginning and what follows the weights.
    expect(heavy.read()).toBeLessThan(3 * 65_536);
  });

  it("small values are: a shape that is computed is known", () => {
    const shape = new Uint8Array(new BigInt64Array([0n, -1n]).buffer);
    const initializer = message(
      5,
      all(number(1, 2), number(2, 7), text(8, "shape"), (pbf) => {
        pbf.writeBytesField(9, shape);
      }),
    );
    const graph = model(initializer, value(11, "x", [2, 3, 4]), value(12, "y", []), node("Reshape", ["x", "shape"], ["y"]));
    expect(analyze(readOnnx(watched(graph).source)).outputs[0]?.shape).toEqual([2, 12]);
  });

  it("a weight that two nodes read counts once", () => {
    const graph = model(
      message(5, tensor("w", [8, 8], undefined)),
      value(11, "x", [1, 8]),
      value(12, "z", [1, 8]),
      node("MatMul", ["x", "w"], ["y"]),
      node("MatMul", ["y", "w"], ["z"]),
    );
    expect(analyze(readOnnx(watched(graph).source)).totals).toMatchObject({ params: 64n, macs: 128n });
  });

  it("an operator without a rule is named, and the totals are partial", () => {
    const graph = model(
      value(11, "x", [1, 8]),
      value(12, "z", [1, 8]),
      node("Relu", ["x"], ["y"]),
      node("Mystery", ["y"], ["u"]),
      node("Relu", ["u"], ["z"]),
    );
    const { partial, uncounted, totals } = analyze(readOnnx(watched(graph).source));
    expect(partial).toBe(true);
    expect(uncounted).toEqual([
      { op: "Mystery", count: 1, reason: "this operator is not known" },
      { op: "Relu", count: 1, reason: "it follows Mystery, which is not known" },
    ]);
    expect(totals.layers).toBe(3);
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /no ONNX model/],
    ["a name that nothing makes", model(value(11, "x", [1]), node("Relu", ["q"], ["y"])), /nothing before this makes `q`/],
    ["a cycle", model(value(11, "x", [1]), node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])), /nothing before this makes `b`/],
    ["an operator without inputs", model(value(11, "x", [1]), node("Add", [], ["y"])), /Add has no input/],
    ["a pool of a vector", model(value(11, "x", [8]), node("MaxPool", ["x"], ["y"])), /MaxPool cannot read an input of 1 dimensions/],
    [
      "strides for another rank",
      model(
        value(11, "x", [1, 2, 8, 8]),
        node("MaxPool", ["x"], ["y"], all(text(1, "kernel_shape"), number(8, 2), number(8, 2)), all(text(1, "strides"), number(8, 2))),
      ),
      /strides of MaxPool is 2/,
    ],
    ["an impossible size", model(message(5, tensor("w", [-4], undefined)), value(11, "x", [1]), node("Relu", ["x"], ["y"])), /impossible shape/],
    [
      "sizes that do not fit",
      model(message(5, tensor("w", [3, 3], undefined)), value(11, "x", [1, 8]), node("MatMul", ["x", "w"], ["y"])),
      /cannot multiply 1x8 by 3x3/,
    ],
  ])("%s is refused", (_, content, message_) => {
    expect(() => analyze(readOnnx(watched(content).source))).toThrow(message_);
  });

  it("the command knows one by its content, and binds its dimensions", async () => {
    const files = {
      model: { type: "file" as const, bytes: gemm(undefined, 8) },
      "named.onnx": { type: "file" as const, bytes: model(value(11, "x", [1, "length"]), value(12, "y", []), node("Relu", ["x"], ["y"])) },
    };
    const { stdout, stderr } = await convcost(["count", "./model", "--format", "csv"], { files: { "./model": files.model } });
    expect(stdout).toContain("linear");
    expect(stderr).toContain("the batch of input x is open (batch): 1 is taken");
    const bound = await convcost(["count", "named.onnx", "--dim", "length=7", "--json"], { files });
    expect(JSON.parse(bound.stdout)).toMatchObject({ inputs: [{ name: "x", shape: [1, 7] }] });
    const open = await convcost(["count", "named.onnx", "--json"], { files });
    const analysis: unknown = JSON.parse(open.stdout);
    expect(analysis).toMatchObject({ partial: true, inputs: [{ name: "x", shape: [1, "length"] }], uncounted: [{ op: "Relu", count: 1 }] });
    const said = await convcost(["count", "named.onnx"], { files });
    expect(said.stderr).toContain("input x has an open dimension 1 (length): --dim length=N");
    expect(said.stdout).toContain("MACs (at least)");
    const unknown = await convcost(["count", "named.onnx", "--dim", "lenght=7"], { files });
    expect([unknown.code, unknown.stdout]).toEqual([2, ""]);
    expect(unknown.stderr).toContain("did you mean length?");
  });
});

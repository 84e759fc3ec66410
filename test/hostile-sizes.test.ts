import { describe, expect, it } from "vitest";
import { convcost, file } from "./cli/run.js";
import { bytes, input, message, model as onnx, node, output, text, whole, type Write } from "./read/onnx-model.js";
import { archive, arg, meta, node as pt2Node, tensor } from "./read/pt2-model.js";
import { model as tflite } from "./read/tflite-model.js";

// Files of about a megabyte that repeat one small thing: a reader that looks at all of them for each of them takes minutes, and no test ends.

const many = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, index) => make(index));

const ONE = { name: "", shape: [1, 8] };
/** A TFLite graph of 40 subgraphs, each of which runs the next one in both branches of two IFs. */
const branching = many(40, (graph) => ({
  tensors: [{ name: "", shape: [], type: 6 }, ONE, ONE, ONE],
  inputs: [0, 1],
  outputs: [3],
  operators:
    graph === 39
      ? [{ code: 1, inputs: [1], outputs: [3] }]
      : many(2, (half) => ({ code: 0, inputs: [0, 0, 1 + half], outputs: [2 + half], options: { 0: { int: graph + 1 }, 1: { int: graph + 1 } } })),
}));
const relu = (inputs: readonly number[], outputs: readonly number[], made: readonly number[]) =>
  tflite([19], [{ tensors: [ONE, ONE], inputs, outputs, operators: [{ code: 0, inputs: [0], outputs: made }] }]);

/** A reduction with an attribute whose field is there many times. */
function listed(name: string, times: number, ...field: readonly number[]): Uint8Array {
  const content = new Uint8Array(times * field.length).map((_, index) => field[index % field.length] ?? 0);
  const attribute: Write = (pbf) => {
    pbf.writeBytesField(5, Uint8Array.from([...bytes(text(1, name)), ...content]));
  };
  return onnx([input("x", [1, 3]), message(1, text(1, "x"), text(2, "y"), text(4, "ReduceMax"), attribute), output("y")]);
}

/** An exported program whose size multiplies one symbol 4,900 times. */
const multiplied = archive({
  parameters: [],
  values: Object.fromEntries(["x", "y"].map((name) => [name, meta([{ as_expr: { expr_str: Array<string>(4900).fill("s0").join("*") } }, 8])])),
  nodes: [pt2Node("relu.default", [arg("self", tensor("x"))], "y")],
  output: "y",
});

const FILES: Readonly<Record<string, readonly [name: string, content: Uint8Array | string]>> = {
  // Field 8 of an attribute, a number that is not packed: 1, and 2^63 - 1.
  "an attribute of 400,000 numbers, one by one": ["m.onnx", listed("own", 400_000, 0x40, 1)],
  "an attribute of 80,000 numbers beyond 2^53": ["m.onnx", listed("own", 80_000, 0x40, ...Array<number>(8).fill(0xff), 0x7f)],
  "400,000 axes": ["m.onnx", listed("axes", 400_000, 0x40, 1)],
  "a sequence that 20,000 nodes add to": [
    "m.onnx",
    onnx([
      input("x", [1, 3]),
      node("SequenceEmpty", [], ["s"]),
      ...many(20_000, (index) => node("SequenceInsert", [index === 0 ? "s" : `s${index - 1}`, "x"], [`s${index}`])),
      output("x"),
    ]),
  ],
  "a list that 20,000 nodes add to": [
    "m.onnx",
    onnx([
      input("x", [1, 3]),
      node("Shape", ["x"], ["s"]),
      ...many(20_000, (index) => node("Concat", [index === 0 ? "s" : `s${index - 1}`, "s"], [`s${index}`], { attributes: { axis: 0 } })),
      output("x"),
    ]),
  ],
  "lists of 4,096 of 4,096 parts": [
    "m.onnx",
    onnx([
      input("x", [1, 3]),
      whole("s", 1),
      ...many(40, (index) => node("Concat", Array<string>(4096).fill("s"), [`s${index}`], { attributes: { axis: 0 } })),
      output("x"),
    ]),
  ],
  "20,000 copies of a list": [
    "m.onnx",
    onnx([
      input("x", [1, 3]),
      whole("s", ...many(4000, (index) => index)),
      node("Concat", Array<string>(20_000).fill("s"), ["l"], { attributes: { axis: 0 } }),
      output("x"),
    ]),
  ],
  "a tensor that is written 200,000 times": ["m.tflite", relu([0], [1], Array<number>(200_000).fill(1))],
  "200,000 outputs": ["m.tflite", relu([0], Array<number>(200_000).fill(1), [1])],
  "a size of 4,900 factors": ["m.pt2", multiplied],
  "250,000 brackets in brackets in a print": ["m.txt", `Model(\n  (a): Foo(${"(".repeat(250_000)}${")".repeat(250_000)})\n)\n`],
  "500,000 brackets that close nothing in a print": ["m.txt", `Model(\n  (a): Foo(x${")".repeat(500_000)}\n`],
  "a Keras layer that is called 20,000 times": [
    "m.json",
    JSON.stringify({
      class_name: "Functional",
      config: {
        name: "m",
        layers: [
          { class_name: "InputLayer", name: "x", config: { name: "x", batch_input_shape: [null, 4] }, inbound_nodes: [] },
          {
            class_name: "Dense",
            name: "d",
            config: { name: "d", units: 4 },
            inbound_nodes: many(20_000, (index) => [[index === 0 ? "x" : "d", Math.max(0, index - 1), 0, {}]]),
          },
        ],
        input_layers: [["x", 0, 0]],
        output_layers: [["d", 19_999, 0]],
      },
    }),
  ],
  "a megabyte of blanks": ["m.xml", " ".repeat(1_000_000)],
  "comments without an end of them": ["m.xml", "<!---->".repeat(100_000)],
  "an argument of 500,000 digits in a print": ["m.txt", `Model(\n  (a): Foo(${"1".repeat(500_000)}!)\n)\n`],
  "subgraphs that are run 2^40 times": ["m.tflite", tflite([118, 19], branching)],
};

describe("a file that repeats", () => {
  it.each(Object.entries(FILES))("is answered in time: %s", async (_, [name, content]) => {
    const files = { [name]: typeof content === "string" ? file(content) : ({ type: "file", bytes: content } as const) };
    const { code, stderr } = await convcost(["count", name, "--json"], { files });
    expect(stderr).not.toMatch(/^bug|\n\s+at /);
    expect([0, 2]).toContain(code);
  });
});

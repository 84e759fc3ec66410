import { describe, expect, it } from "vitest";
import { convcost, file } from "../cli/run.js";
import { input, layer, sequential } from "../read/keras-layers.js";
import * as onnx from "../read/onnx-model.js";
import { arg, archive, meta, node, tensor } from "../read/pt2-model.js";
import { model as tfjs, node as tfNode, placeholder } from "../read/tfjs-model.js";

// What every object has besides its own: a table that is asked for such a name must not answer with it.

const NAMES = Object.getOwnPropertyNames(Object.prototype);

const bytes = (content: Uint8Array) => ({ type: "file", bytes: content }) as const;

/** Every place in which a file or a user names an operator, a class, a function or a type. */
const PLACES: readonly { readonly where: string; readonly run: (name: string) => ReturnType<typeof convcost> }[] = [
  {
    where: "a printed module with others in it",
    run: (name) => convcost(["count", "m.txt"], { files: { "m.txt": file(`Net(\n  (a): ${name}(\n    (b): ReLU()\n  )\n)\n`) } }),
  },
  { where: "a printed module", run: (name) => convcost(["count", "m.txt"], { files: { "m.txt": file(`Net(\n  (a): ${name}(1)\n)\n`) } }) },
  {
    where: "a class of Keras",
    run: (name) =>
      convcost(["count", "m.json"], {
        files: { "m.json": file(JSON.stringify(sequential(input("x", [1, 4]), layer(name, "a", { activation: name })))) },
      }),
  },
  {
    where: "an operator of ONNX",
    run: (name) =>
      convcost(["count", "m.onnx"], {
        files: {
          "m.onnx": bytes(onnx.model([onnx.input("x", [1, 4]), onnx.node(name, ["x"], ["y"], { attributes: { [name]: 1 } }), onnx.output("y")])),
        },
      }),
  },
  {
    where: "an operator and a type of TensorFlow.js",
    run: (name) => {
      const { json, shard } = tfjs([placeholder(1, 4), tfNode("Cast", "c", ["x"], { DstT: { type: name } }), tfNode(name, "y", ["c"])], []);
      return convcost(["count", "model.json"], { files: { "model.json": file(json), "group1-shard1of1.bin": bytes(shard) } });
    },
  },
  {
    where: "a target of a .pt2",
    run: (name) => {
      const nodes = [node(`${name}.default`, [arg("self", tensor("x"))], "y")];
      return convcost(["count", "m.pt2"], {
        files: { "m.pt2": bytes(archive({ nodes, values: { x: meta([1, 4]), y: meta([1, 4]) }, parameters: [], output: "y" })) },
      });
    },
  },
  { where: "a word of a line", run: (name) => convcost(["count", name, "--input", "4"]) },
  { where: "a call of a line", run: (name) => convcost(["count", `nn.${name}(1); layers.${name}(1)`, "--input", "4"]) },
  {
    where: "an expression",
    run: (name) => convcost(["count", "n.yaml"], { files: { "n.yaml": file(`input: [4]\nlayers: linear {${name}(1) + ${name}}\n`) } }),
  },
  { where: "a flag's value", run: (name) => convcost(["count", "relu", "--input", "4", "--dtype", name, "--format", name, "--columns", name]) },
  { where: "a convention", run: (name) => convcost(["count", "relu", "--input", "4", "--convention", name]) },
  { where: "a network of the zoo", run: (name) => convcost(["count", `zoo:${name}`]) },
  { where: "a key of a request", run: (name) => convcost(["batch", "-"], { stdin: JSON.stringify({ spec: "relu", input: "4", [name]: 1 }) }) },
  {
    where: "a layer of a saved analysis",
    run: async (name) => {
      const { stdout } = await convcost(["count", "relu", "--input", "4", "--json"]);
      const edited = stdout.replace('"op": "relu"', `"op": "${name}"`).replace(/,\s*"digest": "[^"]*"/, "");
      return convcost(["check", "a.json", "--max-macs", "1G"], { files: { "a.json": file(edited) } });
    },
  },
];

describe.each(PLACES)("names that every object has, as $where", ({ run }) => {
  it.each(NAMES)("%s", async (name) => {
    const { code, stderr } = await run(name);
    expect(stderr).not.toMatch(/^bug|\n\s+at /m);
    expect([0, 1, 2]).toContain(code);
  });
});

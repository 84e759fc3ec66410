import type { FileContent } from "../../src/io.js";
import { file } from "../cli/run.js";
import { input as kerasInput, layer, sequential } from "../read/keras-layers.js";
import { input, model as onnx, node, output, weight } from "../read/onnx-model.js";
import { archive, NET } from "../read/pt2-model.js";
import { model as tflite } from "../read/tflite-model.js";
import { model as tfjs, node as tfNode, placeholder } from "../read/tfjs-model.js";
import { safetensors } from "../read/weights-model.js";

/** A model with one layer that is not known, beside one that is. */
export interface UnknownModel {
  readonly format: string;
  readonly path: string;
  readonly files: Readonly<Record<string, FileContent>>;
  /** Its parameters, where the file lists them whatever its layers are. */
  readonly params?: bigint;
  /** Flags that it needs. */
  readonly flags?: readonly string[];
}

const binary = (bytes: Uint8Array): FileContent => ({ type: "file", bytes });
const json = (value: object): FileContent => file(JSON.stringify(value));
const kerasLayers = sequential(
  kerasInput("x", [null, 8]),
  layer("Dense", "known", { units: 4, use_bias: true }),
  layer("Mystery", "unknown", { units: 5 }),
  layer("Dense", "after", { units: 6, use_bias: true }),
);
const tfjsGraph = tfjs(
  [placeholder(1, 8), tfNode("MatMul", "known", ["x", "w"]), tfNode("Mystery", "unknown", ["known", "v"])],
  [
    { name: "w", shape: [8, 4] },
    { name: "v", shape: [4, 5] },
  ],
);
const NOT_KNOWN = "torch.ops.own.mystery.default";

export const UNKNOWN: readonly UnknownModel[] = [
  { format: "Keras", path: "m.json", files: { "m.json": json(kerasLayers) } },
  {
    format: "TensorFlow.js layers",
    path: "model.json",
    files: { "model.json": json({ format: "layers-model", modelTopology: { model_config: kerasLayers }, weightsManifest: [] }) },
  },
  {
    format: "print(model)",
    path: "m.txt",
    files: { "m.txt": file("Net(\n  (known): Linear(in_features=8, out_features=4, bias=True)\n  (unknown): Mystery()\n)\n") },
  },
  {
    format: "print(nn.Sequential)",
    path: "m.txt",
    files: { "m.txt": file("Sequential(\n  (0): Linear(in_features=8, out_features=4, bias=True)\n  (1): Mystery()\n)\n") },
    flags: ["--input", "1x8"],
  },
  {
    format: "ONNX",
    path: "m.onnx",
    files: {
      "m.onnx": binary(
        onnx([
          input("x", [1, 8]),
          weight("w", [8, 4]),
          weight("v", [4, 5]),
          node("MatMul", ["x", "w"], ["t"]),
          node("Mystery", ["t", "v"], ["y"], { domain: "own" }),
          output("y"),
        ]),
      ),
    },
    params: 32n + 20n,
  },
  {
    format: "TensorFlow Lite",
    path: "m.tflite",
    files: {
      "m.tflite": binary(
        tflite(
          [9, "Mystery"],
          [
            {
              tensors: [
                { name: "x", shape: [1, 8] },
                { name: "w", shape: [4, 8], buffer: 1 },
                { name: "t", shape: [1, 4] },
                { name: "v", shape: [5, 4], buffer: 2 },
                { name: "y", shape: [1, 5] },
              ],
              inputs: [0],
              outputs: [4],
              operators: [
                { code: 0, inputs: [0, 1], outputs: [2] },
                { code: 1, inputs: [2, 3], outputs: [4] },
              ],
            },
          ],
          [new Uint8Array(4 * 32), new Uint8Array(4 * 20)],
        ),
      ),
    },
    params: 32n + 20n,
  },
  {
    format: "TensorFlow.js graph",
    path: "model.json",
    files: { "model.json": file(tfjsGraph.json), "group1-shard1of1.bin": binary(tfjsGraph.shard) },
    params: 32n + 20n,
  },
  {
    format: "torch.export",
    path: "m.pt2",
    files: {
      "m.pt2": binary(
        archive({ ...NET, nodes: NET.nodes.map((each, index) => (index === NET.nodes.length - 1 ? { ...each, target: NOT_KNOWN } : each)) }),
      ),
    },
    // stem 4*3*9, norm 4 + 4, depthwise 4*9, pointwise 16*4, linear 160 + 10, and 7 that nothing reads.
    params: 108n + 8n + 36n + 64n + 170n + 7n,
  },
  {
    format: "safetensors",
    path: "m.safetensors",
    files: { "m.safetensors": binary(safetensors({ w: { dtype: "F32", shape: [8, 4], data_offsets: [0, 128] } }, 128)) },
    params: 32n,
  },
];

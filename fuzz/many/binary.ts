import { strToU8 } from "fflate";
import { arg, archive, meta, node as aten, tensor } from "../../test/read/pt2-model.js";
import { model as tfjs, node as tfNode, placeholder } from "../../test/read/tfjs-model.js";
import { int32s, model as tflite } from "../../test/read/tflite-model.js";
import { bytesOf, ggufHead, ggufTensor, safetensors } from "../../test/read/weights-model.js";
import { files, list, one, type Many } from "./of.js";

const tensors = (count: number) => list(count + 1, (at) => ({ name: `t${at}`, shape: [1, 4] }));

/** Parts of the other model files. */
export const FILE_PARTS: readonly Many[] = [
  {
    what: "TFLite operators",
    most: 8000,
    make: (count) =>
      one(
        "m.tflite",
        tflite(
          [0],
          [
            {
              tensors: tensors(count),
              inputs: [0],
              outputs: [count],
              operators: list(count, (at) => ({ code: 0, inputs: [at, at], outputs: [at + 1] })),
            },
          ],
        ),
      ),
  },
  {
    what: "TFLite tensors",
    most: 12_000,
    make: (count) =>
      one("m.tflite", tflite([0], [{ tensors: tensors(count), inputs: [0], outputs: [1], operators: [{ code: 0, inputs: [0, 0], outputs: [1] }] }])),
  },
  {
    what: "inputs of a TFLite operator",
    most: 60_000,
    make: (count) =>
      one(
        "m.tflite",
        tflite([106], [{ tensors: tensors(1), inputs: [0], outputs: [1], operators: [{ code: 0, inputs: list(count, () => 0), outputs: [1] }] }]),
      ),
  },
  {
    what: "TFLite buffers",
    most: 20_000,
    make: (count) =>
      one(
        "m.tflite",
        tflite(
          [0],
          [{ tensors: tensors(1), inputs: [0], outputs: [1], operators: [{ code: 0, inputs: [0, 0], outputs: [1] }] }],
          list(count, (at) => int32s(at)),
        ),
      ),
  },
  {
    what: "safetensors",
    most: 12_000,
    make: (count) =>
      one(
        "m.safetensors",
        safetensors(
          Object.fromEntries(list(count, (at) => [`t${at}.weight`, { dtype: "F32", shape: [1], data_offsets: [4 * at, 4 * at + 4] }])),
          4 * count,
        ),
      ),
  },
  {
    what: "GGUF tensors",
    most: 15_000,
    make: (count) => one("m.gguf", bytesOf(ggufHead(count), ...list(count, (at) => ggufTensor(`t${at}`, [1], 0)), new Uint8Array(32 * count))),
  },
  {
    what: "files of an index",
    most: 12_000,
    make: (count) =>
      one("m.index.json", JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(list(count, (at) => [`t${at}`, `m-${at}.safetensors`])) })),
  },
  {
    what: "nodes of a .pt2",
    most: 6000,
    make: (count) =>
      one(
        "m.pt2",
        archive({
          nodes: list(count, (at) => aten("relu.default", [arg("self", tensor(at === 0 ? "x" : `t${at}`))], `t${at + 1}`)),
          values: Object.fromEntries(list(count + 1, (at) => [at === 0 ? "x" : `t${at}`, meta([2, 4])])),
          parameters: [],
          output: `t${count}`,
        }),
      ),
  },
  {
    what: "nodes of TensorFlow.js",
    most: 12_000,
    make: (count) => {
      const { json, shard } = tfjs([placeholder(2, 4), ...list(count, (at) => tfNode("Relu", `t${at}`, [at === 0 ? "x" : `t${at - 1}`]))], []);
      return files({ "model.json": strToU8(json), "group1-shard1of1.bin": shard }, "!count", "model.json");
    },
  },
];

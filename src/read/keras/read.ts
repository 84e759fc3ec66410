import { strFromU8 } from "fflate";
import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { ByteSource } from "../onnx/bytes.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { zipEntry } from "../zip.js";
import { decodeKeras } from "./decode.js";
import { rootAttributes } from "./hdf5.js";
import { isObject, readJson, type JsonObject } from "./json.js";
import { kerasRule } from "./rules.js";
import { kerasWeights } from "./weights.js";

/** Bytes of an architecture at most, unpacked: a zip may claim anything. */
const MAX_CONFIG = 64 * 1024 * 1024;

export type ReadKerasOptions = ReadOnnxOptions;

/** Reads an HDF5 file of Keras: its `model_config`, weights unread; its weights where that is not there. Throws `bad-hdf5`, and what the layers throw. */
export function readKerasHdf5(bytes: ByteSource, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.h5";
  const config = rootAttributes(bytes, path).get("model_config");
  if (config === undefined) return kerasWeights(bytes, path);
  return kerasGraph(readJson(config, path), path, options);
}

/** Reads a `.keras` archive: its config.json, weights unread. Throws `bad-zip`, `no-architecture`, and what the layers throw. */
export function readKerasArchive(bytes: ByteSource, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.keras";
  const config = zipEntry(bytes, { name: /^config\.json$/, maxBytes: MAX_CONFIG, expected: "a .keras file" }, path);
  if (config === undefined) {
    return fail("no-architecture", "this archive has no config.json that could be a model's", {
      place: { kind: "file", path },
      expected: "a .keras file",
      hint: "archives of torch.save are not read: export the model with torch.export or to ONNX, or pipe print(model)",
    });
  }
  return kerasGraph(readJson(strFromU8(config), path), path, options);
}

/** Reads the text that `model.to_json()` writes. Throws `bad-json`, and what the layers throw. */
export function readKerasJson(text: string, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.json";
  return kerasGraph(readJson(text, path), path, options);
}

/** A model by its configuration. Throws `bad-keras`, and what the layers throw. */
export function kerasGraph(config: JsonObject, path: string, options: ReadKerasOptions): Graph {
  const proto = decodeKeras(isObject(config["model_config"]) ? config["model_config"] : config, path);
  if (proto.graph === undefined) throw new Error("a decoded Keras model has a graph");
  const graph = modelGraph(proto, proto.graph, options, {
    path,
    format: "keras",
    ruleOf: kerasRule,
    uniqueNames: true,
    weights: "implied",
    images: "channels-last",
  });
  return { ...graph, layout: "nhwc" };
}

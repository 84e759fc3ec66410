import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import { isList, isObject, readJson, type Json, type JsonObject } from "../keras/json.js";
import { kerasGraph } from "../keras/read.js";
import type { ReadOnnxOptions } from "../onnx/read.js";

/**
 * Reads a TensorFlow.js layers model: Keras's architecture inside model.json. Its weights, whose shapes the manifest lists, need not be there.
 * Throws `bad-tfjs`, and what the layers throw.
 */
export function readTfjs(text: string, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.json";
  const model = readJson(text, path);
  const topology = model["modelTopology"];
  if (!isObject(topology)) return bad(path, "this TensorFlow.js model has no architecture", "a model.json with its modelTopology");
  if (isList(topology["node"])) {
    return bad(
      path,
      "this is a graph model of TensorFlow.js, which is not read yet",
      "a layers model, or the same network as ONNX or TensorFlow Lite",
    );
  }
  const config = isObject(topology["model_config"]) ? topology["model_config"] : topology;
  const graph = kerasGraph(config, path, options);
  return { ...graph, format: "tfjs", storedElements: weightsIn(model) };
}

/** Elements of all weights that the manifest lists; nothing where there is none. */
function weightsIn(model: JsonObject): number | undefined {
  const manifest = model["weightsManifest"];
  if (!isList(manifest)) return undefined;
  const tensors = manifest.flatMap((group: Json) => (isObject(group) && isList(group["weights"]) ? group["weights"] : []));
  return tensors.reduce((sum: number, tensor: Json) => sum + sizeOf(tensor), 0);
}

function sizeOf(tensor: Json): number {
  const shape = isObject(tensor) ? tensor["shape"] : undefined;
  return isList(shape) ? shape.reduce((product: number, size: Json) => product * Number(size), 1) : 0;
}

function bad(path: string, message: string, expected: string): never {
  return fail("bad-tfjs", message, { place: { kind: "file", path }, expected });
}

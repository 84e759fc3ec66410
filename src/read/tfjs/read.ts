import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import { elements } from "../../graph/shape.js";
import { isList, isObject, readJson, type JsonObject } from "../keras/json.js";
import { kerasGraph } from "../keras/read.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { decodeGraph } from "./graph.js";
import { readManifest, type Sibling } from "./manifest.js";
import { tfjsRule } from "./rules.js";

export interface ReadTfjsOptions extends ReadOnnxOptions {
  /** A file beside model.json: of the weights the few that are sizes and axes are read. */
  readonly sibling?: Sibling | undefined;
}

/**
 * Reads a TensorFlow.js model: a layers model, which is Keras's architecture inside model.json, or a graph model. Weights need not be there, but
 * what a graph model keeps among them of sizes and axes is then not known.
 * Throws `bad-tfjs`, and what the layers throw.
 */
export function readTfjs(text: string, options: ReadTfjsOptions = {}): Graph {
  const path = options.source ?? "model.json";
  const model = readJson(text, path);
  const topology = model["modelTopology"];
  if (!isObject(topology)) {
    return fail("bad-tfjs", "this TensorFlow.js model has no architecture", {
      place: { kind: "file", path },
      expected: "a model.json with its modelTopology",
    });
  }
  return isList(topology["node"]) ? graphModel(model, topology, path, options) : layersModel(model, topology, path, options);
}

function layersModel(model: JsonObject, topology: JsonObject, path: string, options: ReadTfjsOptions): Graph {
  const config = isObject(topology["model_config"]) ? topology["model_config"] : topology;
  const listed = [...readManifest(model["weightsManifest"]).weights.values()];
  const storedElements = listed.length === 0 ? undefined : listed.reduce((sum, { dims }) => sum + elements(dims), 0n);
  return { ...kerasGraph(config, path, options), format: "tfjs", storedElements };
}

/** Names the files that are not there once. */
function missingFiles(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const files = names.length === 1 ? `weights file ${names.join("")} is missing` : `weights files ${names.join(", ")} are missing`;
  return [`${files}: sizes and axes that the model keeps there are not known`];
}

function graphModel(model: JsonObject, topology: JsonObject, path: string, options: ReadTfjsOptions): Graph {
  const metadata = model["userDefinedMetadata"];
  const signature = [model["signature"], isObject(metadata) ? metadata["signature"] : undefined].find(isObject);
  const { weights, missing } = readManifest(model["weightsManifest"], options.sibling);
  const graph = decodeGraph(topology, signature, weights, path);
  const proto = { irVersion: 3, producer: "", opsets: new Map([["", 18]]), functions: [], graph };
  const read = modelGraph(proto, graph, options, {
    path,
    format: "tfjs",
    lowering: "folded",
    ruleOf: tfjsRule,
    uniqueNames: false,
    weights: "listed",
  });
  return { ...read, warnings: [...missingFiles(missing), ...(read.warnings ?? [])] };
}

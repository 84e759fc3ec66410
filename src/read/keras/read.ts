import { strFromU8 } from "fflate";
import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { Layout } from "../../graph/layout.js";
import { bytesSource, type ByteSource } from "../onnx/bytes.js";
import { inferredModel, type InferredModel, type ModelFile, type ReadOnnxOptions } from "../onnx/read.js";
import type { GraphProto, ModelProto, NodeProto } from "../onnx/schema.js";
import { ZipArchive } from "../zip-directory.js";
import { refuseOtherWeights } from "./agree.js";
import { decodeKeras } from "./decode.js";
import { rootAttributes } from "./hdf5.js";
import { isList, isObject, readJson, type Json, type JsonObject } from "./json.js";
import { withFixedParts } from "./open-sizes.js";
import { kerasRule } from "./rules.js";
import { kerasWeights } from "./weights.js";
import { archiveWeights, legacyWeights, NO_WEIGHTS, type StoredGroup, type StoredWeights } from "./stored.js";

/** Bytes of an architecture at most, unpacked: a zip may claim anything. */
const MAX_CONFIG = 64 * 1024 * 1024;

/** Bytes of weights at most that are unpacked for their shapes; Keras packs none. */
const MAX_WEIGHTS = 64 * 1024 * 1024;

const EXPECTED = "a .keras file";

export type ReadKerasOptions = ReadOnnxOptions;

/** Reads an HDF5 file of Keras: its `model_config`, weights unread; its weights where that is not there. Throws `bad-hdf5`, and what the layers throw. */
export function readKerasHdf5(bytes: ByteSource, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.h5";
  const config = rootAttributes(bytes, path).get("model_config");
  if (config === undefined) return kerasWeights(bytes, path);
  return kerasGraph(
    readJson(config, path),
    path,
    options,
    readable(() => legacyWeights(bytes, path)),
  );
}

/** Reads a `.keras` archive: its config.json, weights unread. Throws `bad-zip`, `no-architecture`, and what the layers throw. */
export function readKerasArchive(bytes: ByteSource, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.keras";
  const place: Place = { kind: "file", path };
  const archive = new ZipArchive(bytes, place, EXPECTED);
  const config = contentOf(archive, "config.json", MAX_CONFIG);
  if (config === undefined) {
    return fail("no-architecture", "this archive has no config.json that could be a model's", {
      place,
      expected: EXPECTED,
      hint: "archives of torch.save are not read: export the model with torch.export or to ONNX, or pipe print(model)",
    });
  }
  return kerasGraph(
    readJson(strFromU8(config), path),
    path,
    options,
    readable(() => weightsOf(archive, path)),
  );
}

function contentOf(archive: ZipArchive, name: string, maxBytes: number): Uint8Array | undefined {
  const entry = archive.entries.find((file) => file.name === name);
  return entry === undefined ? undefined : archive.content(entry, maxBytes);
}

function weightsOf(archive: ZipArchive, path: string): StoredWeights {
  const entry = archive.entries.find(({ name }) => name === "model.weights.h5");
  const packed = entry === undefined ? undefined : archive.window(entry);
  const weights = packed ?? bytesSource(contentOf(archive, "model.weights.h5", MAX_WEIGHTS) ?? new Uint8Array());
  return archiveWeights(weights, path);
}

/** The weights of a file; none where it has them not, or in a form that is not read. */
function readable(read: () => StoredWeights): () => StoredWeights {
  return () => {
    try {
      return read();
    } catch (error) {
      if (error instanceof InputError && error.diagnostic.code === "bad-hdf5") return NO_WEIGHTS;
      throw error;
    }
  };
}

/** Reads the text that `model.to_json()` writes. Throws `bad-json`, and what the layers throw. */
export function readKerasJson(text: string, options: ReadKerasOptions = {}): Graph {
  const path = options.source ?? "model.json";
  return kerasGraph(readJson(text, path), path, options);
}

/** A model by its configuration. Throws `bad-keras`, and what the layers throw. */
export function kerasGraph(config: JsonObject, path: string, options: ReadKerasOptions, stored: () => StoredWeights = () => NO_WEIGHTS): Graph {
  const model = isObject(config["model_config"]) ? config["model_config"] : config;
  const { byLayer, groups } = stored();
  const first = decodeKeras(model, path);
  // Where every layer is known, what it stores is known without a look at the weights.
  const proto = first.graph !== undefined && hasUnknown(first.graph) ? decodeKeras(model, path, byLayer) : first;
  const layout = imageOrder(config);
  const file: ModelFile = { path, format: "keras", ruleOf: kerasRule, uniqueNames: true, weights: "implied", imageOrder: layout };
  const read = (of: ModelProto) => inferredModel(of, of.graph ?? noGraph(), options, file);
  const closed = read(proto);
  const { openInputs = [] } = closed.graph;
  const whole = openInputs.length > 0 ? read(withFixedParts(proto, read)) : closed;
  const said = first.graph === undefined ? [] : otherWeights(first.graph, whole, groups, options, path);
  return { ...whole.graph, layout, warnings: [...(whole.graph.warnings ?? []), ...said] };
}

/** Refuses weights of the file that are not those of its config. Another input may make others of a layer behind Flatten: that is a warning. */
function otherWeights(
  proto: GraphProto,
  model: InferredModel,
  groups: readonly StoredGroup[],
  options: ReadKerasOptions,
  path: string,
): readonly string[] {
  try {
    refuseOtherWeights(proto, model, groups, knownLayers(proto), { kind: "file", path });
    return [];
  } catch (error) {
    if (!(error instanceof InputError) || options.input === undefined) throw error;
    return [`${error.message}: those of the config are counted`];
  }
}

/** Tells by its name whether a layer and all that is inside it are known. */
function knownLayers({ nodes }: GraphProto): (layer: string) => boolean {
  const unknown = new Set(nodes.filter(isUnknown).map(({ name }) => name.replace(/ \(call \d+\)$/, "")));
  return (layer) => !unknown.has(layer);
}

function noGraph(): never {
  throw new Error("a decoded Keras model has a graph");
}

/** The order of a model's images: channels last, unless its layers say channels first alone. */
function imageOrder(config: JsonObject): Layout {
  const said = new Set(dataFormats(config));
  return said.has("channels_first") && !said.has("channels_last") ? "nchw" : "nhwc";
}

function dataFormats(value: Json): readonly Json[] {
  if (isList(value)) return value.flatMap((item) => dataFormats(item));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => (key === "data_format" ? [item] : dataFormats(item)));
}

function hasUnknown({ nodes }: GraphProto): boolean {
  return nodes.some(isUnknown);
}

function isUnknown({ domain, opType, attributes }: NodeProto): boolean {
  const inner = attributes.get("model")?.g;
  return kerasRule(domain, opType) === undefined || (inner !== undefined && hasUnknown(inner));
}

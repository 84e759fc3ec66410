import type { Graph } from "../graph/graph.js";
import type { ByteSource } from "./onnx/bytes.js";
import type { ReadOnnxOptions } from "./onnx/read.js";

import { isOtherProtobuf } from "./looks-like.js";
import { isSafetensors } from "./weights/head.js";

/** Options that every reader of model files takes. */
export type ReadModelOptions = ReadOnnxOptions;

/** A format of model files, known by what is in them. */
export interface ModelFormat {
  readonly name: string;
  readonly title: string;
  /** Endings that such files usually have: for people, and for damaged files. */
  readonly extensions: readonly string[];
  /** Whether a file of this format begins so. */
  readonly matches: (head: Uint8Array, length: number) => boolean;
  /** Tells apart what begins alike, by what comes next: archives by their first entry. */
  readonly surely?: (head: Uint8Array) => boolean;
  /** Tensors stand in any order of axes, and are shown as the file has them. */
  readonly ownOrder: boolean;
  readonly load: () => Promise<(bytes: ByteSource, options: ReadModelOptions) => Graph>;
}

const begins = (head: Uint8Array, at: number, text: string) => [...new TextEncoder().encode(text)].every((byte, index) => head[at + index] === byte);

/** First entries of torch.export's archives: a folder of the model's name and what it has, or the program itself. */
const PT2_ENTRY = /^([^/]+\/(archive_format|version|byteorder|models\/|data\/|\.data|extra\/)|serialized_|version)/;

const KERAS_ENTRY = /^(metadata|config)\.json|^(assets\/|model\.weights)/;
const ZIP = "PK\u0003\u0004";

/** The one table of binary model formats. */
export const MODEL_FORMATS: readonly ModelFormat[] = [
  {
    name: "onnx",
    title: "ONNX",
    extensions: [".onnx"],
    ownOrder: true,
    // A model begins with its IR version (field 1, a small number), which is no character of a text.
    matches: (head) => head[0] === 0x08 && (head[1] ?? 0x20) < 0x20 && !isOtherProtobuf(head),
    load: async () => (await import("./onnx/read.js")).readOnnx,
  },
  {
    name: "tflite",
    title: "TensorFlow Lite",
    extensions: [".tflite", ".lite"],
    ownOrder: true,
    matches: (head) => begins(head, 4, "TFL3"),
    load: async () => (await import("./tflite/read.js")).readTflite,
  },
  {
    name: "keras-h5",
    title: "Keras HDF5",
    extensions: [".h5", ".hdf5"],
    ownOrder: false,
    matches: (head) => head[0] === 0x89 && begins(head, 1, "HDF\r\n\u001a\n"),
    load: async () => (await import("./keras/read.js")).readKerasHdf5,
  },
  {
    name: "pt2",
    title: "PyTorch (torch.export)",
    extensions: [".pt2"],
    ownOrder: true,
    matches: (head) => begins(head, 0, ZIP),
    surely: (head) => PT2_ENTRY.test(new TextDecoder("latin1").decode(head.subarray(30))),
    load: async () => (await import("./pt2/read.js")).readPt2,
  },
  {
    name: "keras",
    title: "Keras",
    extensions: [".keras"],
    ownOrder: false,
    matches: (head) => begins(head, 0, ZIP),
    surely: (head) => KERAS_ENTRY.test(new TextDecoder("latin1").decode(head.subarray(30))),
    load: async () => (await import("./keras/read.js")).readKerasArchive,
  },
  {
    name: "safetensors",
    title: "safetensors (weights only)",
    extensions: [".safetensors"],
    ownOrder: true,
    matches: isSafetensors,
    load: async () => (await import("./weights/safetensors.js")).readSafetensors,
  },
  {
    name: "gguf",
    title: "GGUF (weights only)",
    extensions: [".gguf"],
    ownOrder: true,
    matches: (head) => begins(head, 0, "GGUF"),
    load: async () => (await import("./weights/gguf.js")).readGguf,
  },
];

/** What a text may need besides: files that stand beside it. */
export interface ReadTextOptions extends ReadModelOptions {
  readonly sibling?: ((name: string) => ByteSource | undefined) | undefined;
}

/** A format of model files that are texts, known by a pattern at their beginning. */
export interface TextFormat extends Pick<ModelFormat, "name" | "title"> {
  readonly pattern: RegExp;
  /** Endings that such files alone have, and what --list-formats says of them; absent where another line of it does. */
  readonly extensions?: readonly string[] | undefined;
  /** Its shapes are those of the file: --layout does not turn them. */
  readonly ownOrder?: boolean;
  readonly load: () => Promise<(text: string, options: ReadTextOptions) => Graph>;
}

/** The one table of text formats besides layers and networks. */
export const TEXT_FORMATS: readonly TextFormat[] = [
  {
    name: "tfjs",
    title: "TensorFlow.js",
    pattern: /^\uFEFF?\s*\{[^]*"(modelTopology|weightsManifest)"/,
    load: async () => (await import("./tfjs/read.js")).readTfjs,
  },
  {
    name: "safetensors-index",
    title: "safetensors in several files (weights only)",
    pattern: /^\uFEFF?\s*\{[^]*"weight_map"\s*:/,
    load: async () => (await import("./weights/safetensors.js")).readSafetensorsIndex,
  },
  {
    name: "keras-json",
    title: "Keras JSON",
    pattern: /^\uFEFF?\s*\{[^]*"class_name"\s*:\s*"(Sequential|Functional|Model)"/,
    load: async () => (await import("./keras/read.js")).readKerasJson,
  },
  {
    name: "openvino",
    title: "OpenVINO IR",
    extensions: [".xml"],
    ownOrder: true,
    // A comment ends at the first `-->`: said so, the pattern has one way to fail.
    pattern: /^\uFEFF?\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?:(?!-->)[^])*-->\s*)*<net\s[^>]*version\s*=/,
    load: async () => (await import("./openvino/read.js")).readOpenvino,
  },
  {
    name: "darknet",
    title: "Darknet",
    extensions: [".cfg"],
    ownOrder: true,
    pattern: /^\uFEFF?(?:\s|[#;].*\n)*\[\s*(?:net|network|conv|convolutional)\s*\]/,
    load: async () => (await import("./darknet/read.js")).readDarknet,
  },
];

/** Everything that is read, with what files of it are usually called: for --list-formats. */
export const READABLE: readonly { readonly title: string; readonly files: string }[] = [
  ...[...MODEL_FORMATS, ...TEXT_FORMATS].flatMap(({ title, extensions }) =>
    extensions === undefined ? [] : { title, files: extensions.join(", ") },
  ),
  { title: "Keras and TensorFlow.js layers models as JSON", files: "model.to_json(), model.json" },
  { title: "an index of safetensors files", files: "model.safetensors.index.json" },
  { title: "PyTorch's print(model)", files: "a text" },
  { title: "networks", files: ".yaml, .yml, .json" },
  { title: "layers: shorthand, PyTorch, Keras", files: "a text" },
];

/** Characters at the beginning of a text that tell its format. */
const TEXT_HEAD = 4096;

/** The format of a text, if it is that of a model file: by its beginning, and by its name where that says nothing. */
export function textFormatOf(text: string, name: string): TextFormat | undefined {
  const head = text.slice(0, TEXT_HEAD);
  return TEXT_FORMATS.find(({ pattern }) => pattern.test(head)) ?? TEXT_FORMATS.find((format) => hasEnding(format, name));
}

function hasEnding({ extensions = [] }: Pick<TextFormat, "extensions">, path: string): boolean {
  return extensions.some((ending) => path.toLowerCase().endsWith(ending));
}

/** The format of a file by its first bytes; by its ending where those say nothing, so that a damaged file is told as such. */
export function formatOf(head: Uint8Array, length: number, path: string): ModelFormat | undefined {
  const named = (format: ModelFormat) => hasEnding(format, path);
  const fitting = MODEL_FORMATS.filter(({ matches }) => matches(head, length));
  if (fitting.length === 0) return MODEL_FORMATS.find(named);
  return fitting.find(({ surely }) => surely?.(head) === true) ?? fitting.find(named) ?? fitting.at(-1);
}

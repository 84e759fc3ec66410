import { looksLike } from "../read/looks-like.js";
import { formatOf as modelFormat, MODEL_FORMATS, textFormatOf, type ModelFormat, type TextFormat } from "../read/formats.js";
import { fail, InputError, type Diagnostic } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import type { FileBytes, FileContent, Io } from "../io.js";
import type { ExpandOptions, Network } from "../read/network/network.js";
import type { Tree } from "../read/network/tree.js";
import { isLayerWord, parseLayers } from "../read/notation/read.js";

/** What an argument names, read but not yet expanded. */
export type Source =
  | { readonly type: "layers"; readonly graph: Graph }
  /** A model file, or the text of print(model), as `what` says: shapes may be set, nothing else. */
  | { readonly type: "model"; readonly what: string; readonly read: (options: ModelOptions) => Graph }
  /** The JSON that an earlier count has printed. */
  | { readonly type: "analysis"; readonly text: string; readonly source: string }
  /** A network file: `expand` makes its graph for some parameters, as often as needed. */
  | { readonly type: "network"; readonly written: NetworkText; readonly network: Network; readonly expand: (options?: ExpandOptions) => Graph };

/** A network file as it was read, with the variant that its name chose. */
export interface NetworkText {
  readonly text: string;
  readonly source: string;
  readonly syntax: "yaml" | "json";
  /** The text as it was parsed before, where it was. */
  readonly tree?: Tree | undefined;
  readonly variant?: string | undefined;
}

/** What a model's inputs are set to. */
export interface ModelOptions extends ExpandOptions {
  /** Sizes that a model file has names for. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
}

/** The text of print(model): a module with others inside, each on a line of its own. */
const PRINTED = /^\uFEFF?\s*[A-Za-z_][\w.]*\([^\n]*\n\s*\([^():\n]+\):\s/;
/** Bytes at the beginning of a file that tell its format. */
const HEAD = 64;

// A path: no blanks or brackets, and a slash or an extension. `nn.ReLU` is a class without its brackets, not a file; `layers.txt` is one.
const PATH = /^(?!(?:nn|torch|layers|keras|tf)\.(?:\w+\.)*[A-Z]\w*$)[^\s();=@>]*(?:[/\\][^\s();=@>]*|\.[A-Za-z]\w*)$/;
const WORD = /^[\w-]+$/;
/** The JSON of a count, whatever order its keys are in. */
const SAVED = /^\uFEFF?\s*\{[^]*"schema"\s*:\s*"convcost\/analysis@/;
const ZOO = /^zoo:(.*)$/;
const NETWORK_FILE = /\.(?:ya?ml|json)$/i;

/** `my model (1).onnx`: a name that could be layers as well is a file's where there is such a file. */
function isNamedLikeFile(arg: string, io: Io): boolean {
  if (!/\.[A-Za-z]\w*$/.test(arg)) return false;
  const file = io.openBytes(arg);
  file?.close();
  return file !== undefined;
}

/** What is this? A name of the zoo, standard input, a file by its content, or layers as they stand. */
export async function openSource(arg: string, io: Io, openNetwork: OpenNetwork = network): Promise<Source> {
  const zoo = ZOO.exec(arg)?.[1];
  if (zoo !== undefined) return openZoo(zoo, openNetwork);
  if (arg === "-") {
    const content = io.readStdin();
    return content.type === "file" ? openBytes(content.bytes, "standard input", io, openNetwork) : noFile(content, "standard input");
  }
  const word = WORD.test(arg);
  if (!word && !PATH.test(arg) && !isNamedLikeFile(arg, io)) return openLayers(arg, "spec");
  const bytes = io.openBytes(arg);
  const format = bytes === undefined ? undefined : modelFormat(bytes.read(0, Math.min(HEAD, bytes.length)), bytes.length, arg);
  if (bytes !== undefined && format !== undefined) return model(format, bytes, arg);
  const content = io.readFile(arg);
  // One word is a file only where there is one and no layer has that name.
  if (word && (content.type === "missing" || isLayerWord(arg))) return openLayers(arg, "spec");
  return content.type === "file" ? openBytes(content.bytes, arg, io, openNetwork) : noFile(content, arg);
}

/** What came through a pipe, or is no model that is read in pieces. */
function openBytes(bytes: Uint8Array, name: string, io: Io, openNetwork: OpenNetwork): Source | Promise<Source> {
  const format = modelFormat(bytes, bytes.length, name);
  return format === undefined ? openText(decode(bytes, name), name, io, openNetwork) : model(format, bytesOf(bytes), name);
}

function noFile(content: Exclude<FileContent, { readonly type: "file" }>, arg: string): never {
  switch (content.type) {
    case "missing":
      return unreadable(arg, "there is no such file", { hint: "layer specs look like `conv 3x3 64->128` or `nn.Conv2d(64, 128, 3)`" });
    case "folder":
      return unreadable(arg, "this is a folder", { expected: "a file of layer specs, or a network file" });
    case "too-large":
      return unreadable(arg, "this is larger than 256 MiB", {
        expected: "layers or a network as text; a model of any size is read from its file",
      });
    default:
      return unreadable(arg, `this file cannot be read (${content.reason})`, {});
  }
}

async function openZoo(name: string, openNetwork: OpenNetwork): Promise<Source> {
  const { zooModel } = await import("../zoo/zoo.js");
  const { family, ...model } = zooModel(name);
  return openNetwork({ ...model, source: `zoo:${family}`, syntax: "yaml" });
}

/** A text is a network where it is named as YAML or JSON, or has the keys of one; otherwise it is layers. */
function openText(text: string, name: string, io: Io, openNetwork: OpenNetwork): Source | Promise<Source> {
  if (SAVED.test(text)) return { type: "analysis", text, source: name };
  const format = textFormatOf(text);
  if (format !== undefined) return textModel(format, text, name, io);
  const json = /\.json$/i.test(name) || /^\uFEFF?\s*\{/.test(text);
  if (NETWORK_FILE.test(name) || json || /^layers[ \t]*:/m.test(text)) return openNetwork({ text, source: name, syntax: json ? "json" : "yaml" });
  return openLayers(text, name);
}

/** A text of layers; the text of print(model), which is a tree of them, where it is no chain. */
export function openLayers(text: string, source: string): Source | Promise<Source> {
  try {
    return { type: "layers", graph: parseLayers(text, { source }) };
  } catch (error) {
    // A printed module of one's own is no chain of layers, but a tree of them.
    if (error instanceof InputError && PRINTED.test(text)) return printed(text, source);
    throw error;
  }
}

async function printed(text: string, source: string): Promise<Source> {
  const { readPrinted } = await import("../read/torch/read.js");
  return { type: "model", what: "a printed model", read: (options) => readPrinted(text, { ...options, source }) };
}

type NetworkSource = Extract<Source, { type: "network" }>;
type OpenNetwork = (written: NetworkText) => Promise<NetworkSource>;

/** Compiled networks by their text, so that a file that changed is another one: the few that were read last. */
export class NetworkCache {
  private readonly known = new Map<string, Promise<NetworkSource>>();
  private readonly kept = 8;

  readonly network: OpenNetwork = async (written) => {
    const key = `${written.source}\n${written.text}`;
    const found = this.known.get(key);
    const opened = found ?? network(written);
    this.known.delete(key);
    this.known.set(key, opened);
    const [oldest] = this.known.keys();
    if (this.known.size > this.kept && oldest !== undefined) this.known.delete(oldest);
    // The variant is of this name, the rest of the text.
    return { ...(await opened), written };
  };
}

async function network(written: NetworkText): Promise<NetworkSource> {
  // The YAML library takes a fifth of a bare start: only what reads a network loads it.
  const { networkExpander, readNetwork } = await import("../read/network/network.js");
  const read = readNetwork(written.text, written);
  return { type: "network", written, network: read, expand: networkExpander(read) };
}

function bytesOf(bytes: Uint8Array): FileBytes {
  return { length: bytes.length, read: (start, end) => bytes.subarray(start, end), close: () => undefined };
}

async function model(format: ModelFormat, bytes: FileBytes, source: string): Promise<Source> {
  const read = await format.load();
  return {
    type: "model",
    what: "a model file",
    read: (options) => (options.layout !== undefined && format.ownOrder ? refuseLayout(format) : read(bytes, { ...options, source })),
  };
}

/** A file in the folder of another; nothing for a path that leads out of it. */
function sibling(io: Io, source: string, name: string): FileBytes | undefined {
  if (/^([/\\\\]|[a-z]:)/i.test(name) || name.split(/[/\\\\]/).includes("..")) return undefined;
  return io.openBytes(source.replace(/[^/\\\\]*$/, "") + name);
}

async function textModel(format: TextFormat, text: string, source: string, io: Io): Promise<Source> {
  const read = await format.load();
  return { type: "model", what: "a model file", read: (options) => read(text, { ...options, source, sibling: (name) => sibling(io, source, name) }) };
}

function refuseLayout({ title }: ModelFormat): never {
  return fail("contradicting-flags", `the shapes of a ${title} model are those of its file`, {
    place: { kind: "flag", flag: "--layout" },
    expected: "--layout with layers, networks and Keras models",
  });
}

function unreadable(path: string, message: string, rest: Pick<Diagnostic, "expected" | "hint">): never {
  return fail("unreadable-file", message, { place: { kind: "file", path }, ...rest });
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\u0000")) return text;
  } catch {
    // Falls through: what is not UTF-8 is reported like what has a NUL in it.
  }
  const found = looksLike(bytes.subarray(0, HEAD));
  return fail(
    "binary-file",
    found === undefined ? "this is binary, and no model that is known" : `this looks like ${found.what}, which is not read`,
    {
      place: { kind: "file", path: name },
      expected: `layers or a network as text, or a model: ${MODEL_FORMATS.map(({ title }) => title).join(", ")}`,
      hint: found?.hint,
    },
  );
}

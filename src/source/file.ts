import { looksLike } from "../read/looks-like.js";
import { formatOf as modelFormat, MODEL_FORMATS, textFormatOf, type ModelFormat, type TextFormat } from "../read/formats.js";
import { fail, type Diagnostic } from "../graph/diagnostic.js";
import type { FileBytes, FileContent, Io } from "../io.js";
import { openLayers } from "./layers.js";
import type { OpenNetwork, Source } from "./source.js";

/** Bytes at the beginning of a file that tell its format. */
const HEAD = 64;
/** The JSON of a count, whatever order its keys are in. */
const SAVED = /^\uFEFF?\s*\{[^]*"schema"\s*:\s*"convcost\/analysis@/;
const NETWORK_FILE = /\.(?:ya?ml|json)$/i;

/** What comes through standard input. Throws `unreadable-file`, `binary-file`. */
export function openStdin(io: Io, openNetwork: OpenNetwork): Source | Promise<Source> {
  const content = io.readStdin();
  return content.type === "file" ? openBytes(content.bytes, "standard input", io, openNetwork) : noFile(content, "standard input");
}

/** A file by its content; nothing where `isLayers` finds that its name is layers after all. Throws `unreadable-file`, `binary-file`. */
export function openFile(
  path: string,
  io: Io,
  openNetwork: OpenNetwork,
  isLayers: (content: FileContent) => boolean,
): Source | Promise<Source> | undefined {
  const bytes = io.openBytes(path);
  const format = bytes === undefined ? undefined : modelFormat(bytes.read(0, Math.min(HEAD, bytes.length)), bytes.length, path);
  if (bytes !== undefined && format !== undefined) return model(format, bytes, path);
  const content = io.readFile(path);
  if (isLayers(content)) return undefined;
  return content.type === "file" ? openBytes(content.bytes, path, io, openNetwork) : noFile(content, path);
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
      if (content.reason === "EMFILE" || content.reason === "ENFILE")
        return unreadable(arg, `too many files are open (${content.reason})`, { hint: "give fewer sources at once, or raise ulimit -n" });
      return unreadable(arg, `this file cannot be read (${content.reason})`, {});
  }
}

/** A text is a network where it is named as YAML or JSON, or has the keys of one; otherwise it is layers. */
function openText(text: string, name: string, io: Io, openNetwork: OpenNetwork): Source | Promise<Source> {
  if (SAVED.test(text)) return { type: "analysis", text, source: name };
  const format = textFormatOf(text, name);
  if (format !== undefined) return textModel(format, text, name, io);
  const json = /\.json$/i.test(name) || /^\uFEFF?\s*\{/.test(text);
  if (NETWORK_FILE.test(name) || json || /^layers[ \t]*:/m.test(text)) return openNetwork({ text, source: name, syntax: json ? "json" : "yaml" });
  return openLayers(text, name);
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
  return {
    type: "model",
    what: "a model file",
    read(options) {
      if (options.layout !== undefined && format.ownOrder === true) refuseLayout(format);
      return read(text, { ...options, source, sibling: (name) => sibling(io, source, name) });
    },
  };
}

function refuseLayout({ title }: Pick<ModelFormat, "title">): never {
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

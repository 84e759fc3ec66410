import { fail, type Diagnostic } from "./graph/diagnostic.js";
import type { Graph } from "./graph/graph.js";
import type { Io } from "./io.js";
import { isLayerWord, parseLayers } from "./read/notation/read.js";

/** What an argument names. */
type Source = { readonly type: "spec"; readonly text: string } | { readonly type: "text"; readonly text: string; readonly name: string };

// A path: no blanks or brackets, and a slash or an extension. `nn.ReLU` is a class without its brackets, not a file.
const PATH = /^(?!(?:nn|torch|layers|keras|tf)\.)[^\s();=@>]*(?:[/\\][^\s();=@>]*|\.[A-Za-z]\w*)$/;

const WORD = /^[\w-]+$/;

/** Reads the arguments as one chain of layers. */
export function readChain(args: readonly string[], io: Io): Graph {
  const sources = args.map((arg) => sourceOf(arg, io));
  const [only, ...others] = sources;
  if (only === undefined) return fail("empty-spec", "no layer is given", { expected: "layer specs, a file, or - for standard input" });
  if (others.length === 0) return graphOf(only);
  const graphs = sources.map(graphOf);
  return joined(graphs);
}

/** Reads each argument as a graph of its own. */
export function readEach(args: readonly string[], io: Io): readonly Graph[] {
  const sources = args.map((arg) => sourceOf(arg, io));
  if (sources.length === 0) return fail("empty-spec", "no layer is given", { expected: "layer specs, a file, or - for standard input" });
  return sources.map(graphOf);
}

function graphOf(source: Source): Graph {
  return parseLayers(source.text, { source: source.type === "spec" ? "spec" : source.name });
}

function joined(graphs: readonly Graph[]): Graph {
  const [first] = graphs;
  if (first === undefined) throw new Error("no graphs to join");
  const nodes = graphs
    .flatMap((graph) => graph.nodes)
    .map((node, index, all) => ({
      ...node,
      name: /^\d+$/.test(node.name) ? String(index) : node.name,
      inputs: [index === 0 ? "input" : `t${index - 1}`],
      outputs: [index === all.length - 1 ? "output" : `t${index}`],
    }));
  return { ...first, name: graphs.map((graph) => graph.name).join("; "), nodes };
}

function sourceOf(arg: string, io: Io): Source {
  if (arg === "-") return { type: "text", text: decode(io.readStdin(), "standard input"), name: "standard input" };
  if (!PATH.test(arg) && !WORD.test(arg)) return { type: "spec", text: arg };
  const content = io.readFile(arg);
  // One word is a file only where there is one and no layer has that name.
  if (WORD.test(arg) && (content.type === "missing" || isLayerWord(arg))) return { type: "spec", text: arg };
  switch (content.type) {
    case "file":
      return { type: "text", text: decode(content.bytes, arg), name: arg };
    case "missing":
      return unreadable(arg, "there is no such file", { hint: "layer specs look like `conv 3x3 64->128` or `nn.Conv2d(64, 128, 3)`" });
    case "folder":
      return unreadable(arg, "this is a folder", { expected: "a file of layer specs" });
    case "too-large":
      return unreadable(arg, "this file is larger than 256 MiB", { expected: "a text file of layer specs" });
    default:
      return unreadable(arg, `this file cannot be read (${content.reason})`, {});
  }
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
  return fail("binary-file", "this is binary, not text", { place: { kind: "file", path: name }, expected: "a text of layer specs, in UTF-8" });
}

import type { Graph } from "../graph/graph.js";
import type { ByteSource } from "./onnx/bytes.js";
import type { ReadOnnxOptions } from "./onnx/read.js";

/** Options that every reader of model files takes. */
export type ReadModelOptions = ReadOnnxOptions;

/** A format of model files, known by what is in them. */
export interface ModelFormat {
  readonly name: string;
  readonly title: string;
  /** Endings that such files usually have: for people, and for damaged files. */
  readonly extensions: readonly string[];
  /** Whether a file of this format begins so. */
  readonly matches: (head: Uint8Array) => boolean;
  readonly load: () => Promise<(bytes: ByteSource, options: ReadModelOptions) => Graph>;
}

const begins = (head: Uint8Array, at: number, text: string) => [...new TextEncoder().encode(text)].every((byte, index) => head[at + index] === byte);

/** The one table of binary model formats. */
export const MODEL_FORMATS: readonly ModelFormat[] = [
  {
    name: "onnx",
    title: "ONNX",
    extensions: [".onnx"],
    // A model begins with its IR version (field 1, a small number), which is no character of a text.
    matches: ([first, second]) => first === 0x08 && second !== undefined && second < 0x20,
    load: async () => (await import("./onnx/read.js")).readOnnx,
  },
  {
    name: "tflite",
    title: "TensorFlow Lite",
    extensions: [".tflite", ".lite"],
    matches: (head) => begins(head, 4, "TFL3"),
    load: async () => (await import("./tflite/read.js")).readTflite,
  },
];

/** The format of a file by its first bytes; by its ending where those say nothing, so that a damaged file is told as such. */
export function formatOf(head: Uint8Array, path: string): ModelFormat | undefined {
  const lower = path.toLowerCase();
  return (
    MODEL_FORMATS.find(({ matches }) => matches(head)) ?? MODEL_FORMATS.find(({ extensions }) => extensions.some((ending) => lower.endsWith(ending)))
  );
}

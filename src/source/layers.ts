import { InputError } from "../graph/diagnostic.js";
import { parseLayers } from "../read/notation/read.js";
import type { Source } from "./source.js";

/** The text of print(model): a module with others inside, each on a line of its own. */
const PRINTED = /^\uFEFF?\s*[A-Za-z_][\w.]*\([^\n]*\n\s*\([^():\n]+\):\s/;

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

import { InputError } from "../graph/diagnostic.js";
import { parseUsual } from "../read/notation/usual.js";
import { isPrinted, isPrintedAlone, isPrintOnly } from "../read/torch/tree.js";
import type { Source } from "./source.js";

/** A text of layers, or the text of print(model): a tree of modules. */
export async function openLayers(text: string, source: string): Promise<Source> {
  if (isPrinted(text) || isPrintOnly(text)) return printed(text, source);
  try {
    const graph = parseUsual(text, source) ?? (await import("../read/notation/read.js")).parseLayers(text, { source });
    return { type: "layers", graph };
  } catch (error) {
    // A class of one's own without children is printed in one line, as a layer is typed.
    const isUnknown =
      error instanceof InputError && error.diagnostic.code === "unknown-layer" && error.diagnostic.hint?.startsWith("did you mean") !== true;
    if (isUnknown && isPrintedAlone(text)) return printed(text, source);
    throw error;
  }
}

async function printed(text: string, source: string): Promise<Source> {
  const { readPrinted } = await import("../read/torch/read.js");
  return { type: "model", what: "a printed model", read: (options) => readPrinted(text, { ...options, source }) };
}

import { isDType, type DType } from "../../graph/dtype.js";
import type { Stored } from "../../graph/layer.js";
import type { Reading } from "./module.js";

/** An entry of nn.ParameterList or nn.ParameterDict: `(x): Parameter containing: [torch.float32 of size 2x5 (GPU 0)]`. */
const ENTRY = /\(([^()\n]*)\): (\w+) containing: \[([\w.]+) of size ([\dx]*)[^\]]*\]/g;
/** What PyTorch calls the types of tensors in its older names: `torch.cuda.HalfTensor`. */
const OLD_TYPES: Readonly<Record<string, string>> = {
  float: "float32",
  double: "float64",
  half: "float16",
  char: "int8",
  byte: "uint8",
  short: "int16",
  int: "int32",
  long: "int64",
};

/** What a list of tensors stores; undefined for a text that shows none. */
export function printedTensors(text: string): Reading | undefined {
  const shown = text.split(" containing: ").length - 1;
  if (shown === 0) return undefined;
  const entries = [...text.matchAll(ENTRY)].map(([, name = "", kind = "", type = "", sizes = ""]) => ({ name, kind, type, sizes }));
  const stores = entries
    .filter(({ kind }) => kind !== "Tensor")
    .map(({ name, kind, type, sizes }): Stored => ({
      name,
      role: kind === "Buffer" ? "buffer" : "parameter",
      shape: sizes === "" ? [] : sizes.split("x").map(Number),
      dtype: typeOf(type),
    }));
  return { stores, more: entries.length === shown ? undefined : "not every tensor of this list could be read" };
}

/** The element type; undefined for float32, which a model has unless it is told otherwise. */
function typeOf(type: string): DType | undefined {
  const last = type
    .slice(type.lastIndexOf(".") + 1)
    .replace(/Tensor$/, "")
    .toLowerCase();
  const name = OLD_TYPES[last] ?? last;
  return isDType(name) && name !== "float32" ? name : undefined;
}

import { own } from "../../graph/own.js";
import { fail } from "../../graph/diagnostic.js";
import { bytesOf, type DType } from "../../graph/dtype.js";
import type { Graph } from "../../graph/graph.js";
import type { Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import { isObject, readJson, type Json } from "../keras/json.js";
import type { ByteSource } from "../onnx/bytes.js";
import { headerSize, isSafetensors } from "./head.js";
import { roleOf } from "./roles.js";
import { weightsGraph } from "./stored.js";

/** Element types of safetensors (huggingface/safetensors, Dtype). */
const TYPES: Readonly<Record<string, DType>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  F8_E4M3: "float8e4m3fn",
  F8_E5M2: "float8e5m2",
  F8_E8M0: "float8e8m0",
  F4: "float4e2m1",
  I64: "int64",
  I32: "int32",
  I16: "int16",
  I8: "int8",
  U64: "uint64",
  U32: "uint32",
  U16: "uint16",
  U8: "uint8",
  BOOL: "bool",
  C64: "complex64",
};

/** Reads the header of a safetensors file: tensors with their shapes, types and bytes. Throws `bad-safetensors`. */
export function readSafetensors(bytes: ByteSource, options: { readonly source?: string | undefined } = {}): Graph {
  const path = options.source ?? "model.safetensors";
  return weightsGraph(tensorsOf(bytes, path), "safetensors", path);
}

/** A file beside the one that is read, if it is there. */
type Sibling = (name: string) => ByteSource | undefined;

/**
 * Reads the index of a model in several safetensors files (Hugging Face's `model.safetensors.index.json`): the tensors of the files that are beside it. What a
 * missing one holds is not known.
 * Throws `bad-safetensors`.
 */
export function readSafetensorsIndex(
  text: string,
  options: { readonly source?: string | undefined; readonly sibling?: Sibling | undefined } = {},
): Graph {
  const path = options.source ?? "model.safetensors.index.json";
  const map = readJson(text, path)["weight_map"];
  if (!isObject(map)) return bad(path, "this index names no files");
  const files = [...new Set(Object.values(map).flatMap((file) => (typeof file === "string" ? [file] : [])))].sort();
  const found = files.map((name) => ({ name, bytes: options.sibling?.(name) }));
  const tensors = found.flatMap(({ name, bytes }) => (bytes === undefined ? [] : tensorsOf(bytes, name)));
  const missing = found.filter(({ bytes }) => bytes === undefined).map(({ name }) => `weights file ${name} is missing`);
  return weightsGraph(tensors, "safetensors", path, missing);
}

function tensorsOf(bytes: ByteSource, path: string): readonly Stored[] {
  const head = bytes.read(0, Math.min(9, bytes.length));
  if (!isSafetensors(head, bytes.length)) bad(path, "this is no safetensors file, or a damaged one");
  const size = headerSize(head);
  const header = readJson(new TextDecoder().decode(bytes.read(8, 8 + size)), path);
  const data = bytes.length - 8 - size;
  const has = (name: string) => Object.hasOwn(header, name);
  const placed = Object.entries(header).flatMap(([name, value]) => (name === "__metadata__" ? [] : [tensorOf(name, value, data, path, has)]));
  refuseGaps(placed, data, path);
  return placed.map(({ tensor }) => tensor);
}

interface Placed {
  readonly tensor: Stored;
  readonly start: number;
  readonly end: number;
}

/** The data is that of all tensors, one behind the other (huggingface/safetensors, Metadata::validate). */
function refuseGaps(placed: readonly Placed[], data: number, path: string): void {
  let next = 0;
  for (const { tensor, start, end } of [...placed].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== next) bad(path, `the data of tensor ${tensor.name} begins at byte ${start}, and that before it ends at ${next}`);
    next = end;
  }
  if (next !== data) bad(path, `the data of its tensors ends at byte ${next}, and the file has ${data}`);
}

function tensorOf(name: string, value: Json, data: number, path: string, has: (name: string) => boolean): Placed {
  if (!isObject(value)) return bad(path, `the tensor ${name} is not described`);
  const { dtype: written, shape, data_offsets: offsets } = value;
  const dtype = typeof written === "string" ? own(TYPES, written) : undefined;
  if (dtype === undefined) return bad(path, `the tensor ${name} is of the type ${JSON.stringify(written)}, which is not known`);
  const sizes = wholeNumbers(shape) ?? bad(path, `the tensor ${name} has no shape`);
  const [start = 0, end = 0] = wholeNumbers(offsets) ?? [];
  if (start > end || end > data) bad(path, `the data of tensor ${name} lies outside of the file`);
  if (bytesOf(elements(sizes), dtype) !== BigInt(end - start)) bad(path, `the tensor ${name} does not take as many bytes as its shape`);
  return { tensor: { name, role: roleOf(name, sizes, dtype, has), shape: sizes, dtype }, start, end };
}

function wholeNumbers(value: Json | undefined): readonly number[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const sizes = value.flatMap((size: Json) => (typeof size === "number" && Number.isSafeInteger(size) && size >= 0 ? [size] : []));
  return sizes.length === value.length ? sizes : undefined;
}

function bad(path: string, message: string): never {
  return fail("bad-safetensors", message, { place: { kind: "file", path }, expected: "a whole file of safetensors" });
}

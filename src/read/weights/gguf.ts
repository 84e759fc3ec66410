import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import type { Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import type { ByteSource } from "../onnx/bytes.js";
import { roleOf } from "./roles.js";
import { weightsGraph } from "./stored.js";

/** ggml_type: elements in a block, and bytes that it takes (ggml, ggml-common.h). */
const TYPES: Readonly<Record<number, readonly [name: string, elements: number, bytes: number]>> = {
  0: ["F32", 1, 4],
  1: ["F16", 1, 2],
  2: ["Q4_0", 32, 18],
  3: ["Q4_1", 32, 20],
  6: ["Q5_0", 32, 22],
  7: ["Q5_1", 32, 24],
  8: ["Q8_0", 32, 34],
  9: ["Q8_1", 32, 36],
  10: ["Q2_K", 256, 84],
  11: ["Q3_K", 256, 110],
  12: ["Q4_K", 256, 144],
  13: ["Q5_K", 256, 176],
  14: ["Q6_K", 256, 210],
  15: ["Q8_K", 256, 292],
  16: ["IQ2_XXS", 256, 66],
  17: ["IQ2_XS", 256, 74],
  18: ["IQ3_XXS", 256, 98],
  19: ["IQ1_S", 256, 50],
  20: ["IQ4_NL", 32, 18],
  21: ["IQ3_S", 256, 110],
  22: ["IQ2_S", 256, 82],
  23: ["IQ4_XS", 256, 136],
  24: ["I8", 1, 1],
  25: ["I16", 1, 2],
  26: ["I32", 1, 4],
  27: ["I64", 1, 8],
  28: ["F64", 1, 8],
  29: ["IQ1_M", 256, 56],
  30: ["BF16", 1, 2],
  34: ["TQ1_0", 256, 54],
  35: ["TQ2_0", 256, 66],
};

/** Bytes of a value of each metadata type; strings (8) and lists (9) say theirs. */
const VALUES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const LIST = 9;
/** Bytes of everything but weights: the words of a tokenizer are there. */
const MAX_HEADER = 256 * 1024 * 1024;
const MAX_TENSORS = 1_000_000;

/** Reads the header of a GGUF file (ggml's docs/gguf.md, versions 2 and 3): tensors with their shapes and bytes. Throws `bad-gguf`. */
export function readGguf(bytes: ByteSource, options: { readonly source?: string | undefined } = {}): Graph {
  const path = options.source ?? "model.gguf";
  const reader = new Reader(bytes.read(0, Math.min(bytes.length, MAX_HEADER)), path);
  reader.skip(4);
  const version = reader.uint32();
  if (version < 2 || version > 3) reader.bad(`this is version ${version} of GGUF`);
  const [tensors, pairs] = [reader.uint64(), reader.uint64()];
  if (tensors > MAX_TENSORS || pairs > MAX_TENSORS) reader.bad("this file claims more tensors than there can be");
  for (let pair = 0; pair < pairs; pair++) {
    reader.text();
    reader.value(reader.uint32(), 0);
  }
  const stored = Array.from({ length: tensors }, () => tensorOf(reader));
  const names = new Set<string>();
  for (const { name } of stored) {
    if (names.has(name)) reader.bad(`the tensor ${name} is there twice`);
    names.add(name);
  }
  const needed = stored.reduce((sum, { bytes: own = 0n }) => sum + own, 0n);
  if (needed > BigInt(bytes.length)) reader.bad(`its tensors take ${needed} bytes, and the file has ${bytes.length}`);
  return weightsGraph(stored, "gguf", path);
}

function tensorOf(reader: Reader): Stored {
  const name = reader.text();
  const rank = reader.uint32();
  if (rank > 8) reader.bad(`the tensor ${name} has ${rank} dimensions`);
  // The fastest dimension is written first.
  const shape = Array.from({ length: rank }, () => reader.uint64()).reverse();
  const [type, perBlock, bytes] = TYPES[reader.uint32()] ?? reader.bad(`the tensor ${name} is of a type that is not known`);
  reader.uint64();
  // Rows are whole blocks (ggml, gguf.cpp): the fastest dimension is a multiple of their size.
  if ((shape.at(-1) ?? 1) % perBlock !== 0)
    reader.bad(`the rows of tensor ${name} are ${shape.at(-1) ?? 1} long, and no whole blocks of ${perBlock}`);
  const blocks = elements(shape) / BigInt(perBlock);
  return { name: `${name} (${type})`, role: roleOf(name, shape, undefined), shape, bytes: blocks * BigInt(bytes) };
}

class Reader {
  private readonly view: DataView;
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly path: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(count: number): number {
    const at = this.at;
    if (count < 0 || at + count > this.bytes.length) this.bad("this file is cut off");
    this.at += count;
    return at;
  }

  uint32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  uint64(): number {
    const value = Number(this.view.getBigUint64(this.skip(8), true));
    return Number.isSafeInteger(value) ? value : this.bad("a size in this file is 2^53 or more");
  }

  text(): string {
    const length = this.uint64();
    const at = this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(at, at + length));
  }

  /** Passes over a value. */
  value(type: number, depth: number): void {
    if (type === STRING) {
      this.skip(this.uint64());
      return;
    }
    if (type !== LIST) {
      this.skip(VALUES[type] ?? this.bad("a value of this file is of a type that is not known"));
      return;
    }
    if (depth > 8) this.bad("lists of this file are nested too deep");
    const [each, count] = [this.uint32(), this.uint64()];
    if (each !== STRING && each !== LIST) this.skip(count * (VALUES[each] ?? 0));
    else for (let index = 0; index < count; index++) this.value(each, depth + 1);
  }

  bad(message: string): never {
    return fail("bad-gguf", message, { place: { kind: "file", path: this.path }, expected: "a whole GGUF file of version 2 or 3" });
  }
}

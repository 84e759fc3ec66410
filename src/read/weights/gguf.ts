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
  39: ["MXFP4", 32, 17],
};

/** Bytes of a value of each metadata type; strings (8) and lists (9) say theirs. */
const VALUES: readonly number[] = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const LIST = 9;
const UINT32 = 4;
/** Bytes of everything but weights: the words of a tokenizer are there. */
const MAX_HEADER = 256 * 1024 * 1024;
const MAX_TENSORS = 1_000_000;
/** Dimensions of a tensor at most (ggml.h, GGML_MAX_DIMS). */
const MAX_DIMS = 4;
/** Where the data of tensors begins: at multiples of `general.alignment`, of 32 unless said. */
const ALIGNMENT = "general.alignment";
const DEFAULT_ALIGNMENT = 32;

/** Reads the header of a GGUF file (ggml's docs/gguf.md, versions 2 and 3): tensors with their shapes and bytes. Throws `bad-gguf`. */
export function readGguf(bytes: ByteSource, options: { readonly source?: string | undefined } = {}): Graph {
  const path = options.source ?? "model.gguf";
  const reader = new Reader(bytes.read(0, Math.min(bytes.length, MAX_HEADER)), path);
  reader.skip(4);
  const version = reader.uint32();
  if (version < 2 || version > 3) reader.bad(`this is version ${version} of GGUF`);
  const [tensors, pairs] = [reader.uint64(), reader.uint64()];
  if (tensors > MAX_TENSORS || pairs > MAX_TENSORS) reader.bad("this file claims more tensors than there can be");
  const alignment = passMetadata(reader, pairs);
  const placed = Array.from({ length: tensors }, () => tensorOf(reader));
  const stored = placed.map(({ tensor }) => tensor);
  const twin = firstTwin(placed.map(({ name }) => name));
  if (twin !== undefined) reader.bad(`the tensor ${twin} is there twice`);
  const data = BigInt(bytes.length) - aligned(BigInt(reader.position), alignment);
  const end = refuseGaps(placed, alignment, reader);
  if (end > data) reader.bad(`its tensors take ${end} bytes, and the file has ${data < 0n ? 0n : data} for them`);
  const left = data - aligned(end, alignment);
  return weightsGraph(stored, "gguf", path, [], left > 0n ? [`${left} bytes follow the last tensor of this file, and belong to none`] : []);
}

/** Passes over the metadata; returns the alignment that it says. */
function passMetadata(reader: Reader, pairs: number): bigint {
  const keys = new Set<string>();
  let alignment = DEFAULT_ALIGNMENT;
  for (let pair = 0; pair < pairs; pair++) {
    const key = reader.text();
    if (keys.has(key)) reader.bad(`the key ${key} is there twice`);
    keys.add(key);
    const type = reader.uint32();
    if (key !== ALIGNMENT) reader.value(type, 0);
    else if (type === UINT32) alignment = reader.uint32();
    else reader.bad(`${ALIGNMENT} is no whole number of 32 bits`);
  }
  if (alignment < 1 || !Number.isInteger(Math.log2(alignment))) reader.bad(`${ALIGNMENT} is ${alignment}, and not a power of two`);
  return BigInt(alignment);
}

function firstTwin(names: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return names.find((name) => seen.size === seen.add(name).size);
}

const aligned = (position: bigint, alignment: bigint): bigint => ((position + alignment - 1n) / alignment) * alignment;

/** Each tensor begins at the first multiple of the alignment after the one before it (ggml, gguf.cpp). Returns where the last ends. */
function refuseGaps(placed: readonly Placed[], alignment: bigint, reader: Reader): bigint {
  let end = 0n;
  for (const { name, tensor, start } of placed) {
    const next = aligned(end, alignment);
    if (start !== next) reader.bad(`the data of tensor ${name} begins at byte ${start}, and should begin at ${next}`);
    end = start + (tensor.bytes ?? 0n);
  }
  return end;
}

interface Placed {
  readonly name: string;
  readonly tensor: Stored;
  /** Its first byte, counted from where the data begins. */
  readonly start: bigint;
}

function tensorOf(reader: Reader): Placed {
  const name = reader.text();
  const rank = reader.uint32();
  if (rank > MAX_DIMS) reader.bad(`the tensor ${name} has ${rank} dimensions`);
  // The fastest dimension is written first.
  const shape = Array.from({ length: rank }, () => reader.uint64()).reverse();
  const [type, perBlock, bytes] = TYPES[reader.uint32()] ?? reader.bad(`the tensor ${name} is of a type that is not known`);
  const start = BigInt(reader.uint64());
  // Rows are whole blocks (ggml, gguf.cpp): the fastest dimension is a multiple of their size.
  if ((shape.at(-1) ?? 1) % perBlock !== 0)
    reader.bad(`the rows of tensor ${name} are ${shape.at(-1) ?? 1} long, and no whole blocks of ${perBlock}`);
  const blocks = elements(shape) / BigInt(perBlock);
  return { name, tensor: { name: `${name} (${type})`, role: roleOf(name, shape, undefined), shape, bytes: blocks * BigInt(bytes) }, start };
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

  /** Bytes that were read. */
  get position(): number {
    return this.at;
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
      this.skip(this.sizeOf(type));
      return;
    }
    if (depth > 8) this.bad("lists of this file are nested too deep");
    const [each, count] = [this.uint32(), this.uint64()];
    if (each !== STRING && each !== LIST) this.skip(count * this.sizeOf(each));
    else for (let index = 0; index < count; index++) this.value(each, depth + 1);
  }

  private sizeOf(type: number): number {
    return VALUES[type] ?? this.bad("a value of this file is of a type that is not known");
  }

  bad(message: string): never {
    return fail("bad-gguf", message, { place: { kind: "file", path: this.path }, expected: "a whole GGUF file of version 2 or 3" });
  }
}

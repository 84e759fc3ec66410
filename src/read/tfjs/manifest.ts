import { fail } from "../../graph/diagnostic.js";
import { own } from "../../graph/own.js";
import { isList, isObject, type Json, type JsonObject } from "../keras/json.js";
import type { ByteSource } from "../onnx/bytes.js";
import { possible } from "../onnx/operand.js";
import { Shards } from "./shards.js";

/** A weight that the manifest lists. */
export interface ListedWeight {
  readonly dims: readonly number[];
  /** TensorProto.DataType of ONNX: the type that is stored. */
  readonly dataType: number;
  readonly quantised: boolean;
  /** Bytes, or values, of a small one of whole numbers: it may be sizes or axes. */
  readonly raw?: Uint8Array | undefined;
  readonly values?: readonly number[] | undefined;
  /** Why there are none. */
  readonly absent?: string | undefined;
}

export type Manifest = ReadonlyMap<string, ListedWeight>;

/** A file beside model.json, if it is there. */
export type Sibling = (name: string) => ByteSource | undefined;

const TYPES: Readonly<Record<string, readonly [dataType: number, bytes: number]>> = {
  float32: [1, 4],
  int32: [6, 4],
  bool: [9, 1],
  complex64: [14, 8],
  uint8: [2, 1],
  uint16: [4, 2],
  float16: [10, 2],
};
const STRING = 8;
/** Values up to this many bytes may be shapes and axes. */
const SMALL = 4096;

/** A weights manifest, with what its files should have and do not. */
export interface ReadManifest {
  readonly weights: Manifest;
  readonly missing: readonly string[];
}

/**
 * Reads a weights manifest (TensorFlow.js, WeightsManifestConfig): the weights of a group stand one after the other in its files.
 * @param sibling finds its files; absent where none of the values is needed
 * @throws InputError `bad-shape`
 */
export function readManifest(written: Json | undefined, sibling?: Sibling): ReadManifest {
  const weights = new Map<string, ListedWeight>();
  const missing = new Set<string>();
  for (const { paths, weights: listed } of objects(written)) {
    const files = (isList(paths) ? paths : []).flatMap((path) => (typeof path === "string" ? [path] : []));
    const shards = new Shards(files, sibling ?? (() => undefined));
    for (const weight of objects(listed)) {
      const { name } = weight;
      if (typeof name !== "string") continue;
      const read = weightOf(weight, shards);
      if (weights.has(name)) fail("bad-tfjs", `the weight ${name} is listed twice`);
      weights.set(name, read);
      if (read.absent !== undefined) shards.absent.forEach((file) => missing.add(file));
    }
  }
  return { weights, missing: [...missing] };
}

function weightOf(weight: JsonObject, shards: Shards): ListedWeight {
  const { shape, dtype, quantization } = weight;
  const dims = isList(shape) ? possible(shape.map((size) => (typeof size === "number" ? size : NaN))) : [];
  const count = dims.reduce((product, each) => product * each, 1);
  if (dtype === "string") {
    shards.skipTexts(count);
    return { dims, dataType: STRING, quantised: false };
  }
  const by = isObject(quantization) ? quantization : undefined;
  const whole = dtype === "int32";
  const stored = by?.["dtype"] ?? dtype;
  const [dataType, bytes] = own(TYPES, typeof stored === "string" ? stored : "float32") ?? unknownType(weight["name"], stored);
  const size = count * bytes;
  const listed = { dims, dataType, quantised: by !== undefined && !whole };
  if (!whole || size > SMALL) {
    shards.skip(size);
    return listed;
  }
  const raw = shards.take(size);
  if (raw === undefined) return { ...listed, dataType: 6, absent: shards.reason };
  return by === undefined ? { ...listed, raw } : { ...listed, dataType: 6, values: scaled(raw, bytes, by) };
}

function unknownType(name: Json | undefined, stored: Json | undefined): never {
  return fail("bad-tfjs", `the weight ${JSON.stringify(name)} is of the type ${JSON.stringify(stored)}`, { expected: Object.keys(TYPES).join(", ") });
}

/** Whole numbers that are stored in fewer bits, by a scale and a least value. */
function scaled(raw: Uint8Array, bytes: number, { scale, min }: JsonObject): readonly number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length / bytes }, (_, index) => {
    const value = bytes === 1 ? view.getUint8(index) : view.getUint16(index * bytes, true);
    return Math.round(value * Number(scale ?? 1) + Number(min ?? 0));
  });
}

function objects(list: Json | undefined): readonly JsonObject[] {
  return (isList(list) ? list : []).filter(isObject);
}

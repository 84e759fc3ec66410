import { own } from "../../graph/own.js";
import { isList, isObject, type Json } from "../keras/json.js";
import type { ByteSource } from "../onnx/bytes.js";
import { possible } from "../onnx/operand.js";

/** A weight that the manifest lists; its values where it is small and the files are there. */
export interface ListedWeight {
  readonly dims: readonly number[];
  /** TensorProto.DataType of ONNX: the type that is stored. */
  readonly dataType: number;
  readonly quantised: boolean;
  readonly values?: Uint8Array | undefined;
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
/** Values up to this many bytes may be shapes and axes. */
const SMALL = 4096;

/** Reads a weights manifest (TensorFlow.js, WeightsManifestConfig): the weights of a group stand one after the other in its files. Throws `bad-shape`. */
export function readManifest(written: Json | undefined, sibling: Sibling | undefined): Manifest {
  const found = new Map<string, ListedWeight>();
  for (const group of isList(written) ? written : []) {
    if (!isObject(group)) continue;
    const { paths, weights } = group;
    const files = (isList(paths) ? paths : []).flatMap((path) => (typeof path === "string" ? [path] : []));
    let offset = 0;
    for (const weight of isList(weights) ? weights : []) {
      if (!isObject(weight) || typeof weight["name"] !== "string") continue;
      const { dims, type, size, quantised } = described(weight);
      const whole = type[0] === 6 && size <= SMALL;
      found.set(weight["name"], {
        dims,
        dataType: type[0],
        quantised,
        values: whole && sibling !== undefined ? bytesAt(files, sibling, offset, size) : undefined,
      });
      offset += size;
    }
  }
  return found;
}

function described(weight: { readonly [key: string]: Json }) {
  const { shape, dtype, quantization } = weight;
  const dims = isList(shape) ? possible(shape.map((size) => (typeof size === "number" ? size : NaN))) : [];
  const stored = isObject(quantization) ? quantization["dtype"] : undefined;
  const type = own(TYPES, typeof stored === "string" ? stored : typeof dtype === "string" ? dtype : "float32") ?? [0, 0];
  return { dims, type, size: dims.reduce((product, each) => product * each, 1) * type[1], quantised: stored !== undefined };
}

/** Bytes of files that stand one behind the other. */
function bytesAt(files: readonly string[], sibling: Sibling, offset: number, size: number): Uint8Array | undefined {
  let start = offset;
  for (const name of files) {
    const file = sibling(name);
    if (file === undefined) return undefined;
    // A small tensor across the end of a file is left out: files are cut at 4 MiB.
    if (start + size <= file.length) return file.read(start, start + size);
    if (start < file.length) return undefined;
    start -= file.length;
  }
  return undefined;
}

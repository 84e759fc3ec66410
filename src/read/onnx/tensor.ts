import type PbfReader from "pbf";
import { ELIDED } from "./elide.js";
import { message, type Mutable } from "./message.js";
import { ELEMENT_TYPES, type SparseTensorProto, type TensorProto } from "./schema.js";

/** One TensorProto; values only where they are few, and all there. */
export function readTensor(pbf: PbfReader): TensorProto {
  const dims: number[] = [];
  let typed: number[] | undefined;
  const tensor: Mutable<TensorProto> = { name: "", dims, dataType: 0, raw: undefined, rawStart: undefined, rawLength: undefined };
  message(pbf, (number) => {
    if (number === 1) pbf.readPackedVarint(dims, true);
    else if (number === 2) tensor.dataType = pbf.readVarint();
    else if (number === 4) typed = pbf.readPackedFloat(typed);
    else if (number === 5 || number === 7 || number === 11) typed = pbf.readPackedVarint(typed, number !== 11);
    else if (number === 10) typed = pbf.readPackedDouble(typed);
    else if (number === 8) tensor.name = pbf.readString();
    else if (number === 9) {
      tensor.rawLength = pbf.readVarint();
      tensor.raw = pbf.buf;
      tensor.rawStart = pbf.pos;
      pbf.pos += tensor.rawLength;
    } else if (number === 13) {
      const [key, value] = readEntry(pbf);
      if (key === "location") tensor.location = value;
    } else if (number === ELIDED) tensor.rawLength = pbf.readVarint();
  });
  // An elided or external payload leaves fewer values than the shape has.
  if (tensor.raw === undefined && tensor.location === undefined && (typed?.length ?? 0) === sizeOf(dims)) tensor.values = typed ?? [];
  return tensor;
}

/** The values of a stored tensor, read from its bytes when somebody asks: of most weights nobody does. */
export class StoredValues {
  private known: { readonly values: readonly number[] | undefined } | undefined;

  constructor(private readonly tensor: TensorProto) {}

  get asked(): boolean {
    return this.known !== undefined;
  }

  /** Nothing where they are not all there. */
  get(): readonly number[] | undefined {
    return (this.known ??= { values: valuesIn(this.tensor) }).values;
  }
}

function valuesIn({ values, raw, rawStart, rawLength = 0, dims, dataType, location }: TensorProto): readonly number[] | undefined {
  if (values !== undefined) return values;
  if (raw === undefined || location !== undefined) return undefined;
  return valuesOfBytes(rawStart === undefined ? raw : raw.subarray(rawStart, rawStart + rawLength), dims, dataType);
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** SparseTensorProto: values, indices, dense shape. */
export function readSparse(pbf: PbfReader): SparseTensorProto {
  const dims: number[] = [];
  const sparse: Mutable<SparseTensorProto> = { values: { name: "", dims: [0], dataType: 1 }, dims };
  message(pbf, (number) => {
    if (number === 1) sparse.values = readTensor(pbf);
    else if (number === 3) pbf.readPackedVarint(dims, true);
  });
  return sparse;
}

/** StringStringEntryProto. */
export function readEntry(pbf: PbfReader): readonly [key: string, value: string] {
  let [key, value] = ["", ""];
  message(pbf, (number) => {
    if (number === 1) key = pbf.readString();
    else if (number === 2) value = pbf.readString();
  });
  return [key, value];
}

/** The values of raw bytes, little-endian, where they are as many as the shape has. */
function valuesOfBytes(raw: Uint8Array, dims: readonly number[], type: number): readonly number[] | undefined {
  const values = rawValues(raw, type);
  return values?.length === sizeOf(dims) ? values : undefined;
}

function rawValues(raw: Uint8Array, type: number): readonly number[] | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = (size: number, read: (at: number) => number) =>
    Array.from({ length: Math.floor(raw.length / size) }, (_, index) => read(index * size));
  switch (ELEMENT_TYPES[type]) {
    case "float32":
      return each(4, (at) => view.getFloat32(at, true));
    case "float64":
      return each(8, (at) => view.getFloat64(at, true));
    case "int64":
      return each(8, (at) => Number(view.getBigInt64(at, true)));
    case "uint64":
      return each(8, (at) => Number(view.getBigUint64(at, true)));
    case "int32":
      return each(4, (at) => view.getInt32(at, true));
    case "uint32":
      return each(4, (at) => view.getUint32(at, true));
    case "int16":
      return each(2, (at) => view.getInt16(at, true));
    case "uint16":
      return each(2, (at) => view.getUint16(at, true));
    case "int8":
      return each(1, (at) => view.getInt8(at));
    case "bool":
    case "uint8":
      return each(1, (at) => view.getUint8(at));
    default:
      return undefined;
  }
}

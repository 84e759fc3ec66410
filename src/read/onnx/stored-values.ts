import { ELEMENT_TYPES, type TensorProto } from "./schema.js";

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

/** How many values a tensor of some dimensions has. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
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

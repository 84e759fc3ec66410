import { bfloat16, half, isRealType, isWholeType } from "../../graph/rounding.js";
import { reals, truths, wholes, type Values } from "../../graph/values.js";
import { ELEMENT_TYPES, type TensorProto } from "./schema.js";

/** The values of a stored tensor, read from its bytes when somebody asks: of most weights nobody does. */
export class StoredValues {
  private known: { readonly values: Values | undefined } | undefined;

  constructor(private readonly tensor: TensorProto) {}

  get asked(): boolean {
    return this.known !== undefined;
  }

  /** Nothing where they are not all there, or of a type whose values are not carried. */
  get(): Values | undefined {
    return (this.known ??= { values: valuesIn(this.tensor) }).values;
  }
}

function valuesIn({ values, raw, rawStart, rawLength = 0, dims, dataType, location, quantised }: TensorProto): Values | undefined {
  // What is stored stands for other numbers.
  if (quantised === true) return undefined;
  const type = ELEMENT_TYPES[dataType] ?? "";
  if (values !== undefined) return typedFields(values, type);
  if (raw === undefined || location !== undefined) return undefined;
  return valuesOfBytes(rawStart === undefined ? raw : raw.subarray(rawStart, rawStart + rawLength), dims, type);
}

/** Values from the fields of a tensor that are of its type; halves stand there by their bits (onnx.proto3, int32_data). */
function typedFields(values: readonly (number | bigint)[], type: string): Values | undefined {
  if (type === "bool") return truths(values.map(Boolean));
  if (isWholeType(type)) return values.every((value) => typeof value === "bigint" || Number.isInteger(value)) ? wholes(type, values) : undefined;
  if (type === "float16")
    return reals(
      type,
      values.map((bits) => half(Number(bits))),
    );
  if (type === "bfloat16")
    return reals(
      type,
      values.map((bits) => bfloat16(Number(bits))),
    );
  return isRealType(type) ? reals(type, values.map(Number)) : undefined;
}

/** How many values a tensor of some dimensions has. */
export function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}

/** The values of raw bytes, little-endian, where they are as many as the shape has. */
function valuesOfBytes(raw: Uint8Array, dims: readonly number[], type: string): Values | undefined {
  const values = rawValues(raw, type);
  return values?.list.length === sizeOf(dims) ? values : undefined;
}

function rawValues(raw: Uint8Array, type: string): Values | undefined {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const each = <T>(size: number, read: (at: number) => T) => Array.from({ length: Math.floor(raw.length / size) }, (_, index) => read(index * size));
  switch (type) {
    case "float32":
      return reals(
        type,
        each(4, (at) => view.getFloat32(at, true)),
      );
    case "float64":
      return reals(
        type,
        each(8, (at) => view.getFloat64(at, true)),
      );
    case "float16":
      return reals(
        type,
        each(2, (at) => half(view.getUint16(at, true))),
      );
    case "bfloat16":
      return reals(
        type,
        each(2, (at) => bfloat16(view.getUint16(at, true))),
      );
    case "int64":
    case "uint64":
      return wholes(
        type,
        each(8, (at) => view.getBigInt64(at, true)),
      );
    case "int32":
    case "uint32":
      return wholes(
        type,
        each(4, (at) => view.getInt32(at, true)),
      );
    case "int16":
    case "uint16":
      return wholes(
        type,
        each(2, (at) => view.getInt16(at, true)),
      );
    case "int8":
    case "uint8":
      return wholes(
        type,
        each(1, (at) => view.getInt8(at)),
      );
    case "bool":
      return truths(each(1, (at) => view.getUint8(at) !== 0));
    default:
      return undefined;
  }
}

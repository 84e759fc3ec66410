import { fail } from "./diagnostic.js";

/** Bits of each element type, by ONNX's names; those of less than a byte are stored packed. */
const BITS = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  float8e4m3fn: 8,
  float8e4m3fnuz: 8,
  float8e5m2: 8,
  float8e5m2fnuz: 8,
  float8e8m0: 8,
  float4e2m1: 4,
  complex128: 128,
  complex64: 64,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  uint64: 64,
  uint32: 32,
  uint16: 16,
  uint8: 8,
  int4: 4,
  uint4: 4,
  int2: 2,
  uint2: 2,
  bool: 8,
} as const;

export type DType = keyof typeof BITS;

/** Types that a whole model can be said to have (`--dtype`). */
export const DTYPES = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "int4", "bool"] as const;

export function isDType(name: string): name is DType {
  return Object.hasOwn(BITS, name);
}

/** An element type by its name: what TypeScript promises, and JavaScript does not keep. Throws `unknown-dtype`. */
export function dtypeNamed(name: string): DType {
  return isDType(name) ? name : fail("unknown-dtype", `there is no element type '${name}'`, { expected: DTYPES.join(", ") });
}

/** Whether a type holds real numbers, as weights do, and not whole ones or truth values. */
export function isFloat(dtype: DType): boolean {
  return dtype.includes("float");
}

/** Bytes that `count` elements take, rounded up to whole bytes. */
export function bytesOf(count: bigint, dtype: DType): bigint {
  return (count * BigInt(BITS[dtype]) + 7n) / 8n;
}

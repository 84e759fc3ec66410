/** Bits of each element type; int4 is stored two to a byte. */
const BITS = {
  float64: 64,
  float32: 32,
  float16: 16,
  bfloat16: 16,
  int64: 64,
  int32: 32,
  int16: 16,
  int8: 8,
  uint8: 8,
  int4: 4,
  bool: 8,
} as const;

export type DType = keyof typeof BITS;

export const DTYPES = Object.keys(BITS).filter(isDType);

export function isDType(name: string): name is DType {
  return Object.hasOwn(BITS, name);
}

/** Bytes that `count` elements take, rounded up to whole bytes. */
export function bytesOf(count: bigint, dtype: DType): bigint {
  return (count * BigInt(BITS[dtype]) + 7n) / 8n;
}

/** Types of whole numbers that values are carried in, with their bits. */
const WHOLE = { int8: 8, int16: 16, int32: 32, int64: 64, uint8: 8, uint16: 16, uint32: 32, uint64: 64 } as const;

/** Types of real numbers that values are carried in: bits of the significand, the implied one included, and the exponents of its normal numbers. */
const REAL = {
  float64: { precision: 53, least: -1022, most: 1023 },
  float32: { precision: 24, least: -126, most: 127 },
  float16: { precision: 11, least: -14, most: 15 },
  bfloat16: { precision: 8, least: -126, most: 127 },
} as const;

export type WholeType = keyof typeof WHOLE;
export type RealType = keyof typeof REAL;

export function isWholeType(dtype: string): dtype is WholeType {
  return Object.hasOwn(WHOLE, dtype);
}

export function isRealType(dtype: string): dtype is RealType {
  return Object.hasOwn(REAL, dtype);
}

/** Bits of a type of whole numbers. */
export function bitsOf(dtype: WholeType): number {
  return WHOLE[dtype];
}

/** Whole numbers with as many digits as this are exact in a type of real ones. */
export function precisionOf(dtype: RealType): number {
  return REAL[dtype].precision;
}

/** A whole number in two's complement, its higher bits cut off. */
export function wrapped(value: bigint, dtype: WholeType): bigint {
  return dtype.startsWith("u") ? BigInt.asUintN(WHOLE[dtype], value) : BigInt.asIntN(WHOLE[dtype], value);
}

/** A real number rounded to a type: to the nearest, halves to the even neighbour, what is too large to infinity (IEEE 754). */
export function rounded(value: number, dtype: RealType): number {
  if (dtype === "float64") return value;
  if (dtype === "float32") return Math.fround(value);
  if (value === 0 || !Number.isFinite(value)) return value;
  const { precision, least, most } = REAL[dtype];
  const quantum = 2 ** (Math.max(exponentOf(value), least) - precision + 1);
  const nearest = halfToEven(value / quantum) * quantum;
  return Math.abs(nearest) < 2 ** (most + 1) ? nearest : Math.sign(nearest) * Infinity;
}

/** The whole number next to a real one, halves to the even neighbour. */
export function halfToEven(value: number): number {
  const down = Math.floor(value);
  if (value - down !== 0.5) return Math.round(value);
  if (down === -1) return -0;
  return down % 2 === 0 ? down : down + 1;
}

const DOUBLE = new DataView(new ArrayBuffer(8));

/** The exponent of a normal number: the largest power of two that is no larger. */
function exponentOf(value: number): number {
  DOUBLE.setFloat64(0, value);
  return ((DOUBLE.getUint16(0) >> 4) & 0x7ff) - 1023;
}

/** A whole number as a real one, rounded once. */
export function roundedWhole(value: bigint, dtype: RealType): number {
  const size = value < 0n ? -value : value;
  const excess = size.toString(2).length - precisionOf(dtype);
  if (excess <= 0) return rounded(Number(value), dtype);
  const shift = BigInt(excess);
  const [kept, rest, half] = [size >> shift, BigInt.asUintN(excess, size), 1n << (shift - 1n)];
  const up = rest > half || (rest === half && (kept & 1n) === 1n);
  const magnitude = rounded(Number((kept + (up ? 1n : 0n)) << shift), dtype);
  return value < 0n ? -magnitude : magnitude;
}

/** The number that the bits of a half stand for (IEEE 754, binary16). */
export function half(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** The number that the bits of a bfloat16 stand for: the upper half of a float32. */
export function bfloat16(bits: number): number {
  DOUBLE.setUint32(0, (bits << 16) >>> 0);
  return DOUBLE.getFloat32(0);
}

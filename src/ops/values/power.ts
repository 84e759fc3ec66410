import { precisionOf, type RealType } from "../../graph/rounding.js";

/** A whole number shifted to the left; nothing for a distance that C++ gives no meaning. */
export function shiftedLeft(value: bigint, by: bigint, bits: number): bigint | undefined {
  return by < 0n || by >= BigInt(bits) ? undefined : value << by;
}

export function shiftedRight(value: bigint, by: bigint, bits: number): bigint | undefined {
  return by < 0n || by >= BigInt(bits) ? undefined : value >> by;
}

/**
 * A power that is exact: of whole numbers with so many binary digits, of powers of two, a root of a half. Nothing where the result has to be rounded, which
 * each library does its own way.
 */
export function exactPower(base: number, exponent: number, type: RealType | 53): number | undefined {
  const digits = type === 53 ? 53 : precisionOf(type);
  if (exponent === 1 || (base === 1 && Number.isFinite(exponent))) return base;
  if (exponent === 0) return 1;
  if (!Number.isFinite(base) || base === 0) return base === 0 && exponent > 0 && Number.isInteger(exponent) ? base ** exponent : undefined;
  if (exponent === 0.5 && base > 0) return exactRoot(base);
  if (!Number.isInteger(exponent)) return undefined;
  const [odd, shift] = oddPart(base);
  // Of whole numbers 1 / base is cut off to 0.
  if (exponent < 0 && type === 53) return Math.abs(base) === 1 ? base ** exponent : 0;
  if (Math.abs(odd) === 1) return representable((exponent % 2 === 0 ? 1 : odd) * 2 ** (shift * exponent));
  // 3 ** 34 has 54 binary digits.
  if (exponent < 0 || exponent >= 34) return undefined;
  const product = BigInt(odd) ** BigInt(exponent);
  return product < 2n ** BigInt(digits) && -product < 2n ** BigInt(digits) ? representable(Number(product) * 2 ** (shift * exponent)) : undefined;
}

function representable(value: number): number | undefined {
  return Number.isFinite(value) && value !== 0 ? value : undefined;
}

function exactRoot(value: number): number | undefined {
  const root = Math.sqrt(value);
  const [odd] = oddPart(root);
  return Math.abs(odd) < 2 ** 26 && root * root === value ? root : undefined;
}

/** A number as an odd one times a power of two. */
function oddPart(value: number): readonly [odd: number, shift: number] {
  let [odd, shift] = [value, 0];
  while (!Number.isInteger(odd)) [odd, shift] = [odd * 2, shift - 1];
  while (odd % 2 === 0) [odd, shift] = [odd / 2, shift + 1];
  return [odd, shift];
}

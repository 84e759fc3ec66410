/** Scale of a column: one unit for all its numbers, so that they line up and compare at a glance. */
export interface Scale {
  /** What the header says: `M`, `KiB`, or nothing. */
  readonly unit: string;
  readonly divisor: bigint;
}

/** A count in full. */
export const EXACT: Scale = { unit: "", divisor: 1n };
const COUNT_SCALES: readonly Scale[] = [
  { unit: "T", divisor: 10n ** 12n },
  { unit: "G", divisor: 10n ** 9n },
  { unit: "M", divisor: 10n ** 6n },
  { unit: "K", divisor: 10n ** 3n },
];
const BYTE_SCALES: readonly Scale[] = [
  { unit: "GiB", divisor: 1n << 30n },
  { unit: "MiB", divisor: 1n << 20n },
  { unit: "KiB", divisor: 1n << 10n },
];

/** `1234567n` as `1,234,567`. */
export function grouped(value: bigint): string {
  return value.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * The unit of a column of counts: exact below a million, then K, M, G, T. A unit starts at ten of itself, so that the small figures
 * of the column (a depthwise step beside a pointwise one) are still seen.
 */
export function countScale(values: readonly bigint[], units: "auto" | "raw"): Scale {
  const largest = values.reduce((max, value) => (value > max ? value : max), 0n);
  if (units === "raw" || largest < 1_000_000n) return EXACT;
  return COUNT_SCALES.find((scale) => largest >= 10n * scale.divisor) ?? EXACT;
}

/** The unit of a column of bytes: B, KiB, MiB, GiB (powers of 1024). */
export function byteScale(values: readonly bigint[], units: "auto" | "raw"): Scale {
  if (units === "raw") return { unit: "B", divisor: 1n };
  const largest = values.reduce((max, value) => (value > max ? value : max), 0n);
  return BYTE_SCALES.find((scale) => largest >= scale.divisor) ?? { unit: "B", divisor: 1n };
}

/** A count in its column's unit: exact where the unit is 1, else two decimals, and never 0 for what is not. */
export function scaled(value: bigint, scale: Scale, units: "auto" | "raw"): string {
  if (units === "raw") return value.toString();
  if (scale.divisor === 1n || value === 0n) return grouped(value);
  const hundredths = (value * 100n + scale.divisor / 2n) / scale.divisor;
  if (hundredths === 0n && value > 0n) return "<0.01";
  return `${grouped(hundredths / 100n)}.${(hundredths % 100n).toString().padStart(2, "0")}`;
}

/** One count with its own unit, for a summary line: exact below a million, then `462.42 M`. */
export function count(value: bigint, units: "auto" | "raw" = "auto"): string {
  const scale = units === "raw" || value < 1_000_000n ? EXACT : (COUNT_SCALES.find(({ divisor }) => value >= divisor) ?? EXACT);
  return `${scaled(value, scale, units)}${scale.unit === "" ? "" : ` ${scale.unit}`}`;
}

/** One number of bytes with its own unit: `1.25 MiB`. */
export function bytes(value: bigint, units: "auto" | "raw" = "auto"): string {
  const scale = byteScale([value], units);
  return `${scaled(value, scale, units)} ${scale.unit}`;
}

/** Stands for a number of which nothing is known. */
export const NOT_KNOWN = "?";

/** A count in its column: `>= 1,024` where it is a lower bound, `?` where that bound is 0 and says nothing. */
export function bounded(value: bigint, isLowerBound: boolean, write: (value: bigint) => string): string {
  if (!isLowerBound) return write(value);
  return value === 0n ? NOT_KNOWN : `>= ${write(value)}`;
}

/** A quotient with three significant digits or so, never in exponents: `0.113`, `2.35`, `87.1`, `1,024`. */
export function quotient(value: number): string {
  if (value === 0) return "0";
  if (value >= 1000) return grouped(BigInt(Math.round(value)));
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  if (value >= 1) return value.toFixed(2);
  return value >= 0.001 ? value.toFixed(3) : "<0.001";
}

/** A share as a percentage: `12.3%`. */
export function percent(part: bigint, whole: bigint): string {
  if (whole === 0n) return "";
  const tenths = (part * 1000n + whole / 2n) / whole;
  if (tenths === 0n && part > 0n) return "<0.1%";
  return `${tenths / 10n}.${tenths % 10n}%`;
}

/** Two amounts in one unit, each with it: in full where they would look the same and are not. */
export function sideBySide(first: bigint, second: bigint, unit: "count" | "bytes", units: "auto" | "raw"): readonly [string, string] {
  const scaleOf = unit === "bytes" ? byteScale : countScale;
  const scale = scaleOf([first === 0n ? second : first], units);
  const written = (value: bigint, by: Scale) => `${scaled(value, by, units)}${by.unit === "" || value === 0n ? "" : ` ${by.unit}`}`;
  const [a, b] = [written(first, scale), written(second, scale)];
  const exact = unit === "bytes" ? { unit: "B", divisor: 1n } : EXACT;
  return a === b && first !== second ? [written(first, exact), written(second, exact)] : [a, b];
}

/** What is left below a limit, as a share of it; less than none is rounded away from zero, so that nothing exceeded looks held. */
export function headroom(limit: bigint, value: bigint): string {
  if (limit === 0n) return value === 0n ? "0.0%" : "";
  if (value <= limit) return percent(limit - value, limit);
  const tenths = ((value - limit) * 1000n + limit - 1n) / limit;
  return `-${grouped(tenths / 10n)}.${tenths % 10n}%`;
}

/** A change as a share of what was before: `+3.10%`, `-0.04%`; nothing where there was nothing. */
export function changePercent(before: bigint, after: bigint): string {
  if (before === after) return "0%";
  if (before === 0n) return "";
  const size = after > before ? after - before : before - after;
  const hundredths = (size * 10_000n + before / 2n) / before;
  const digits = hundredths === 0n ? "<0.01" : `${grouped(hundredths / 100n)}.${(hundredths % 100n).toString().padStart(2, "0")}`;
  return `${after > before ? "+" : "-"}${digits}%`;
}

/** A number with its sign in front, which none has: `+1,024`, `-26.72 M`, `0`. */
export function signed(value: bigint, write: (size: bigint) => string): string {
  if (value === 0n) return write(0n);
  return value > 0n ? `+${write(value)}` : `-${write(-value)}`;
}

/** A ratio to the first row: `1`, `0.113`, `2.35`. */
export function ratio(value: number): string {
  return value === 1 ? "1" : quotient(value);
}

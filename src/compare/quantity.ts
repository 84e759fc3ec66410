import { fail } from "../graph/diagnostic.js";

/** What a figure is counted in. */
export type Unit = "count" | "bytes";

const COUNTS: Readonly<Record<string, bigint>> = { "": 1n, K: 10n ** 3n, k: 10n ** 3n, M: 10n ** 6n, G: 10n ** 9n, T: 10n ** 12n };
const BYTES: Readonly<Record<string, bigint>> = {
  "": 1n,
  B: 1n,
  kB: 10n ** 3n,
  KB: 10n ** 3n,
  MB: 10n ** 6n,
  GB: 10n ** 9n,
  TB: 10n ** 12n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
  TiB: 1n << 40n,
};
const UNITS = { count: COUNTS, bytes: BYTES } as const;
const EXPECTED = {
  count: "a number as in 300M, 3.5M, 1e6 or 250000: K, M, G, T are powers of 1000",
  bytes: "bytes as in 256KiB, 1MiB, 500kB or 65536",
} as const;

/** Digits, a fraction, an exponent; underscores between digits as Python and YAML people write them. */
const NUMBER = /^([0-9]+(?:_[0-9]+)*)(?:\.([0-9]+))?(?:[eE]\+?([0-9]{1,2}))?\s*([A-Za-z]*)$/;

/** No figure has so many digits. */
const MAX_LENGTH = 200;

/**
 * An amount as a person writes it, exactly: `3.5M` is 3,500,000n, `256KiB` is 262,144n.
 * @throws InputError `bad-quantity`, without a place: negative, no number, an unknown unit, a fraction of one
 */
export function parseQuantity(text: string, unit: Unit): bigint {
  if (text.length > MAX_LENGTH) return refuse(`${text.slice(0, 20)}...`, "is too long", unit);
  const [, whole, fraction = "", exponent = "0", suffix = ""] = NUMBER.exec(text.trim()) ?? [];
  if (whole === undefined) return refuse(text, /^-/.test(text.trim()) ? "is negative" : "is no amount", unit);
  const factor = Object.hasOwn(UNITS[unit], suffix) ? UNITS[unit][suffix] : undefined;
  if (factor === undefined) return refuse(text, `has a unit that is not known, '${suffix}'`, unit, unitHint(whole, suffix, unit));
  const scaled = BigInt(whole.replaceAll("_", "") + fraction) * factor * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(fraction.length);
  return scaled % divisor === 0n ? scaled / divisor : refuse(text, unit === "bytes" ? "is no whole number of bytes" : "is no whole number", unit);
}

/** How much more a figure may be than that of a baseline. */
export type Allowance =
  | { readonly type: "amount"; readonly text: string; readonly amount: bigint }
  /** `numerator` of `denominator` parts of the baseline. */
  | { readonly type: "share"; readonly text: string; readonly numerator: bigint; readonly denominator: bigint };

/**
 * `1%`, `0.5%`, or an absolute amount.
 * @throws InputError `bad-quantity`, without a place
 */
export function parseAllowance(written: string, unit: Unit): Allowance {
  if (written.length > MAX_LENGTH) return refuse(`${written.slice(0, 20)}...`, "is too long", unit);
  const text = written.trim();
  if (!text.endsWith("%")) return { type: "amount", text, amount: parseQuantity(text, unit) };
  const [, whole, fraction = ""] = /^([0-9]+)(?:\.([0-9]+))?\s*%$/.exec(text) ?? [];
  if (whole === undefined) return refuse(text, text.startsWith("-") ? "is negative" : "is no percentage", unit);
  return { type: "share", text, numerator: BigInt(whole + fraction), denominator: 100n * 10n ** BigInt(fraction.length) };
}

/** The most that a figure may be: counts are whole, so that a share of one is cut. */
export function allowed(baseline: bigint, allowance: Allowance): bigint {
  return baseline + (allowance.type === "amount" ? allowance.amount : (baseline * allowance.numerator) / allowance.denominator);
}

function refuse(text: string, what: string, unit: Unit, hint?: string): never {
  return fail("bad-quantity", `'${text}' ${what}`, { expected: EXPECTED[unit], hint });
}

/** `300m`, `1B` (billion), `512K` of bytes: what was meant, where that is plain. */
function unitHint(number: string, suffix: string, unit: Unit): string | undefined {
  if (unit === "bytes") {
    if (/^[kmgt]$/i.test(suffix)) return `${suffix.toUpperCase()} could be ${suffix.toUpperCase()}iB (1024) or ${suffix.toUpperCase()}B (1000)`;
    const near = Object.keys(BYTES).find((name) => name.toLowerCase() === suffix.toLowerCase());
    return near === undefined ? undefined : `did you mean ${number}${near}?`;
  }
  if (suffix === "B" || suffix === "b") return `did you mean ${number}G, a billion?`;
  const upper = suffix.toUpperCase();
  return Object.hasOwn(COUNTS, upper) ? `did you mean ${number}${upper}?` : undefined;
}

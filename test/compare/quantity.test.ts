import { describe, expect, it } from "vitest";
import { allowed, parseAllowance, parseQuantity, type Unit } from "../../src/compare/quantity.js";
import { complaint } from "../ops/refusal.js";

describe("amounts", () => {
  const cases: readonly [string, Unit, bigint][] = [
    ["300M", "count", 300_000_000n],
    ["3.5M", "count", 3_500_000n],
    ["1.2G", "count", 1_200_000_000n],
    ["0.1K", "count", 100n],
    // 1.1 is no binary fraction: 1.1 * 10^12 by floats would still be exact, 1.1 * 10^24 would not.
    ["1.1e24", "count", 11n * 10n ** 23n],
    ["2T", "count", 2n * 10n ** 12n],
    ["10k", "count", 10_000n],
    ["1e6", "count", 1_000_000n],
    ["1.5e3", "count", 1500n],
    ["123456789012345678901", "count", 123456789012345678901n],
    ["300_000_000", "count", 300_000_000n],
    ["0", "count", 0n],
    [" 5 M ", "count", 5_000_000n],
    ["256KiB", "bytes", 256n * 1024n],
    ["1MiB", "bytes", 1_048_576n],
    ["1.5GiB", "bytes", 3n * 2n ** 29n],
    ["500kB", "bytes", 500_000n],
    ["2MB", "bytes", 2_000_000n],
    ["65536", "bytes", 65_536n],
    ["12B", "bytes", 12n],
  ];
  it.each(cases)("%s of %s is %s", (text, unit, value) => {
    expect(parseQuantity(text, unit)).toBe(value);
  });

  const refused: readonly [string, Unit, string][] = [
    ["-5", "count", "negative"],
    ["abc", "count", "no amount"],
    ["", "count", "no amount"],
    ["3,5M", "count", "no amount"],
    ["0x10", "count", "no amount"],
    ["1e999", "count", "no amount"],
    ["1.5", "count", "no whole number"],
    ["300m", "count", "unit"],
    ["1B", "count", "unit"],
    ["5KiB", "count", "unit"],
    ["5K", "bytes", "unit"],
    ["0.3B", "bytes", "whole number of bytes"],
    ["NaN", "bytes", "no amount"],
    ["constructor", "count", "no amount"],
    ["5constructor", "count", "unit"],
  ];
  it.each(refused)("%s of %s is refused: %s", (text, unit, says) => {
    const diagnostic = complaint(() => parseQuantity(text, unit));
    expect(diagnostic.code).toBe("bad-quantity");
    expect(diagnostic.message).toContain(says);
  });

  it("a unit in the wrong case is told the right one", () => {
    expect(complaint(() => parseQuantity("300m", "count")).hint).toContain("300M");
    expect(complaint(() => parseQuantity("1mib", "bytes")).hint).toContain("1MiB");
    expect(complaint(() => parseQuantity("5K", "bytes")).hint).toMatch(/KiB.*KB/);
  });
});

describe("increases", () => {
  // 1% of 300,774,272 is 3,007,742.72: at most 303,782,014 is within it.
  const cases: readonly [bigint, string, bigint][] = [
    [300_774_272n, "1%", 303_782_014n],
    [1000n, "0.5%", 1005n],
    [1000n, "0%", 1000n],
    [0n, "50%", 0n],
    [1000n, "10K", 11_000n],
    [10n ** 30n, "0.0001%", 10n ** 30n + 10n ** 24n],
  ];
  it.each(cases)("%s and %s more is at most %s", (base, text, most) => {
    expect(allowed(base, parseAllowance(text, "count"))).toBe(most);
  });

  it.each(["-1%", "%", "1%%", "x%", "-3"])("%s is refused", (text) => {
    expect(complaint(() => parseAllowance(text, "count")).code).toBe("bad-quantity");
  });
});

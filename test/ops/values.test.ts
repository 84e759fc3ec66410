import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isDType } from "../../src/graph/dtype.js";
import { isRealType, isWholeType } from "../../src/graph/rounding.js";
import { reals, truths, wholes, type Values } from "../../src/graph/values.js";
import * as arithmetic from "../../src/ops/values/arithmetic.js";
import { castValues } from "../../src/ops/values/cast.js";
import { rangeLength, rangeValues } from "../../src/ops/values/range.js";
import { extremeAt, reductions } from "../../src/ops/values/reduce.js";

interface Written {
  readonly dtype: string;
  readonly list: readonly string[];
}

interface Case extends Written {
  readonly op: string;
  readonly inputs: readonly Written[];
  readonly to?: string;
}

const isCase = (each: unknown): each is Case => typeof each === "object" && each !== null && "op" in each && "inputs" in each && "list" in each;

/** Written by values.py: what numpy and PyTorch make of the same lists. */
const table: unknown = JSON.parse(readFileSync(new URL("../reference/values.json", import.meta.url), "utf8"));
const cases = (Array.isArray(table) ? table : []).filter(isCase);

function valuesOf({ dtype, list }: Written): Values {
  if (isWholeType(dtype)) return wholes(dtype, list.map(BigInt));
  if (isRealType(dtype)) return reals(dtype, list.map(Number));
  return truths(list.map((value) => value === "1"));
}

const folds = new Map<string, arithmetic.Fold>(Object.entries(arithmetic));

function computed({ op, inputs, to }: Case): Values | undefined {
  const operands = inputs.map(valuesOf);
  const [first] = operands;
  if (op === "cast") return first !== undefined && to !== undefined && isDType(to) ? castValues(first, to) : undefined;
  return folds.get(op)?.(operands);
}

describe("values that are known when a model is read, as numpy and PyTorch compute them", () => {
  it("has a table to look at", () => {
    expect(cases.length).toBeGreaterThan(300);
  });

  it.each(cases.map((each) => ({ ...each, of: each.inputs.map(({ dtype }) => dtype).join(", ") })))("$op of $of is $dtype", (each) => {
    expect(computed(each)).toEqual(valuesOf(each));
  });
});

describe("what cannot be told exactly is not known", () => {
  const float = (...list: readonly number[]) => reals("float32", list);
  const int = (...list: readonly number[]) => wholes("int32", list);

  it.each<[string, Values | undefined]>([
    ["a division by 0", arithmetic.divide([int(1), int(0)])],
    ["a remainder of 0", arithmetic.floorModulo([int(1), int(0)])],
    ["operands of two types", arithmetic.add([int(1), float(1)])],
    ["a sine", arithmetic.sine([float(1)])],
    ["an exponential", arithmetic.exponential([float(1)])],
    ["a power that is rounded", arithmetic.power([float(0.1), float(3)])],
    ["a root that is rounded", arithmetic.power([float(2), float(0.5)])],
    ["a shift by more than the type has bits", arithmetic.shiftLeft([wholes("uint8", [1]), wholes("uint8", [8])])],
    ["a real number that no whole one of the type is", castValues(float(300), "uint8")],
    ["a negative number without a sign", castValues(float(-1), "uint32")],
    ["no number", castValues(float(NaN), "int64")],
    ["a type whose values are not carried", castValues(float(1), "float8e4m3fn")],
    ["a sum whose order decides", reductions.reduce_sum(float(0.1, 0.2, 0.3))],
    ["the largest of no number", reductions.reduce_max(float(1, NaN))],
  ])("%s", (_, values) => {
    expect(values).toBeUndefined();
  });

  it("a range whose end rounding decides", () => {
    // 8388609 - 0.5 is 8388608.5, of which float32 makes 8388608: one number less.
    expect(rangeLength(float(0.5), float(8388609), float(1))).toBeUndefined();
    expect(rangeLength(float(0), float(1), float(0))).toBeUndefined();
  });
});

describe("powers, ranges and reductions of known values", () => {
  const int = (...list: readonly number[]) => wholes("int64", list);
  const float = (...list: readonly number[]) => reals("float32", list);

  it.each<[string, Values | undefined, Values]>([
    ["powers of whole numbers", arithmetic.power([int(2, 3, -2, 7, 5), int(10, 4, 3, 0, -1)]), int(1024, 81, -8, 1, 0)],
    ["powers of two", arithmetic.power([float(2, 2, 0.5, 4), float(-3, 0.5 * 2, 2, 0.5)]), float(0.125, 2, 0.25, 2)],
    ["the exponent has a type of its own", arithmetic.power([int(3), float(2)]), int(9)],
    ["whole averages are cut off", reductions.reduce_mean(int(3, 4, -10)) ?? int(), int(-1)],
    ["sums", reductions.reduce_sum(float(1, 2, 3)) ?? int(), float(6)],
    ["products wrap", reductions.reduce_prod(wholes("int8", [16, 16, 3])) ?? int(), wholes("int8", [0])],
    ["norms", reductions.reduce_l2(float(3, 4)) ?? int(), float(5)],
    [
      "ranges of floats",
      rangeValues(float(0.5), float(0.1), 3),
      float(0.5, Math.fround(0.5 + Math.fround(0.1)), Math.fround(0.5 + Math.fround(0.2))),
    ],
    ["ranges go down", rangeValues(int(5), int(-2), 3), int(5, 3, 1)],
  ])("%s", (_, values, right) => {
    expect(values).toEqual(right);
  });

  it("lengths of ranges: ceil((limit - start) / delta)", () => {
    expect([rangeLength(int(5), int(0), int(-2)), rangeLength(int(0), int(7), int(2)), rangeLength(int(3), int(3), int(1))]).toEqual([3, 4, 0]);
    expect(rangeLength(float(0), float(1), float(0.25))).toBe(4);
  });

  it("the first or the last of equal extremes", () => {
    expect([true, false].map((last) => extremeAt(int(1, 5, 2, 5), true, last))).toEqual([3, 1]);
    expect(extremeAt(float(2, 0.5, 1), false, false)).toBe(1);
  });
});

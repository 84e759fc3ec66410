import { fail, type Place } from "../../graph/diagnostic.js";
import { format, isList, kindOf, type Scope, type Value } from "./scope.js";

/** A number of an expression; see {@link Value}. */
export type Numeric = number | bigint;
export type Operator = (left: Numeric, right: Numeric) => Numeric;

/** What an operator makes of fractions, and of whole numbers of any size; without the latter it always makes a fraction. */
interface Rule {
  readonly plain: (a: number, b: number) => number;
  readonly exact?: (a: bigint, b: bigint) => bigint;
}

/** Floor division, as Python has it; V8 cuts towards zero. */
function floorDivided(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient;
}

const RULES: Readonly<Record<string, Rule>> = {
  "+": { plain: (a, b) => a + b, exact: (a, b) => a + b },
  "-": { plain: (a, b) => a - b, exact: (a, b) => a - b },
  "*": { plain: (a, b) => a * b, exact: (a, b) => a * b },
  "/": { plain: (a, b) => a / b },
  "//": { plain: (a, b) => Math.floor(a / b), exact: floorDivided },
  "%": { plain: (a, b) => a - b * Math.floor(a / b), exact: (a, b) => a - b * floorDivided(a, b) },
  "**": { plain: (a, b) => a ** b, exact: (a, b) => a ** b },
};

function operator(sign: string): Operator {
  const { plain, exact } = RULES[sign] ?? { plain: () => NaN };
  return (left, right) => {
    const rough = plain(Number(left), Number(right));
    const small = typeof left === "number" && typeof right === "number" && (Number.isSafeInteger(rough) || !Number.isInteger(rough));
    if (small || exact === undefined || !Number.isFinite(rough) || !isWhole(left) || !isWhole(right)) return rough;
    // A negative exponent makes a fraction.
    if (sign === "**" && right < 0) return rough;
    return normal(exact(BigInt(left), BigInt(right)));
  };
}

function isWhole(value: Numeric): boolean {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

function normal(value: bigint): Numeric {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

const operators = (...signs: readonly string[]): Readonly<Record<string, Operator>> =>
  Object.fromEntries(signs.map((sign) => [sign, operator(sign)]));
/** Operators by their sign, as Python has them. */
export const SUMS = operators("+", "-");
export const PRODUCTS = operators("*", "/", "//", "%");
export const power = operator("**");
export const sum = operator("+");

const ORDERS: Readonly<Record<string, (a: Numeric, b: Numeric) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** Equality as Python has it: by value, lists too. */
function equal(left: Value, right: Value): boolean {
  if (isList(left) && isList(right)) return left.length === right.length && left.every((item, index) => equal(item, right[index] ?? null));
  // A figure is a bigint whatever its size.
  if (isNumeric(left) && isNumeric(right)) return left >= right && left <= right;
  return left === right;
}

export function isNumeric(value: Value): value is Numeric {
  return typeof value === "number" || typeof value === "bigint";
}

/** What counts as true, as in Python. */
export function truth(value: Value): boolean {
  return isList(value) ? value.length > 0 : Boolean(value);
}

/** A scope for each element of a list, its parts under the names, as Python's `for a, b in pairs` does. */
export function bindEach(names: readonly string[], list: Value, scope: Scope, place: Place): readonly Scope[] {
  const wrong = (message: string, expected: string): never => fail("bad-value", message, { place, expected });
  if (!isList(list)) return wrong(`this goes over a list, and this is ${kindOf(list)}`, "a list, or range(n)");
  return list.map((item) => {
    scope.budget.spend(1, place);
    if (names.length === 1) return scope.child(names, [item]);
    if (isList(item) && item.length === names.length) return scope.child(names, item);
    return wrong(`${format(item)} does not divide into ${names.join(", ")}`, `${names.length} values`);
  });
}

/** A value as a number; true is 1. Throws `bad-value` for what `sign` cannot work on. */
export function numeric(value: Value, sign: string, place: Place): Numeric {
  if (isNumeric(value)) return value;
  if (typeof value === "boolean") return Number(value);
  return fail("bad-value", `\`${sign}\` works on numbers, and this is ${kindOf(value)}`, { place, expected: "a number" });
}

/** A value that is no infinity. Throws `bad-value`. */
export function finite(value: Value, place: Place): Value {
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return fail("bad-value", "this is no finite number (a division by zero, or too large)", { place });
}

/** The result of a comparison. Throws `bad-value`. */
export function compared(operator: string, left: Value, right: Value, place: Place): Value {
  if (operator === "==") return equal(left, right);
  if (operator === "!=") return !equal(left, right);
  if (operator === "in" || operator === "not in") {
    if (!isList(right)) return fail("bad-value", "`in` looks into a list", { place, expected: "value in list" });
    return right.some((item) => equal(item, left)) === (operator === "in");
  }
  return ORDERS[operator]?.(numeric(left, operator, place), numeric(right, operator, place)) ?? false;
}

/** An element of a list; -1 is the last. Throws `bad-value`. */
export function element(list: Value, index: Value, place: Place): Value {
  if (!isList(list)) return fail("bad-value", `only a list has elements, and this is ${kindOf(list)}`, { place });
  const at = typeof index === "number" ? (index < 0 ? index + list.length : index) : -1;
  return (
    list[at] ?? fail("bad-value", `there is no element ${format(index)} in a list of ${list.length}`, { place, expected: `0 to ${list.length - 1}` })
  );
}

/** A value as a whole number. Throws `bad-value`; `what` it is for. */
export function whole(value: Value, what: string, place: Place): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  return fail("bad-value", `${what} is a whole number, and this is ${typeof value === "number" ? value : kindOf(value)}`, { place });
}

import { own } from "../../graph/own.js";
import type { Expression } from "./expression.js";

type Compute = (...values: readonly number[]) => number;

const divide: Compute = (a = 0, b = 0) => (b === 0 ? NaN : a / b);
const floorDivide: Compute = (a = 0, b = 0) => (b === 0 ? NaN : Math.floor(a / b));
const modulo: Compute = (a = 0, b = 0) => (b === 0 ? NaN : a - b * Math.floor(a / b));
const compare =
  (test: (a: number, b: number) => boolean): Compute =>
  (a = 0, b = 0) =>
    Number(test(a, b));
const identity: Compute = (a = NaN) => a;
const floor: Compute = (a = NaN) => Math.floor(a);
const ceil: Compute = (a = NaN) => Math.ceil(a);
const power: Compute = (a = NaN, b = NaN) => a ** b;
/** Halves go to the even neighbour, as Python rounds. */
const round: Compute = (a = NaN) => {
  const down = Math.floor(a);
  return a - down === 0.5 ? down + (down % 2 === 0 ? 0 : 1) : Math.round(a);
};

/** Functions of sizes: SymPy's own, and those of torch/utils/_sympy/functions.py. */
const FUNCTIONS: Readonly<Record<string, Compute>> = {
  Integer: identity,
  Float: identity,
  Identity: identity,
  ToFloat: identity,
  Rational: divide,
  Half: () => 0.5,
  Zero: () => 0,
  One: () => 1,
  NegativeOne: () => -1,
  Infinity: () => Infinity,
  Add: (...values) => values.reduce((sum, value) => sum + value, 0),
  Sub: (a = NaN, b = NaN) => a - b,
  Mul: (...values) => values.reduce((product, value) => product * value, 1),
  Pow: power,
  PowByNatural: power,
  FloatPow: power,
  Max: (...values) => Math.max(...values),
  Min: (...values) => Math.min(...values),
  Div: divide,
  IntTrueDiv: divide,
  FloatTrueDiv: divide,
  FloorDiv: floorDivide,
  CleanDiv: floorDivide,
  CeilDiv: (a = 0, b = 0) => (b === 0 ? NaN : Math.ceil(a / b)),
  Mod: modulo,
  PythonMod: modulo,
  ModularIndexing: (a = 0, b = 0, c = 0) => modulo(floorDivide(a, b), c),
  LShift: (a = NaN, b = NaN) => a * 2 ** b,
  RShift: (a = NaN, b = NaN) => Math.floor(a / 2 ** b),
  Abs: (a = NaN) => Math.abs(a),
  floor,
  ceiling: ceil,
  FloorToInt: floor,
  CeilToInt: ceil,
  TruncToInt: (a = NaN) => Math.trunc(a),
  TruncToFloat: (a = NaN) => Math.trunc(a),
  RoundToInt: round,
  RoundDecimal: (a = NaN, digits = 0) => round(a * 10 ** digits) / 10 ** digits,
  sqrt: (a = NaN) => Math.sqrt(a),
  OpaqueUnaryFn_sqrt: (a = NaN) => Math.sqrt(a),
  log: (a = NaN) => Math.log(a),
  OpaqueUnaryFn_log: (a = NaN) => Math.log(a),
  OpaqueUnaryFn_log2: (a = NaN) => Math.log2(a),
  Where: (condition = NaN, a = NaN, b = NaN) => (condition !== 0 ? a : b),
  Eq: compare((a, b) => a === b),
  Equality: compare((a, b) => a === b),
  Ne: compare((a, b) => a !== b),
  Unequality: compare((a, b) => a !== b),
  Lt: compare((a, b) => a < b),
  StrictLessThan: compare((a, b) => a < b),
  Le: compare((a, b) => a <= b),
  LessThan: compare((a, b) => a <= b),
  Gt: compare((a, b) => a > b),
  StrictGreaterThan: compare((a, b) => a > b),
  Ge: compare((a, b) => a >= b),
  GreaterThan: compare((a, b) => a >= b),
  And: (...values) => Number(values.every((value) => value !== 0)),
  Or: (...values) => Number(values.some((value) => value !== 0)),
  Not: (a = NaN) => Number(a === 0),
};

/** The value of an expression; nothing where a symbol has no value, a function is not known, or the value is no number. */
export function evaluate(expression: Expression, symbols: ReadonlyMap<string, number>): number | undefined {
  const value = valueOf(expression, symbols);
  return Number.isNaN(value) ? undefined : value;
}

function valueOf(expression: Expression, symbols: ReadonlyMap<string, number>): number {
  if (expression.kind === "number") return expression.value;
  if (expression.kind === "symbol") return symbols.get(expression.name) ?? NaN;
  // `x.is_integer` and the like of SymPy, and functions of newer versions, are not known.
  const compute = own(FUNCTIONS, expression.name);
  if (compute === undefined) return NaN;
  const values = expression.args.map((arg) => valueOf(arg, symbols));
  return values.some((value) => Number.isNaN(value)) ? NaN : compute(...values);
}

/**
 * The value of the one symbol without a value at which an expression comes to `wanted`, where it grows evenly with that symbol (`32*s0`, `s0 + 1`); nothing where no
 * whole number does, or the expression is of another form.
 */
export function solve(expression: Expression, symbol: string, wanted: number, symbols: ReadonlyMap<string, number>): number | undefined {
  const at = (value: number) => evaluate(expression, new Map([...symbols, [symbol, value]]));
  const [start, first, second] = [at(0), at(1), at(2)];
  if (start === undefined || first === undefined || second === undefined) return undefined;
  if (first === start || second - first !== first - start) return undefined;
  const found = (wanted - start) / (first - start);
  return Number.isSafeInteger(found) && found >= 0 && at(found) === wanted ? found : undefined;
}

import { fail, type Place } from "../../graph/diagnostic.js";
import { sum, type Numeric } from "./values.js";
import { format, isList, kindOf, type Budget, type Call, type Value } from "./scope.js";

function wrong(place: Place, message: string, expected: string): never {
  return fail("bad-value", message, { place, expected });
}

function number(value: Value | undefined, name: string, place: Place): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return wrong(place, `${name} is exact up to 2^53, and this is more`, "a smaller number");
  return wrong(place, `${name} works on numbers${value === undefined ? "" : `, and this is ${kindOf(value)}`}`, `${name}(number)`);
}

function list(value: Value | undefined, name: string, place: Place): readonly Value[] {
  if (value !== undefined && isList(value)) return value;
  return wrong(place, `${name} works on a list${value === undefined ? "" : `, and this is ${kindOf(value)}`}`, `${name}(list)`);
}

/** Python rounds halves to the even neighbour. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The nearest multiple of `divisor`, at least `minimum` and never below 90% of `value` (MobileNets' own function: tensorflow/models,
 * slim/nets/mobilenet, `make_divisible`);
 * no number for a divisor that is not above 0.
 */
export function makeDivisible(value: number, divisor: number, minimum = divisor): number {
  if (divisor <= 0) return NaN;
  const nearest = Math.max(minimum, Math.floor(Math.trunc(value + divisor / 2) / divisor) * divisor);
  return nearest < 0.9 * value ? nearest + divisor : nearest;
}

function roundTo(value: number, digits: number): number {
  const scale = 10 ** digits;
  return roundHalfEven(value * scale) / scale;
}

const key = (value: Value) => `${typeof value}:${format(value)}`;

type OfNumbers = (...values: readonly number[]) => number;

const NUMERIC: Readonly<Record<string, { readonly run: OfNumbers; readonly arity: readonly [number, number] }>> = {
  int: { run: (value = 0) => Math.trunc(value), arity: [1, 1] },
  float: { run: (value = 0) => value, arity: [1, 1] },
  round: { run: (value = 0, digits = 0) => roundTo(value, digits), arity: [1, 2] },
  floor: { run: (value = 0) => Math.floor(value), arity: [1, 1] },
  ceil: { run: (value = 0) => Math.ceil(value), arity: [1, 1] },
  abs: { run: (value = 0) => Math.abs(value), arity: [1, 1] },
  sqrt: { run: (value = 0) => Math.sqrt(value), arity: [1, 1] },
  exp: { run: (value = 0) => Math.exp(value), arity: [1, 1] },
  log: { run: (value = 0, base = Math.E) => (base === Math.E ? Math.log(value) : Math.log(value) / Math.log(base)), arity: [1, 2] },
  log2: { run: (value = 0) => Math.log2(value), arity: [1, 1] },
  make_divisible: { run: (value = 0, divisor = 8, minimum = divisor) => makeDivisible(value, divisor, minimum), arity: [1, 3] },
};

const SIGNATURES: Readonly<Record<string, string>> = {
  round: "round(number, digits=0)",
  log: "log(number, base=e)",
  make_divisible: "make_divisible(value, divisor=8, minimum=divisor)",
};

function numeric(name: string, run: OfNumbers, [least, most]: readonly [number, number]): Call {
  return (args, place) => {
    if (args.length < least || args.length > most) {
      wrong(place, `${name} is given ${args.length} values`, SIGNATURES[name] ?? `${name}(number)`);
    }
    return run(...args.map((value) => number(value, name, place)));
  };
}

function anyNumber(value: Value, name: string, place: Place): Numeric {
  return typeof value === "bigint" ? value : number(value, name, place);
}

/** `min` and `max`, over their arguments or over one list, as in Python. */
function extreme(name: string, isBetter: (left: Numeric, right: Numeric) => boolean): Call {
  return (args, place) => {
    const [first] = args;
    const values = args.length === 1 && first !== undefined && isList(first) ? first : args;
    if (values.length === 0) return wrong(place, `${name} has nothing to choose from`, `${name}(number, ...) or ${name}(list)`);
    return values.map((value) => anyNumber(value, name, place)).reduce((best, value) => (isBetter(value, best) ? value : best));
  };
}

function range(args: readonly Value[], place: Place, budget: Budget): Value {
  const [a = 0, b, step = 1] = args.map((value) => number(value, "range", place));
  const [start, end] = b === undefined ? [0, a] : [a, b];
  if (args.length < 1 || args.length > 3 || step === 0 || ![start, end, step].every(Number.isInteger))
    wrong(place, "range takes whole numbers", "range(end), range(start, end) or range(start, end, step)");
  const length = Math.max(0, Math.ceil((end - start) / step));
  budget.spend(length, place);
  return Array.from({ length }, (_, index) => start + index * step);
}

function all(): ReadonlyMap<string, Call> {
  const lists: Readonly<Record<string, Call>> = {
    len: ([value], place) => (typeof value === "string" ? value.length : list(value, "len", place).length),
    sum: ([value], place) => list(value, "sum", place).reduce((total: Numeric, item) => sum(total, anyNumber(item, "sum", place)), 0),
    min: extreme("min", (left, right) => left < right),
    max: extreme("max", (left, right) => left > right),
    range,
    unique: ([value], place) => [...new Map(list(value, "unique", place).map((item) => [key(item), item])).values()],
    count: ([value, wanted = null], place) => list(value, "count", place).filter((item) => key(item) === key(wanted)).length,
    zip: (args, place) => {
      const lists = args.map((value) => list(value, "zip", place));
      const length = Math.min(...lists.map((items) => items.length));
      return Array.from({ length: lists.length === 0 ? 0 : length }, (_, index) => lists.map((items) => items[index] ?? null));
    },
    enumerate: ([value], place) => list(value, "enumerate", place).map((item, index) => [index, item]),
    reversed: ([value], place) => [...list(value, "reversed", place)].reverse(),
  };
  const numbers = Object.entries(NUMERIC).map(([name, { run, arity }]): [string, Call] => [name, numeric(name, run, arity)]);
  return new Map([...numbers, ...Object.entries(lists)]);
}

/** Every function that an expression may call besides its network's own. None of them does anything but compute. */
export const builtins = all();

import { fail, type Place } from "../../graph/diagnostic.js";

/** What an expression of a network file can be. A whole number beyond 2^53 is a bigint, so that it stays exact. */
export type Value = number | bigint | boolean | string | null | readonly Value[];

/** A function of expressions; what it makes may take many steps, which it spends of the budget. */
export type Call = (args: readonly Value[], place: Place, budget: Budget) => Value;

/** Steps that one reading of a file may take (layers, rounds of loops, elements of lists), so that no nesting can run away. */
export class Budget {
  private steps = 0;
  constructor(private readonly limit: number) {}

  /** Throws `too-many-layers` once the limit is passed. */
  spend(steps: number, place?: Place): void {
    this.steps += steps;
    if (this.steps <= this.limit) return;
    fail("too-many-layers", `this file expands to more than ${this.limit} layers and steps`, {
      place,
      expected: "fewer or shorter repeats and loops",
    });
  }
}

/** Names and their values, the inner ones first. What is computed on demand (`shape`) is a function. */
export class Scope {
  /** What was set; most scopes of calls and rounds have only what they were made with. */
  private own?: Map<string, Value | (() => Value)>;

  constructor(
    readonly budget: Budget,
    private readonly parent?: Scope,
    private readonly calls?: ReadonlyMap<string, Call>,
    private readonly bound: readonly string[] = [],
    private readonly values: readonly Value[] = [],
  ) {}

  /** A scope inside of this one, with some names bound to values of the same order. */
  child(names: readonly string[], values: readonly Value[]): Scope {
    return new Scope(this.budget, this, undefined, names, values);
  }

  set(name: string, value: Value | (() => Value)): void {
    this.own ??= new Map();
    this.own.set(name, value);
  }

  get(name: string): Value | undefined {
    const own = this.own?.get(name);
    if (own !== undefined) return typeof own === "function" ? own() : own;
    // Of a name that is bound twice the last value counts, as in Python.
    const at = this.bound.lastIndexOf(name);
    return at < 0 ? this.parent?.get(name) : this.values[at];
  }

  call(name: string): Call | undefined {
    return this.calls?.get(name) ?? this.parent?.call(name);
  }

  /** Every name that could be meant here, for suggestions. */
  names(): readonly string[] {
    return [...(this.own?.keys() ?? []), ...this.bound, ...(this.parent?.names() ?? [])];
  }
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A value as it stands in the text of a layer, and in complaints: `24`, `(3, 5)`, `True`. */
export function format(value: Value): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (isList(value)) return `(${value.map(format).join(", ")}${value.length === 1 ? "," : ""})`;
  return String(value);
}

/** What a value is, in words. */
export function kindOf(value: Value): string {
  if (value === null) return "nothing";
  if (isList(value)) return "a list";
  if (typeof value === "bigint") return "a number beyond 2^53";
  return typeof value === "number" ? "a number" : typeof value === "string" ? "a text" : "true or false";
}

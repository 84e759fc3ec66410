import { fail, type Place } from "../graph/diagnostic.js";
import type { Layer } from "../graph/layer.js";
import { MAX_DIMENSION } from "../graph/shape.js";

const MAX_DEPTH = 1000;

/** A literal of Python as a layer's constructor takes it, with its place in the text. */
export type Literal = { readonly place: Place } & (
  | { readonly kind: "number"; readonly value: number; readonly integer: boolean }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "none" }
  | { readonly kind: "tuple"; readonly items: readonly Literal[] }
  /** A layer as an argument: `TimeDistributed(layers.Dense(10))`, or a child of a printed module. */
  | { readonly kind: "layer"; readonly name: string; readonly layer: Layer }
);

/**
 * The arguments of one call, bound to the names of the framework's signature, defaults filled in.
 * Every accessor throws an `InputError` with the argument's own place where the value does not fit.
 */
export class Args {
  constructor(
    /** The class as typed: `Conv2d`. */
    readonly callee: string,
    readonly place: Place,
    private readonly values: ReadonlyMap<string, Literal>,
    /** Names given by the caller, not filled in from defaults. */
    private readonly given: ReadonlySet<string>,
    /** Submodules of a module as `print` shows it. */
    readonly children: readonly { readonly name: string; readonly layer: Layer }[] = [],
    /** The call stands for a layer of a saved model: its framework has built it. */
    readonly saved = false,
  ) {}

  /** Whether the caller wrote this argument. */
  isGiven(name: string): boolean {
    return this.given.has(name);
  }

  /** Whether the signature has this argument. */
  has(name: string): boolean {
    return this.values.has(name);
  }

  /** Whether the value is `None`. */
  isNone(name: string): boolean {
    return this.value(name).kind === "none";
  }

  /** Whether the value is a string, as in `padding="same"`. */
  isText(name: string): boolean {
    return this.value(name).kind === "string";
  }

  /** Whether the value is a list or tuple. */
  isTuple(name: string): boolean {
    return this.value(name).kind === "tuple";
  }

  /** A size of 1 or more. */
  count(name: string): number {
    return this.integerOf(this.value(name), name, 1);
  }

  /** How many layers a stack has: a count that is built one by one, and so is refused where no model has as many. */
  depth(name: string): number {
    const count = this.count(name);
    return count <= MAX_DEPTH ? count : this.fail(name, `${name} of ${this.callee} is ${count}`, `at most ${MAX_DEPTH}`);
  }

  /** A size of 0 or more. */
  size(name: string): number {
    return this.integerOf(this.value(name), name, 0);
  }

  /** Any integer, negative ones too. */
  integer(name: string): number {
    return this.integerOf(this.value(name), name, -MAX_DIMENSION);
  }

  /** A size of 1 or more, or undefined for `None`. */
  optionalCount(name: string): number | undefined {
    return this.isNone(name) ? undefined : this.count(name);
  }

  /** One number for every axis, or a tuple of exactly `rank`; each at least `minimum`. */
  perAxis(name: string, rank: number, minimum: number): readonly number[] {
    const value = this.value(name);
    if (value.kind !== "tuple") return Array<number>(rank).fill(this.integerOf(value, name, minimum));
    if (value.items.length !== rank) {
      this.fail(name, `${name} of ${this.callee} has ${value.items.length} values`, `one integer or ${rank} of them`);
    }
    return value.items.map((item) => this.integerOf(item, name, minimum));
  }

  /** A tuple (or one number) of integers of any length, each at least `minimum`. */
  integers(name: string, minimum: number): readonly number[] {
    const value = this.value(name);
    if (value.kind !== "tuple") return [this.integerOf(value, name, minimum)];
    return value.items.map((item) => this.integerOf(item, name, minimum));
  }

  /** The items of a tuple as literals, for arguments such as Keras's `padding=((1, 0), (1, 0))`. */
  items(name: string): readonly Literal[] {
    const value = this.value(name);
    return value.kind === "tuple" ? value.items : [value];
  }

  /** An integer of a literal taken from {@link items}. */
  integerOf(value: Literal, name: string, minimum: number): number {
    if (value.kind !== "number" || !value.integer) {
      this.failAt(value.place, "wrong-type", `${name} of ${this.callee} is not an integer`, "an integer");
    }
    if (value.value < minimum) {
      this.failAt(value.place, "bad-size", `${name} of ${this.callee} is ${value.value}`, `${minimum} or more`);
    }
    if (value.value > MAX_DIMENSION) {
      this.failAt(value.place, "bad-size", `${name} of ${this.callee} is larger than 2^31 - 1`, `at most ${MAX_DIMENSION}`);
    }
    return value.value;
  }

  /** Any number. */
  number(name: string): number {
    const value = this.value(name);
    if (value.kind === "number") return value.value;
    return this.failAt(value.place, "wrong-type", `${name} of ${this.callee} is not a number`, "a number");
  }

  /** A number from 0 to 1. */
  probability(name: string): number {
    const value = this.number(name);
    if (value < 0 || value > 1) this.fail(name, `${name} of ${this.callee} is ${value}`, "a probability from 0 to 1");
    return value;
  }

  /** True or False; 0 and 1 are taken as Python takes them. */
  flag(name: string): boolean {
    const value = this.value(name);
    if (value.kind === "boolean") return value.value;
    if (value.kind === "number" && (value.value === 0 || value.value === 1)) return value.value === 1;
    return this.failAt(value.place, "wrong-type", `${name} of ${this.callee} is not True or False`, "True or False");
  }

  text(name: string): string {
    const value = this.value(name);
    if (value.kind === "string") return value.value;
    return this.failAt(value.place, "wrong-type", `${name} of ${this.callee} is not a string`, "a string");
  }

  /** One of a fixed set of strings. */
  oneOf<const T extends string>(name: string, choices: readonly T[]): T {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (found !== undefined) return found;
    return this.fail(name, `${name} of ${this.callee} is '${text}'`, choices.map((choice) => `'${choice}'`).join(", "));
  }

  /** A layer given as an argument (`TimeDistributed(layer)`), or as a one-item tuple of layers. */
  layer(name: string): Layer {
    const value = this.value(name);
    if (value.kind === "layer") return value.layer;
    return this.failAt(value.place, "wrong-type", `${name} of ${this.callee} is not a layer`, "a layer");
  }

  /** Complains about one argument, at its place. */
  fail(name: string, message: string, expected?: string, hint?: string): never {
    return this.failAt(this.value(name).place, "bad-argument", message, expected, hint);
  }

  failAt(place: Place, code: string, message: string, expected?: string, hint?: string): never {
    return fail(code, message, { place, expected, hint });
  }

  value(name: string): Literal {
    const value = this.values.get(name);
    if (value === undefined) throw new Error(`${this.callee} has no argument ${name} in its signature`);
    return value;
  }
}

import type { Place } from "../../graph/diagnostic.js";
import { closest } from "../notation/closest.js";
import { failIn, type Snippet } from "./snippet.js";
import { isList, type Scope, type Value } from "./scope.js";
import { TokenStream, type Token } from "./tokens.js";
import { bindEach, compared, element, finite, numeric, power, PRODUCTS, SUMS, truth, type Operator } from "./values.js";

/** An expression ready to be evaluated, as often as needed. Throws InputError with the place of the part that is wrong. */
export interface Expression {
  (scope: Scope): Value;
  /** Every name in it, of values and of functions. */
  readonly names: readonly string[];
}

/** A part of an expression; its names are the whole's. */
type Part = (scope: Scope) => Value;

/** A call of a block: its arguments in order, and by name. */
export interface CallArguments {
  readonly positional: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression; readonly place: Place }[];
}

interface PartArguments {
  readonly positional: readonly Part[];
  readonly named: readonly { readonly name: string; readonly value: Part; readonly place: Place }[];
}

const MAX_DEPTH = 64;
/**
 * Parses one expression: Python's operators, `a if c else b`, lists, `[f(x) for x in list]`, and calls of the listed functions. `{...}` are
 * brackets. Nothing but arithmetic can be written.
 */
export function parseExpression(snippet: Snippet): Expression {
  const parser = new Parser(snippet);
  const expression = parser.ternary(0);
  parser.requireEnd();
  return named(expression, parser.found);
}

/** Parses the arguments of a call, from its opening bracket on; the text must end with the closing one. */
export function parseArguments(snippet: Snippet): CallArguments {
  const parser = new Parser(snippet);
  const { positional, named: byName } = parser.callArguments(0);
  parser.requireEnd();
  return {
    positional: positional.map((value) => named(value, parser.found)),
    named: byName.map((argument) => ({ ...argument, value: named(argument.value, parser.found) })),
  };
}

/** A function of a scope as an expression that tells its names. */
export function named(run: Part, names: readonly string[]): Expression {
  // A function of its own: parts such as a constant may be shared.
  return Object.assign((scope: Scope) => run(scope), { names });
}

const KEYWORDS = new Set(["if", "else", "for", "in", "and", "or", "not"]);

class Parser extends TokenStream {
  /** Every name that was read. */
  readonly found: string[] = [];

  ternary(depth: number): Part {
    if (depth > MAX_DEPTH) this.fail(this.token, `brackets are nested more than ${MAX_DEPTH} deep`, "a simpler expression");
    const then = this.or(depth);
    if (!this.takes("if")) return then;
    const condition = this.or(depth);
    this.require("else");
    const otherwise = this.ternary(depth + 1);
    return (scope) => (truth(condition(scope)) ? then(scope) : otherwise(scope));
  }

  private or(depth: number): Part {
    return this.chain("or", () => this.and(depth), true);
  }

  private and(depth: number): Part {
    return this.chain("and", () => this.not(depth), false);
  }

  /** The first operand whose truth is `wanted`, else the last, as in Python. A loop: a chain may be as long as the text. */
  private chain(sign: string, operand: () => Part, wanted: boolean): Part {
    const first = operand();
    const others: Part[] = [];
    while (this.takes(sign)) others.push(operand());
    if (others.length === 0) return first;
    return (scope) => {
      let value = first(scope);
      for (const other of others) {
        if (truth(value) === wanted) return value;
        value = other(scope);
      }
      return value;
    };
  }

  private not(depth: number): Part {
    if (depth > MAX_DEPTH) this.fail(this.token, `this is nested more than ${MAX_DEPTH} deep`, "a simpler expression");
    if (!this.takes("not")) return this.comparison(depth);
    const operand = this.not(depth + 1);
    return (scope) => !truth(operand(scope));
  }

  private comparison(depth: number): Part {
    const start = this.token;
    let left = this.sum(depth);
    for (;;) {
      const operator = this.comparator();
      if (operator === undefined) return left;
      const [first, second] = [left, this.sum(depth)];
      const place = this.placeFrom(start);
      left = (scope) => compared(operator, first(scope), second(scope), place);
      if (this.comparator(true) !== undefined) this.fail(this.token, "comparisons cannot be chained", "`a < b and b < c`");
    }
  }

  private comparator(peek = false): string | undefined {
    const before = this.index;
    const negated = this.takes("not");
    const found = negated ? (this.takes("in") ? "not in" : undefined) : ["==", "!=", "<", "<=", ">", ">=", "in"].find((sign) => this.takes(sign));
    if (peek || found === undefined) this.index = before;
    return found;
  }

  private sum(depth: number): Part {
    return this.binary(() => this.product(depth), SUMS);
  }

  private product(depth: number): Part {
    return this.binary(() => this.unary(depth), PRODUCTS);
  }

  private binary(operand: () => Part, operators: Readonly<Record<string, Operator>>): Part {
    const start = this.token;
    const first = operand();
    const others: { readonly sign: string; readonly run: Operator; readonly operand: Part; readonly place: Place }[] = [];
    for (;;) {
      const { token } = this;
      const run = token.type === "sign" && Object.hasOwn(operators, token.value) ? operators[token.value] : undefined;
      if (run === undefined) break;
      this.index += 1;
      others.push({ sign: String(token.value), run, operand: operand(), place: this.placeFrom(start) });
    }
    if (others.length === 0) return first;
    // A loop: a sum may have as many terms as the text has room for.
    return (scope) => {
      let left = first(scope);
      for (const { sign, run, operand: right, place } of others) {
        const b = right(scope);
        if (sign === "+" && isList(left) && isList(b)) left = [...left, ...b];
        else left = finite(run(numeric(left, sign, place), numeric(b, sign, place)), place);
      }
      return left;
    };
  }

  private unary(depth: number): Part {
    if (depth > MAX_DEPTH) this.fail(this.token, `this is nested more than ${MAX_DEPTH} deep`, "a simpler expression");
    const start = this.token;
    const negative = this.takes("-");
    if (!negative && !this.takes("+")) return this.power(depth);
    const operand = this.unary(depth + 1);
    const place = this.placeFrom(start);
    return (scope) => (negative ? -numeric(operand(scope), "-", place) : numeric(operand(scope), "+", place));
  }

  private power(depth: number): Part {
    const start = this.token;
    const base = this.postfix(depth);
    if (!this.takes("**")) return base;
    const exponent = this.unary(depth + 1);
    const place = this.placeFrom(start);
    return (scope) => finite(power(numeric(base(scope), "**", place), numeric(exponent(scope), "**", place)), place);
  }

  private postfix(depth: number): Part {
    const start = this.token;
    const value = this.atom(depth);
    const indices: { readonly index: Part; readonly place: Place }[] = [];
    while (this.takes("[")) {
      const index = this.ternary(depth + 1);
      this.require("]");
      indices.push({ index, place: this.placeFrom(start) });
    }
    if (indices.length === 0) return value;
    return (scope) => indices.reduce((list, { index, place }) => element(list, index(scope), place), value(scope));
  }

  private atom(depth: number): Part {
    const token = this.next();
    if (token.type === "number") return () => token.value;
    if (token.type === "text") return () => token.value;
    if (token.type === "name" && !KEYWORDS.has(token.value)) return this.sees("(") ? this.call(token, depth) : this.name(token);
    if (token.type === "sign" && (token.value === "(" || token.value === "{")) {
      const inner = this.ternary(depth + 1);
      this.require(token.value === "(" ? ")" : "}");
      return inner;
    }
    if (token.type === "sign" && token.value === "[") return this.list(depth);
    return this.fail(
      token,
      token.type === "end" ? "a value is missing here" : `\`${token.value}\` does not belong here`,
      "a number, a name or a list",
    );
  }

  private name(token: Token): Part {
    const name = String(token.value);
    this.found.push(name);
    if (Object.hasOwn(CONSTANTS, name)) {
      const value = CONSTANTS[name] ?? null;
      return () => value;
    }
    return (scope) => {
      const value = scope.get(name);
      if (value !== undefined) return value;
      const near = closest(name, scope.names());
      return failIn(this.snippet, token.start, token.end, "unknown-name", `there is no \`${name}\` here`, {
        expected: "a parameter, an argument of the block, a value of `let`, `in_channels` or `shape`; texts stand in quotes",
        hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
      });
    };
  }

  private call(token: Token, depth: number): Part {
    const name = String(token.value);
    this.found.push(name);
    const { positional, named } = this.callArguments(depth);
    const [first] = named;
    const place = this.placeFrom(token);
    if (first !== undefined) this.fail(token, `\`${name}\` takes its values in order, without names`, `${name}(value, ...)`);
    return (scope) => {
      const run = scope.call(name);
      if (run !== undefined)
        return finite(
          run(
            positional.map((argument) => argument(scope)),
            place,
            scope.budget,
          ),
          place,
        );
      return failIn(this.snippet, token.start, token.end, "unknown-function", `there is no function \`${name}\``, {
        expected: "make_divisible, round, floor, ceil, int, min, max, sum, len, range, ... or one of `functions`",
      });
    };
  }

  callArguments(depth: number): PartArguments {
    this.require("(");
    const positional: Part[] = [];
    const named: PartArguments["named"][number][] = [];
    while (!this.takes(")")) {
      const start = this.next();
      if (start.type === "name" && this.takes("=")) {
        const value = this.ternary(depth + 1);
        named.push({ name: start.value, value, place: this.placeFrom(start) });
      } else {
        if (start.type !== "end") this.index -= 1;
        const [before] = named;
        if (before !== undefined) this.fail(start, "a value in order cannot follow one by name", "name=value");
        positional.push(this.ternary(depth + 1));
      }
      if (!this.sees(")")) this.require(",");
    }
    return { positional, named };
  }

  private list(depth: number): Part {
    if (this.takes("]")) return () => [];
    const start = this.token;
    const first = this.ternary(depth + 1);
    if (this.takes("for")) return this.comprehension(first, start, depth);
    const items = [first];
    while (this.takes(",") && !this.sees("]")) items.push(this.ternary(depth + 1));
    this.require("]");
    return (scope) => items.map((item) => item(scope));
  }

  private comprehension(item: Part, start: Token, depth: number): Part {
    const names = this.names();
    this.require("in");
    const source = this.or(depth + 1);
    const condition = this.takes("if") ? this.or(depth + 1) : undefined;
    this.require("]");
    const place = this.placeFrom(start);
    return (scope) => {
      const rounds = bindEach(names, source(scope), scope, place);
      return rounds.flatMap((round) => (condition === undefined || truth(condition(round)) ? [item(round)] : []));
    };
  }

  private names(): readonly string[] {
    const names: string[] = [];
    do {
      const token = this.next();
      if (token.type !== "name" || KEYWORDS.has(token.value)) return this.fail(token, "a name is missing here", "for name in list");
      names.push(token.value);
    } while (this.takes(","));
    return names;
  }
}

const CONSTANTS: Readonly<Record<string, Value>> = { True: true, true: true, False: false, false: false, None: null, null: null };

import { fail } from "../../graph/diagnostic.js";
import type { OpenShape, Shape } from "../../graph/shape.js";
import { closest } from "../notation/closest.js";
import { evaluate, solve } from "./evaluate.js";
import { expressionText, parseExpression, symbolsOf, type Expression } from "./expression.js";
import type { ProgramGraph, Program, Size } from "./program.js";

/** Bounds of 2 and less are how the compiler sees a size, not what the model takes: PyTorch lets 0 and 1 pass (torch/_export/utils.py, _check_input_constraints_for_graph). */
const LEAST_BOUND = 2;

/** The sizes of a program: what its symbols stand for, and what follows from them. */
export class Sizes {
  private readonly symbols = new Map<string, number>();
  private readonly hints = new Map<string, number>();
  /** Flags that set a symbol. */
  private readonly setBy = new Map<string, string>();
  private readonly names: ReadonlySet<string>;
  private readonly ranges: Program["ranges"];

  constructor(
    { graph, ranges }: Pick<Program, "graph" | "ranges">,
    private readonly path: string,
  ) {
    const written = [...new Map([...symbolicSizes(graph)].map((size) => [size.text, size])).values()].map((size) => ({
      hint: size.hint,
      expression: parseExpression(size.text),
    }));
    this.names = new Set(written.flatMap(({ expression }) => (expression === undefined ? [] : symbolsOf(expression))));
    this.ranges = ranges;
    // A symbol by itself says most surely what it was: others may be limits (Min(12, 12*s0)).
    for (const isPlain of [true, false]) {
      for (const { hint, expression } of written) {
        if (hint !== undefined && expression !== undefined && (expression.kind === "symbol") === isPlain) this.learn(expression, hint);
      }
    }
  }

  /** The size of the example tells what a symbol was. */
  private learn(expression: Expression, hint: number): void {
    const [symbol, ...more] = symbolsOf(expression);
    if (symbol === undefined || more.length > 0 || this.hints.has(symbol)) return;
    const found = solve(expression, symbol, hint, new Map());
    if (found !== undefined) this.hints.set(symbol, found);
  }

  /** Sets a symbol by its name (`--dim s0=4`). Throws `unknown-dimension`. */
  set(name: string, value: number): void {
    if (!this.names.has(name)) unknownDimension(name, [...this.names]);
    this.bind(name, value, "--dim");
  }

  /**
   * Makes a size of an input what the user says. Throws `input-mismatch` where it is fixed, or no value of its symbol makes it that.
   * @param where the size in words: `dimension 0 of input x`
   */
  make(size: Size, wanted: number, where: string, flag: string): void {
    if (typeof size === "number") {
      if (size !== wanted) mismatch(`${where} is fixed at ${size} in this model, and ${wanted} is given`, flag, String(size));
      return;
    }
    const expression = parseExpression(size.text);
    const [symbol, ...more] = expression === undefined ? [] : symbolsOf(expression).filter((name) => !this.symbols.has(name));
    if (expression === undefined || more.length > 0)
      return mismatch(`${where} cannot be set by itself: it is ${size.text}`, flag, "its symbols, by --dim");
    const text = expressionText(expression);
    if (symbol === undefined) {
      const found = evaluate(expression, this.symbols);
      if (found !== wanted)
        mismatch(`${where} follows from other sizes: ${text} is ${found ?? "not known"}, not ${wanted}`, flag, String(found ?? text));
      return;
    }
    const value = solve(expression, symbol, wanted, this.symbols);
    if (value === undefined) return mismatch(`${where} is ${text}, and no ${symbol} makes that ${wanted}`, flag, `a size of the form ${text}`);
    this.bind(symbol, value, flag);
  }

  private bind(name: string, value: number, flag: string): void {
    this.symbols.set(name, value);
    this.setBy.set(name, flag);
  }

  /**
   * Gives what is still open the sizes of the example. Returns the symbols that were set so.
   * Throws `out-of-range` where the model does not take what was set, `bad-pt2` where its own example is outside of its ranges.
   */
  settle(): readonly string[] {
    const taken = [...this.hints].filter(([name]) => !this.symbols.has(name));
    for (const [name, value] of taken) this.symbols.set(name, value);
    this.checkRanges();
    return taken.map(([name, value]) => `${name} = ${value}`);
  }

  private checkRanges(): void {
    for (const { text, min = 0, max = Infinity } of this.ranges) {
      const expression = parseExpression(text);
      const value = expression === undefined ? undefined : evaluate(expression, this.symbols);
      if (expression === undefined || value === undefined || (value <= max && (value >= min || min <= LEAST_BOUND))) continue;
      const expected = `${min <= LEAST_BOUND ? 1 : min} to ${max === Infinity ? "any size" : max}`;
      const flag = symbolsOf(expression).flatMap((name) => this.setBy.get(name) ?? [])[0];
      if (flag !== undefined)
        fail("out-of-range", `${text} is ${value}, which this model does not take`, { place: { kind: "flag", flag }, expected });
      if (this.setBy.size === 0)
        fail("bad-pt2", `${text} is ${value} in this model's example, which is outside of its range`, {
          place: { kind: "file", path: this.path },
          expected,
        });
    }
  }

  /** What a size comes to; nothing where it depends on the data. */
  size(size: Size): number | undefined {
    if (typeof size === "number") return size;
    const expression = parseExpression(size.text);
    const value = expression === undefined ? undefined : evaluate(expression, this.symbols);
    // The example's size holds as long as nothing was set: a function that is not known here may stand in the expression.
    return value ?? (this.setBy.size === 0 ? size.hint : undefined);
  }

  /** A shape; nothing where a size is not known. Throws `bad-shape` where one comes out impossible. */
  shape(sizes: readonly Size[]): Shape | undefined {
    const known = sizes.flatMap((size) => this.size(size) ?? []);
    return known.length === sizes.length && known.every((size) => Number.isSafeInteger(size) && size >= 0) ? known : undefined;
  }

  /** A shape whose open sizes have their expressions for names. */
  open(sizes: readonly Size[]): OpenShape {
    return sizes.map((size) => this.size(size) ?? (typeof size === "number" ? null : sizeText(size.text)));
  }
}

/** A size as people read it. */
export function sizeText(text: string): string {
  const expression = parseExpression(text);
  return expression === undefined ? text : expressionText(expression);
}

type SymbolicSize = Exclude<Size, number>;

/** Every size of a graph, and of those inside its nodes, that is an expression; those of its inputs first. */
function* symbolicSizes(graph: ProgramGraph): Generator<SymbolicSize> {
  for (const { sizes } of graph.tensors.values()) for (const size of sizes) if (typeof size !== "number") yield size;
  for (const size of graph.numbers.values()) if (typeof size !== "number") yield size;
  for (const { args } of graph.nodes) for (const { value } of args) if (value.kind === "graph") yield* symbolicSizes(value.graph);
}

function mismatch(message: string, flag: string, expected: string): never {
  return fail("input-mismatch", message, {
    place: { kind: "flag", flag },
    expected,
    hint: "torch.export fixes every size that is not in dynamic_shapes: export the model again with that size dynamic",
  });
}

function unknownDimension(name: string, names: readonly string[]): never {
  const near = closest(name, names);
  return fail("unknown-dimension", `the model has no dimension called '${name}'`, {
    place: { kind: "flag", flag: "--dim" },
    expected: names.length === 0 ? "no --dim: all sizes of this model are fixed" : names.slice(0, 12).join(", "),
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}

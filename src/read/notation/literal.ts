import type { Layer } from "../../graph/layer.js";
import type { Literal } from "../../ops/args.js";
import type { Cursor } from "./cursor.js";

const NUMBER = /(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?(?![\w.])/y;
const STRING = /[rbuf]?(?:"([^"\\\n]*)"|'([^'\\\n]*)')/iy;
const NAME = /[A-Za-z_][\w.]*/y;
const CALL = /[A-Za-z_][\w.]*\s*\(/y;
const OPERATOR = /\/\/|[+\-*%/](?!\*)/y;
const MAX_DEPTH = 64;

/** Reads a nested layer call at the cursor: given by the call parser, so that the two do not import each other. */
export type CallReader = (depth: number) => { readonly name: string; readonly layer: Layer | undefined };

/**
 * One value in Python's syntax: number, string, True, False, None, tuple, list, a name (`F.relu` is the string `relu`), a layer, or whole-number
 * arithmetic over these (`64 * 2`). Nothing is evaluated but the five operators. Throws `bad-value`, `unbalanced`, `too-deep`.
 */
export function readLiteral(cursor: Cursor, depth: number, readCall: CallReader): Literal {
  const terms: Literal[] = [readUnary(cursor, depth, readCall)];
  const operators: string[] = [];
  for (;;) {
    const before = cursor.position;
    cursor.skip(true);
    const operator = cursor.take(OPERATOR)?.[0];
    if (operator === undefined) {
      cursor.position = before;
      return fold(cursor, terms, operators);
    }
    operators.push(operator);
    terms.push(readUnary(cursor, depth, readCall));
  }
}

function fold(cursor: Cursor, terms: readonly Literal[], operators: readonly string[]): Literal {
  const [first, ...rest] = terms;
  if (first === undefined) throw new Error("an expression without terms");
  if (rest.length === 0) return first;
  // Products first, then sums, each from the left as Python does.
  const sums: { operator: string; value: number }[] = [{ operator: "+", value: numberOf(cursor, first) }];
  rest.forEach((term, index) => {
    const operator = operators[index] ?? "+";
    const value = numberOf(cursor, term);
    const last = sums.at(-1);
    if (last === undefined || operator === "+" || operator === "-") sums.push({ operator, value });
    else last.value = applyProduct(operator, last.value, value);
  });
  const value = sums.reduce((total, sum) => (sum.operator === "-" ? total - sum.value : total + sum.value), 0);
  const integer = !operators.includes("/") && terms.every((term) => term.kind === "number" && term.integer) && Number.isInteger(value);
  return { kind: "number", value, integer, place: first.place };
}

function applyProduct(operator: string, left: number, right: number): number {
  if (operator === "*") return left * right;
  if (operator === "//") return Math.floor(left / right);
  if (operator === "/") return left / right;
  return left - right * Math.floor(left / right);
}

function numberOf(cursor: Cursor, term: Literal): number {
  if (term.kind === "number") return term.value;
  const start = term.place.kind === "text" ? term.place.start : cursor.position;
  return cursor.fail("bad-value", "arithmetic works on numbers only", start, { expected: "a number" });
}

function readUnary(cursor: Cursor, depth: number, readCall: CallReader): Literal {
  cursor.skip(true);
  const start = cursor.position;
  if (!cursor.takeIf("-") && !cursor.takeIf("+")) return readAtom(cursor, depth, readCall);
  const negative = cursor.text.charAt(start) === "-";
  const operand = readAtom(cursor, depth, readCall);
  const value = numberOf(cursor, operand);
  const integer = operand.kind === "number" && operand.integer;
  return { kind: "number", value: negative ? -value : value, integer, place: cursor.place(start) };
}

function readAtom(cursor: Cursor, depth: number, readCall: CallReader): Literal {
  cursor.skip(true);
  const start = cursor.position;
  if (depth > MAX_DEPTH) cursor.fail("too-deep", `brackets are nested more than ${MAX_DEPTH} deep`, start);
  if (cursor.sees(CALL)) {
    const call = readCall(depth + 1);
    const place = cursor.place(start);
    // What is no layer (`regularizers.l2(0.01)`) stands for its name: the arguments that take one say nothing of the cost.
    return call.layer === undefined ? { kind: "string", value: call.name, place } : { kind: "layer", name: call.name, layer: call.layer, place };
  }
  const number = cursor.take(NUMBER);
  if (number !== undefined) return numberLiteral(cursor, number[0], start);
  const string = cursor.take(STRING);
  if (string !== undefined) return { kind: "string", value: string[1] ?? string[2] ?? "", place: cursor.place(start) };
  if (cursor.next === "(" || cursor.next === "[") return readTuple(cursor, depth, readCall);
  const name = cursor.take(NAME);
  if (name !== undefined) return nameLiteral(cursor, name[0], start);
  return cursor.fail("bad-value", cursor.done ? "the text ends where a value should be" : "this is not a value", start, {
    expected: "a number, a string, True, False, None or a tuple",
  });
}

function numberLiteral(cursor: Cursor, text: string, start: number): Literal {
  const digits = text.replaceAll("_", "");
  return { kind: "number", value: Number(digits), integer: /^\d+$/.test(digits), place: cursor.place(start) };
}

function nameLiteral(cursor: Cursor, name: string, start: number): Literal {
  const place = cursor.place(start);
  if (name === "True" || name === "true") return { kind: "boolean", value: true, place };
  if (name === "False" || name === "false") return { kind: "boolean", value: false, place };
  if (name === "None") return { kind: "none", place };
  return { kind: "string", value: name.slice(name.lastIndexOf(".") + 1), place };
}

function readTuple(cursor: Cursor, depth: number, readCall: CallReader): Literal {
  const start = cursor.position;
  const close = cursor.next === "(" ? ")" : "]";
  cursor.position += 1;
  const items: Literal[] = [];
  let commas = 0;
  for (;;) {
    cursor.skip(true);
    if (cursor.takeIf(close)) break;
    if (cursor.done) unclosed(cursor, start, close);
    items.push(readLiteral(cursor, depth + 1, readCall));
    cursor.skip(true);
    if (cursor.takeIf(",")) commas += 1;
    else if (cursor.next !== close) unclosed(cursor, start, close);
  }
  const [only] = items;
  // (3) is the number 3, (3,) is a tuple.
  if (close === ")" && only !== undefined && items.length === 1 && commas === 0) return only;
  return { kind: "tuple", items, place: cursor.place(start) };
}

/** Says which bracket is open, at its place. */
export function unclosed(cursor: Cursor, start: number, close: string): never {
  if (!cursor.done) {
    return cursor.fail("unexpected-text", "this does not belong here", cursor.position, { expected: `a comma or \`${close}\`` });
  }
  cursor.position = start + 1;
  return cursor.fail("unbalanced", "this bracket is never closed", start, { expected: `a \`${close}\`` });
}

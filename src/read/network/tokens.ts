import type { Place } from "../../graph/diagnostic.js";
import { failIn, type Snippet } from "./snippet.js";

const TOKEN =
  /\s*(?:(\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|("[^"]*"|'[^']*')|(\*\*|\/\/|==|!=|<=|>=|[-+*/%<>()[\]{},=:]))/y;

/** A piece of an expression, with its offsets. */
export type Token =
  | { readonly type: "number"; readonly value: number | bigint; readonly start: number; readonly end: number }
  | { readonly type: "name" | "text" | "sign" | "end"; readonly value: string; readonly start: number; readonly end: number };

/** The pieces of an expression, an `end` last. Throws `bad-expression` at a character that cannot stand in one. */
function tokens(snippet: Snippet): readonly Token[] {
  const found: Token[] = [];
  let at = 0;
  const { text } = snippet;
  const last = text.trimEnd().length;
  while (at < last) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      const start = at + text.slice(at).search(/\S/);
      return failIn(snippet, start, start + 1, "bad-expression", `\`${text.charAt(start)}\` does not belong in an expression`, {
        expected: "numbers, names and arithmetic, as in make_divisible(32 * alpha, 8)",
      });
    }
    const end = TOKEN.lastIndex;
    const start = at + match[0].search(/\S/);
    const [, digits, name, quoted, sign = ""] = match;
    if (digits !== undefined) found.push({ type: "number", value: numberOf(digits.replaceAll("_", "")), start, end });
    else if (name !== undefined) found.push({ type: "name", value: name, start, end });
    else if (quoted !== undefined) found.push({ type: "text", value: quoted.slice(1, -1), start, end });
    else found.push({ type: "sign", value: sign, start, end });
    at = end;
  }
  found.push({ type: "end", value: "", start: text.length, end: text.length });
  return found;
}

/** A whole number is exact at any size that a double has; with a point or an exponent it is a double. */
function numberOf(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) || !Number.isFinite(value) || !/^\d+$/.test(digits) ? value : BigInt(digits);
}

/** The pieces of an expression, one after the other, for a parser to take. */
export class TokenStream {
  private readonly tokens: readonly Token[];
  protected index = 0;

  constructor(protected readonly snippet: Snippet) {
    this.tokens = tokens(snippet);
  }

  protected get token(): Token {
    const found = this.tokens[this.index];
    if (found === undefined) throw new Error("read past the end of an expression");
    return found;
  }

  protected next(): Token {
    const { token } = this;
    if (token.type !== "end") this.index += 1;
    return token;
  }

  protected sees(value: string): boolean {
    const { token } = this;
    return (token.type === "sign" || token.type === "name") && token.value === value;
  }

  protected takes(value: string): boolean {
    if (!this.sees(value)) return false;
    this.index += 1;
    return true;
  }

  protected fail(token: Token, message: string, expected: string): never {
    return failIn(this.snippet, token.start, token.end, "bad-expression", message, { expected });
  }

  protected require(value: string): void {
    if (this.takes(value)) return;
    const { token } = this;
    this.fail(token, token.type === "end" ? "the expression ends too early" : `\`${token.value}\` does not belong here`, `\`${value}\``);
  }

  requireEnd(): void {
    const { token } = this;
    if (token.type !== "end") this.fail(token, `\`${token.value}\` does not belong here`, "an operator or the end of the expression");
  }

  protected placeFrom(start: Token): Place {
    const last = this.tokens[this.index - 1] ?? start;
    return this.snippet.place(start.start, Math.max(last.end, start.end));
  }
}

import { failIn, type Snippet } from "./snippet.js";

const TOKEN =
  /\s*(?:(\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|("[^"]*"|'[^']*')|(\*\*|\/\/|==|!=|<=|>=|[-+*/%<>()[\]{},=:]))/y;

/** A piece of an expression, with its offsets. */
export type Token =
  | { readonly type: "number"; readonly value: number; readonly start: number; readonly end: number }
  | { readonly type: "name" | "text" | "sign" | "end"; readonly value: string; readonly start: number; readonly end: number };

/** The pieces of an expression, an `end` last. Throws `bad-expression` at a character that cannot stand in one. */
export function tokens(snippet: Snippet): readonly Token[] {
  const found: Token[] = [];
  let at = 0;
  const { text } = snippet;
  while (text.slice(at).trim() !== "") {
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
    if (digits !== undefined) found.push({ type: "number", value: Number(digits.replaceAll("_", "")), start, end });
    else if (name !== undefined) found.push({ type: "name", value: name, start, end });
    else if (quoted !== undefined) found.push({ type: "text", value: quoted.slice(1, -1), start, end });
    else found.push({ type: "sign", value: sign, start, end });
    at = end;
  }
  found.push({ type: "end", value: "", start: text.length, end: text.length });
  return found;
}

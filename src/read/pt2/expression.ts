/** A size as an exported program writes it: SymPy's text, either for people (`2*s0 + 1`, `(s0 - 1)//2`) or as calls (`Mul(Integer(2), Symbol('s0'))`). */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "symbol"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] };

const TOKEN =
  /\s*(?:(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)|'([^']*)'|"([^"]*)"|(\*\*|\/\/|==|!=|<=|>=|[-+*/%(),=<>&|~]))/y;
const MAX_LENGTH = 20_000;
const MAX_DEPTH = 100;
/** Operators between two operands: each takes those before it for its left one, and whoever works it out goes down into all. */
const MAX_OPERATORS = 1000;

interface Token {
  readonly type: "number" | "name" | "string" | "mark";
  readonly text: string;
}

/** Parses an expression; nothing where it is none. */
export function parseExpression(text: string): Expression | undefined {
  const tokens = tokensOf(text);
  if (tokens === undefined) return undefined;
  const parser = new Parser(tokens);
  const found = parser.expression(0);
  return parser.done ? found : undefined;
}

function tokensOf(text: string): readonly Token[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  const pattern = new RegExp(TOKEN);
  while (pattern.lastIndex < trimmed.length) {
    const match = pattern.exec(trimmed);
    if (match === null) return undefined;
    const [, number, name, single, double, mark] = match;
    if (number !== undefined) tokens.push({ type: "number", text: number });
    else if (name !== undefined) tokens.push({ type: "name", text: name });
    else if (mark !== undefined) tokens.push({ type: "mark", text: mark });
    else tokens.push({ type: "string", text: single ?? double ?? "" });
  }
  return tokens;
}

/** Python's binary operators: how tight they bind, and what SymPy calls them. */
const BINARY: Readonly<Record<string, readonly [binding: number, name: string]>> = {
  "|": [1, "Or"],
  "&": [2, "And"],
  "==": [3, "Eq"],
  "!=": [3, "Ne"],
  "<": [3, "Lt"],
  "<=": [3, "Le"],
  ">": [3, "Gt"],
  ">=": [3, "Ge"],
  "+": [4, "Add"],
  "-": [4, "Sub"],
  "*": [5, "Mul"],
  "/": [5, "Div"],
  "//": [5, "FloorDiv"],
  "%": [5, "Mod"],
  "**": [7, "Pow"],
};
const UNARY = 6;

/** A parser by precedence (Pratt). `failed` is set by what is no expression, and parsing then ends. */
class Parser {
  private at = 0;
  private depth = 0;
  private operators = 0;
  private failed = false;

  constructor(private readonly tokens: readonly Token[]) {}

  get done(): boolean {
    return !this.failed && this.at === this.tokens.length;
  }

  expression(least: number): Expression {
    if (++this.depth > MAX_DEPTH) return this.fail();
    let left = this.operand();
    for (;;) {
      const token = this.tokens[this.at];
      const found = token?.type === "mark" && Object.hasOwn(BINARY, token.text) ? BINARY[token.text] : undefined;
      if (this.failed || found === undefined || found[0] < least) break;
      if (++this.operators > MAX_OPERATORS) return this.fail();
      this.at++;
      const [binding, name] = found;
      // Powers bind from the right, all others from the left.
      const right = this.expression(name === "Pow" ? binding : binding + 1);
      left = { kind: "call", name, args: [left, right] };
    }
    this.depth--;
    return left;
  }

  private operand(): Expression {
    const token = this.tokens[this.at++];
    if (token === undefined) return this.fail();
    if (token.type === "number") return { kind: "number", value: Number(token.text) };
    if (token.type === "name") return this.takes("(") ? this.call(token.text) : named(token.text);
    if (token.text === "-") return this.negative();
    if (token.text === "+") return this.expression(UNARY);
    if (token.text === "~") return { kind: "call", name: "Not", args: [this.expression(UNARY)] };
    if (token.type !== "mark" || token.text !== "(") return this.fail();
    const inner = this.expression(0);
    return this.takes(")") ? inner : this.fail();
  }

  private negative(): Expression {
    const operand = this.expression(UNARY);
    return operand.kind === "number"
      ? { kind: "number", value: -operand.value }
      : { kind: "call", name: "Mul", args: [{ kind: "number", value: -1 }, operand] };
  }

  /** A call; `Symbol('s0', integer=True)` is a symbol, its keywords say nothing of its size. */
  private call(name: string): Expression {
    const args: Expression[] = [];
    let symbol: string | undefined;
    while (!this.failed && !this.takes(")")) {
      const token = this.tokens[this.at];
      if (token?.type === "name" && this.tokens[this.at + 1]?.text === "=") {
        this.at += 2;
        this.expression(0);
      } else if (token?.type === "string") {
        this.at++;
        symbol ??= token.text;
      } else args.push(this.expression(0));
      if (!this.takes(",") && this.tokens[this.at]?.text !== ")") this.fail();
    }
    if (symbol !== undefined) return name === "Float" ? { kind: "number", value: Number(symbol) } : { kind: "symbol", name: symbol };
    return { kind: "call", name, args };
  }

  private takes(mark: string): boolean {
    const token = this.tokens[this.at];
    if (token?.type !== "mark" || token.text !== mark) return false;
    this.at++;
    return true;
  }

  private fail(): Expression {
    this.failed = true;
    return { kind: "number", value: NaN };
  }
}

const CONSTANTS: Readonly<Record<string, number>> = { True: 1, False: 0, true: 1, false: 0, oo: Infinity, int_oo: Infinity };

function named(name: string): Expression {
  const value = Object.hasOwn(CONSTANTS, name) ? CONSTANTS[name] : undefined;
  return value === undefined ? { kind: "symbol", name } : { kind: "number", value };
}

/** Names of the symbols of an expression, each once. */
export function symbolsOf(expression: Expression): readonly string[] {
  if (expression.kind === "symbol") return [expression.name];
  return expression.kind === "call" ? [...new Set(expression.args.flatMap(symbolsOf))] : [];
}

const MARKS: Readonly<Record<string, string>> = { Add: " + ", Mul: "*", FloorDiv: "//", Sub: " - ", Div: "/", Mod: "%", PythonMod: "%", Pow: "**" };

/** An expression as Python has it: `2*s0 + 1`. */
export function expressionText(expression: Expression): string {
  if (expression.kind === "symbol") return expression.name;
  if (expression.kind === "number") return String(expression.value);
  const { name, args } = expression;
  if (name === "Integer") return args.map(expressionText).join();
  const mark = Object.hasOwn(MARKS, name) ? MARKS[name] : undefined;
  if (mark === undefined) return `${name}(${args.map(expressionText).join(", ")})`;
  const wrapped = args.map((arg) => {
    const text = expressionText(arg);
    return / |\/\//.test(text) && !text.endsWith(")") ? `(${text})` : text;
  });
  return wrapped.join(mark);
}

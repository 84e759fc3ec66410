import type { AttributeValue } from "../graph/layer.js";
import { CI_COMMAND, UNSEEN } from "../graph/unseen.js";

const KEYWORDS =
  "False None True and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try type while with yield";
const RESERVED: ReadonlySet<string> = new Set(KEYWORDS.split(" "));

/** Whether a text is an identifier of Python that is no keyword; letters of ASCII alone, since others may look like them. */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && !RESERVED.has(text);
}

/** A name from a file as an identifier: what does not belong becomes `_`; undefined where nothing of it is left. */
export function identifier(name: string): string | undefined {
  const plain = name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_|_$/g, "");
  if (plain === "" || /^\d+$/.test(plain)) return undefined;
  const started = /^\d/.test(plain) ? `layer_${plain}` : plain;
  return RESERVED.has(started) ? `${started}_` : started;
}

/** `mobilenet_v1` as `MobilenetV1`. */
export function className(name: string): string | undefined {
  const plain = identifier(name);
  return plain?.replace(/(?:^|_)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** A number, word or tuple of them as Python writes it. */
export function literal(value: AttributeValue): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  if (typeof value === "number") return numeral(value);
  return tuple(value);
}

/** A number as Python's repr has it: `1e-05` where JavaScript has 0.00001 or 1e-5. */
function numeral(value: number): string {
  if (!Number.isFinite(value)) return `float("${value > 0 ? "inf" : "-inf"}")`;
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return (small ? value.toExponential() : String(value)).replace(/e([+-])(\d)$/, "e$10$2");
}

/** `(3, 3)`, and `(3,)` for one. */
export function tuple(values: readonly AttributeValue[]): string {
  return values.length === 1 ? `(${values.map(literal).join("")},)` : `(${values.map(literal).join(", ")})`;
}

/** One number where all axes have the same, else a tuple. */
export function perAxis(values: readonly number[]): string {
  const [first = 0] = values;
  return values.every((value) => value === first) ? literal(first) : tuple(values);
}

/** An argument by its name; left out where the text is undefined. */
export type Named = readonly [name: string, text: string | undefined];

/** `nn.Conv2d(64, 128, kernel_size=3)`. */
export function call(callee: string, positional: readonly (number | string)[], named: readonly Named[] = []): string {
  const written = named.flatMap(([name, text]) => (text === undefined ? [] : [`${name}=${text}`]));
  return `${callee}(${[...positional.map(String), ...written].join(", ")})`;
}

/** The text of a value, or undefined where it is the default and need not be written. */
export function unless<T extends AttributeValue>(value: T | undefined, standard: T): string | undefined {
  return value === undefined || value === standard ? undefined : literal(value);
}

/** Text from a spec or a file inside `"""`: nothing of it can end the docstring, escape from it, or turn the line around. */
export function docText(text: string): string {
  return (
    text
      .replace(UNSEEN, "?")
      .replace(/\p{Surrogate}/gu, "?")
      .replaceAll("\\", "\\\\")
      // A command of a CI, should the module be printed in its log; to Python the same.
      .replace(CI_COMMAND, "#\\x23")
      .replaceAll('"""', '\\"\\"\\"')
      .trim()
  );
}

/** `1234567` as `1,234,567`. */
export function grouped(value: bigint): string {
  return value.toLocaleString("en-US");
}

export function indent(lines: readonly string[], by = 4): readonly string[] {
  return lines.map((line) => (line === "" ? "" : " ".repeat(by) + line));
}

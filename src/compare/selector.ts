import { fail } from "../graph/diagnostic.js";
import type { Kind } from "../graph/layer.js";

/** What a selector can ask of a convolution. */
export interface ConvolutionFacts {
  readonly name: string;
  readonly kind: Kind;
  /** The largest size of the kernel, of the stride, of the dilation. */
  readonly k: number;
  readonly s: number;
  readonly d: number;
  readonly cin: number;
  readonly cout: number;
  readonly g: number;
  readonly macs: bigint;
  readonly params: bigint;
}

export interface Selector {
  readonly text: string;
  readonly matches: (facts: ConvolutionFacts) => boolean;
}

type Test = Selector["matches"];

const KINDS = ["standard", "grouped", "depthwise", "pointwise", "any"] as const;
const FIELDS = ["k", "s", "d", "cin", "cout", "g", "macs", "params"] as const;
const COMPARISONS = {
  ">": (left: bigint, right: bigint) => left > right,
  ">=": (left: bigint, right: bigint) => left >= right,
  "<": (left: bigint, right: bigint) => left < right,
  "<=": (left: bigint, right: bigint) => left <= right,
  "=": (left: bigint, right: bigint) => left === right,
  "!=": (left: bigint, right: bigint) => left !== right,
} as const;
const SCALES: Readonly<Record<string, bigint>> = { "": 1n, K: 1_000n, M: 1_000_000n, G: 1_000_000_000n };
const WANTED = `a kind (${KINDS.join(", ")}), a condition on ${FIELDS.join(", ")} (k>1, cin>=64, macs>10M), or name~'GLOB'`;

const TERM =
  /\s*(?:(name)\s*~\s*(?:'([^']*)'|"([^"]*)"|(\S+))|([A-Za-z]+)\s*(>=|<=|!=|==|=|>|<)\s*(\d+(?:\.\d+)?)([KMGkmg]?)(?![\w.])|([A-Za-z]+)(?![\w~<>=!]))/y;

/**
 * Reads which convolutions are meant: a kind, conditions, a pattern of names; all of them must hold. `standard k>1 cin>=64 name~'features.*'`
 * @throws InputError `bad-selector` at the part that is wrong
 */
export function parseSelector(text: string, flag = "--replace"): Selector {
  const tests: Test[] = [];
  let at = 0;
  while (text.slice(at).trim() !== "") {
    TERM.lastIndex = at;
    const match = TERM.exec(text);
    if (match === null) return refuse(text, at, flag, "is no part of a selector");
    tests.push(testOf(match, (message) => refuse(text, at, flag, message)));
    at = TERM.lastIndex;
  }
  if (tests.length === 0) return fail("bad-selector", "the selector is empty", { place: { kind: "flag", flag }, expected: WANTED });
  return { text: text.trim(), matches: (facts) => tests.every((test) => test(facts)) };
}

function testOf(match: RegExpExecArray, wrong: (message: string) => never): Test {
  const [, name, single, double, bare, field, comparison, digits, unit, word] = match;
  if (name !== undefined) {
    const matches = globMatcher(single ?? double ?? bare ?? "");
    return (facts) => matches(facts.name);
  }
  if (word !== undefined) {
    if (word === "and") return () => true;
    const kind = KINDS.find((known) => known === word.toLowerCase()) ?? wrong("is no kind of convolution");
    return (facts) => kind === "any" || facts.kind === kind;
  }
  const key = FIELDS.find((known) => known === field?.toLowerCase()) ?? wrong("is nothing that a convolution has");
  const holds = COMPARISONS[comparisonOf(comparison)];
  const limit = scaled(digits ?? "", unit ?? "") ?? wrong("is no whole number");
  return (facts) => holds(BigInt(facts[key]), limit);
}

function comparisonOf(text: string | undefined): keyof typeof COMPARISONS {
  switch (text) {
    case ">":
    case ">=":
    case "<":
    case "<=":
    case "!=":
      return text;
    default:
      return "=";
  }
}

/** `1.5M` as 1,500,000; nothing where that is no whole number. */
function scaled(digits: string, unit: string): bigint | undefined {
  const [whole = "", fraction = ""] = digits.split(".");
  const shift = 10n ** BigInt(fraction.length);
  const value = BigInt(whole + fraction) * (SCALES[unit.toUpperCase()] ?? 1n);
  return value % shift === 0n ? value / shift : undefined;
}

function refuse(text: string, at: number, flag: string, message: string): never {
  const start = at + (/\S/.exec(text.slice(at))?.index ?? 0);
  const [part = " "] = /^\S+/.exec(text.slice(start)) ?? [];
  return fail("bad-selector", `${flag}: \`${part}\` ${message}`, {
    place: { kind: "text", source: "spec", text, start, end: start + part.length },
    expected: WANTED,
  });
}

/** Whether a whole name is of a pattern: `*` is any text, `?` any character. No regular expression, which a long pattern is too large or too slow for. */
export function globMatcher(pattern: string): (name: string) => boolean {
  return (name) => isOf(pattern, name);
}

/** The shortest text for each `*` that lets the rest follow; where that fails, one character more for the last of them. */
function isOf(pattern: string, name: string): boolean {
  let [at, next] = [0, 0];
  let star: { readonly at: number; readonly next: number } | undefined;
  while (next < name.length) {
    if (pattern[at] === "*") {
      star = { at, next };
      at += 1;
    } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[next])) {
      at += 1;
      next += 1;
    } else if (star === undefined) return false;
    else {
      star = { at: star.at, next: star.next + 1 };
      [at, next] = [star.at + 1, star.next];
    }
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}

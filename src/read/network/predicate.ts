import { fail, type Place } from "../../graph/diagnostic.js";
import { closest } from "../notation/closest.js";
import { parseExpression } from "./expression.js";
import { builtins } from "./functions.js";
import { Budget, Scope, type Value } from "./scope.js";
import { truth } from "./values.js";

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };
const SIZED = /(?<![\w.])(\d+(?:\.\d+)?)\s*(KiB|MiB|GiB|K|M|G|T|B)\b/g;

/**
 * Reads a condition on figures, as in `macs < 300M and params < 3M`: the expressions of network files, with units behind numbers.
 * @param names what the condition may speak of
 * @throws InputError `bad-expression`, `unknown-name`
 */
export function parsePredicate(text: string, names: readonly string[]): (value: (name: string) => Value | undefined) => boolean {
  const place: Place = { kind: "flag", flag: "--where" };
  // The number in full has the place of the one with its unit: a complaint points at the flag.
  const plain = text.replace(SIZED, (_, digits: string, unit: string) => String(Number(digits) * (UNITS[unit] ?? 1)));
  // A word that only stands inside quotes is a text.
  const bare = plain.replace(/"[^"]*"|'[^']*'/g, '""');
  for (const [name] of bare.matchAll(/(?<![\w.])[A-Za-z_]\w*(?!\w*\s*\()/g)) {
    if (names.includes(name) || WORDS.has(name)) continue;
    const near = closest(name, names);
    fail("unknown-name", `there is no '${name}' to filter by`, {
      place,
      expected: names.join(", "),
      hint: near === undefined ? undefined : `did you mean ${near}?`,
    });
  }
  const expression = parseExpression({ text: plain, place: () => place });
  return (value) => {
    const budget = new Budget(100_000);
    const scope = new Scope(budget, undefined, builtins);
    for (const name of names) scope.set(name, value(name) ?? null);
    return truth(expression(scope));
  };
}

const WORDS = new Set(["and", "or", "not", "in", "if", "else", "for", "True", "False", "true", "false", "None", "null"]);

import { fail, type Place } from "../../graph/diagnostic.js";
import { closest } from "../notation/closest.js";
import { parseExpression } from "./expression.js";
import { builtins } from "./functions.js";
import { Budget, Scope, type Value } from "./scope.js";
import { truth } from "./values.js";

const UNITS: Readonly<Record<string, bigint>> = {
  K: 10n ** 3n,
  M: 10n ** 6n,
  G: 10n ** 9n,
  T: 10n ** 12n,
  B: 1n,
  KiB: 1n << 10n,
  MiB: 1n << 20n,
  GiB: 1n << 30n,
};
const SIZED = /(?<![\w.])(\d{1,300})(?:\.(\d{1,300}))?[ \t]?(KiB|MiB|GiB|K|M|G|T|B)\b/g;

/**
 * Reads a condition on figures, as in `macs < 300M and params < 3M`: the expressions of network files, with units behind numbers.
 * @param names what the condition may speak of
 * @throws InputError `bad-expression`, `unknown-name`
 */
export function parsePredicate(text: string, names: readonly string[]): (value: (name: string) => Value | undefined) => boolean {
  const place: Place = { kind: "flag", flag: "--where" };
  // The number in full has the place of the one with its unit: a complaint points at the flag.
  const plain = text.replace(SIZED, (_, whole: string, fraction = "", unit = "B") => sized(whole, String(fraction), String(unit)));
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

/** A number with a unit in full: a whole number where it is one, and so exact. */
function sized(whole: string, fraction: string, unit: string): string {
  const [amount, parts] = [BigInt(whole + fraction) * (UNITS[unit] ?? 1n), 10n ** BigInt(fraction.length)];
  return amount % parts === 0n ? String(amount / parts) : String(Number(`${whole}.${fraction}`) * Number(UNITS[unit] ?? 1n));
}

const WORDS = new Set(["and", "or", "not", "in", "if", "else", "for", "True", "False", "true", "false", "None", "null"]);

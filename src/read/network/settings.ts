import { fail, type Place } from "../../graph/diagnostic.js";
import { closest } from "../notation/closest.js";
import { isLike } from "./fields.js";
import type { Network } from "./program.js";
import { format, kindOf, type Value } from "./scope.js";

/** Parameters that were set, by name; `variant` chooses one of the file's variants. */
export type Settings = Readonly<Record<string, Value>>;

const FLAG: Place = { kind: "flag", flag: "--set" };

/** The parameters of one expansion: the defaults, then the variant's, then what was set. Throws `unknown-parameter`, `unknown-variant`, `bad-value`. */
export function parametersOf(
  network: Network,
  set: Settings,
): { readonly values: ReadonlyMap<string, Value>; readonly variant?: string | undefined } {
  const { variant, ...rest } = set;
  const chosen = variant === undefined ? undefined : variantNamed(network, format(variant));
  const values = new Map([...network.parameters, ...(chosen?.values ?? [])]);
  for (const [name, value] of Object.entries(rest)) {
    const like = network.parameters.get(name);
    if (like === undefined) return unknownParameter(network, name);
    if (!isLike(value, like)) {
      fail("bad-value", `${name} is set to ${format(value)}, which is ${kindOf(value)}`, {
        place: FLAG,
        expected: `${kindOf(like)}, as in ${name}=${settingText(like)}`,
      });
    }
    values.set(name, value);
  }
  return { values, variant: chosen?.name };
}

function variantNamed(network: Network, name: string) {
  const values = network.variants.get(name);
  if (values !== undefined) return { name, values };
  return fail("unknown-variant", `${network.name} has no variant '${name}'`, {
    place: FLAG,
    expected: network.variants.size === 0 ? "no variant: the file has none" : [...network.variants.keys()].join(", "),
  });
}

function unknownParameter(network: Network, name: string): never {
  const known = [...network.parameters.keys(), ...(network.variants.size > 0 ? ["variant"] : [])];
  const near = closest(name, known);
  return fail("unknown-parameter", `${network.name} has no parameter '${name}'`, {
    place: FLAG,
    expected: known.length === 0 ? "no --set: the network has no parameters" : known.join(", "),
    hint: near === undefined ? undefined : `did you mean --set ${near}=...?`,
  });
}

function settingText(value: Value): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The value of `--set name=value` as typed: a number, true or false, a list in brackets, otherwise a text. Throws `bad-value`. */
export function settingValue(text: string): Value {
  const trimmed = text.trim();
  if (NUMBER.test(trimmed)) {
    const number = Number(trimmed);
    return Number.isFinite(number) ? number : fail("bad-value", `${trimmed} is too large a number`, { place: FLAG });
  }
  if (/^true$/i.test(trimmed)) return true;
  if (/^false$/i.test(trimmed)) return false;
  if (!trimmed.startsWith("[")) return trimmed;
  if (!trimmed.endsWith("]")) return fail("bad-value", `'${trimmed}' is an open list`, { place: FLAG, expected: "a list, as in [2,2,2,2]" });
  return listItems(trimmed.slice(1, -1)).map(settingValue);
}

/** The parts of a text between commas outside brackets; none of an empty one. */
export function listItems(text: string): readonly string[] {
  if (text.trim() === "") return [];
  const items: string[] = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "[") depth += 1;
    else if (character === "]") depth -= 1;
    else if (character === "," && depth === 0) {
      items.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...items, text.slice(start)];
}

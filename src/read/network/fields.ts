import { fail, type Place } from "../../graph/diagnostic.js";
import { closest } from "../notation/closest.js";
import type { Entry, Item, MapItem, ScalarItem } from "./document.js";
import { named, parseExpression, type Expression } from "./expression.js";
import { isList, type Scope, type Value } from "./scope.js";
import { parseTemplate, type Template } from "./template.js";

const NAME = /^[A-Za-z_]\w*$/;

/** The entries of a map by key. Throws `unknown-key` for one that is not among `known`. */
export function fieldsOf(map: MapItem, known: readonly string[], what: string): ReadonlyMap<string, Entry> {
  for (const { key, keySnippet } of map.entries) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    fail("unknown-key", `${what} has no \`${key}\``, {
      place: keySnippet.place(0, key.length),
      expected: known.join(", "),
      hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
    });
  }
  return new Map(map.entries.map((entry) => [entry.key, entry]));
}

/** An item as a map. Throws `bad-value`. */
export function asMap(item: Item, what: string, example: string): MapItem {
  return item.kind === "map" ? item : fail("bad-value", `${what} is a map of names`, { place: item.place, expected: example });
}

/** An item as a text that is not empty. Throws `bad-value`. */
export function asText(item: Item, what: string): ScalarItem & { readonly value: string } {
  if (item.kind === "scalar" && typeof item.value === "string" && item.value.trim() !== "") return { ...item, value: item.value };
  return fail("bad-value", `${what} is a text`, { place: item.place, expected: "a text, in quotes where it looks like a number or a list" });
}

/** A name that expressions can use. Throws `bad-name`. */
export function asName(text: string, place: Place): string {
  if (NAME.test(text)) return text;
  return fail("bad-name", `\`${text}\` cannot be a name`, { place, expected: "letters, digits and _, and no digit first" });
}

/** A place where a number or an expression stands: a text is an expression, a list is a list of them. */
export function asExpression(item: Item): Expression {
  if (item.kind === "scalar") {
    const { value } = item;
    return typeof value === "string" ? parseExpression(item.snippet) : named(() => value, []);
  }
  if (item.kind === "map") {
    return fail("bad-value", "this is a map where a value should be", {
      place: item.place,
      expected: "a number, an expression or a list",
      hint: "YAML reads { as a map: put an expression that starts with it in quotes",
    });
  }
  const items = item.items.map(asExpression);
  const names = items.flatMap((each) => each.names);
  const list = (scope: Scope) => items.map((each) => each(scope));
  if (names.length > 0) return named(list, names);
  // A list of constants is the same list each time.
  let known: Value | undefined;
  return named((scope) => (known ??= list(scope)), names);
}

/** A text with `{...}` in it, or a number. */
export function asTemplate(item: Item, what: string): Template {
  if (item.kind === "scalar" && item.value !== null) return parseTemplate(item.snippet);
  return fail("bad-value", `${what} is a text`, { place: item.place, expected: "a text, with {expressions} where they are needed" });
}

/** A value as it stands: texts are texts, not expressions. */
export function asValue(item: Item): Value {
  if (item.kind === "scalar") return item.value;
  if (item.kind === "list") return item.items.map(asValue);
  return fail("bad-value", "this is a map where a value should be", { place: item.place, expected: "a number, a text, true, false or a list" });
}

/** Whether a value may stand where `like` stood: of the same kind, lists with elements like its elements. */
export function isLike(value: Value, like: Value): boolean {
  if (like === null || value === null) return true;
  if (!isList(like)) return typeof value === typeof like;
  const [first] = like;
  return isList(value) && (first === undefined || value.every((item) => isLike(item, first)));
}

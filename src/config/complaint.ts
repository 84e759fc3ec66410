import type { BaseIssue } from "valibot";
import { fail, type Place } from "../graph/diagnostic.js";
import type { Item } from "../read/network/document.js";
import { closest } from "../read/notation/closest.js";
import { placeAt, type Path } from "./plain.js";

/** Keys that may stand at a path. */
type KeysAt = (path: Path) => readonly string[];

/** What keys are for that must be there. */
const NEEDED: Readonly<Record<string, string>> = {
  models: "models: a list, each with a source and budgets",
  source: "source: a model file, a network file, zoo:NAME or layers",
};

/** Complains of what a check of the tree has found, at its line and column. Throws `unknown-key`, `bad-config`. */
export function complain(item: Item, issue: BaseIssue<unknown>, keysAt: KeysAt): never {
  const path = (issue.path ?? []).flatMap(({ key }) => (typeof key === "string" || typeof key === "number" ? [key] : []));
  const parent = path.slice(0, -1);
  const name = path.at(-1);
  if (issue.expected === "never" && typeof name === "string") return refuseKey(parent, name, placeAt(item, path, "key"), keysAt);
  if (issue.received === "undefined") {
    refuseMisspelt(item, parent, keysAt);
    return fail("bad-config", `${ownerOf(parent)} needs \`${String(name)}\``, { place: placeAt(item, parent), expected: NEEDED[String(name)] });
  }
  const rest = { place: placeAt(item, path), expected: issue.message };
  if (name === undefined) return fail("bad-config", "this is no config", rest);
  return fail("bad-config", `\`${dotted(path)}\` is ${described(issue.input)}`, rest);
}

/** A key that is missing may be there, misspelt. */
function refuseMisspelt(item: Item, parent: Path, keysAt: KeysAt): void {
  const owner = itemAt(item, parent);
  const known = keysAt(parent);
  const wrong = owner?.kind === "map" ? owner.entries.find(({ key }) => !known.includes(key) && closest(key, known) !== undefined) : undefined;
  if (wrong !== undefined) refuseKey(parent, wrong.key, placeAt(item, [...parent, wrong.key], "key"), keysAt);
}

function refuseKey(parent: Path, name: string, place: Place, keysAt: KeysAt): never {
  const known = keysAt(parent);
  const near = closest(name, known);
  return fail("unknown-key", `${ownerOf(parent)} has no \`${name}\``, {
    place,
    expected: known.join(", "),
    hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
  });
}

function ownerOf(path: Path): string {
  const [first, ...rest] = path;
  if (first === undefined) return "a config";
  const last = path.at(-1);
  return last === "budgets" || last === "max-increase" ? last : first === "models" && rest.length > 0 ? "a model" : String(first);
}

function itemAt(item: Item | undefined, [first, ...rest]: Path): Item | undefined {
  if (first === undefined || item === undefined) return item;
  if (item.kind === "list") return typeof first === "number" ? itemAt(item.items[first], rest) : undefined;
  return item.kind === "map" ? itemAt(item.entries.find(({ key }) => key === first)?.value, rest) : undefined;
}

/** `models[0].budgets.macs` */
function dotted(path: Path): string {
  return path.map((key, index) => (typeof key === "number" ? `[${key}]` : `${index === 0 ? "" : "."}${key}`)).join("");
}

const SHOWN = 40;

/** A value of the tree, in words. */
function described(value: unknown): string {
  if (value === null || value === "") return "empty";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "string") return value.length > SHOWN ? "a long text" : `'${value}'`;
  return typeof value === "boolean" ? String(value) : "a map";
}

import type { Place } from "../graph/diagnostic.js";
import type { Item } from "../read/network/document.js";

/** What stands in a document, without its places. Numbers are the texts they are written as: `0.1` and `300000000000000000000` stay exact. */
export type Plain = string | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/** Keys of maps and indices of lists, from the top. */
export type Path = readonly (string | number)[];

export function plain(item: Item): Plain {
  switch (item.kind) {
    case "scalar":
      return typeof item.value === "number" ? item.snippet.text : item.value;
    case "list":
      return item.items.map(plain);
    case "map":
      return Object.fromEntries(item.entries.map(({ key, value }) => [key, plain(value)]));
  }
}

/** Where what is at a path stands, or its key; where there is no such thing, what would hold it. */
export function placeAt(item: Item, path: Path, which: "key" | "value" = "value"): Place {
  const [first, ...rest] = path;
  if (first === undefined) return item.place;
  if (item.kind === "list" && typeof first === "number") {
    const inner = item.items[first];
    return inner === undefined ? item.place : placeAt(inner, rest, which);
  }
  const entry = item.kind === "map" ? item.entries.find(({ key }) => key === first) : undefined;
  if (entry === undefined) return item.place;
  return rest.length === 0 && which === "key" ? entry.keySnippet.place(0, entry.key.length) : placeAt(entry.value, rest, which);
}

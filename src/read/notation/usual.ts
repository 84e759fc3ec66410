import type { Graph } from "../../graph/graph.js";
import { convolutionFamily } from "../../ops/conv/family.js";
import { shorthandOf, type Names } from "./catalog.js";
import { parseChain } from "./chain.js";

/** A name that is not of the usual families: all of them have to be asked. */
class UnusualName extends Error {}

/**
 * Reads what is typed most, convolutions in the shorthand, without loading the other families of layers.
 * @returns undefined for a text with any other name: read that with all families
 * @throws InputError with the place of whatever is wrong
 */
export function parseUsual(text: string, source: string): Graph | undefined {
  try {
    return parseChain(text, source, { shorthand: usual(shorthandOf([convolutionFamily])), calls: usual(new Map()) });
  } catch (error) {
    if (error instanceof UnusualName) return undefined;
    throw error;
  }
}

function usual<T>(known: ReadonlyMap<string, T>): Names<T> {
  const get = (name: string): T => {
    const found = known.get(name);
    if (found === undefined) throw new UnusualName(name);
    return found;
  };
  return { get, has: (name) => get(name) !== undefined, keys: () => known.keys() };
}

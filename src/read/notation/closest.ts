import { distance } from "fastest-levenshtein";

/** No name has as many characters. */
const LONGEST = 100;

/** The candidate nearest to a misspelt word, or none where nothing is near. Case does not count. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST) return undefined;
  const limit = Math.max(1, Math.floor(word.length / 3));
  const lower = word.toLowerCase();
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of candidates) {
    if (Math.abs(name.length - word.length) > limit) continue;
    const found = distance(lower, name.toLowerCase());
    if (found <= limit && (best === undefined || found < best.distance)) best = { name, distance: found };
  }
  return best?.name;
}

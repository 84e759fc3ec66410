import type { Facts } from "./walk.js";

/** A table of fewer rows is hardly a vocabulary, which models share between several modules. */
const VOCABULARY = 1000;
const SHOWN = 5;

interface Whole {
  /** A chain whose input is not known. */
  readonly isOpen: boolean;
  /** Number of the first line that is not read. */
  readonly rest: number | undefined;
}

/** What print(model) leaves open, and how it was taken. */
export function printedWarnings(
  { own, like, assumptions, observers, functions, tables, weights }: Facts,
  { isOpen, rest }: Whole,
): readonly string[] {
  return [
    ...(rest === undefined ? [] : [`the model ends before line ${rest}: what follows is not read`]),
    ...(isOpen ? ["the input is not printed: shapes and MACs are known with --input SHAPE"] : []),
    ...(own.size === 0 ? [] : [`what ${list([...own])} may hold outside of other modules (nn.Parameter, buffers) is not printed, and not counted`]),
    ...(like.size === 0 ? [] : [`counted as what they print like: ${list([...like].map(([name, base]) => `${name} as ${base}`))}`]),
    ...(functions.size === 0 ? [] : [`taken for functions without parameters: ${list([...functions])}`]),
    ...(observers.size === 0 ? [] : [`buffers of ${list([...observers])} are not printed, and not counted`]),
    ...assumptions,
    ...tied(tables, weights),
  ];
}

function list(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return names.slice(0, SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** An output layer often has the weights of the embedding (arXiv 1608.05859), and several embeddings are often one. */
function tied(tables: Facts["tables"], weights: Facts["weights"]): readonly string[] {
  const known = new Map<string, string>();
  const pairs: string[] = [];
  for (const [name, shape] of [...tables, ...weights]) {
    const [rows = 0, width = 0] = shape;
    const first = known.get(shape.join());
    if (first !== undefined && rows !== width && (rows >= VOCABULARY || weights.has(name))) pairs.push(`${name} and ${first} (${rows}x${width})`);
    if (tables.has(name) && first === undefined) known.set(shape.join(), name);
  }
  return pairs.length === 0 ? [] : [`if the weights of ${list(pairs)} are tied, they are counted more than once: a print does not say`];
}

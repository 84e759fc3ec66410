import type { Place } from "../../graph/diagnostic.js";
import type { Literal } from "../../ops/args.js";

/** What a module prints of itself, argument by argument. */
export interface PrintedArguments {
  readonly positional: readonly Literal[];
  readonly named: readonly { readonly name: string; readonly value: Literal }[];
  /** What is no value of Python's, as it stands there. */
  readonly unread: readonly string[];
}

/** Figures that ptflops, calflops and DeepSpeed print before the arguments: `9.41 k`, `118.01 MMac`, `25.7 TFLOPS`. */
const FIGURE = /^[\d.]+\s*(?:[kKMGTP]\s*)?(?:macs?|flops?|params?|[mun]?s)?$/i;

/** Reads what a module prints of itself. It never fails: what it cannot read stands in `unread`. */
export function readArguments(text: string, place: Place): PrintedArguments {
  const positional: Literal[] = [];
  const named: { name: string; value: Literal }[] = [];
  const unread: string[] = [];
  for (const piece of pieces(text)) {
    const [, name, written = ""] = /^([A-Za-z_]\w*)\s*=\s*([^]+)$/.exec(piece) ?? [];
    const value = literal(name === undefined ? piece : written, place);
    if (value === undefined) unread.push(piece);
    else if (name !== undefined) named.push({ name, value });
    else if (value.kind === "string" && !/^['"]/.test(piece)) unread.push(piece);
    else positional.push(value);
  }
  return { positional, named, unread };
}

/** A text at its commas and line ends, those inside brackets and strings aside. */
function pieces(text: string): readonly string[] {
  const found: string[] = [];
  let depth = 0;
  let start = 0;
  for (const match of text.matchAll(/'[^'\n]*'|"[^"\n]*"|[()[\]{},\n]/g)) {
    const [token] = match;
    if ("([{".includes(token)) depth += 1;
    else if (")]}".includes(token)) depth -= 1;
    else if (depth <= 0 && (token === "," || token === "\n")) {
      found.push(text.slice(start, match.index));
      start = match.index + 1;
    }
  }
  return [...found, text.slice(start)].map((piece) => piece.trim()).filter((piece) => piece !== "");
}

/** The same arguments without what another tool put before them: a percentage, the figure that it is a part of, and figures with a unit. */
export function withoutFigures(text: string): string {
  if (!text.includes("%")) return text;
  const all = pieces(text);
  const isShare = (piece: string | undefined) => piece !== undefined && /\d%\s*\w/.test(piece);
  const isPlain = (piece: string) => /^[\d.]+$/.test(piece);
  return all.filter((piece, index) => !isShare(piece) && !(FIGURE.test(piece) && (!isPlain(piece) || isShare(all[index + 1])))).join(", ");
}

/** Brackets in brackets that a value may have: PyTorch prints three at most. */
const MAX_NESTED = 20;

function literal(text: string, place: Place, depth = 0): Literal | undefined {
  if (depth > MAX_NESTED) return undefined;
  const sizes = /^torch\.Size\((.*)\)$/s.exec(text)?.[1];
  if (sizes !== undefined) return literal(sizes, place, depth + 1);
  if (/^[-+]?\d+$/.test(text)) return { kind: "number", value: Number(text), integer: true, place };
  if (/^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?$/i.test(text)) return { kind: "number", value: Number(text), integer: false, place };
  if (text === "True" || text === "False") return { kind: "boolean", value: text === "True", place };
  if (text === "None") return { kind: "none", place };
  const string = /^(?:'([^'\n]*)'|"([^"\n]*)")$/.exec(text);
  if (string !== null) return { kind: "string", value: string[1] ?? string[2] ?? "", place };
  if (/^(?:\([^]*\)|\[[^]*\])$/.test(text)) return tuple(text.slice(1, -1), place, depth + 1);
  // PyTorch prints words without quotes: `mode=nearest`, `dtype=torch.qint8`.
  return /^[A-Za-z_][\w.]*$/.test(text) ? { kind: "string", value: text.slice(text.lastIndexOf(".") + 1), place } : undefined;
}

function tuple(text: string, place: Place, depth: number): Literal | undefined {
  const parts = pieces(text);
  const items = parts.flatMap((part) => literal(part, place, depth) ?? []);
  return items.length === parts.length ? { kind: "tuple", items, place } : undefined;
}

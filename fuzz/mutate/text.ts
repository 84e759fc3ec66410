import type { Random } from "../random.js";

const TOKEN = /\w+|\s+|[^\w\s]/g;
const JUNK = [
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  ",",
  ";",
  ":",
  "=",
  "@",
  "->",
  "*",
  "#",
  "'",
  '"',
  "\n",
  "\t",
  "\u0000",
  "\u001b[2J",
  "\u202e",
  "\ufeff",
  "\ud800",
  "é",
  "|",
  "&a ",
  "*a",
  "!!js/function ",
  "<<: ",
  "- ",
  "? ",
  "__proto__",
  "constructor",
  "None",
  "True",
  "nan",
  "inf",
  "1e999",
  "0x10",
  "1_000",
  "**",
  "//",
  "%",
  "if",
  "else",
  "for",
  "in",
] as const;

/** Changes a text by its lines and words; `words` are what may come in besides. */
export function mutateText(text: string, random: Random, words: readonly string[]): string {
  let changed = text;
  for (let left = random.few(6); left > 0; left--)
    changed = (random.chance(3) ? byLine(changed, random) : byToken(changed, random, words)).slice(0, 100_000);
  return changed;
}

function byToken(text: string, random: Random, words: readonly string[]): string {
  const tokens: string[] = text.match(TOKEN) ?? [];
  if (tokens.length === 0) return random.pick(words);
  const at = random.below(tokens.length);
  const other = () => {
    switch (random.below(4)) {
      case 0:
        return String(random.interesting());
      case 1:
        return random.pick(JUNK);
      case 2:
        return random.pick(tokens);
      default:
        return random.pick(words);
    }
  };
  switch (random.below(6)) {
    case 0:
      tokens.splice(at, random.few(3));
      break;
    case 1:
      tokens.splice(at, 0, other());
      break;
    case 2:
      tokens.splice(at, 0, ...tokens.slice(at, at + random.few(20)));
      break;
    case 3:
      // Far too much of something: brackets, digits, operators.
      tokens.splice(at, 1, (tokens[at] ?? "").slice(0, 100).repeat(random.pick([2, 10, 200, 3000])));
      break;
    default:
      tokens[at] = /^\d+$/.test(tokens[at] ?? "") && !random.chance(4) ? String(random.interesting()) : other();
  }
  return tokens.join("");
}

function byLine(text: string, random: Random): string {
  const lines = text.split("\n");
  const at = random.below(lines.length);
  const line = lines[at] ?? "";
  switch (random.below(6)) {
    case 0:
      lines.splice(at, random.few(4));
      break;
    case 1:
      lines.splice(random.below(lines.length), 0, line);
      break;
    case 2:
      lines[at] = (random.chance(2) ? "  " : "    ") + line;
      break;
    case 3:
      lines[at] = line.replace(/^ {1,4}/, "");
      break;
    case 4:
      lines[at] = line.slice(0, random.below(line.length + 1));
      break;
    default:
      lines.splice(at, 0, ...lines.slice(random.below(lines.length)).slice(0, random.few(10)));
  }
  return lines.join("\n");
}

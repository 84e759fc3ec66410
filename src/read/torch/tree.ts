import { fail } from "../../graph/diagnostic.js";
import { withoutFigures } from "./arguments.js";

/** A module as `print(model)` shows it. */
export interface PrintedModule {
  /** Name in the module around it; empty for the outermost. */
  readonly name: string;
  /** With its prefix, where it has one: `lora.Linear`. */
  readonly className: string;
  /** What it prints of itself, without its children: `3, 8, kernel_size=(3, 3)`, in one line or several. */
  readonly args: string;
  readonly children: readonly PrintedModule[];
  /** How often it stands there: `(0-11): 12 x Block(` is printed once for twelve. */
  readonly count: number;
}

export interface PrintedText {
  readonly root: PrintedModule;
  /** Number of the first line after the model that is neither blank nor the code that torch.fx prints; none for a text that ends there. */
  readonly rest: number | undefined;
}

const CLASS = String.raw`[A-Za-z_][\w.]*(?:\[[^\]]*\])?`;
/** timm and PyTorch before 0.4 put a blank before the bracket. */
const OPENING = new RegExp(String.raw`^\s*(?:(\d+)\s*x\s+)?(${CLASS}) ?\((.*)$`, "s");
/** Nothing but `): ` ends the name of a child. */
const CHILD = /^\s*\((.*?)\):\s+(.*)$/s;
/** Entries of nn.ParameterList and nn.ParameterDict look like children. */
const TENSOR = /^\w+ containing: |^Object of type: /;
const RANGE = /^(\d+)-(\d+)$/;
/** What an interpreter puts before the text. */
const PROMPT = /^\uFEFF?(?:\s*>>> [^\n]*\n|\s*In \[\d+\]:[^\n]*\n)*\s*(?:Out\[\d+\]:\s*)?/;
/** torch.fx prints the code of a GraphModule after it. */
const FX_CODE = /^\s*(?:def forward\(|import |torch\.fx\._symbolic_trace\.wrap)/;
const MAX_DEPTH = 200;

/** Whether a text is what `print(model)` shows: a module whose children, or arguments and then children, stand on lines of their own. */
export function isPrinted(text: string): boolean {
  const start = text.replace(PROMPT, "");
  const end = start.indexOf("\n");
  const first = OPENING.exec(end < 0 ? start : start.slice(0, end));
  if (end < 0 || first === null || unclosed(first[3] ?? "") < 0) return false;
  return /\n[ \t]*\([^\n]*?\):\s/.test(start);
}

/** Whether a text is one module without children and arguments, as `print(module)` shows a class of one's own. */
export function isPrintedAlone(text: string): boolean {
  return /^\uFEFF?\s*[A-Za-z_]\w*\(\s*\)\s*$/.test(text);
}

/** Whether a text of one line is written by print alone: a lazy layer that has not seen its input yet, or a list of parameters. */
export function isPrintOnly(text: string): boolean {
  return /^\uFEFF?\s*(Lazy\w+\((in_features=)?0,|Parameter(List|Dict)\(\s+\()/.test(text);
}

/** Reads the text of `print(model)`. Throws `bad-module` with its line. */
export function readTree(text: string, path: string): PrintedText {
  const start = PROMPT.exec(text)?.[0] ?? "";
  const before = start.split("\n").length - 1;
  return new TreeReader(text.slice(start.length).split(/\r?\n/), path, before).whole();
}

class TreeReader {
  private at = 0;
  /** Brackets that the last line of a child closes besides its own. */
  private surplus = 0;

  constructor(
    private readonly lines: readonly string[],
    private readonly path: string,
    private readonly linesBefore: number,
  ) {}

  whole(): PrintedText {
    const root = this.module("", this.lines[0] ?? "", 0);
    while (this.lines[this.at]?.trim() === "") this.at += 1;
    const next = this.lines[this.at];
    if (next !== undefined && OPENING.test(next) && !FX_CODE.test(next)) return this.bad("another module begins here: a text holds one model");
    return { root, rest: next === undefined || FX_CODE.test(next) ? undefined : this.linesBefore + this.at + 1 };
  }

  /** @param opening its first line, without its name */
  private module(name: string, opening: string, depth: number): PrintedModule {
    const start = this.at;
    const [, count, className, rest = ""] = OPENING.exec(opening) ?? [];
    if (className === undefined) return this.bad("this line is no module");
    if (depth > MAX_DEPTH) return this.bad(`modules are nested more than ${MAX_DEPTH} deep`);
    this.at += 1;
    const children: PrintedModule[] = [];
    const own = [rest];
    let open = 1 + unclosed(rest);
    while (open > 0) {
      const line = this.lines[this.at];
      if (line === undefined) return this.bad(`the module ${className} does not end`, start);
      const [, childName, childText = ""] = open === 1 ? (CHILD.exec(line) ?? []) : [];
      if (childName === undefined || TENSOR.test(childText)) {
        own.push(line);
        open += unclosed(line);
        this.at += 1;
      } else if (/^None\s*$/.test(childText)) {
        this.at += 1;
      } else {
        children.push(this.module(childName, childText, depth + 1));
        open -= this.surplus;
      }
    }
    this.surplus = -open;
    return { name, className, args: withoutFigures(closed(own, this.surplus + 1)), children, count: this.count(name, count, start) };
  }

  private count(name: string, written: string | undefined, line: number): number {
    const count = written === undefined ? 1 : Number(written);
    const [, first, last] = RANGE.exec(name) ?? [];
    if (written === undefined || first === undefined) return count;
    const span = Number(last) - Number(first) + 1;
    return span === count ? count : this.bad(`(${name}) names ${span} modules, and ${written} are said to stand there`, line);
  }

  private bad(message: string, line = this.at): never {
    return fail("bad-module", `${message} (line ${this.linesBefore + line + 1})`, {
      place: { kind: "file", path: this.path },
      expected: "the text of print(model), whole",
    });
  }
}

/** The lines of a module's own arguments, without the brackets that end it and those around it. */
function closed(lines: readonly string[], brackets: number): string {
  const text = lines.join("\n");
  let end = text.length;
  for (let left = brackets; left > 0 && end > 0; left -= 1) end = Math.max(0, text.lastIndexOf(")", end - 1));
  return text.slice(0, end).trim();
}

/** Brackets that a text opens and does not close, strings aside. */
function unclosed(text: string): number {
  let open = 0;
  for (const [found] of text.matchAll(/'[^'\n]*'|"[^"\n]*"|[()]/g)) open += found === "(" ? 1 : found === ")" ? -1 : 0;
  return open;
}

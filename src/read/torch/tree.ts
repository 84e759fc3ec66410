import { fail } from "../../graph/diagnostic.js";

/** A module as `print(model)` shows it. */
export interface PrintedModule {
  /** Name in the module around it; empty for the outermost. */
  readonly name: string;
  readonly className: string;
  /** All of its text: `Conv2d(3, 8, kernel_size=(3, 3))`, children included. */
  readonly text: string;
  readonly children: readonly PrintedModule[];
  /** How often it stands there: `(0-11): 12 x Block(` is printed once for twelve. */
  readonly count: number;
  readonly line: number;
}

const OPENING = /^\s*(?:\(([^():]+)\):\s*)?(?:(\d+)\s*x\s*)?([A-Za-z_][\w.]*)\((.*)$/;
const MAX_DEPTH = 200;

/** Reads the text of `print(model)`. Throws `bad-module` with its line. */
export function readTree(text: string, path: string): PrintedModule {
  return new TreeReader(text.replace(/^\uFEFF/, "").split(/\r?\n/), path).root();
}

class TreeReader {
  private at = 0;

  constructor(
    private readonly lines: readonly string[],
    private readonly path: string,
  ) {}

  root(): PrintedModule {
    while (this.lines[this.at]?.trim() === "") this.at += 1;
    return this.module(0);
  }

  private module(depth: number): PrintedModule {
    const start = this.at;
    const match = OPENING.exec(this.lines[start] ?? "");
    const [, name = "", count, className, rest = ""] = match ?? [];
    if (className === undefined) return this.bad("this line is no module");
    if (depth > MAX_DEPTH) return this.bad(`modules are nested more than ${MAX_DEPTH} deep`);
    this.at += 1;
    const children: PrintedModule[] = [];
    let open = unclosed(`(${rest}`);
    while (open > 0) {
      const line = this.lines[this.at];
      if (line === undefined) return this.bad(`the module ${className} does not end`, start);
      if (/^\s*\([^():]+\):\s/.test(line)) {
        children.push(this.module(depth + 1));
        continue;
      }
      open += unclosed(line);
      this.at += 1;
    }
    const lines = this.lines.slice(start, this.at);
    const own = `${className}(${rest}`;
    return { name, className, count: count === undefined ? 1 : Number(count), text: [own, ...lines.slice(1)].join("\n"), children, line: start + 1 };
  }

  private bad(message: string, line = this.at): never {
    return fail("bad-module", `${message} (line ${line + 1})`, {
      place: { kind: "file", path: this.path },
      expected: "the text of print(model), whole",
    });
  }
}

/** Brackets that a line opens and does not close. */
function unclosed(line: string): number {
  return [...line.matchAll(/[()]/g)].reduce((open, [bracket]) => open + (bracket === "(" ? 1 : -1), 0);
}

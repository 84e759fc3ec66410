import { docText, grouped, tuple } from "./python.js";
import type { Shape } from "../graph/shape.js";

/** What the docstring of a module says. */
export interface Description {
  readonly title: string;
  readonly input: Shape;
  readonly output: Shape;
  /** The order of the axes, where they have one: `channels first`. */
  readonly order: string | undefined;
  readonly params: bigint;
  readonly macs: bigint;
  /** The spatial size of the input is only an example: the code is the same for others. */
  readonly anySize: boolean;
  readonly notes: readonly string[];
}

/** The lines of a docstring, its quotes among them, not indented. */
export function docstring({ title, input, output, order, params, macs, anySize, notes }: Description): readonly string[] {
  const more = [order, anySize ? "images of other sizes fit as well" : undefined].filter((text) => text !== undefined);
  const figures = `${grouped(params)} parameters, ${grouped(macs)} multiply-adds`;
  return [
    `"""${docText(title)}`,
    "",
    `Input ${tuple(input)}, output ${tuple(output)}${more.map((text) => `; ${text}`).join("")}.`,
    `${figures}${anySize ? " at this size" : ""}.`,
    ...(notes.length === 0 ? [] : ["", ...notes.map(docText)]),
    '"""',
  ];
}

/** Imports in the usual order: `import` before `from`, each once. */
export function importLines(imports: readonly string[]): readonly string[] {
  const distinct = [...new Set(imports)];
  const plain = distinct.filter((line) => line.startsWith("import ")).sort();
  return [...plain, ...distinct.filter((line) => !line.startsWith("import ")).sort()];
}

/** Each name once: `conv`, `conv_1`, `conv_2`. */
export class Names {
  private readonly used: Set<string>;
  constructor(reserved: Iterable<string>) {
    this.used = new Set(reserved);
  }

  unique(name: string): string {
    let found = name;
    for (let count = 1; this.used.has(found); count += 1) found = `${name}_${count}`;
    this.used.add(found);
    return found;
  }
}

/** Ends a function: `x = f(x)` as its last statement returns at once. */
export function returning(lines: readonly string[]): readonly string[] {
  const last = lines.at(-1);
  const found = last === undefined ? undefined : /^x = (.*)$/.exec(last)?.[1];
  return found === undefined ? [...lines, "return x"] : [...lines.slice(0, -1), `return ${found}`];
}

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** What each part of the house may import besides itself: imports point one way, from the command down to the graph. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  graph: [],
  ops: ["graph"],
  read: ["graph", "ops"],
  conventions: ["graph"],
  analyze: ["graph", "conventions"],
  compare: ["graph", "ops", "analyze", "conventions"],
  code: ["graph", "analyze"],
  config: ["graph", "read", "compare"],
  report: ["graph", "analyze", "compare", "conventions", "io.ts"],
  zoo: ["graph", "read"],
  "io.ts": [],
  "version.ts": [],
  "node-io.ts": ["io.ts", "node-output.ts", "node-worker.ts"],
  "node-output.ts": ["io.ts"],
  "node-worker.ts": ["io.ts"],
  source: ["graph", "read", "zoo", "io.ts"],
  "index.ts": ["graph", "ops", "read", "analyze", "compare", "conventions", "code", "zoo"],
  commands: ["graph", "read", "analyze", "compare", "conventions", "code", "config", "report", "zoo", "source", "io.ts"],
  "worker.ts": ["commands", "io.ts"],
  "cli.ts": ["graph", "commands", "report", "io.ts", "version.ts"],
  "cli-main.ts": ["cli.ts", "node-io.ts", "node-worker.ts", "worker.ts"],
};

/** The parts that take values and return values: no files, no process, no clock. */
const PURE = ["graph", "ops", "read", "conventions", "analyze", "compare", "config", "code", "report", "index.ts"];

interface Import {
  readonly file: string;
  readonly part: string;
  /** A part of the house, or the name of a module from outside. */
  readonly target: string;
  readonly outside: boolean;
}

const partOf = (path: string) => path.split("/")[0] ?? path;

function imports(): readonly Import[] {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return files.flatMap((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    return [...text.matchAll(/(?:from|import)\s*\(?"([^"]+)"/g)].map((match): Import => {
      const name = match[1] ?? "";
      const outside = !name.startsWith(".");
      const path = outside ? name : relative(SRC, join(SRC, dirname(file), name)).replace(/\.js$/, ".ts");
      return { file, part: partOf(file), target: outside ? name : partOf(path), outside };
    });
  });
}

describe("one way through the house", () => {
  const all = imports();

  it("has imports to look at", () => {
    expect(all.length).toBeGreaterThan(100);
  });

  it("imports point from the command down to the graph", () => {
    const wrong = all.filter(({ part, target, outside }) => !outside && part !== target && !(MAY_IMPORT[part] ?? []).includes(target));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it("the core touches no file, process or clock", () => {
    const wrong = all.filter(({ part, target, outside }) => outside && PURE.includes(part) && target.startsWith("node:"));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it("colour and tables are loaded by what prints, the argument parser by the command line alone", () => {
    const homes: Readonly<Record<string, readonly string[]>> = {
      chalk: ["report", "commands", "cli.ts"],
      "cli-table3": ["report"],
      "string-width": ["report"],
      commander: ["commands", "cli.ts"],
    };
    const wrong = all.filter(({ part, target, outside }) => outside && homes[target] !== undefined && !homes[target].includes(part));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });
});

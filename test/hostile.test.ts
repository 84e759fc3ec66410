import { describe, expect, it } from "vitest";
import { convcost, type Outcome } from "./cli/run.js";
import { expectQuiet, NAMES, setting } from "./hostile-names.js";

// Names that do something where they are printed, from whoever made the model: each of them in every place that is shown, in every format.

const FORMATS = ["table", "json", "csv", "markdown"] as const;
type Format = (typeof FORMATS)[number];

/** Every command that shows names, and what it is given; a new command is a line. */
const COMMANDS: readonly { readonly what: string; readonly argv: (name: string) => readonly string[] }[] = [
  { what: "count of a network", argv: () => ["count", "net.json"] },
  { what: "count by module", argv: () => ["count", "net.json", "--group-by", "module"] },
  { what: "count by pairs", argv: () => ["count", "net.json", "--pairs"] },
  { what: "count of an ONNX model", argv: () => ["count", "model.onnx"] },
  { what: "count of a file so named", argv: (name) => ["count", `./${name}.json`] },
  { what: "count of layers with such a comment", argv: (name) => ["count", `conv 3x3 3->8 @8x8 # ${name.replaceAll(/[\n\r\u2028\u0085]/g, " ")}`] },
  { what: "compare of networks", argv: () => ["compare", "net.json", "net.json"] },
  { what: "compare of layers", argv: (name) => ["compare", `pw 3->8 @8x8 # ${name.replaceAll(/[\n\r\u2028\u0085]/g, " ")}`, "pw 3->4 @8x8"] },
  { what: "compare with its formulas", argv: () => ["compare", "net.json", "net.json", "--explain"] },
  { what: "compare with full convolutions", argv: () => ["compare", "--full-conv", "net.json"] },
  { what: "sweep over such a text", argv: (name) => ["sweep", "net.json", "--set", `text=${name.replaceAll(",", ";")},plain`] },
  { what: "zoo", argv: () => ["zoo"] },
];

/** Wrong requests with such a text in them. */
const COMPLAINTS: readonly { readonly what: string; readonly argv: (name: string) => readonly string[] }[] = [
  { what: "a layer", argv: (name) => ["count", `relu; ${name}`, "--input", "4"] },
  { what: "a text as the first of a line", argv: (name) => ["count", name, "--input", "4"] },
  { what: "a file", argv: (name) => ["count", `./${name}/none.txt`] },
  { what: "an input", argv: (name) => ["count", "relu", "--input", name] },
  { what: "an input's name", argv: (name) => ["count", "net.json", "--input", `${name}=1x3`] },
  { what: "a dimension", argv: (name) => ["count", "model.onnx", "--dim", `${name}=1`] },
  { what: "a dimension's size", argv: (name) => ["count", "model.onnx", "--dim", name] },
  { what: "a setting", argv: (name) => ["count", "net.json", "--set", name] },
  { what: "a setting's value", argv: (name) => ["count", "net.json", "--set", `alpha=${name}`] },
  { what: "a variant", argv: (name) => ["count", "net.json", "--set", `variant=${name}`] },
  { what: "a column", argv: (name) => ["count", "net.json", "--columns", name] },
  { what: "an order", argv: (name) => ["compare", "pw 3->8 @8x8", "--sort", name] },
  { what: "a choice", argv: (name) => ["count", "net.json", "--format", name] },
  { what: "a number", argv: (name) => ["count", "net.json", "--batch", name] },
  { what: "a flag", argv: (name) => ["count", "net.json", `--${name}`] },
  { what: "a command", argv: (name) => [name] },
  { what: "a network of the zoo", argv: (name) => ["count", `zoo:${name}`] },
  { what: "a filter", argv: (name) => ["sweep", "net.json", "--set", "alpha=1", "--where", name] },
  { what: "an output file", argv: (name) => ["count", "relu", "--input", "4", "-o", `${name}/x`] },
];

const CHECKS: Readonly<Record<Format, (stdout: string) => void>> = {
  table: expectQuiet,
  json: (text) => {
    expectQuiet(text);
    for (const line of text.startsWith("{\n") ? [text] : text.trimEnd().split("\n")) expect(() => void JSON.parse(line)).not.toThrow();
  },
  csv: (text) => {
    expectQuiet(text.replaceAll("\r\n", "\n"));
    const rows = cellsOf(text);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    for (const cell of rows.flat()) if (!/^-?[\d.]+$/.test(cell)) expect(cell).not.toMatch(/^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/);
  },
  markdown: (text) => {
    expectQuiet(text);
    const [table = "", ...fenced] = text.split(/\n(?=```)/);
    const plain = table.replace(/\\[^]/g, "");
    for (const block of plain.split("\n\n").filter((part) => part.startsWith("|")))
      expect(
        new Set(
          block
            .trimEnd()
            .split("\n")
            .map((line) => line.split("|").length),
        ).size,
      ).toBe(1);
    expect(plain.replace(/<span>[^<]{1,2}<\/span>/g, "")).not.toMatch(/<|\*\*bold|`|~~|\]\(/);
    // What GitHub finds in the text of a comment: mentions, issues, addresses, emoji, formulas.
    expect(table).not.toMatch(/@\w|#\d|(GH|GHSA|CVE)-\w|:\/\/|www\.|:\+1:|:smile:|\$m|math\$|a5c3785/);
    // A block is open from its first fence to its last, and nothing inside closes it.
    if (fenced.length > 0)
      expect(
        fenced
          .join("\n")
          .trimEnd()
          .split(/^`{3,}(?:text)?$/m).length,
      ).toBeLessThanOrEqual(3);
  },
};

/** The cells of a CSV (RFC 4180). */
function cellsOf(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    if (end === "" && quoted === undefined && plain === "") break;
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

function expectNoBug({ code, stderr }: Outcome): void {
  expect(stderr).not.toMatch(/^bug|\n\s+at /);
  expect([0, 2]).toContain(code);
}

describe.each(Object.entries(NAMES))("%s in a name", (_, name) => {
  it.each(COMMANDS)("arrives harmless: $what", async ({ argv }) => {
    for (const format of FORMATS) {
      const outcome = await convcost([...argv(name), "--format", format], setting(name));
      expectNoBug(outcome);
      expectQuiet(outcome.stderr);
      if (outcome.code === 0) CHECKS[format](outcome.stdout);
    }
  });

  it("stays what it is in the JSON", async () => {
    const { stdout } = await convcost(["count", "net.json", "--json"], setting(name));
    expect(JSON.parse(stdout)).toMatchObject({ model: { name: name.trim() } });
  });

  it.each(COMPLAINTS)("is told harmless: $what", async ({ argv }) => {
    const outcome = await convcost(argv(name), { ...setting(name), writeError: "ENOENT" });
    expectNoBug(outcome);
    expectQuiet(outcome.stderr);
    if (outcome.code === 0) expectQuiet(outcome.stdout);
  });
});

describe("the names", () => {
  it("get as far as the output: most commands read them", async () => {
    const { stdout } = await convcost(["count", "net.json"], setting("plain"));
    expect(stdout).toMatch(/^plain/m);
    expect((await convcost(["count", "model.onnx"], setting("plain"))).stdout).toMatch(/^plain/m);
  });
});

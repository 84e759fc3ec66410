import { spawnSync } from "node:child_process";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { pythonWith } from "./code/python.js";
import { convcost, file } from "./cli/run.js";
import { expectQuiet, NAMES, setting } from "./hostile-names.js";

// The same names in what commands print that have formats of their own: annotations, XML, answers, code.

/** A text that may stand in a comment or on one line. */
const oneLine = (name: string) => name.replaceAll(/[\n\r\u2028\u0085]/g, " ");
const BUDGET = ["--max-macs", "1", "--max-params", "1M"];

/** A configuration whose models, files and budgets have the name. */
const config = (name: string) => JSON.stringify({ models: [{ name, source: "net.json", budgets: { macs: 1 } }] });

interface Case {
  readonly what: string;
  readonly argv: (name: string) => readonly string[];
  readonly stdin?: (name: string) => string;
}

const REPLACE = ["--replace", "any", "--with", "grouped"];
const TEXTS: readonly Case[] = ["table", "json", "markdown", "github", "junit"].flatMap((format): readonly Case[] => [
  { what: `check as ${format}`, argv: () => ["check", "net.json", "model.onnx", ...BUDGET, "--format", format] },
  { what: `check of a file so named as ${format}`, argv: (name) => ["check", `./${name}.json`, `./${name}.none`, ...BUDGET, "--format", format] },
  {
    what: `check of a layer with such a comment as ${format}`,
    argv: (name) => ["check", `conv 3x3 3->8 @8x8 # ${oneLine(name)}`, ...BUDGET, "--format", format],
  },
  { what: `check by a configuration as ${format}`, argv: () => ["check", "--config", "c.json", "--format", format] },
  { what: `check by a configuration so named as ${format}`, argv: (name) => ["check", "--config", `./${name}.yaml`, "--format", format] },
]);

const OTHERS: readonly Case[] = [
  ...["table", "json", "csv", "markdown"].flatMap((format): readonly Case[] => [
    { what: `diff as ${format}`, argv: () => ["diff", "net.json", "other.json", "--format", format] },
    { what: `diff of a file so named as ${format}`, argv: (name) => ["diff", `./${name}.json`, "model.onnx", "--format", format] },
    { what: `whatif as ${format}`, argv: () => ["whatif", "net.json", ...REPLACE, "--format", format] },
    { what: `conventions as ${format}`, argv: () => ["conventions", "net.json", "--format", format] },
    { what: `count as another tool as ${format}`, argv: () => ["count", "model.onnx", "--convention", "thop", "--format", format] },
  ]),
  {
    what: "batch",
    argv: () => ["batch"],
    stdin: (name) =>
      [{ id: name, spec: name }, { id: { [name]: name }, source: name }, { [name]: 1 }, { id: 1, source: "net.json", layers: true }]
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
  },
  { what: "batch of what is no JSON", argv: () => ["batch"], stdin: (name) => `{"id": ${oneLine(name)}}\n` },
  { what: "a wrong line of a network", argv: () => ["count", "wrong.yaml"] },
  { what: "a framework", argv: (name) => ["code", "relu", "--framework", name] },
  { what: "a module's name", argv: (name) => ["code", "relu", "--input", "4", "--name", name] },
];

const files = (name: string) => {
  const given = setting(name).files;
  return {
    ...given,
    "other.json": file(JSON.stringify({ name, inputs: { x: [1, 3, 8, 8] }, layers: [{ name: `${name}2`, layers: "conv 3x3 8 # x" }] })),
    "c.json": file(config(name)),
    [`./${name}.yaml`]: file(config(name)),
    "wrong.yaml": file(`input: [3, 8, 8]\nlayers:\n  - relu\n  - ${oneLine(name)}\n${oneLine(name)}: 1\n`),
  };
};

function expectXml(xml: string): void {
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.write(xml).close();
}

/** Lines of `check --format github`: each of the levels that it uses, with the properties that the runner knows. */
function expectAnnotations(text: string): void {
  for (const line of text.trimEnd().split("\n")) {
    const [, properties = ""] = /^::(?:error|warning|notice) ([^:]*)::[^\r\n]*$/.exec(line) ?? [];
    expect(properties.split(",").map((property) => property.split("=")[0])).toEqual(expect.arrayContaining(["title"]));
    for (const property of properties.split(",")) expect(property).toMatch(/^(?:file|line|col|title)=/);
    expect(line).not.toMatch(/%(?!25|0A|0D|3A|2C)/);
    expect(line).not.toMatch(/##(\[|vso\[)/);
  }
}

describe.each(Object.entries(NAMES))("%s in a name", (_, name) => {
  it.each([...TEXTS, ...OTHERS])("arrives harmless: $what", async ({ argv, stdin }) => {
    const { code, stdout, stderr } = await convcost(argv(name), { files: files(name), ...(stdin === undefined ? {} : { stdin: stdin(name) }) });
    expect(stderr).not.toMatch(/^bug|\n\s+at /);
    expect([0, 1, 2]).toContain(code);
    expectQuiet(stderr);
    const last = argv(name).at(-1);
    if (last === "github" && stdout !== "") expectAnnotations(stdout);
    else expectQuiet(stdout.replaceAll("\r\n", "\n"));
    if (last === "junit" && stdout !== "") expectXml(stdout);
    if (last === "json" && stdout !== "") expect(() => void JSON.parse(stdout)).not.toThrow();
    if (argv(name)[0] === "batch") for (const line of stdout.trimEnd().split("\n")) expect(() => void JSON.parse(line)).not.toThrow();
  });
});

const python = pythonWith("import ast");

describe.skipIf(python === undefined)(`code that Python parses${python === undefined ? " (skipped: no Python here)" : ""}`, () => {
  it("has one class or function, and such names nowhere but in its docstring", async () => {
    const codes: string[] = [];
    for (const name of Object.values(NAMES))
      for (const framework of ["pytorch", "keras", "flax"])
        for (const source of ["other.json", `conv 3x3 3->8 @8x8 # ${oneLine(name)}`]) {
          const { code, stdout, stderr } = await convcost(["code", source, "--framework", framework], { files: files(name) });
          expect([code, stderr], `${framework}: ${name}`).toEqual([0, ""]);
          expectQuiet(stdout);
          codes.push(stdout);
        }
    const script = `import ast, json, sys
for code in json.load(sys.stdin):
    tree = ast.parse(code)
    body = [node for node in tree.body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    assert len(body) == 1 and isinstance(body[0], (ast.ClassDef, ast.FunctionDef)), ast.dump(tree)
    assert ast.get_docstring(body[0]), code
    assert all(type(node.value) is not str or len(node.value) < 12 or node.value == body[0].body[0].value.value for node in ast.walk(tree) if isinstance(node, ast.Constant)), code
`;
    const { status, stderr } = spawnSync(python ?? "", ["-c", script], { input: JSON.stringify(codes), encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});

import { describe, expect, it } from "vitest";
import { analyze, InputError, parseLayers, writeCode, type FrameworkName } from "../../src/index.js";
import { CASES, CHAINS, zooChain, type Case } from "./cases.js";
import { ask, pythonWith } from "./python.js";

const python = pythonWith("");

interface Built {
  readonly params?: number;
  readonly output?: readonly number[];
  readonly error?: string;
}

/** What the docstring says of shapes and parameters. */
function described(code: string) {
  const [, input = "", output = ""] = /Input \(([^)]*)\), output \(([^)]*)\)/.exec(code) ?? [];
  const params = /^ *([\d,]+) parameters/m.exec(code)?.[1] ?? "";
  const sizes = (text: string) =>
    text
      .split(",")
      .filter((size) => size.trim() !== "")
      .map(Number);
  return { input: sizes(input), output: sizes(output), params: Number(params.replaceAll(",", "")) };
}

function attempt(entry: Case, framework: FrameworkName): string | undefined {
  try {
    return writeCode(parseLayers(entry.spec), { input: entry.input, layout: entry.layout, framework, name: "Generated" });
  } catch (error) {
    if (error instanceof InputError && error.diagnostic.code === "cannot-write") return undefined;
    throw error;
  }
}

describe.skipIf(python === undefined).each(["keras", "flax"] as const)(
  `%s${python === undefined ? " (skipped: there is no Python)" : ""}`,
  (framework) => {
    const written = [
      ...CASES.map((entry) => ({
        title: `${entry.spec} on ${entry.input}`,
        code: attempt(entry, framework),
        analysis: analyze(parseLayers(entry.spec), entry),
      })),
      ...CHAINS.map((name) => {
        const graph = zooChain(name);
        return { title: `zoo:${name}`, code: writeCode(graph, { framework, name: "Generated" }), analysis: analyze(graph) };
      }),
    ];
    const cases = written.flatMap(({ title, code, analysis }) => (code === undefined ? [] : [{ title, code, analysis, said: described(code) }]));
    const built = new Map<string, Built>();

    it("runs in one process", () => {
      const answers = ask(
        python ?? "",
        "build_stubs.py",
        cases.map(({ code, said }) => ({ framework, code, name: "Generated", input: said.input })),
      );
      if (!Array.isArray(answers)) throw new Error("no list of answers");
      answers.forEach((answer: Built, index) => built.set(cases[index]?.title ?? "", answer));
      expect(cases.length).toBeGreaterThan(150);
    });

    it.each(cases)("$title", ({ title, code, analysis, said }) => {
      const { params, output, error } = built.get(title) ?? {};
      expect(error, code).toBeUndefined();
      expect(output).toEqual(said.output);
      expect(params).toBe(said.params);
      // Only where the note says so are there other parameters than the layer's, and only the order of axes differs.
      if (!/parameters less/.test(code)) expect(said.params).toBe(Number(analysis.totals.params));
      const sorted = (shape: readonly unknown[]) => [...shape].sort();
      expect(sorted(said.output)).toEqual(sorted(analysis.outputs[0]?.shape ?? []));
    });

    it("refuses what it has not, and nothing else", () => {
      expect([...new Set(written.flatMap(({ title, code }) => (code === undefined ? [title.replace(/ on [\dx]+$/, "")] : [])))]).toMatchSnapshot();
    });
  },
);

import { describe, expect, it } from "vitest";
import { analyze, parseLayers, writeCode } from "../../src/index.js";
import { CASES, CHAINS, zooChain } from "./cases.js";
import { ask, pythonWith } from "./python.js";

const python = pythonWith("import torch");
const found = python === undefined ? "" : String(ask(python, "torch_version.py", null));
const newer = (version: string) => found.localeCompare(version, undefined, { numeric: true }) >= 0;

interface Built {
  readonly params?: number;
  readonly output?: readonly number[];
  readonly error?: string;
}

/** Embeddings read indices. */
const readsIndices = (spec: string) => /^(nn\.|layers\.)?embedding/i.test(spec);

/** Where PyTorch's class has other parameters than the layer counted, which the docstring says: the one bias of Keras's recurrent layers. */
const extra = (code: string) => [...code.matchAll(/one: (\d+) parameters more/g)].reduce((sum, [, count]) => sum + Number(count), 0);

describe.skipIf(python === undefined)(`modules for PyTorch ${found}${python === undefined ? " (skipped: no Python here has torch)" : ""}`, () => {
  const specs = CASES.map(({ spec, input, since }) => ({ graph: parseLayers(spec), title: `${spec} on ${input}`, input, spec, since }));
  const chains = CHAINS.map((name) => ({ graph: zooChain(name), title: `zoo:${name}`, input: undefined, spec: "", since: undefined }));
  const cases = [...specs, ...chains].map((entry) => {
    const analysis = analyze(entry.graph, { input: entry.input });
    return { ...entry, analysis, code: writeCode(entry.graph, { input: entry.input, name: "Generated" }) };
  });
  const built = new Map<string, Built>();
  it("are built in one process", () => {
    const questions = cases.map(({ code, analysis, spec }) => ({
      code,
      name: "Generated",
      input: analysis.inputs[0]?.shape,
      integers: readsIndices(spec),
    }));
    const answers = ask(python ?? "", "build_torch.py", questions);
    if (!Array.isArray(answers)) throw new Error("no list of answers");
    answers.forEach((answer: Built, index) => built.set(cases[index]?.title ?? "", answer));
    expect(built.size).toBe(cases.length);
  }, 240_000);

  for (const { title, analysis, code, since } of cases) {
    it.skipIf(since !== undefined && !newer(since))(`${title}${since === undefined ? "" : ` (PyTorch ${since})`}`, () => {
      const { params, output, error } = built.get(title) ?? {};
      expect(error).toBeUndefined();
      expect(params).toBe(Number(analysis.totals.params) + extra(code));
      expect(output).toEqual(analysis.outputs[0]?.shape);
    });
  }
});

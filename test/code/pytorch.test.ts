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
  const specs = CASES.map(({ spec, input, layout, since }) => ({
    graph: parseLayers(spec),
    title: `${spec} on ${input}`,
    input,
    layout,
    spec,
    since,
  }));
  const chains = CHAINS.map((name) => ({
    graph: zooChain(name),
    title: `zoo:${name}`,
    input: undefined,
    layout: undefined,
    spec: "",
    since: undefined,
  }));
  const cases = [...specs, ...chains].map((entry) => {
    const analysis = analyze(entry.graph, { input: entry.input, layout: entry.layout });
    return { ...entry, analysis, code: writeCode(entry.graph, { input: entry.input, layout: entry.layout, name: "Generated" }) };
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

const WORDS = { conv: "conv1d", max: "maxpool1d", avg: "avgpool1d", transposed: "tconv1d" };

describe.skipIf(python === undefined)("padding same in PyTorch, by its values", () => {
  const kinds = ["conv", "max", "avg", "transposed"] as const;
  const sizes = [1, 2, 3, 4, 5].flatMap((kernel) => [1, 2, 3].flatMap((stride) => [1, 2].map((dilation) => ({ kernel, stride, dilation }))));
  const cases = kinds
    .flatMap((kind) => sizes.map((size) => ({ kind, ...size })))
    .filter(({ kind, dilation }) => dilation === 1 || kind === "conv" || kind === "max")
    .map(({ kind, kernel, stride, dilation }) => {
      const convolves = kind === "conv" || kind === "transposed";
      const spec = `${WORDS[kind]} ${kernel} ${convolves ? "1->1 " : ""}s${stride}${kind === "avg" ? "" : ` d${dilation}`}`;
      // A pool does not say its channels, and so needs an input; the code is the same for others.
      const code = writeCode(parseLayers(spec), { name: "Same", input: convolves ? undefined : "1x1x12" });
      return { title: spec, code, name: "Same", kind, kernel, stride, dilation };
    });

  it("is TensorFlow's at every length", () => {
    const answers = ask(python ?? "", "same_padding.py", cases);
    if (!Array.isArray(answers)) throw new Error("no list of answers");
    const wrong = answers.flatMap((lengths: readonly number[], index) =>
      lengths.length === 0 ? [] : [`${cases[index]?.title ?? ""} at ${lengths.join(", ")}`],
    );
    expect(wrong).toEqual([]);
    expect(answers.length).toBe(cases.length);
  }, 240_000);
});

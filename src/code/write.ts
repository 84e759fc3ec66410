import { analyze } from "../analyze/analyze.js";
import { inferGraph } from "../analyze/infer.js";
import { resolveInputs, type InputOptions, type ResolvedInput } from "../analyze/input.js";
import { fail, InputError } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import { isLayout } from "../graph/layer.js";
import { partsOf, requireChain } from "./chain.js";
import { flax } from "./flax/module.js";
import type { Framework } from "./framework.js";
import { heldShape, isImage } from "./held.js";
import type { Description } from "./module-text.js";
import { keras } from "./keras/module.js";
import { className, isIdentifier } from "./python.js";
import { pytorch } from "./pytorch/module.js";
import type { Step } from "./step.js";

const TABLE = { pytorch, keras, flax } satisfies Readonly<Record<string, Framework>>;

export type FrameworkName = keyof typeof TABLE;

/** Frameworks that code is written for; the first unless another is asked for. */
export const FRAMEWORKS: readonly FrameworkName[] = ["pytorch", "keras", "flax"];

/** A framework by its name, as it is typed; `near` is what was perhaps meant. Throws `unknown-framework`. */
export function frameworkNamed(text: string, near?: string): FrameworkName {
  const name = text.trim().toLowerCase();
  const known = FRAMEWORKS.find((framework) => framework === name);
  if (known !== undefined) return known;
  return fail("unknown-framework", `there is no framework '${text}' to write for`, {
    place: { kind: "flag", flag: "--framework" },
    expected: FRAMEWORKS.join(", "),
    hint: near === undefined ? undefined : `did you mean ${near}?`,
  });
}

export interface CodeOptions extends InputOptions {
  readonly framework?: FrameworkName | undefined;
  /** What the class is called; made from the graph's name unless said. */
  readonly name?: string | undefined;
}

/**
 * Writes a chain of layers as a module of PyTorch, Keras or Flax that computes the same. Weights are the framework's own at the start:
 * initializers and regularizers are not written.
 * @returns Python, imports included, that ends in a new line
 * @throws InputError `has-branches` for what is no chain, `cannot-write` for a layer that the framework has not, `bad-name`, and whatever
 * `analyze` throws; `missing-input` only where the code would depend on the input's size
 */
export function writeCode(graph: Graph, options: CodeOptions = {}): string {
  const framework: Framework = TABLE[frameworkNamed(options.framework ?? "pytorch")];
  requireChain(graph);
  const name = moduleName(graph, options.name, framework);
  const [first, second] = inputsFor(graph, options);
  const text = written(graph, first, framework, name, second !== undefined);
  if (second === undefined) return text;
  // Without an input the code must not depend on one: whoever asked is told to say it.
  const [one, other] = [first, second].map((example) =>
    attempt(() => `${analyze(graph, example).totals.params}\n${written(graph, example, framework, name, undefined)}`),
  );
  return one !== undefined && one === other ? text : missing(graph, options);
}

/** The input as it is said; or two examples, where only the size of the image is not. */
function inputsFor(graph: Graph, options: InputOptions): readonly [InputOptions, InputOptions?] {
  try {
    resolveInputs(graph, options);
    return [options];
  } catch (error) {
    const lead = graph.nodes.find(({ layer }) => isLayout(layer.axes))?.layer;
    const spatial = (lead?.ranks?.[0] ?? 2) - 2;
    if (!(error instanceof InputError) || error.diagnostic.code !== "missing-input" || lead?.inChannels === undefined || spatial < 1) throw error;
    const channels = lead.inChannels;
    const example = (size: number): InputOptions => ({
      batch: options.batch,
      input: [1, channels, ...Array<number>(spatial).fill(size)],
    });
    return [example(56), example(59)];
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** The complaint about the input that is not said. */
function missing(graph: Graph, options: CodeOptions): never {
  resolveInputs(graph, options);
  throw new Error("the input was said after all");
}

function written(graph: Graph, options: InputOptions, framework: Framework, name: string, anySize: boolean | undefined): string {
  const inferred = inferGraph(
    graph,
    resolveInputs(graph, options).map((type) => asImage(graph, type)),
  );
  const [input] = inferred.inputs;
  const [output] = inferred.outputs;
  if (input === undefined || output === undefined) throw new Error("a chain has an input and an output");
  const parts = partsOf(graph, inferred.layers, input, framework);
  if (parts.length === 0) fail("empty-spec", "there is no layer to write");
  const images = [input, output].some(isImage);
  const describe = (steps: readonly Step[]): Description => {
    const { totals } = analyze(graph, options);
    return {
      title: graph.name,
      input: heldShape(input, framework.imageOrder),
      output: heldShape(output, framework.imageOrder),
      order: images ? framework.order : undefined,
      params: steps.reduce((sum, { extraParams = 0n }) => sum + extraParams, totals.params),
      macs: totals.macs,
      anySize: anySize === true,
      notes: [...new Set(steps.flatMap(({ note }) => note ?? []))],
    };
  };
  const nothing = { title: "", input: [], output: [], order: undefined, params: 0n, macs: 0n, anySize: true, notes: [] };
  return framework.module(parts, name, anySize === undefined ? () => nothing : describe);
}

/** An input of four dimensions or more has channels where layers of any order alone read it. */
function asImage(graph: Graph, type: ResolvedInput): ResolvedInput {
  const unordered = graph.nodes.every(({ layer }) => layer.axes === "any") && !isLayout(type.axes);
  return type.shape.length >= 4 && unordered ? { ...type, axes: "nchw" } : type;
}

function moduleName(graph: Graph, asked: string | undefined, framework: Framework): string {
  if (asked === undefined) return ownName(graph, framework);
  if (isIdentifier(asked) && !framework.names.includes(asked)) return asked;
  return fail("bad-name", `'${asked}' cannot be the name of the module`, {
    place: { kind: "flag", flag: "--name" },
    expected: `a Python name such as Net${framework.names.includes(asked) ? ", which the module does not use itself" : ""}`,
  });
}

/** A network's own name, or that of the one layer that is several in one; otherwise Net. */
function ownName(graph: Graph, framework: Framework): string {
  const [only, ...others] = graph.nodes;
  const composite = others.length === 0 && only?.layer.type === "composite" && only.layer.lead === undefined ? only.layer.op : undefined;
  const name = graph.format === "network" ? className(graph.name) : composite === undefined ? undefined : className(composite);
  return name === undefined || framework.names.includes(name) ? "Net" : name;
}

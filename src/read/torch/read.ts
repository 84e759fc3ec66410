import { InputError } from "../../graph/diagnostic.js";
import type { Graph, Node } from "../../graph/graph.js";
import { Inferrer } from "../../graph/inferrer.js";
import { writtenInputs } from "../../graph/written-input.js";
import type { ReadOnnxOptions } from "../onnx/read.js";
import { Readings } from "./module.js";
import { readTree, type PrintedModule } from "./tree.js";
import { INPUT, Walk } from "./walk.js";
import { printedWarnings } from "./warnings.js";

/**
 * Reads the text of `print(model)`: a tree of modules. Parameters are those that their arguments say; what a module of one's own does with its children is
 * not printed, so that shapes and MACs are known where the tree is a chain of nn.Sequential only.
 * @throws InputError for a text that is no whole tree
 */
export function readPrinted(text: string, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "standard input";
  const { root, rest } = readTree(text, path);
  const shape = writtenInputs([INPUT], options.input).get(INPUT);
  const { walk, output, isOpen } = walked(root, path, shape !== undefined);
  const isRead = walk.nodes.some(({ inputs }) => inputs.includes(INPUT));
  const unknown = output === undefined || output === INPUT;
  // A chain of known layers is as good as one that is typed: it can be written as code, and compared.
  const isWhole = !unknown && walk.nodes.every(({ inputs }) => inputs.length > 0);
  return {
    name: root.className,
    format: isWhole ? "spec" : "torch",
    source: path,
    nodes: walk.nodes,
    // Where nothing is known to read it, asking for its shape would not help.
    inputs: isRead || shape !== undefined ? [{ name: INPUT, type: shape && { shape } }] : [],
    openInputs: isOpen ? [{ name: INPUT, shape: null }] : undefined,
    outputs: !unknown ? [output] : isOpen ? [OUTPUT] : [],
    openOutputs: unknown && isOpen ? [{ name: OUTPUT, shape: null }] : undefined,
    warnings: printedWarnings(walk.facts, { isOpen, rest }),
  };
}

const OUTPUT = "output";

/** A chain is run from its input where that is typed, or its first layer says it. */
function walked(root: PrintedModule, path: string, typed: boolean) {
  const readings = new Readings(path);
  const walk = new Walk(readings, path);
  const output = walk.module(root, "", INPUT);
  const isChain = walk.nodes.some(({ inputs }) => inputs.includes(INPUT));
  if (typed || !isChain || runs(walk.nodes)) return { walk, output, isOpen: false };
  const open = new Walk(readings, path);
  open.module(root, "", undefined);
  return { walk: open, output: undefined, isOpen: true };
}

/** Whether the first layer says what it reads, as a linear one does, and the others can go on from there: they may want a sequence of such. */
function runs(nodes: readonly Node[]): boolean {
  const input = nodes.find(({ layer }) => layer.axes !== "any")?.layer.impliedInput;
  if (input === undefined) return false;
  const inferrer = new Inferrer();
  const values = new Map([[INPUT, inferrer.value(input, "plain")]]);
  try {
    for (const { name, layer, inputs, outputs } of nodes) {
      const made = inferrer.run(
        name,
        layer,
        inputs.flatMap((each) => values.get(each) ?? []),
      );
      outputs.forEach((each, index) => {
        const value = made.outputs[index];
        if (value !== undefined) values.set(each, value);
      });
    }
    return true;
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

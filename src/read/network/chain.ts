import type { Graph, Node } from "../../graph/graph.js";
import { elements } from "../../graph/shape.js";
import { expandSettled, type Expander, type ExpandOptions } from "./expand.js";
import type { Frame, Tensor } from "./frame.js";
import { LayerTexts } from "./layers.js";
import type { Action, Body, Instruction, Network } from "./program.js";
import { Reads } from "./reads.js";
import { format, type Scope, type Value } from "./scope.js";

/** Parts kept; a sweep of more is as right, and slower. */
const MAX_PARTS = 40_000;

interface Part {
  readonly graph: Graph;
  readonly output: Tensor;
}

/**
 * Expands a network into the parts that follow each other in it, each a graph of one input and one output. A part that comes again, in this
 * network or in the next with other parameters, is the same object: what is known of it need not be worked out twice.
 * @returns nothing for a network that is no chain of parts: one with taps across them, or several inputs or outputs
 */
export function chainExpander(network: Network): ((options?: ExpandOptions) => readonly Graph[] | undefined) | undefined {
  if (network.inputs.length !== 1 || network.outputs.length > 0 || !isChain(network)) return undefined;
  const texts = new LayerTexts();
  const parts = new Parts(network);
  return (options = {}) => {
    try {
      return expandSettled(network, texts, options, (expander) => parts.of(expander));
    } catch (error) {
      if (error instanceof NoChain) return undefined;
      throw error;
    }
  };
}

/** Thrown where parts are tied by more than one tensor, which only their expansion shows. */
class NoChain extends Error {}

/** No tap is taken up anywhere, and none is set between parts. */
function isChain({ layers, blocks }: Network): boolean {
  const free = (body: Body): boolean =>
    body.every(({ action, tap, otherwise }) => tap === undefined && free(otherwise) && bodiesOf(action).every(free) && !jumps(action));
  return free(layers) && [...blocks.values()].every(({ body }) => free(body));
}

function jumps({ kind }: Action): boolean {
  return kind === "from" || kind === "training";
}

function bodiesOf(action: Action): readonly Body[] {
  switch (action.kind) {
    case "sequence":
    case "training":
      return [action.body];
    case "residual":
      return [action.body, action.shortcut];
    case "join":
      return action.branches;
    default:
      return [];
  }
}

class Parts {
  private readonly known = new Map<string, Part>();
  private readonly numbers = new Map<Instruction, number>();
  private readonly reads: Reads;

  constructor(private readonly network: Network) {
    this.reads = new Reads(network);
  }

  of(expander: Expander): readonly Graph[] {
    const parts: Graph[] = [];
    this.walk(this.network.layers, expander.frame, expander, parts);
    return parts;
  }

  private walk(body: Body, frame: Frame, expander: Expander, parts: Graph[]): void {
    for (const instruction of body) {
      for (const round of expander.roundsOf(instruction, frame)) {
        if (!expander.holds(instruction, round)) this.walk(instruction.otherwise, round, expander, parts);
        else if (instruction.action.kind === "sequence") this.walk(instruction.action.body, round, expander, parts);
        else parts.push(this.part(instruction, round, expander));
      }
    }
  }

  private part(instruction: Instruction, frame: Frame, expander: Expander): Graph {
    const key = this.key(instruction, frame, expander);
    const found = this.known.get(key);
    if (found !== undefined) {
      const { shape, dtype, axes } = found.output.value;
      expander.current = { ...found.output, value: expander.value({ shape, dtype }, axes) };
      return found.graph;
    }
    const before = expander.current;
    const first = expander.nodes.length;
    expander.act(instruction.action, frame, instruction.place, undefined);
    const part = partOf(expander.nodes.slice(first), before, expander.current);
    if (this.known.size >= MAX_PARTS) this.known.clear();
    this.known.set(key, part);
    return part.graph;
  }

  /**
   * What decides the part that an instruction makes: the tensor it reads, and the text of its layers with the numbers put in, the block with
   * its arguments, or whatever it reads. So two widths that round to the same channels make one part.
   */
  private key(instruction: Instruction, frame: Frame, expander: Expander): string {
    const { value, input } = expander.current;
    const { action, place } = instruction;
    const tensor = `${value.shape.join()}|${value.dtype ?? ""}|${value.axes}|${input ?? ""}`;
    if (frame.calledAs === undefined && action.kind === "layers") return `${tensor}|text ${action.template.render(frame.scope)}`;
    const { scope: root } = expander.frame;
    if (frame.calledAs === undefined && action.kind === "call")
      return `${tensor}|block ${action.block}${valuesOf(this.reads.ofBlock(action.block), expander.bound(action, frame, place), root)}`;
    let number = this.numbers.get(instruction);
    if (number === undefined) this.numbers.set(instruction, (number = this.numbers.size));
    return `${tensor}|${number}${valuesOf(this.reads.of(instruction), frame.scope, root)}`;
  }
}

/** Values by name as one text: of a name that is bound anew here, the one outside too, which functions read. */
function valuesOf(names: readonly string[], scope: Scope, root: Scope): string {
  let text = "";
  for (const name of names) {
    const [read, outside] = [scope.get(name), root.get(name)];
    text += `|${valueText(read)}`;
    if (outside !== read) text += `/${valueText(outside)}`;
  }
  return text;
}

function valueText(value: Value | undefined): string {
  return typeof value === "number" ? String(value) : value === undefined ? "" : `${typeof value} ${format(value)}`;
}

function partOf(nodes: readonly Node[], input: Tensor, output: Tensor): Part {
  const own = new Set<string>([input.name]);
  for (const node of nodes) {
    if (node.inputs.some((name) => !own.has(name))) throw new NoChain();
    for (const name of node.outputs) own.add(name);
  }
  if (!own.has(output.name) || isPartOfLarger(nodes, input, output)) throw new NoChain();
  const { shape, dtype, axes } = input.value;
  const graph: Graph = {
    name: "part",
    format: "network",
    source: "part",
    inputs: [{ name: input.name, type: { shape, dtype }, axes }],
    nodes,
    outputs: [output.name],
  };
  return { graph, output };
}

/** Whether an output is a view of memory larger than itself, which stays alive with it. */
function isPartOfLarger(nodes: readonly Node[], input: Tensor, output: Tensor): boolean {
  const views = new Set(nodes.filter(({ layer }) => layer.type === "primitive" && layer.view === true).flatMap((node) => node.outputs));
  if (!views.has(output.name)) return false;
  return output.value.id !== input.value.id || elements(output.value.shape) !== elements(input.value.shape);
}

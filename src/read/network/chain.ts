import type { Node } from "../../graph/graph.js";
import type { InferredGraph } from "../../graph/inferrer.js";
import { elements } from "../../graph/shape.js";
import { Trie } from "../../graph/trie.js";
import { argumentsGiven, type Given } from "./arguments.js";
import { expandSettled, type ExpandOptions } from "./expand.js";
import type { Expander } from "./expander.js";
import type { Frame, Tensor } from "./frame.js";
import { LayerTexts } from "./layers.js";
import type { Action, Body, Instruction, Network } from "./program.js";
import { Reads } from "./reads.js";
import type { Scope, Value } from "./scope.js";

/** Parts kept; a sweep of more is as right, and slower. */
const MAX_PARTS = 20_000;

/** What is kept of a part: what was made of it, not its layers. */
interface Part<T> {
  readonly made: T;
  readonly output: Tensor;
}

/**
 * Expands a network into the parts that follow each other in it, each of one input and one output, and makes something of each. Of a
 * part that comes again, in this network or in the next with other parameters, it is the same: nothing is worked out twice.
 * @param make is given a part when it comes for the first time
 * @returns nothing for a network that is no chain of parts: one with taps across them, or several inputs or outputs
 */
export function chainExpander<T>(
  network: Network,
  make: (part: InferredGraph) => T,
): ((options?: ExpandOptions) => readonly T[] | undefined) | undefined {
  if (network.inputs.length !== 1 || network.outputs.length > 0 || !isChain(network)) return undefined;
  const texts = new LayerTexts();
  const parts = new Parts(network, make);
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

class Parts<T> {
  /** What parts read: tensors that are alike are one. */
  private readonly tensors = new Map<string, Tensor>();
  private known = new Trie<Part<T>>();
  private kept = 0;
  private readonly reads: Reads;

  constructor(
    private readonly network: Network,
    private readonly make: (part: InferredGraph) => T,
  ) {
    this.reads = new Reads(network);
  }

  of(expander: Expander): readonly T[] {
    const made: T[] = [];
    this.walk(this.network.layers, expander.frame, expander, this.tensor(expander.current), made);
    return made;
  }

  /** Adds what is made of each part of a body that reads a tensor; returns what it puts out. */
  private walk(body: Body, frame: Frame, expander: Expander, input: Tensor, made: T[]): Tensor {
    let at = input;
    for (const instruction of body) {
      for (const round of expander.roundsOf(instruction, frame)) {
        if (!expander.holds(instruction, round)) at = this.walk(instruction.otherwise, round, expander, at, made);
        else if (instruction.action.kind === "sequence") at = this.walk(instruction.action.body, round, expander, at, made);
        else {
          const part = this.part(instruction, round, expander, at);
          made.push(part.made);
          at = part.output;
        }
      }
    }
    return at;
  }

  private part(instruction: Instruction, frame: Frame, expander: Expander, input: Tensor): Part<T> {
    // The tensor comes last: many parts that are written alike read different ones.
    const place = this.written(instruction, frame, expander).in(input);
    const found = place.value;
    if (found !== undefined) {
      expander.current = found.output;
      return found;
    }
    // A tensor of another expansion has a number that is another one's here.
    const { current } = expander;
    const before = (expander.current = { ...current, value: expander.value(current.value, current.value) });
    const first = expander.nodes.length;
    expander.act(instruction.action, frame, instruction.place, undefined);
    const output = expander.current;
    requireOnePiece(expander.nodes.slice(first), before, output);
    const made = this.make({ inputs: [before.value], layers: expander.inferred.slice(first), outputs: [output.value] });
    const part = { made, output: this.tensor(output) };
    if (++this.kept > MAX_PARTS) {
      this.tensors.clear();
      [this.known, this.kept] = [new Trie(), 0];
    }
    return (place.value = part);
  }

  private tensor(tensor: Tensor): Tensor {
    const { value, input, imageOrder } = tensor;
    const text = `${value.shape.join()}|${value.dtype ?? ""}|${value.axes}|${imageOrder}|${value.ownOrder === true}|${input ?? ""}`;
    const known = this.tensors.get(text);
    if (known !== undefined) return known;
    this.tensors.set(text, tensor);
    return tensor;
  }

  /**
   * Where the parts stand that an instruction makes, by what decides them besides the tensor that they read: the text of its layers with the numbers
   * put in, the block with its arguments, or whatever it reads. So two widths that round to the same channels make one part.
   */
  private written(instruction: Instruction, frame: Frame, { root }: Expander): Trie<Part<T>> {
    const { action } = instruction;
    if (frame.calledAs === undefined && action.kind === "layers") return this.known.in("text").in(action.template.render(frame.scope));
    if (frame.calledAs === undefined && action.kind === "call") {
      const given = inGiven(this.known.in(action.block), argumentsGiven(action.args, frame.scope));
      return inValues(given, this.reads.ofBlock(action.block), root, root);
    }
    return inValues(this.known.in(instruction), this.reads.of(instruction), frame.scope, root);
  }
}

function inGiven<T>(trie: Trie<T>, { positional, named }: Given): Trie<T> {
  let at = trie.in(positional.length).in(named.size);
  for (const value of positional) at = at.in(plain(value));
  for (const [name, value] of named) at = at.in(name).in(plain(value));
  return at;
}

/** By the values of some names: of a name that is bound anew here, the one outside too, which functions read. */
function inValues<T>(trie: Trie<T>, names: readonly string[], scope: Scope, root: Scope): Trie<T> {
  let at = trie;
  for (const name of names) {
    const [read, outside] = [scope.get(name), root.get(name)];
    at = at.in(plain(read));
    if (outside !== read) at = at.in(OUTSIDE).in(plain(outside));
  }
  return at;
}

const OUTSIDE = Symbol("outside");

/** What is the same for the same value, which lists are not, and for no other: texts have quotation marks. */
function plain(value: Value | undefined): unknown {
  return typeof value === "number" ? value : JSON.stringify(value);
}

/** Throws `NoChain` where some nodes read more than the input, or what is after them needs more than their output. */
function requireOnePiece(nodes: readonly Node[], input: Tensor, output: Tensor): void {
  const own = new Set<string>([input.name]);
  for (const node of nodes) {
    if (node.inputs.some((name) => !own.has(name))) throw new NoChain();
    for (const name of node.outputs) own.add(name);
  }
  if (!own.has(output.name) || isPartOfLarger(nodes, input, output)) throw new NoChain();
}

/** Whether an output is a view of memory larger than itself, which stays alive with it. */
function isPartOfLarger(nodes: readonly Node[], input: Tensor, output: Tensor): boolean {
  const views = new Set(nodes.filter(({ layer }) => layer.type === "primitive" && layer.view === true).flatMap((node) => node.outputs));
  if (!views.has(output.name)) return false;
  return output.value.id !== input.value.id || elements(output.value.shape) !== elements(input.value.shape);
}

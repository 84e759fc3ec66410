import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Graph, Node } from "../../graph/graph.js";
import { Inferrer, type InferredLayer, type TypedValue } from "../../graph/inferrer.js";
import { isLayout, type Layer, type Primitive, type TensorType } from "../../graph/layer.js";
import { channelAxis } from "../../graph/layout.js";
import { calledAs } from "../../ops/called-as.js";
import { concat, elementwiseJoin, split } from "../../ops/join.js";
import { madeBy, TURNED, turnTo, UNORDERED, type Between } from "../../ops/tensor/turn.js";
import { trainingOnly } from "../../ops/training-only.js";
import { argumentsGiven, bindAll, bindArguments, NONE } from "./arguments.js";
import { closest } from "../notation/closest.js";
import { indexed, inScope, Taps, unique, type Frame, type Tensor } from "./frame.js";
import { builtins } from "./functions.js";
import type { NetworkInputs } from "./inputs.js";
import type { LayerTexts } from "./layers.js";
import type { Action, Block, Body, Function, Instruction, Network } from "./program.js";
import { isList, kindOf, Scope, type Budget, type Call, type Value } from "./scope.js";
import { bindEach, truth, whole } from "./values.js";

/** Steps that one file may take, however often it is expanded until its inputs are settled. */
export const MAX_STEPS = 500_000;
const MAX_CALLS = 64;

function between({ value: { axes }, imageOrder }: Tensor): Between {
  return { axes, imageOrder };
}

/** Where the channels of a tensor are: second, unless its order says otherwise. */
function channelAxisOf({ axes, shape }: TypedValue): number {
  return isLayout(axes) ? channelAxis(axes, shape.length) : 1;
}

function channelsOf(value: TypedValue): number {
  return value.shape[channelAxisOf(value)] ?? value.shape[0] ?? 1;
}

/** One expansion of a network: runs instructions, which add nodes and move the current tensor on. */
export class Expander {
  private readonly inferrer = new Inferrer();
  private readonly nodes: Node[] = [];
  private depth = 0;
  /** Whether an image was turned between layers of two frameworks. */
  private turned = false;
  /** The parameters, and what the file binds for all of it. */
  private readonly root: Scope;
  private current: Tensor;
  private readonly graphInputs: Graph["inputs"];
  private readonly taps = new Taps();

  constructor(
    private readonly network: Network,
    private readonly texts: LayerTexts,
    private readonly inputs: NetworkInputs,
    values: ReadonlyMap<string, Value>,
    budget: Budget,
  ) {
    const own = new Map<string, Call>();
    this.root = new Scope(budget, new Scope(budget, undefined, builtins), own);
    for (const [name, value] of values) this.root.set(name, value);
    for (const called of network.functions) own.set(called.name, (args, place) => this.evaluated(called, args, place));
    bindAll(network.lets, this.root);
    const types = inputs.types(this.root);
    const tensors = types.map(({ name, shape, dtype, axes, ownOrder }): Tensor => {
      // The order of an input is that of the layer that reads it: of that layer's framework it is, too.
      return { name, value: this.inferrer.value({ shape, dtype }, axes, ownOrder), input: name, imageOrder: axes === "nhwc" ? "nhwc" : "nchw" };
    });
    const [first] = tensors;
    if (first === undefined) throw new Error("a network has an input");
    for (const tensor of tensors) this.taps.set(tensor.name, tensor);
    this.graphInputs = types.map(({ name, shape, dtype }) => ({ name, type: { shape, dtype } }));
    this.current = first;
    this.root.set("shape", () => this.current.value.shape);
    this.root.set("in_channels", () => channelsOf(this.current.value));
  }

  /** Runs all of the network. Throws `empty-spec`, and whatever its entries throw. */
  graph(name: string): Graph {
    this.run(this.network.layers, { scope: this.root, prefix: "", used: new Map(), taps: this.taps, calls: 0, training: false });
    if (this.nodes.length === 0) fail("empty-spec", "this network has no layer", { expected: "at least one entry under `layers`" });
    const { outputs } = this.network;
    const named = new Map<string, string>();
    const results =
      outputs.length === 0
        ? [{ name: "output", tensor: this.current }]
        : outputs.map((output) => ({ name: output.name, tensor: this.tap(output.tap.render(this.root), this.taps, output.tap.snippet.place(0, 1)) }));
    for (const { name: outputName, tensor } of results)
      if (tensor.input !== tensor.name && !named.has(tensor.name)) named.set(tensor.name, outputName);
    const renamed = (tensor: string) => named.get(tensor) ?? tensor;
    return {
      name,
      format: "network",
      source: this.network.source,
      inputs: this.graphInputs,
      nodes: this.nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) })),
      outputs: results.map(({ tensor }) => renamed(tensor.name)),
      warnings: this.turned ? [TURNED] : undefined,
    };
  }

  /** The value of a function of the file. Functions may call each other, and themselves, only so deep. Throws `too-deep`. */
  private evaluated(called: Function, args: readonly Value[], place: Place): Value {
    if (this.depth >= MAX_CALLS) {
      fail("too-deep", `functions are called more than ${MAX_CALLS} deep`, {
        place,
        hint: "a function that calls itself needs a condition that ends it",
      });
    }
    this.depth += 1;
    try {
      return called.body(bindArguments(this.root, called, { positional: args, named: NONE }, place));
    } finally {
      this.depth -= 1;
    }
  }

  private run(body: Body, frame: Frame): void {
    for (const instruction of body) this.execute(instruction, frame);
  }

  private execute(instruction: Instruction, frame: Frame): void {
    for (const round of this.roundsOf(instruction, frame)) this.once(instruction, round);
  }

  /** Where each round of an entry runs: once, as often as it is repeated, or for each element of its list. */
  private roundsOf({ rounds, place, calledAs: how }: Instruction, outer: Frame): readonly Frame[] {
    const frame = how === undefined ? outer : { ...outer, calledAs: how };
    if (rounds === undefined) return [frame];
    const list = rounds.kind === "for" ? rounds.list(frame.scope) : this.range(rounds.times(frame.scope), place);
    const names = rounds.kind === "for" ? rounds.names : rounds.as === undefined ? ["_"] : [rounds.as];
    return bindEach(names, list, frame.scope, place).map((scope) => inScope(frame, scope));
  }

  /** Whether the condition of an entry, if it has one, holds. */
  holds({ condition, place }: Instruction, { scope }: Frame): boolean {
    scope.budget.spend(1, place);
    return condition === undefined || truth(condition(scope));
  }

  /** A tensor's value that no node of this expansion makes. */
  value(type: TensorType, { axes, ownOrder }: Pick<TypedValue, "axes" | "ownOrder">): TypedValue {
    return this.inferrer.value(type, axes, ownOrder);
  }

  private range(times: Value, place: Place): readonly number[] {
    if (typeof times !== "number" || !Number.isInteger(times) || times < 0)
      return fail("bad-value", `a repeat takes a whole number, and this is ${typeof times === "number" ? times : kindOf(times)}`, { place });
    // Not spent, but never more than there could be.
    if (times > MAX_STEPS) this.root.budget.spend(times, place);
    return Array.from({ length: times }, (_, index) => index);
  }

  private once(instruction: Instruction, frame: Frame): void {
    const { action, otherwise, tap, name, place } = instruction;
    const { scope } = frame;
    if (!this.holds(instruction, frame)) return this.run(otherwise, frame);
    const own = name?.render(scope);
    this.act(action, own === undefined || action.kind === "call" ? frame : this.inside(frame, own), place, own);
    const tapped = tap?.render(scope);
    if (tapped !== undefined) frame.taps.set(tapped, this.current);
  }

  private inside(frame: Frame, name: string): Frame {
    return { ...frame, prefix: `${frame.prefix}${unique(frame, name)}.`, used: new Map() };
  }

  /** Does what an entry says, once. */
  private act(action: Action, frame: Frame, place: Place, own: string | undefined): void {
    switch (action.kind) {
      case "layers":
        return this.layers(action, frame, place);
      case "sequence":
        return this.run(action.body, frame);
      case "call":
        return this.call(action, frame, place, own);
      case "from":
        this.current = this.tap(action.tap.render(frame.scope), frame.taps, place);
        return;
      case "training":
        return this.run(action.body, { ...frame, training: true });
      case "residual":
        return this.residual(action, frame, place);
      case "join":
        return this.join(action, frame, place);
    }
  }

  private layers({ template }: Extract<Action, { kind: "layers" }>, frame: Frame, place: Place): void {
    for (const statement of this.texts.read(template, frame.scope)) {
      if (statement.kind === "input") fail("unexpected-input", "an input stands under `input`, not among the layers", { place });
      this.root.budget.spend(1, place);
      const name = statement.name === undefined ? indexed(frame) : unique(frame, statement.name);
      const read = this.inOrder(this.current, turnTo(statement.layer, between(this.current)), frame, place);
      this.current = this.add(name, statement.layer, [read], frame, place, statement.at)[0];
    }
  }

  /** A tensor as the layer after it reads it: turned, where that one is of another framework. */
  private inOrder(tensor: Tensor, turn: Primitive | undefined, frame: Frame, place: Place): Tensor {
    if (turn === undefined) return tensor;
    this.turned = true;
    return this.add(unique(frame, "turn"), turn, [tensor], frame, place)[0];
  }

  /** Tensors that are joined, all in the order of the first. */
  private alike(tensors: readonly Tensor[], frame: Frame, place: Place): readonly Tensor[] {
    const order = tensors.find(({ value }) => isLayout(value.axes));
    if (order === undefined || !isLayout(order.value.axes)) return tensors;
    const like = { axes: order.value.axes, imageOrder: order.imageOrder };
    return tensors.map((tensor) => this.inOrder(tensor, turnTo(like, between(tensor)), frame, place));
  }

  private add(
    name: string,
    layer: Layer,
    inputs: readonly Tensor[],
    frame: Frame,
    place: Place,
    at?: readonly number[],
  ): readonly [Tensor, ...Tensor[]] {
    const decides = layer.axes !== "any" && (!isLayout(layer.axes) || layer.ranks !== undefined);
    for (const { input } of inputs) if (input !== undefined && decides) this.inputs.settle(input, layer, this.root);
    const called = frame.calledAs === undefined ? layer : calledAs(frame.calledAs, layer);
    const run = frame.training ? trainingOnly(called) : called;
    const full = `${frame.prefix}${name}`;
    const inferred = this.infer(full, run, inputs, place);
    const { outputs } = inferred;
    const input = decides ? undefined : inputs[0]?.input;
    const [source] = inputs;
    const { imageOrder } = source === undefined ? UNORDERED : madeBy(layer, between(source));
    const made = outputs.map((value, index): Tensor => ({
      name: `t${this.nodes.length}${index === 0 ? "" : `.${index}`}`,
      value,
      input,
      imageOrder,
    }));
    this.nodes.push({ name: full, layer: run, inputs: inputs.map((tensor) => tensor.name), outputs: made.map((tensor) => tensor.name), at, place });
    const [first, ...rest] = made;
    if (first === undefined) throw new Error(`${layer.op} has no output`);
    return [first, ...rest];
  }

  private infer(name: string, layer: Layer, inputs: readonly Tensor[], place: Place): InferredLayer {
    try {
      return this.inferrer.run(
        name,
        layer,
        inputs.map((tensor) => tensor.value),
      );
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const { diagnostic } = error;
      throw new InputError({ ...diagnostic, message: `layer ${name}: ${diagnostic.message}`, place });
    }
  }

  private call(action: Extract<Action, { kind: "call" }>, frame: Frame, place: Place, own: string | undefined): void {
    if (frame.calls >= MAX_CALLS) {
      fail("too-deep", `blocks are called more than ${MAX_CALLS} deep`, { place, hint: "a block that calls itself needs an `if` that ends it" });
    }
    const block = this.block(action.block);
    const scope = bindArguments(this.root, block, argumentsGiven(action.args, frame.scope), place);
    bindAll(block.lets, scope);
    const taps = new Taps(frame.taps);
    this.run(block.body, { ...this.inside(frame, own ?? action.block), scope, taps, calls: frame.calls + 1 });
  }

  private block(name: string): Block {
    const block = this.network.blocks.get(name);
    if (block === undefined) throw new Error(`block ${name} was known when the file was read`);
    return block;
  }

  private residual({ body, shortcut, when }: Extract<Action, { kind: "residual" }>, frame: Frame, place: Place): void {
    const start = this.current;
    const joins = when === undefined || truth(when(frame.scope));
    this.run(body, frame);
    if (!joins) return;
    const main = this.current;
    this.current = start;
    this.run(shortcut, frame);
    this.current = this.add(unique(frame, "add"), elementwiseJoin("add"), this.alike([main, this.current], frame, place), frame, place)[0];
  }

  private join({ join, branches, axis, split: parts }: Extract<Action, { kind: "join" }>, frame: Frame, place: Place): void {
    const start = this.current;
    const along = axis === undefined ? channelAxisOf(start.value) : whole(axis(frame.scope), "an axis", place);
    const starts = parts === undefined ? branches.map(() => start) : this.divided(parts(frame.scope), along, branches.length, frame, place);
    const ends = branches.map((branch, index) => {
      this.current = starts[index] ?? start;
      this.run(branch, frame);
      return this.current;
    });
    const joined = this.alike(ends, frame, place);
    const [first = start] = joined;
    const layer = join === "concat" ? concat(axis === undefined ? channelAxisOf(first.value) : along) : elementwiseJoin(join);
    this.current = this.add(unique(frame, join), layer, joined, frame, place)[0];
  }

  private divided(parts: Value, axis: number, branches: number, frame: Frame, place: Place): readonly Tensor[] {
    const sizes = isList(parts) ? parts.map((size) => whole(size, "the size of a part", place)) : whole(parts, "the number of parts", place);
    const count = typeof sizes === "number" ? sizes : sizes.length;
    if (count !== branches) fail("bad-value", `there are ${count} parts and ${branches} branches`, { place, expected: "a branch for each part" });
    return this.add(unique(frame, "split"), split(sizes, axis), [this.current], frame, place);
  }

  private tap(name: string, taps: Taps, place: Place): Tensor {
    const found = taps.get(name);
    if (found !== undefined) return found;
    const near = closest(name, taps.names());
    return fail("unknown-tap", `there is no tap \`${name}\` before this`, {
      place,
      expected: "the name of an input, or of a `tap` that stands before",
      hint: near === undefined ? undefined : `did you mean \`${near}\`?`,
    });
  }
}

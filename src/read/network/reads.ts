import type { Expression } from "./expression.js";
import type { Body, Instruction, Network } from "./program.js";
import type { Template } from "./template.js";

/**
 * The names whose values decide what an instruction makes, besides the shape it reads: those of its expressions, and of the blocks and
 * functions that it calls. Some that are bound inside are among them, which does no harm.
 */
export class Reads {
  private readonly known = new Map<Instruction | string, readonly string[]>();

  constructor(private readonly network: Network) {}

  of(instruction: Instruction): readonly string[] {
    return this.listed(instruction, (names) => {
      this.instruction(instruction, names, new Set());
    });
  }

  /** The names that decide what a block makes once its arguments are bound. */
  ofBlock(block: string): readonly string[] {
    return this.listed(block, (names) => {
      this.block(block, names, new Set());
    });
  }

  private listed(of: Instruction | string, collect: (names: Set<string>) => void): readonly string[] {
    const found = this.known.get(of);
    if (found !== undefined) return found;
    const names = new Set<string>();
    collect(names);
    const list = [...names].filter((name) => name !== "shape" && name !== "in_channels");
    this.known.set(of, list);
    return list;
  }

  private body(body: Body, names: Set<string>, seen: Set<string>): void {
    for (const instruction of body) this.instruction(instruction, names, seen);
  }

  private instruction({ action, condition, otherwise, rounds }: Instruction, names: Set<string>, seen: Set<string>): void {
    this.expressions([condition, rounds?.kind === "repeat" ? rounds.times : rounds?.list], names, seen);
    this.body(otherwise, names, seen);
    switch (action.kind) {
      case "layers":
        return this.expressions([action.template], names, seen);
      case "call":
        this.expressions([...action.args.positional, ...action.args.named.map(({ value }) => value)], names, seen);
        return this.block(action.block, names, seen);
      case "from":
        return this.expressions([action.tap], names, seen);
      case "residual":
        this.expressions([action.when], names, seen);
        this.body(action.shortcut, names, seen);
        return this.body(action.body, names, seen);
      case "join":
        this.expressions([action.axis, action.split], names, seen);
        for (const branch of action.branches) this.body(branch, names, seen);
        return;
      default:
        return this.body(action.body, names, seen);
    }
  }

  private block(name: string, names: Set<string>, seen: Set<string>): void {
    const block = this.network.blocks.get(name);
    if (block === undefined || seen.has(`block ${name}`)) return;
    seen.add(`block ${name}`);
    for (const parameter of block.parameters) names.add(parameter.name);
    this.expressions([...block.parameters.map(({ otherwise }) => otherwise), ...block.lets.map(({ value }) => value)], names, seen);
    this.body(block.body, names, seen);
  }

  private expressions(list: readonly (Expression | Template | undefined)[], names: Set<string>, seen: Set<string>): void {
    for (const expression of list) {
      for (const name of expression?.names ?? []) {
        names.add(name);
        this.called(name, names, seen);
      }
    }
  }

  private called(name: string, names: Set<string>, seen: Set<string>): void {
    const called = this.network.functions.find((each) => each.name === name);
    if (called === undefined || seen.has(`function ${name}`)) return;
    seen.add(`function ${name}`);
    this.expressions([called.body, ...called.parameters.map(({ otherwise }) => otherwise)], names, seen);
  }
}

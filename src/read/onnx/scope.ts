import { fail, type Place } from "../../graph/diagnostic.js";
import type { Operand } from "./operand.js";

/** The tensors of a graph by name. The graphs inside its nodes see them too; a function's do not. */
export class Scope {
  private readonly operands = new Map<string, Operand>();

  constructor(private readonly outer?: Scope) {}

  has(name: string): boolean {
    return this.operands.has(name);
  }

  get(name: string): Operand | undefined {
    return this.operands.get(name) ?? this.outer?.get(name);
  }

  /** Throws `bad-onnx` where the graph has a tensor of that name: ONNX's graphs are in static single assignment. */
  set(name: string, operand: Operand, place: Place): void {
    if (name === "") return;
    const { size } = this.operands;
    this.operands.set(name, operand);
    if (this.operands.size === size) fail("bad-onnx", `the tensor \`${name}\` is made twice`, { place, expected: "another name for each tensor" });
  }

  read(name: string, place: Place): Operand {
    if (name === "") return { kind: "none" };
    const found = this.get(name);
    return found ?? fail("bad-onnx", `nothing before this makes \`${name}\``, { place, expected: "a graph in execution order, without cycles" });
  }
}

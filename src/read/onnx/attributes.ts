import { fail } from "../../graph/diagnostic.js";
import { resolveAxis } from "../../ops/primitive.js";
import { atLeast, oneOf } from "./limits.js";
import type { NodeFacts, OnnxNode } from "./operand.js";

/** A whole-number attribute, or its default. Throws `bad-attribute` for one that is less than it can be, or of another type. */
export function int(node: NodeFacts, name: string, otherwise: number): number {
  const found = node.attributes.get(name);
  return found === undefined ? otherwise : atLeast(node.op, name, found.i ?? ofOtherType(node, name, "a whole number"));
}

/** Whether a whole-number attribute is on. Every number but 0 turns it on, as in ONNX's shape inference and onnxruntime. */
export function isSet(node: NodeFacts, name: string, otherwise = false): boolean {
  return int(node, name, otherwise ? 1 : 0) !== 0;
}

/** A text attribute, or its default. Throws `bad-attribute` for one of another type. */
export function text(node: NodeFacts, name: string, otherwise: string): string {
  const found = node.attributes.get(name);
  if (found === undefined) return otherwise;
  return oneOf(node.op, name, found.s ?? ofOtherType(node, name, "a text"));
}

/** A list of whole numbers; nothing where it is left out. Throws `bad-attribute` for one that is less than it can be, or of another type. */
export function ints(node: NodeFacts, name: string): readonly number[] | undefined {
  const found = node.attributes.get(name);
  if (found === undefined) return undefined;
  if (found.i !== undefined || found.f !== undefined || found.s !== undefined || found.t !== undefined || found.floats.length > 0)
    ofOtherType(node, name, "whole numbers");
  return found.ints.length === 0 ? undefined : found.ints.map((value) => atLeast(node.op, name, value));
}

function ofOtherType(node: NodeFacts, name: string, expected: string): never {
  return fail("bad-attribute", `${name} of ${node.op} has another type`, { expected });
}

/** A list attribute with a number for each spatial axis. Throws `bad-attribute` for one of another length. */
export function perAxis(node: OnnxNode, name: string, rank: number, otherwise: number): readonly number[] {
  const list = ints(node, name) ?? Array<number>(rank).fill(otherwise);
  if (list.length === rank && list.every((value) => value >= otherwise && Number.isSafeInteger(value))) return list;
  return fail("bad-attribute", `${name} of ${node.op} is ${list.join(", ")}`, { expected: `${rank} whole numbers from ${otherwise} on` });
}

/** The `axis` of a node, counted from the front. Throws `bad-axis`. */
export function axisOf(node: OnnxNode, rank: number, otherwise: number): number {
  return resolveAxis(node.op, int(node, "axis", otherwise), rank);
}

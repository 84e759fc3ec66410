import { fail } from "../../graph/diagnostic.js";
import { isExactly, isWithin } from "../../graph/fits.js";
import { own } from "../../graph/own.js";
import { formatShape, type OpenShape, type Shape } from "../../graph/shape.js";
import { outputElements, tensor, type AtenCall } from "./call.js";
import { INPUTS } from "./inputs.js";
import { outputElementsOf } from "./outputs.js";

/** The shapes that the tensors of a call must have, by the argument; null is any size. */
export interface Ports {
  readonly exact?: Readonly<Record<string, OpenShape | undefined>>;
  /** Those that broadcast to a shape and do not widen it. */
  readonly within?: Readonly<Record<string, OpenShape | undefined>>;
}

/** What the other tensors of a call must be. */
export type Expected = (call: AtenCall) => Ports;

/**
 * Refuses a call that contradicts itself: a weight of another size than the operator reads, an output of other elements than it makes.
 * Throws `shape-mismatch`.
 */
export function checkCall(call: AtenCall): void {
  const { exact = {}, within = {} } = own(INPUTS, call.op)?.(call) ?? {};
  for (const [name, wanted] of Object.entries(exact)) refuse(call, name, wanted, isExactly);
  for (const [name, wanted] of Object.entries(within)) refuse(call, name, wanted, isWithin);
  const made = call.outputs.length === 0 ? undefined : outputElementsOf(call);
  if (made !== undefined && made !== outputElements(call)) {
    fail("shape-mismatch", `${call.op} makes ${made} elements of its inputs, and the file says ${formatShape(call.outputs[0]?.shape ?? [])}`, {
      expected: "the shape that the operator makes",
    });
  }
}

function refuse(call: AtenCall, name: string, wanted: OpenShape | undefined, fits: (shape: Shape, wanted: OpenShape) => boolean): void {
  const shape = tensor(call, name)?.shape;
  if (shape === undefined || wanted === undefined || fits(shape, wanted)) return;
  fail("shape-mismatch", `${name} of ${call.op} is ${formatShape(shape)}`, { expected: formatShape(wanted) });
}

import { fail } from "../../graph/diagnostic.js";
import { isExactly, isWithin } from "../../graph/fits.js";
import { formatShape, type OpenShape, type Shape } from "../../graph/shape.js";
import { given, shapeOf, type NodeFacts, type Rule } from "./operand.js";

/** The shapes that the inputs of one operator must have; null is any size, undefined any shape. */
export interface Ports {
  /** Exactly these, by the position of the input. */
  readonly exact?: Readonly<Record<number, OpenShape | undefined>>;
  /** Those that broadcast to a shape, and do not widen it (ONNX, unidirectional broadcasting). */
  readonly within?: Readonly<Record<number, OpenShape | undefined>>;
  /** One number for the whole tensor, or one for each of so many: scales and zero points. */
  readonly each?: Readonly<Record<number, number | null | undefined>>;
  /** Inputs that must be there. */
  readonly needs?: readonly number[];
}

/** What the inputs of an operator must be, worked out from the others. */
export type Expected = (node: NodeFacts, shape: (index: number) => Shape | undefined) => Ports;

export type PortTable = Readonly<Record<string, Expected>>;

/** What several say of an operator's ports, each of others. */
export const both =
  (...all: readonly Expected[]): Expected =>
  (node, shape) =>
    all.reduce<Ports>((joined, expected) => {
      const { exact, within, each, needs } = expected(node, shape);
      return {
        exact: { ...joined.exact, ...exact },
        within: { ...joined.within, ...within },
        each: { ...joined.each, ...each },
        needs: [...(joined.needs ?? []), ...(needs ?? [])],
      };
    }, {});

/** A rule that first refuses inputs of other shapes than its operator reads. Throws `shape-mismatch`, `bad-onnx`. */
export function checked(rule: Rule, expected: Expected | undefined): Rule {
  if (expected === undefined) return rule;
  return (node) => {
    check(
      node,
      expected(node, (index) => shapeOf(node.inputs[index])),
    );
    return rule(node);
  };
}

function check(node: NodeFacts, { exact = {}, within = {}, each = {}, needs = [] }: Ports): void {
  for (const index of needs)
    if (!given(node.inputs[index])) fail("bad-onnx", `${node.op} has no input ${index}`, { expected: "an operator with all of its weights" });
  for (const [at, wanted] of Object.entries(exact)) refuse(node, Number(at), wanted, isExactly);
  for (const [at, wanted] of Object.entries(within)) refuse(node, Number(at), wanted, isWithin);
  for (const [at, count] of Object.entries(each)) if (count !== undefined) refuse(node, Number(at), [count], isEach);
}

function refuse(node: NodeFacts, index: number, wanted: OpenShape | undefined, fits: (shape: Shape, wanted: OpenShape) => boolean): void {
  const operand = node.inputs[index];
  const shape = given(operand) ? shapeOf(operand) : undefined;
  if (shape === undefined || wanted === undefined || fits(shape, wanted)) return;
  const expected = fits === isEach ? `one value${wanted[0] === 1 ? "" : `, or ${formatShape(wanted)}`}` : formatShape(wanted);
  fail("shape-mismatch", `input ${index} of ${node.op} is ${formatShape(shape)}`, { expected });
}

function isEach(shape: Shape, wanted: OpenShape): boolean {
  return shape.length === 0 || (shape.length === 1 && (shape[0] === 1 || isExactly(shape, wanted)));
}

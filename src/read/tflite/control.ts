import { InputError } from "../../graph/diagnostic.js";
import { fixed } from "../onnx/fixed.js";
import { shapeOf, typeOf, unknown, valuesOf, type OnnxNode, type Operand, type Result, type Rule } from "../onnx/operand.js";
import { bodyOf, chosen } from "../onnx/operators/control.js";
import { nodesIn, sameShape } from "../onnx/operators/loop.js";

/** Iterations of a WHILE whose count is worked out, at most, and their nodes. */
const MAX_COUNTED = 1_000;
const MAX_NODES = 20_000;

/** WHILE: `cond` and `body` over the same tensors. Its iterations are counted where what decides them is known, as a counter is. */
export const loop: Rule = (node) => {
  const [cond, body] = [bodyOf(node, "cond"), bodyOf(node, "body")];
  const ran = counted(node);
  if (ran?.trips === 0) return { kind: "operands", operands: node.inputs };
  if (ran === undefined) {
    const inputs = node.inputs.map((operand) => node.bodies.varying(operand));
    const reason = "how often a WHILE runs depends on the data: one iteration is counted";
    node.bodies.add(fixed({ op: "WHILE", outputs: [], uncounted: { of: "cost", reason } }), []);
    node.bodies.run(cond, inputs, "cond");
    return finished(node.bodies.run(body, inputs, "body"), inputs, reason);
  }
  const { trips, carried } = ran;
  const inputs = node.inputs.map((operand, index) => carriedBy(node, operand, carried[index]));
  node.bodies.run(cond, inputs, "cond", BigInt(trips + 1));
  return finished(node.bodies.run(body, inputs, "body", BigInt(trips)), inputs, "the tensors of a WHILE change their shapes");
};

/** What an iteration reads: a list that the first one fills has its shape from there on. */
function carriedBy(node: OnnxNode, first: Operand, last: Operand | undefined): Operand {
  const shape = first.kind === "unknown" ? shapeOf(last) : undefined;
  return shape === undefined ? node.bodies.varying(first) : node.bodies.slice(shape, typeOf(last));
}

function finished(outputs: readonly Operand[], inputs: readonly Operand[], reason: string): Result {
  return {
    kind: "operands",
    operands: outputs.map((operand, index) => (sameShape(operand, inputs[index]) ? operand : { kind: "unknown", reason, shape: shapeOf(operand) })),
  };
}

/** How often the body runs, and what it makes in the end; nothing where that depends on the data. */
function counted(node: OnnxNode): { readonly trips: number; readonly carried: readonly Operand[] } | undefined {
  let carried = node.inputs;
  const most = Math.min(MAX_COUNTED, MAX_NODES / (nodesIn(bodyOf(node, "cond")) + nodesIn(bodyOf(node, "body"))));
  for (let trips = 0; trips <= most; trips++) {
    const [goesOn] = tried(node, "cond", carried) ?? [];
    const value = valuesOf(goesOn)?.[0];
    if (value === undefined) return undefined;
    if (value === 0) return { trips, carried };
    const next = tried(node, "body", carried);
    if (next === undefined) return undefined;
    carried = next;
  }
  return undefined;
}

function tried(node: OnnxNode, name: "cond" | "body", inputs: readonly Operand[]): readonly Operand[] | undefined {
  try {
    return node.bodies.attempt(name, () => node.bodies.run(bodyOf(node, name), inputs, name)).outputs;
  } catch (error) {
    if (error instanceof InputError && error.diagnostic.code !== "too-large") return undefined;
    throw error;
  }
}

/** Operators that run other graphs of the model on their inputs. */
export const control: Readonly<Record<string, Rule>> = {
  IF: (node) => chosen(node, ["then", "else"], node.inputs.slice(1)),
  WHILE: loop,
  STABLEHLO_WHILE: loop,
  // A library's operator: what it is made of stands in the file.
  STABLEHLO_COMPOSITE: (node) => {
    const decomposition = node.attributes.get("decomposition")?.g;
    if (decomposition === undefined) return unknown("what this operator is made of is not in the file");
    return { kind: "operands", operands: node.bodies.run(decomposition, node.inputs, "") };
  },
  CALL: (node) => ({ kind: "operands", operands: node.bodies.run(bodyOf(node, "subgraph"), node.inputs, "call") }),
  // It runs when the model is loaded, and not with each input: only what it stores counts.
  CALL_ONCE: (node) => {
    node.bodies.attempt("once", () => node.bodies.run(bodyOf(node, "subgraph"), [], "once")).spare();
    return { kind: "operands", operands: [] };
  },
};

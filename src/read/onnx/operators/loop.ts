import { Origins } from "../origins.js";
import { fail, InputError } from "../../../graph/diagnostic.js";
import { joined, noValues, sizes, truths } from "../../../graph/values.js";
import { fixed } from "../fixed.js";
import {
  constantOf,
  FEW,
  given,
  shapeOf,
  typedValuesOf,
  typeOf,
  valuesOf,
  type Attempt,
  type OnnxNode,
  type Operand,
  type Result,
  type Rule,
} from "../operand.js";
import type { GraphProto } from "../schema.js";

/** Nodes that a loop is unrolled to at most. */
const MAX_UNROLLED = 20_000;
/** Iterations of a loop over nothing but known values that are worked out, as programs that compute shapes have. */
const MAX_COMPUTED = 1_000;

const TRUE: Operand = constantOf("true", [], truths([true]));
const number = (value: number): Operand => constantOf(String(value), [], sizes([value]));

interface Head {
  readonly body: GraphProto;
  readonly initial: readonly Operand[];
  /** Iterations at most: nothing where that is not known, and no end where none is said. */
  readonly trips: number | undefined;
  readonly open: number | undefined;
}

/** Whether two operands are tensors of one shape. */
export function sameShape(a: Operand | undefined, b: Operand | undefined): boolean {
  const [left, right] = [shapeOf(a), shapeOf(b)];
  return left !== undefined && right !== undefined && left.join() === right.join();
}

/**
 * Loop (ONNX, version 13). A body whose tensors keep their shapes is counted once and taken times the iterations; one whose tensors grow is
 * unrolled. Where the number of iterations depends on the data, one is counted, and said to be at least what there is.
 */
export const loop: Rule = (node) => {
  const [m, cond, ...initial] = node.inputs;
  const body = node.attributes.get("body")?.g ?? fail("bad-onnx", "Loop has no body");
  const head: Head = {
    body,
    initial,
    trips: given(m) ? tripsOf(m) : Infinity,
    open: given(cond) ? valuesOf(cond)?.[0] : 1,
  };
  if (head.trips === 0 || head.open === 0) return never(node, head);
  const computed = initial.every((operand) => valuesOf(operand) !== undefined) && (head.trips ?? Infinity) <= MAX_COMPUTED;
  const steady = computed ? undefined : steadily(node, head);
  if (steady?.attempt.complete === true) return finished(steady);
  const unrolled = unroll(node, head);
  if (unrolled !== undefined) return finished(unrolled);
  return steady === undefined ? once(node, head) : finished(steady);
};

/** How often at most; less than none is none (onnxruntime, loop.cc). Throws `bad-onnx` for a fraction. */
function tripsOf(operand: Operand): number | undefined {
  const written = valuesOf(operand);
  if (written !== undefined && written.length !== 1)
    fail("bad-onnx", `a Loop is to run ${written.join(", ")} times`, { expected: "one whole number" });
  const trips = written?.[0];
  if (trips !== undefined && !Number.isInteger(trips)) fail("bad-onnx", `a Loop is to run ${trips} times`, { expected: "a whole number" });
  return trips === undefined ? undefined : Math.max(0, trips);
}

interface Ran {
  readonly attempt: Attempt;
  readonly outputs: readonly Operand[];
}

function finished({ attempt, outputs }: Ran): Result {
  attempt.keep();
  return { kind: "operands", operands: outputs };
}

/** Every iteration alike: shapes that go in come out. */
function steadily(node: OnnxNode, head: Head): Ran | undefined {
  const { trips, initial, open } = head;
  if (trips === undefined || !Number.isSafeInteger(trips) || open === undefined) return undefined;
  let outputs: readonly Operand[] = [];
  const run = () => {
    const [cond, ...rest] = node.bodies.run(
      head.body,
      [node.bodies.slice([], "int64"), TRUE, ...initial.map((operand) => node.bodies.varying(operand))],
      "body",
      BigInt(trips),
    );
    outputs = valuesOf(cond)?.[0] === 1 ? rest : [];
    const carried = rest.slice(0, initial.length);
    const scans = rest.slice(initial.length).map((operand) => stack(node, Array<Operand>(1).fill(operand), trips));
    if (outputs.length > 0 || rest.length === 0) outputs = [...carried, ...scans];
    return rest;
  };
  const attempt = tried(node, run);
  if (attempt === undefined || outputs.length !== attempt.outputs.length) return undefined;
  return initial.every((operand, index) => sameShape(operand, outputs[index])) ? { attempt, outputs } : undefined;
}

/** Iterations one by one, as long as it is known whether there is another. */
function unroll(node: OnnxNode, head: Head): Ran | undefined {
  const { body, trips, open } = head;
  if (trips === undefined || open === undefined) return undefined;
  const most = Math.min(trips, Math.floor(MAX_UNROLLED / Math.max(1, nodesIn(body))));
  let carried = head.initial;
  const scans: Operand[][] = [];
  const run = () => {
    let iteration = 0;
    for (; iteration < most; iteration++) {
      const [cond, ...rest] = node.bodies.run(body, [number(iteration), TRUE, ...carried], `body[${iteration}]`);
      carried = rest.slice(0, head.initial.length);
      rest.slice(head.initial.length).forEach((operand, index) => {
        const list = scans[index];
        if (list === undefined) scans[index] = [operand];
        else list.push(operand);
      });
      const goesOn = valuesOf(cond)?.[0];
      if (goesOn === undefined) return [];
      if (goesOn === 0) break;
    }
    // Where there may be more iterations than were run nothing is known.
    if (iteration === most && most !== trips) return [];
    return [...carried, ...scans.map((list) => stack(node, list, list.length))];
  };
  const attempt = tried(node, run);
  return attempt === undefined || attempt.outputs.length === 0 ? undefined : { attempt, outputs: attempt.outputs };
}

/** Nodes of a graph and of those inside its nodes. */
export function nodesIn({ nodes }: GraphProto): number {
  return nodes.reduce((sum, { attributes }) => [...attributes.values()].reduce((all, { g }) => all + (g === undefined ? 0 : nodesIn(g)), sum + 1), 0);
}

function tried(node: OnnxNode, run: () => readonly Operand[]): Attempt | undefined {
  try {
    return node.bodies.attempt("body", run);
  } catch (error) {
    if (error instanceof InputError && error.diagnostic.code !== "too-large") return undefined;
    throw error;
  }
}

/** What the iterations gave out one by one, as one tensor. */
function stack(node: OnnxNode, list: readonly Operand[], length: number): Operand {
  const [first] = list;
  const shape = shapeOf(first);
  if (first === undefined || shape === undefined || !list.every((operand) => sameShape(first, operand))) {
    return { kind: "unknown", reason: "the iterations of a Loop give out tensors of different shapes" };
  }
  const known = list.flatMap((operand) => typedValuesOf(operand) ?? []);
  const values = known.length === list.length && length <= FEW ? joined(known) : undefined;
  if (list.length === length && values !== undefined) return constantOf("stack", [length, ...shape], values);
  return node.bodies.add(fixed({ op: "stack", outputs: [[length, ...shape]], dtype: typeOf(first) }), list)[0] ?? first;
}

/** No iteration: what goes in comes out, and nothing is stacked. */
function never(node: OnnxNode, { body, initial }: Head): Result {
  const attempt = tried(node, () => node.bodies.run(body, [number(0), TRUE, ...initial], "body"));
  attempt?.spare();
  const scans = (attempt?.outputs ?? []).slice(initial.length + 1).map((operand): Operand => {
    const shape = shapeOf(operand);
    if (shape === undefined) return operand;
    return {
      kind: "constant",
      name: "stack",
      shape: [0, ...shape],
      dtype: typeOf(operand),
      values: noValues(typeOf(operand)),
      origins: Origins.none,
    };
  });
  return { kind: "operands", operands: [...initial, ...scans] };
}

/** One iteration, where nobody knows how many there are: at least that. */
function once(node: OnnxNode, { body, initial }: Head): Result {
  const reason = "how often a Loop runs depends on the data: one iteration is counted";
  node.bodies.add(fixed({ op: "Loop", outputs: [], uncounted: { of: "cost", reason } }), []);
  const cond = node.bodies.slice([], "bool");
  const [, ...outputs] = node.bodies.run(
    body,
    [node.bodies.slice([], "int64"), cond, ...initial.map((operand) => node.bodies.varying(operand))],
    "body",
  );
  const operands = outputs.map((operand, index): Operand => {
    if (index < initial.length && sameShape(operand, initial[index])) return node.bodies.varying(operand);
    const shape = shapeOf(operand);
    return { kind: "unknown", reason, shape: index < initial.length || shape === undefined ? undefined : [null, ...shape] };
  });
  return { kind: "operands", operands };
}

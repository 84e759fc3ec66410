import type { Shape } from "../../graph/shape.js";
import { sizes } from "../../graph/values.js";
import { fixed } from "../onnx/fixed.js";
import { constantOf, possible, shapeOf, typeOf, unknown, valuesOf, type OnnxNode, type Operand, type Result, type Rule } from "../onnx/operand.js";
import { bodyOf, chosen } from "../onnx/operators/control.js";
import { sameShape } from "../onnx/operators/loop.js";
import { loop } from "../tflite/control.js";

const DEAD: Operand = { kind: "none", isDead: true };
const NONE: Operand = { kind: "none" };

const operands = (...list: readonly (Operand | undefined)[]): Result => ({ kind: "operands", operands: list.map((operand) => operand ?? NONE) });
const scalar = (value: number): Operand => constantOf(String(value), [], sizes([value], "int32"));

/** Gives out what goes in. */
export const identity: Rule = (node) => ({ kind: "operands", operands: node.inputs });

/** Switch (TensorFlow 1): its input where the condition does not hold, then where it does. What is not known may run both. */
const switched: Rule = ({ inputs: [data, condition] }) => {
  const [holds] = valuesOf(condition) ?? [];
  if (holds === undefined) return operands(data, data);
  return holds === 0 ? operands(data, DEAD) : operands(DEAD, data);
};

/** Merge (TensorFlow 1): the branch that ran, and its number. Where that depends on the data both are counted. */
const merged: Rule = (node) => {
  const alive = node.inputs.flatMap((operand, index) => (operand.kind === "none" ? [] : [{ operand, index }]));
  const [first, second] = alive;
  if (first === undefined) return operands(DEAD, DEAD);
  if (second === undefined) return operands(first.operand, scalar(first.index));
  node.warn("which branch of a Switch runs depends on the data: both are counted");
  const joined = alive.every(({ operand }) => sameShape(operand, first.operand));
  const reason = "the branches of a Switch make tensors of different shapes, which depends on the data";
  return operands(joined ? node.bodies.varying(first.operand) : { kind: "unknown", reason }, node.bodies.slice([], "int32"));
};

/** The Merge that begins a loop of TensorFlow 1: another value in each iteration. */
const loopMerged: Rule = (node) => operands(node.inputs[0] && node.bodies.varying(node.inputs[0]), node.bodies.slice([], "int32"));

/** LoopCond (TensorFlow 1), of which every loop has one: its body is counted once. */
const loopCondition: Rule = (node) => {
  const reason = "how often a loop of TensorFlow 1 runs depends on the data: one iteration is counted";
  node.bodies.add(fixed({ op: "loop", outputs: [], uncounted: { of: "cost", reason } }), []);
  return identity(node);
};

/** A function that is called. */
const call: Rule = (node) => ({ kind: "operands", operands: node.bodies.run(bodyOf(node, "f"), node.inputs, "") });

/*
 * Lists of tensors of one shape (TensorList, and TensorArray of TensorFlow 1, whose `flow` carries it): each is taken for the tensor that the list
 * makes when it is stacked, [length, ...].
 */

const LIST = "the shapes in a list of tensors depend on what runs before";

/** A list of `length` tensors of a shape, where both are known. */
function listed(node: OnnxNode, length: number | undefined, shape: readonly number[] | undefined): Result {
  if (length === undefined || shape === undefined || shape.some((size) => size < 0)) return openList(length);
  return operands(node.bodies.slice([length, ...shape], undefined));
}

function openList(length: number | undefined): Result {
  return operands({ kind: "unknown", reason: LIST, shape: length === undefined ? undefined : possible([length]) });
}

/** The length of a list, as far as it is known. */
function lengthOf(operand: Operand | undefined): number | undefined {
  const [length] = (operand?.kind === "unknown" ? operand.shape : shapeOf(operand)) ?? [];
  return typeof length === "number" ? length : undefined;
}

/** One tensor of a list. `at` is where the list stands among the inputs, `shape` where that of its tensors does. */
const read =
  (at: number, shape?: number): Rule =>
  (node) => {
    const list = node.inputs[at];
    const written = shape === undefined ? undefined : valuesOf(node.inputs[shape]);
    const part = shapeOf(list)?.slice(1) ?? (written?.every((size) => size >= 0) === true ? written : undefined);
    if (part === undefined) return unknown(LIST);
    return operands(node.bodies.slice(part, typeOf(list), list?.kind === "tensor" ? list : undefined));
  };

/** A list with one of its tensors replaced. */
const write =
  (at: number, item: number): Rule =>
  (node) => {
    const list = node.inputs[at];
    if (shapeOf(list) !== undefined) return operands(list);
    return listed(node, lengthOf(list), shapeOf(node.inputs[item]));
  };

/** Some tensors of a list, stacked. */
const gathered =
  (at: number, indices: number): Rule =>
  (node) => {
    const list = node.inputs[at];
    const [count, part] = [shapeOf(node.inputs[indices])?.[0], shapeOf(list)?.slice(1)];
    return count === undefined || part === undefined ? unknown(LIST) : moved(node, "gather", [count, ...part], list);
  };

function moved(node: OnnxNode, op: string, shape: Shape, from: Operand | undefined): Result {
  return operands(...node.bodies.add(fixed({ op, outputs: [shape], dtype: typeOf(from) }), from === undefined ? [] : [from]));
}

/** The tensors of a list one behind the other, and the length of each. */
const concatenated =
  (at: number): Rule =>
  (node) => {
    const list = node.inputs[at];
    const [count, each, ...rest] = shapeOf(list) ?? [];
    if (count === undefined || each === undefined) return unknown(LIST);
    const [joined] = node.bodies.add(
      fixed({ op: "reshape", outputs: [[count * each, ...rest]], dtype: typeOf(list), view: true }),
      list ? [list] : [],
    );
    return operands(joined, node.bodies.slice([count], "int64"));
  };

/** A tensor cut into parts, which are a list where they are of one length. */
const cut =
  (at: number, lengths: number): Rule =>
  (node) => {
    const parts = valuesOf(node.inputs[lengths]);
    const [first] = parts ?? [];
    if (parts === undefined || first === undefined || parts.some((part) => part !== first)) return openList(shapeOf(node.inputs[lengths])?.[0]);
    return listed(node, parts.length, [first, ...(shapeOf(node.inputs[at]) ?? []).slice(1)]);
  };

function resized(node: OnnxNode, shape: Shape | undefined, length: number | undefined, by: number): Result {
  return listed(node, length === undefined ? undefined : Math.max(0, length + by), shape);
}

const length =
  (at: number): Rule =>
  (node) => {
    const known = lengthOf(node.inputs[at]);
    return known === undefined ? operands(node.bodies.slice([], "int32")) : operands(scalar(known));
  };

const input =
  (at: number): Rule =>
  (node) =>
    operands(node.inputs[at]);

const listRules: Readonly<Record<string, Rule>> = {
  EmptyTensorList: () => openList(0),
  TensorListReserve: (node) => listed(node, valuesOf(node.inputs[1])?.[0], valuesOf(node.inputs[0])),
  TensorListFromTensor: input(0),
  TensorListScatter: input(0),
  TensorListScatterV2: input(0),
  TensorListStack: input(0),
  TensorListGetItem: read(0, 2),
  TensorListSetItem: write(0, 2),
  TensorListGather: gathered(0, 1),
  TensorListConcat: concatenated(0),
  TensorListConcatV2: concatenated(0),
  TensorListLength: length(0),
  TensorListSplit: cut(0, 2),
  TensorListPushBack: (node) => resized(node, shapeOf(node.inputs[1]), lengthOf(node.inputs[0]), 1),
  TensorListPopBack: (node) => {
    const shape = shapeOf(node.inputs[0])?.slice(1);
    const left = resized(node, shape, lengthOf(node.inputs[0]), -1);
    if (left.kind !== "operands" || shape === undefined) return unknown(LIST);
    return operands(...left.operands, node.bodies.slice(shape, typeOf(node.inputs[0])));
  },
  TensorListResize: (node) => listed(node, valuesOf(node.inputs[1])?.[0], shapeOf(node.inputs[0])?.slice(1)),
  TensorArrayV3: (node) => operands(NONE, { kind: "unknown", reason: LIST, shape: valuesOf(node.inputs[0]) ?? undefined }),
  TensorArrayReadV3: read(2),
  TensorArrayWriteV3: write(3, 2),
  TensorArrayScatterV3: input(2),
  TensorArrayGatherV3: gathered(2, 1),
  TensorArrayConcatV3: concatenated(1),
  TensorArraySplitV3: cut(1, 2),
  TensorArraySizeV3: length(1),
  TensorArrayCloseV3: () => operands(),
};

/** Control flow, of both kinds that TensorFlow has, and the lists that loops fill. */
export const controlRules: Readonly<Record<string, Rule>> = {
  ...listRules,
  Switch: switched,
  Merge: merged,
  LoopMerge: loopMerged,
  LoopCond: loopCondition,
  Enter: identity,
  Exit: identity,
  NextIteration: identity,
  If: (node) => chosen(node, ["then_branch", "else_branch"], node.inputs.slice(1)),
  StatelessIf: (node) => chosen(node, ["then_branch", "else_branch"], node.inputs.slice(1)),
  While: loop,
  StatelessWhile: loop,
  PartitionedCall: call,
  StatefulPartitionedCall: call,
};

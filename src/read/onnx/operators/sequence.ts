import { fail } from "../../../graph/diagnostic.js";
import { sizes, truths } from "../../../graph/values.js";
import { concat } from "../../../ops/join.js";
import { fixed } from "../fixed.js";
import { axisOf, int } from "../attributes.js";
import {
  dataDependent,
  given,
  inputShape,
  made,
  shapeOf,
  typeOf,
  valuesOf,
  type OnnxNode,
  type Operand,
  type Result,
  type Rule,
} from "../operand.js";
import { bodyOf } from "./control.js";
import { sameShape } from "./loop.js";

const operands = (...list: readonly Operand[]): Result => ({ kind: "operands", operands: list });

/** Tensors of a sequence that are followed: each node that adds one makes a list of its own. */
const MAX_FOLLOWED = 1000;

/** The tensors of a sequence. Throws `data-dependent` where nobody knows how many there are, or they are too many. */
function elementsOf(node: OnnxNode, index: number): readonly Operand[] {
  const operand = node.inputs[index];
  if (operand?.kind === "sequence") return operand.elements.length > MAX_FOLLOWED ? tooLong(operand.elements.length) : operand.elements;
  if (operand?.kind === "unknown") return dataDependent(operand.reason);
  return fail("bad-onnx", `input ${index} of ${node.op} is no sequence`);
}

function tooLong(length: number): never {
  return dataDependent(`a sequence of ${length} tensors is not followed, which is more than ${MAX_FOLLOWED}`);
}

/** A position in a sequence, counted from its end where it is negative; nothing where it is not known. */
function positionOf(node: OnnxNode, index: number, length: number): number | undefined {
  const [value] = valuesOf(node.inputs[index]) ?? [];
  return value === undefined ? undefined : value < 0 ? value + length : value;
}

const alike = (elements: readonly Operand[]) => elements.every((element) => sameShape(element, elements[0]));

const insert: Rule = (node) => {
  const elements = elementsOf(node, 0);
  const tensor = node.inputs[1] ?? { kind: "none" };
  const at = given(node.inputs[2]) ? positionOf(node, 2, elements.length) : elements.length;
  if (at === undefined && !alike([...elements, tensor])) dataDependent("the position of SequenceInsert is computed from the model's data");
  return operands({ kind: "sequence", elements: [...elements.slice(0, at), tensor, ...elements.slice(at ?? elements.length)] });
};

const erase: Rule = (node) => {
  const elements = elementsOf(node, 0);
  const at = given(node.inputs[1]) ? positionOf(node, 1, elements.length) : elements.length - 1;
  if (at === undefined && !alike(elements)) dataDependent("the position of SequenceErase is computed from the model's data");
  return operands({ kind: "sequence", elements: elements.filter((_, index) => index !== (at ?? 0)) });
};

const at: Rule = (node) => {
  const elements = elementsOf(node, 0);
  const position = positionOf(node, 1, elements.length);
  if (position === undefined && !alike(elements)) dataDependent("the position of SequenceAt is computed from the model's data");
  const found = elements[position ?? 0];
  if (found === undefined) return fail("bad-index", `SequenceAt reads tensor ${position ?? 0} of ${elements.length}`);
  return operands(position === undefined ? node.bodies.varying(found) : found);
};

/** ConcatFromSequence (ONNX, version 11): along an axis, or along a new one. */
const joined: Rule = (node) => {
  const elements = elementsOf(node, 0);
  const shapes = elements.map((element) => shapeOf(element) ?? dataDependent("a tensor of the sequence has no known shape"));
  const [first = []] = shapes;
  const stacks = int(node, "new_axis", 0) === 1;
  const axis = axisOf(node, first.length + (stacks ? 1 : 0), 0);
  const wide = stacks ? shapes.map((shape) => [...shape.slice(0, axis), 1, ...shape.slice(axis)]) : shapes;
  const [output] = concat(axis).infer(wide).outputs;
  const layer = fixed({
    op: "concat",
    outputs: [output?.shape ?? []],
    dtype: typeOf(elements[0]),
    stored: node.store(elements),
    attributes: { axis },
  });
  return { kind: "layer", layer, inputs: elements };
};

/** SplitToSequence (ONNX, version 11): into tensors of 1, of a size, or of sizes. */
const split: Rule = (node) => {
  const shape = inputShape(node);
  const axis = axisOf(node, shape.length, 0);
  const size = shape[axis] ?? 0;
  const written = given(node.inputs[1])
    ? (valuesOf(node.inputs[1]) ?? dataDependent("the sizes of SplitToSequence are computed from the model's data"))
    : undefined;
  const drops = written === undefined && int(node, "keepdims", 1) === 0;
  const part = written === undefined ? 1 : shapeOf(node.inputs[1])?.length === 0 ? (written[0] ?? 1) : undefined;
  if (part !== undefined && part < 1) fail("bad-attribute", `SplitToSequence cannot split ${size} into parts of ${part}`);
  if (part !== undefined && size / part > MAX_FOLLOWED) tooLong(Math.ceil(size / part));
  const sizes =
    part === undefined ? (written ?? []) : Array.from({ length: Math.ceil(size / part) }, (_, index) => Math.min(part, size - index * part));
  const outputs = sizes.map((length) => shape.flatMap((whole, index) => (index === axis ? (drops ? [] : [length]) : [whole])));
  const layer = fixed({ op: "split", outputs, dtype: typeOf(node.inputs[0]), view: true });
  return operands({ kind: "sequence", elements: outputs.length === 0 ? [] : node.bodies.add(layer, node.inputs.slice(0, 1)) });
};

/** SequenceMap (ONNX, version 17): its body for each tensor, what is no sequence given to each. */
const map: Rule = (node) => {
  const body = bodyOf(node, "body");
  const length = elementsOf(node, 0).length;
  const runs = Array.from({ length }, (_, index) => {
    const inputs = node.inputs.map((operand) =>
      operand.kind === "sequence" ? (operand.elements[index] ?? fail("bad-onnx", "the sequences of SequenceMap differ in length")) : operand,
    );
    return node.bodies.run(body, inputs, `body[${index}]`);
  });
  return operands(...body.outputs.map((_, output): Operand => ({ kind: "sequence", elements: runs.flatMap((outputs) => outputs[output] ?? []) })));
};

/** Sequences and optional values, which are no tensors: they cost nothing, and hold tensors that do. */
export const sequenceRules: Readonly<Record<string, Rule>> = {
  SequenceEmpty: () => operands({ kind: "sequence", elements: [] }),
  SequenceConstruct: (node) => operands({ kind: "sequence", elements: node.inputs }),
  SequenceInsert: insert,
  SequenceErase: erase,
  SequenceAt: at,
  SequenceLength: (node) => {
    const [sequence] = node.inputs;
    if (sequence?.kind !== "sequence") return operands(node.bodies.slice([], "int64"));
    return made([], sizes([sequence.elements.length]));
  },
  ConcatFromSequence: joined,
  SplitToSequence: split,
  SequenceMap: map,
  Optional: (node) => operands(node.inputs[0] ?? { kind: "none" }),
  OptionalGetElement: (node) => operands(node.inputs[0] ?? { kind: "none" }),
  OptionalHasElement: (node) => {
    const [value] = node.inputs;
    if (value?.kind === "unknown" || value?.kind === "tensor") return operands(node.bodies.slice([], "bool"));
    return made([], truths([given(value)]));
  },
};

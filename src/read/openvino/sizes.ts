import { fail } from "../../graph/diagnostic.js";
import { elements, type Shape } from "../../graph/shape.js";
import { fixed, moved } from "../onnx/fixed.js";
import { shapeAt, shapeOf, unknown, type OnnxNode, type Rule } from "../onnx/operand.js";
import { first } from "../tflite/adapted.js";

/** Settings of a layer, which the file writes as texts. */
export const word = (node: OnnxNode, name: string, otherwise: string) => node.attributes.get(name)?.s ?? otherwise;
export const isTrue = (node: OnnxNode, name: string) => /^(true|1)$/i.test(word(node, name, ""));

/** Whole numbers; nothing where they are left out. Throws `bad-attribute`. */
export function wholes(node: OnnxNode, name: string): readonly number[] | undefined {
  const parts = word(node, name, "")
    .split(",")
    .filter((part) => part.trim() !== "");
  const found = parts.map(Number);
  if (!found.every(Number.isSafeInteger)) fail("bad-attribute", `${name} of ${node.op} is ${parts.join()}`, { expected: "whole numbers" });
  return found.length === 0 ? undefined : found;
}

export const whole = (node: OnnxNode, name: string, otherwise: number) => wholes(node, name)?.[0] ?? otherwise;

/** What an operator does to sizes: `view` keeps the elements, `kept` the sizes in some order, `new` neither. */
type Sizing = "view" | "kept" | "new";

/**
 * The shape of an output as the file says it. Of what the file leaves open, and of a batch other than the file's, it is what the sizes of the first input make
 * of it; nothing where they do not say.
 */
export function sized(node: OnnxNode, index = 0, sizing: Sizing = "new"): Shape | undefined {
  const [from = [], to = [], actual = []] = [listed(node, "from"), listed(node, `to${index}`), shapeOf(node.inputs[0])];
  if (to.length === 0) return elements(actual) === 1n ? [] : undefined;
  const open = actual.filter((_, axis) => (from[axis] ?? -1) < 0);
  const gaps = to.filter((size) => size < 0).length;
  if (actual.some((size, axis) => axis > 0 && (from[axis] ?? -1) >= 0 && from[axis] !== size)) return undefined;
  const by = (from[0] ?? -1) > 0 ? (actual[0] ?? 1) / (from[0] ?? 1) : 1;
  const front = (size: number, axis: number) => (axis === 0 && size >= 0 ? size * by : size);
  const filled = (gap: number | undefined) => possible(to.map((size, axis) => (size < 0 ? (open.shift() ?? gap ?? 1) : front(size, axis))));
  const leads = to[0] === -1 && from[0] === -1;
  if (gaps === 0 || (gaps === open.length && sizing !== "new") || (gaps === 1 && leads && sizing !== "view")) return filled(undefined);
  // Of a view one size is what is left, behind a batch that stays.
  if (sizing !== "view" || gaps !== (leads && gaps > 1 ? 2 : 1)) return undefined;
  open.splice(gaps - 1);
  return filled(Number(elements(actual)) / Number(elements([...to.filter((size) => size > 0), ...open])));
}

const listed = (node: OnnxNode, name: string) => node.attributes.get(name)?.ints;
const possible = (shape: Shape) => (shape.every(Number.isSafeInteger) ? shape : undefined);

/** The shapes of all outputs; nothing where one is not known. */
export function allSized(node: OnnxNode, sizing?: Sizing): readonly Shape[] | undefined {
  const shapes = Array.from({ length: node.outputs }, (_, index) => sized(node, index, sizing));
  const known = shapes.flatMap((shape) => (shape === undefined ? [] : [shape]));
  return known.length === shapes.length ? known : undefined;
}

export const open = (node: OnnxNode) =>
  unknown(
    `the shape that ${node.op} makes depends on values of the .bin, which is not read`,
    ...Array.from({ length: node.outputs }, (_, index) => (node.attributes.get(`to${index}`)?.ints ?? []).map((size) => (size < 0 ? null : size))),
  );

/** Data that is moved, or looked at otherwise: what it reads besides says how, and lies in the .bin. */
export const moving =
  (sizing: Sizing) =>
  (op: string): Rule =>
  (node) => {
    const shape = sized(node, 0, sizing);
    return shape === undefined ? open(node) : moved(node, op, shape, sizing === "view");
  };

/** Tensors of which every size is said: nothing is computed. */
export const parts =
  (op: string): Rule =>
  (node) => {
    const outputs = allSized(node);
    if (outputs === undefined) return open(node);
    return { kind: "layer", layer: fixed({ op, outputs, stored: node.store(node.inputs.slice(0, 1)) }), inputs: node.inputs };
  };

/** Parts of a tensor: together they are all of it. */
export const split: Rule = (node) => {
  const outputs = allSized(node, "kept");
  const [source] = node.inputs;
  if (outputs?.reduce((sum, shape) => sum + elements(shape), 0n) !== elements(shapeAt(node, 0))) return open(node);
  if (source?.kind === "constant") return { kind: "operands", operands: outputs.map((shape) => ({ ...source, shape, values: undefined })) };
  return { kind: "layer", layer: fixed({ op: "split", outputs, view: true }), inputs: first(node) };
};

import { elements, type Shape } from "../../graph/shape.js";
import { fixed } from "../onnx/fixed.js";
import { ruleOf as onnxRule } from "../onnx/operators/table.js";
import { known, unknown, type OnnxNode, type Operand, type Rule } from "../onnx/operand.js";
import { attributesOf, type AttributeValues } from "../onnx/build.js";
import type { WrittenType } from "../onnx/types.js";

interface Adapted {
  readonly inputs?: readonly (Operand | undefined)[];
  readonly attributes?: AttributeValues;
}

/** An operator that ONNX has under another name: `adapt` puts its inputs and options as ONNX has them. */
export function as(op: string, adapt: (node: OnnxNode) => Adapted = () => ({})): Rule {
  const rule = onnxRule("", op);
  if (rule === undefined) throw new Error(`ONNX has no ${op}`);
  return (node) => {
    const { inputs, attributes } = adapt(node);
    const operands = inputs?.map((operand): Operand => operand ?? { kind: "none" }) ?? node.inputs;
    return rule({ ...node, op, opset: 18, inputs: operands, attributes: attributes === undefined ? node.attributes : attributesOf(attributes) });
  };
}

/** The shape that a file says, where it leaves none of its sizes open. */
export function exactly(written: WrittenType | undefined): Shape | undefined {
  return written?.open === false ? written.shape : undefined;
}

/** As the file says: data that is moved, or an operator whose shape is not worked out here. */
export const asWritten =
  (op: string, perElement = 0n): Rule =>
  (node) => {
    const shapes = Array.from({ length: node.outputs }, (_, index) => exactly(node.written(index)));
    const all = shapes.flatMap((shape) => (shape === undefined ? [] : [shape]));
    if (all.length < shapes.length) return unknown(`the shape that ${node.op} makes of another input is not worked out`);
    const operations = perElement === 0n ? {} : { elementwise: perElement * elements(all[0] ?? []) };
    return { kind: "layer", layer: fixed({ op, outputs: all, stored: node.store(node.inputs), operations }), inputs: node.inputs };
  };

export const first = (node: OnnxNode) => node.inputs.slice(0, 1);
export const axisAttribute = (node: OnnxNode, index: number) => [...known(node, index, "the axis")];

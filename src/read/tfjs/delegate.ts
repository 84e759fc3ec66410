import { attributesOf, type AttributeValues } from "../onnx/build.js";
import { int } from "../onnx/attributes.js";
import { type OnnxNode, type Operand, type Rule } from "../onnx/operand.js";
import { as } from "../tflite/adapted.js";
import { TFLITE } from "../tflite/decode.js";
import { tfliteRule } from "../tflite/rules.js";

interface Adapted {
  readonly inputs?: readonly Operand[];
  /** Options of the operator of TensorFlow Lite. */
  readonly options?: AttributeValues;
}

/** An operator that TensorFlow Lite has under another name, on the same tensors. */
export function lite(op: string, adapt: (node: OnnxNode) => Adapted = () => ({})): Rule {
  const rule = tfliteRule(TFLITE, op);
  if (rule === undefined) throw new Error(`TensorFlow Lite has no ${op}`);
  return (node) => {
    const { inputs = node.inputs, options = {} } = adapt(node);
    return rule({ ...node, op, inputs, attributes: attributesOf(options) });
  };
}

/** An operator that ONNX has under another name, on the same tensors. */
export function onnx(op: string): Rule {
  return as(op, () => ({ attributes: {} }));
}

/** Numbers of an operator's options under the names that TensorFlow Lite has for them. */
export function numbers(node: OnnxNode, names: Readonly<Record<string, string>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(names).map(([to, from]) => [to, int(node, from, 0)]));
}

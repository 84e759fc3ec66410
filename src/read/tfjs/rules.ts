import { elements } from "../../graph/shape.js";
import { castValues } from "../../ops/values/cast.js";
import { fixed } from "../onnx/fixed.js";
import { dtypeOf, inputShape, int, known, typedValuesOf, type Rule } from "../onnx/operand.js";
import { ruleOf as onnxRule } from "../onnx/operators/table.js";
import { TFLITE } from "../tflite/decode.js";
import { tfliteRule } from "../tflite/rules.js";

const integer = (name: string, i: number) => ({ name, i, floats: [], ints: [], strings: [] });

/** An operator of ONNX whose axis is the last input here. */
const axisLast =
  (op: string): Rule =>
  (node) => {
    const last = node.inputs.length - 1;
    const [axis = 0] = known(node, last, "the axis");
    const rule = onnxRule("", op);
    if (rule === undefined) throw new Error(`ONNX has no ${op}`);
    return rule({ ...node, op, opset: 18, inputs: node.inputs.slice(0, last), attributes: new Map([["axis", integer("axis", axis)]]) });
  };

/** FusedBatchNorm over [N, H, W, C]: 2 operations an element; scale and shift are parameters, mean and variance buffers. */
const batchNorm: Rule = (node) => {
  const shape = inputShape(node);
  const stored = [...node.weights(node.inputs.slice(1, 3)), ...node.weights(node.inputs.slice(3, 5), "buffer")];
  return {
    kind: "layer",
    layer: fixed({ op: "batch_norm", outputs: [shape], stored, operations: { normalization: 2n * elements(shape) } }),
    inputs: node.inputs.slice(0, 1),
  };
};

/** Cast: known values are cast; data is taken as it is, since graph models leave its type to the program. */
const cast: Rule = (node) => {
  const [source] = node.inputs;
  const to = dtypeOf(int(node, "to", 0));
  if (source?.kind !== "constant" || to === undefined) return { kind: "operands", operands: node.inputs.slice(0, 1) };
  const values = typedValuesOf(source);
  return { kind: "constant", shape: source.shape, values: values && castValues(values, to), dtype: to };
};

/** What graph models have besides the operators of TensorFlow Lite. */
const RULES: Readonly<Record<string, Rule>> = {
  RESHAPE_AS_IS: (node) => ({ kind: "operands", operands: node.inputs.slice(0, 1) }),
  CAST_AS_IS: cast,
  CONCAT_V2: axisLast("Concat"),
  GATHER_V2: axisLast("Gather"),
  FUSED_BATCH_NORM: batchNorm,
};

/** The rule of an operator of a graph model, if there is one. */
export function tfjsRule(domain: string, op: string): Rule | undefined {
  return domain === TFLITE && Object.hasOwn(RULES, op) ? RULES[op] : tfliteRule(domain, op);
}

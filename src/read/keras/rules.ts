import { fail } from "../../graph/diagnostic.js";
import { elements, formatShape, type Shape } from "../../graph/shape.js";
import { reshapeTo } from "../../ops/arithmetic.js";
import { broadcast, concat } from "../../ops/join.js";
import { resolveAxis } from "../../ops/primitive.js";
import { frozen, withStored } from "../../ops/with-stored.js";
import { fixed } from "../onnx/fixed.js";
import { int } from "../onnx/attributes.js";
import { dataDependent, shapeAt, shapeOf, type Rule } from "../onnx/operand.js";
import { bodyOf } from "../onnx/operators/control.js";
import { KERAS, KERAS_OPS } from "./decode.js";
import { functionRule, lambda as lambdaLayer, slicing } from "./functions.js";
import type { Json } from "./json.js";
import { isKnown, layerOf } from "./layer.js";
import { argumentsOf, configOf, moreRules } from "./preprocessing.js";

/** A layer by its class: with the weights of an earlier call where it is called again, none of them trained where it is frozen. */
const written: Rule = (node) => {
  const inputs = node.inputs.filter((operand) => operand.kind === "tensor");
  if (inputs.length === 0) fail("bad-keras", `${node.op} reads nothing`, { expected: "a layer that is connected" });
  const layer = layerOf(node.op, argumentsOf(node));
  const [shared, isFrozen] = [int(node, "shared", 0) === 1, int(node, "frozen", 0) === 1];
  const known = shared ? withStored(layer, (tensor) => [{ ...tensor, shared }]) : layer;
  return { kind: "written", layer: isFrozen ? frozen(known) : known, inputs };
};

/** Layers that join tensors of one shape, by numpy's rules: one operation an element for each after the first. */
const merge =
  (op: string, more = 0n): Rule =>
  (node) => {
    const shapes = node.inputs.map((operand) => shapeOf(operand) ?? []);
    const [first = [], ...rest] = shapes;
    const shape = rest.reduce((left, right) => broadcast(op, left, right), first);
    const count = BigInt(Math.max(1, rest.length)) + more;
    return {
      kind: "written",
      layer: { ...fixed({ op, outputs: [shape], operations: { elementwise: count * elements(shape) } }), axes: "any" },
      inputs: node.inputs,
    };
  };

const concatenate: Rule = (node) => {
  const axis = configOf(node)["axis"] ?? -1;
  const at = resolveAxis(node.op, Number(axis), shapeAt(node, 0).length);
  const output = concat(at).infer(node.inputs.map((operand) => shapeOf(operand) ?? [])).outputs[0]?.shape ?? [];
  return { kind: "written", layer: { ...fixed({ op: "concat", outputs: [output], attributes: { axis: at } }), axes: "any" }, inputs: node.inputs };
};

/** Dot: a batched product over one axis of each (keras.layers.Dot). */
const dot: Rule = (node) => {
  const [left, right] = [shapeAt(node, 0), shapeAt(node, 1)];
  const { axes = -1 } = configOf(node);
  const pair: readonly Json[] = Array.isArray(axes) ? axes : [axes, axes];
  const at = ([left, right] as const).map((shape, index) => resolveAxis("Dot", Number(pair[index] ?? -1), shape.length));
  const summed = [left, right].map((shape, index) => shape[at[index] ?? 0]);
  // keras/src/layers/merging/dot.py, batch_dot: the batch is never summed over.
  if (at.includes(0) || summed[0] !== summed[1]) {
    fail("shape-mismatch", `Dot cannot join axes ${at.join(" and ")} of ${formatShape(left)} and ${formatShape(right)}`, {
      expected: "two axes of one size behind the batch",
    });
  }
  const [batch = 1] = left;
  const rest = (shape: Shape, axis: number) => shape.filter((_, index) => index !== 0 && index !== axis);
  const output = [batch, ...rest(left, at[0] ?? 1), ...rest(right, at[1] ?? 1)];
  const layer = fixed({
    op: "dot",
    outputs: [output.length === 1 ? [batch, 1] : output],
    macs: elements(output) * BigInt(left[at[0] ?? 1] ?? 1),
    mixes: { channels: true, space: true },
  });
  return { kind: "written", layer, inputs: node.inputs };
};

/** Functions of TensorFlow that a model calls as they are (TFOpLambda): of each element, or of two tensors. */
const FUNCTIONS = new Set(
  "math.add math.multiply math.subtract math.truediv math.divide math.maximum math.minimum __operators__.add math.tanh math.sigmoid math.sqrt math.square math.exp nn.relu nn.relu6 nn.silu nn.swish nn.gelu nn.tanh nn.sigmoid nn.leaky_relu".split(
    " ",
  ),
);

const lambda: Rule = (node) => {
  const { function: name } = configOf(node);
  if (typeof name === "string" && FUNCTIONS.has(name)) return merge(name)(node);
  return dataDependent(`the function ${typeof name === "string" ? name : "of this layer"} is not known`);
};

/** A model at each time step: time is folded into the batch before it, and taken out of each of its outputs. */
const timeDistributed: Rule = (node) => {
  if (!node.attributes.has("model")) return written(node);
  const shape = shapeAt(node, 0);
  const [batch = 1, time = 1, ...frame] = shape;
  const folded = node.bodies.add(
    reshapeTo("reshape", () => [batch * time, ...frame]),
    node.inputs,
  );
  const outputs = node.bodies.run(bodyOf(node, "model"), folded, "");
  const unfold = reshapeTo("reshape", ([, ...rest]) => [batch, time, ...rest]);
  return { kind: "operands", operands: outputs.map((output) => node.bodies.add(unfold, [output])[0] ?? output) };
};

const RULES: Readonly<Record<string, Rule>> = {
  ...moreRules,
  Lambda: lambdaLayer,
  SlicingOpLambda: slicing,
  TFOpLambda: lambda,
  Add: merge("add"),
  Subtract: merge("subtract"),
  Multiply: merge("multiply"),
  Average: merge("average", 1n),
  Maximum: merge("maximum"),
  Minimum: merge("minimum"),
  Concatenate: concatenate,
  Dot: dot,
  Model: (node) => ({ kind: "operands", operands: node.bodies.run(bodyOf(node, "model"), node.inputs, "") }),
  TimeDistributed: timeDistributed,
};

/** The rule of a layer of Keras, if there is one. */
export function kerasRule(domain: string, className: string): Rule | undefined {
  if (domain === KERAS_OPS) return functionRule(className);
  if (domain !== KERAS) return undefined;
  if (Object.hasOwn(RULES, className)) return RULES[className];
  return isKnown(className) ? written : undefined;
}

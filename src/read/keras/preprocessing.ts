import type { Stored } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import { fixed, type Fixed } from "../onnx/fixed.js";
import { text } from "../onnx/attributes.js";
import { given, shapeAt, shapeOf, type OnnxNode, type Result, type Rule } from "../onnx/operand.js";
import { attentionCost } from "../onnx/operators/attention.js";
import { layerOf } from "./layer.js";
import { isList, isObject, type Json, type JsonObject } from "./json.js";

/** The configuration of a layer. */
export function configOf(node: OnnxNode): JsonObject {
  const value: unknown = JSON.parse(text(node, "config", "{}"));
  return isObject(value) ? value : {};
}

/** The call of a layer: its arguments, tensors by number. */
export function callOf(node: OnnxNode): { readonly args: readonly Json[]; readonly kwargs: JsonObject } {
  const value: unknown = JSON.parse(text(node, "call", "{}"));
  const { args = [], kwargs = {} } = isObject(value) ? value : {};
  return { args: isList(args) ? args : [], kwargs: isObject(kwargs) ? kwargs : {} };
}

/** The configuration of a layer, and the switches that its call gives it (`return_attention_scores=True`). */
export function argumentsOf(node: OnnxNode): JsonObject {
  const switches = Object.entries(callOf(node).kwargs).filter(([, value]) => typeof value === "boolean");
  return { ...configOf(node), ...Object.fromEntries(switches) };
}

function layer(node: OnnxNode, parts: Fixed): Result {
  return { kind: "written", layer: { ...fixed(parts), axes: "any" }, inputs: node.inputs.filter(given) };
}

/**
 * Attention and AdditiveAttention over [query, value, key] of any rank: the last axis but one is attended over (keras.layers.Attention).
 * Both products with the axes before as batch; the additive score is a sum and a tangent of each feature, weighted.
 */
const attention: Rule = (node) => {
  const config = configOf(node);
  const [query, value] = [shapeAt(node, 0), shapeAt(node, 1)];
  const key = shapeOf(node.inputs[2]) ?? value;
  const [target = 1, keys = 1] = query.slice(-2);
  const [source = 1] = key.slice(-2);
  const values = value.at(-1) ?? 1;
  const additive = node.op === "AdditiveAttention";
  const concat = config["score_mode"] === "concat";
  const cost = attentionCost(
    { batch: Number(elements(query.slice(0, -2))), heads: 1, target, source, keys, values },
    { masked: false, capped: false },
  );
  const pairs = elements([...query.slice(0, -2), target, source]);
  const scale = config["use_scale"] === true || (additive && config["use_scale"] !== false);
  const parameter = (name: string, shape: Shape): Stored => ({ name, role: "parameter", shape });
  const features = { elementwise: pairs * BigInt(keys), activation: pairs * BigInt(keys) };
  const scores = argumentsOf(node)["return_attention_scores"] === true ? [[...query.slice(0, -1), source]] : [];
  return layer(node, {
    op: "attention",
    outputs: [[...query.slice(0, -1), values], ...scores],
    stored: [...(scale ? [parameter("scale", additive ? [keys] : [])] : []), ...(concat ? [parameter("concat_score_weight", [])] : [])],
    macs: cost.macs,
    operations: additive || concat ? { ...cost.operations, ...features } : cost.operations,
    mixes: { channels: true, space: true },
  });
};

/** Words of a text as numbers; how many there are depends on the text, unless a length is set. */
const textVectorization: Rule = (node) => {
  const config = configOf(node);
  if (typeof config["output_sequence_length"] === "number" || config["output_mode"] !== "int")
    return { kind: "written", layer: layerOf(node.op, config), inputs: node.inputs };
  const [batch = 1] = shapeAt(node, 0);
  return { kind: "unknown", reason: "how many words it makes depends on the data", shapes: [[batch, null]] };
};

/** Layers of Keras that no constructor of the notations stands for: preprocessing, attention without projections. */
export const moreRules: Readonly<Record<string, Rule>> = {
  TextVectorization: textVectorization,
  Attention: attention,
  AdditiveAttention: attention,
};

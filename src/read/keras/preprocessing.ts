import type { Stored } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import { fixed, type Fixed } from "../onnx/fixed.js";
import { fail } from "../../graph/diagnostic.js";
import { given, possible, shapeAt, shapeOf, text, type OnnxNode, type Result, type Rule } from "../onnx/operand.js";
import { attentionCost } from "../onnx/operators/attention.js";
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

/** What keeps the shape, and does so many operations an element. */
const keeping =
  (op: string, cause: "elementwise" | "activation" | "normalization", perElement: bigint, stored?: (node: OnnxNode) => readonly Stored[]): Rule =>
  (node) => {
    const shape = shapeAt(node, 0);
    return layer(node, {
      op,
      outputs: [shape],
      view: perElement === 0n,
      stored: stored?.(node) ?? [],
      operations: perElement === 0n ? {} : { [cause]: perElement * elements(shape) },
    });
  };

/** An image of another size: `height` and `width` of the config, for an image in the core's order. */
const resized =
  (op: string, perOutput: (config: JsonObject) => bigint): Rule =>
  (node) => {
    const config = configOf(node);
    const shape = shapeAt(node, 0);
    const output = possible([...shape.slice(0, -2), Number(config["height"] ?? shape.at(-2)), Number(config["width"] ?? shape.at(-1))]);
    const each = perOutput(config);
    return layer(node, { op, outputs: [output], operations: each === 0n ? {} : { interpolation: each * elements(output) } });
  };

const tapsOf = ({ interpolation }: JsonObject): bigint => (interpolation === "nearest" ? 0n : interpolation === "bicubic" ? 31n : 7n);

/** Normalization: mean, variance and a count are kept, and not trained; a difference and a quotient an element. */
const statistics = (node: OnnxNode): readonly Stored[] => {
  const { mean, axis } = configOf(node);
  if (typeof mean === "number" || isList(mean)) return [];
  const shape = shapeAt(node, 0);
  const channels = axis === null ? 1 : ((shape.length >= 4 ? shape[1] : shape.at(-1)) ?? 1);
  const buffer = (name: string, own: Shape): Stored => ({ name, role: "buffer", shape: own });
  return [buffer("mean", [channels]), buffer("variance", [channels]), buffer("count", [])];
};

/** Attention and AdditiveAttention over [query, value, key] (keras.layers.Attention). */
const attention: Rule = (node) => {
  const config = configOf(node);
  const [query, value] = [shapeAt(node, 0), shapeAt(node, 1)];
  const key = shapeOf(node.inputs[2]) ?? value;
  const sizes = { batch: query[0] ?? 1, heads: 1, target: query[1] ?? 1, source: key[1] ?? 1, keys: query[2] ?? 1, values: value[2] ?? 1 };
  const additive = node.op === "AdditiveAttention";
  const cost = attentionCost(sizes, { masked: false, capped: false });
  const pairs = elements([sizes.batch, sizes.target, sizes.source]);
  const scale = config["use_scale"] === true || (additive && config["use_scale"] !== false);
  return layer(node, {
    op: "attention",
    outputs: [[...query.slice(0, 2), sizes.values]],
    stored: scale ? [{ name: "scale", role: "parameter", shape: additive ? [sizes.keys] : [] }] : [],
    // The additive score is a sum and a tangent of each feature, weighted; the other one a product.
    macs: cost.macs,
    operations: additive ? { ...cost.operations, elementwise: pairs * BigInt(sizes.keys), activation: pairs * BigInt(sizes.keys) } : cost.operations,
    mixes: { channels: true, space: true },
  });
};

function equationOf({ equation }: JsonObject): string {
  return typeof equation === "string" ? equation.replaceAll(" ", "") : "";
}

/** EinsumDense: `abc,cd->abd`, its kernel's sizes from the input's and the output's. */
const einsumDense: Rule = (node) => {
  const config = configOf(node);
  const [, input = "", kernel = "", output = ""] = /^([\w.]+),(\w+)->([\w.]+)$/.exec(equationOf(config)) ?? [];
  if (output === "" || `${input}${output}`.includes("."))
    return fail("bad-keras", "the equation of this EinsumDense is not read: it has an ellipsis, or no arrow");
  const shape = shapeAt(node, 0);
  const written = isList(config["output_shape"]) ? config["output_shape"] : [config["output_shape"] ?? 1];
  const sizes = new Map(Array.from(input).map((letter, axis): [string, number] => [letter, shape[axis] ?? 1]));
  const open = Array.from(output).slice(output.length - written.length);
  open.forEach((letter, axis) => {
    if (!sizes.has(letter)) sizes.set(letter, Number(written[axis] ?? 1));
  });
  const of = (letters: string) => possible(Array.from(letters).map((letter) => sizes.get(letter) ?? 1));
  const biased = typeof config["bias_axes"] === "string" ? config["bias_axes"] : undefined;
  const stored: readonly Stored[] = [
    { name: "kernel", role: "parameter", shape: of(kernel) },
    ...(biased === undefined ? [] : [{ name: "bias", role: "parameter" as const, shape: of(biased) }]),
  ];
  return layer(node, {
    op: "einsum",
    outputs: [of(output)],
    stored,
    macs: elements(of([...new Set(`${input}${kernel}${output}`)].join(""))),
    operations: biased === undefined ? {} : { bias: elements(of(output)) },
    mixes: { channels: true, space: false },
  });
};

/** Layers of Keras that no constructor of the notations stands for: preprocessing, attention without weights, EinsumDense. */
export const moreRules: Readonly<Record<string, Rule>> = {
  Resizing: resized("upsample", tapsOf),
  CenterCrop: resized("center_crop", () => 0n),
  RandomCrop: resized("center_crop", () => 0n),
  Normalization: keeping("normalization", "normalization", 2n, statistics),
  UnitNormalization: keeping("unit_norm", "normalization", 3n),
  Attention: attention,
  AdditiveAttention: attention,
  EinsumDense: einsumDense,
};

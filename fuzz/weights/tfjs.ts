import { strToU8 } from "fflate";
import { ints, model, node, placeholder, text } from "../../test/read/tfjs-model.js";
import type { Case, Files } from "../case.js";
import type { Random } from "../random.js";
import { contradicting, ports, type Port } from "./ports.js";

interface Operator {
  readonly op: string;
  readonly ports: readonly Port[];
  readonly attributes?: object;
}

const same = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text("SAME"), data_format: text("NHWC") };
const fused = (...names: readonly string[]) => ({ ...same, fused_ops: { list: { s: names.map((name) => btoa(name)) } } });

/** Operators of graph models that read weights. */
export const TFJS_OPERATORS: readonly Operator[] = [
  { op: "Conv2D", attributes: same, ports: ports("1 8 8 C", "K L C M") },
  { op: "_FusedConv2D", attributes: fused("BiasAdd"), ports: ports("1 8 8 C", "K L C M", "M") },
  { op: "_FusedConv2D", attributes: fused("BiasAdd", "Prelu"), ports: ports("1 8 8 C", "K L C M", "M", "~1 1 M") },
  { op: "DepthwiseConv2dNative", attributes: same, ports: ports("1 8 8 C", "K L C M") },
  { op: "FusedDepthwiseConv2dNative", attributes: fused("BiasAdd"), ports: ports("1 8 8 C", "K L C M", "7C") },
  { op: "FusedBatchNormV3", ports: ports("1 8 8 C", "C", "C", "C", "C") },
  { op: "MatMul", ports: ports("2 F", "~F M") },
  { op: "_FusedMatMul", attributes: fused("BiasAdd"), ports: ports("2 F", "~F M", "M") },
  { op: "BiasAdd", ports: ports("1 8 8 C", "C") },
  { op: "Prelu", ports: ports("1 8 8 C", "~1 1 C") },
];

/** The files of a graph model of one operator. */
export function tfjsOperator({ op, attributes = {} }: Operator, shapes: readonly (readonly number[])[]): Files {
  const weights = shapes.slice(1).map((shape, index) => ({ name: `w${index}`, shape }));
  const input = placeholder(...(shapes[0] ?? []));
  const made = node(op, "y", ["x", ...weights.map(({ name }) => name)], attributes);
  const { json, shard } = model([input, made], weights, { signature: { outputs: { prediction: { name: "y:0" } } } });
  return { "model.json": strToU8(json), "group1-shard1of1.bin": shard };
}

/** One operator whose weights contradict each other. */
export function tfjsWeights(random: Random): Case {
  const operator = random.pick(TFJS_OPERATORS);
  const { shapes, what } = contradicting(operator.ports, random);
  return { argv: ["model.json"], files: tfjsOperator(operator, shapes), claim: { kind: "contradicts", what: `${operator.op}: ${what}` } };
}

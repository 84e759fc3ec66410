import type { Graph } from "../../graph/graph.js";
import type { ByteSource } from "../onnx/bytes.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { fail } from "../../graph/diagnostic.js";
import { decodeTflite } from "./decode.js";
import { tfliteRule } from "./rules.js";

export type ReadTfliteOptions = ReadOnnxOptions;

/**
 * Reads a TensorFlow Lite model. Shapes are those of the file unless --input says others; tensors stand as [N, H, W, C], as the file has them.
 * @throws InputError where the bytes are no model, or an operator does not fit its inputs
 */
export function readTflite(bytes: ByteSource, options: ReadTfliteOptions = {}): Graph {
  const path = options.source ?? "model.tflite";
  const { proto, warnings } = decodeTflite(bytes.read(0, bytes.length), path);
  if (proto.graph === undefined) return fail("bad-tflite", "this TensorFlow Lite model has no graph");
  const graph = modelGraph(proto, proto.graph, options, {
    path,
    format: "tflite",
    lowering: "folded",
    ruleOf: tfliteRule,
    uniqueNames: true,
    weights: "listed",
  });
  return { ...graph, warnings: [...(graph.warnings ?? []), ...warnings] };
}

import type { Graph } from "../../graph/graph.js";
import { modelOf } from "../onnx/build.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { decodeDarknet } from "./decode.js";
import { darknetRule, HEADS } from "./rules.js";
import { readSections } from "./sections.js";

/**
 * Reads a network of Darknet (`yolov3.cfg`), whose weights lie elsewhere. Images are [N, C, H, W], of a batch of 1 whatever batch it is trained with.
 * Throws `bad-darknet`, and what the layers throw.
 */
export function readDarknet(text: string, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "network.cfg";
  const sections = readSections(text, path);
  const graph = decodeDarknet(sections, { kind: "file", path });
  const proto = modelOf(graph);
  const read = modelGraph(proto, graph, options, { path, format: "darknet", ruleOf: darknetRule, uniqueNames: true, weights: "implied" });
  const heads = [...new Set(sections.flatMap(({ type }) => (HEADS.has(type) ? [`[${type}]`] : [])))];
  if (heads.length === 0) return read;
  return { ...read, warnings: [...(read.warnings ?? []), `${heads.join(", ")}: boxes and losses count as no operations, as Darknet counts`] };
}

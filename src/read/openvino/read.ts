import { fail, type Place } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import { modelOf } from "../onnx/build.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { Decoder } from "./decode.js";
import { openvinoRule } from "./rules.js";
import { readXml } from "./xml.js";

/**
 * Reads OpenVINO IR of version 10 or 11 by its .xml, which has every shape; the .bin beside it, which has the values of all constants, is not read. Throws
 * `bad-openvino`, and what the operators find wrong.
 */
export function readOpenvino(text: string, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.xml";
  const place: Place = { kind: "file", path };
  const net = readXml(text, path);
  if (net.name !== "net")
    fail("bad-openvino", `this XML is not OpenVINO IR: it begins with <${net.name}>`, { place, expected: "<net> with its layers" });
  const version = Number(net.attributes["version"]);
  if (version !== 10 && version !== 11) {
    fail("bad-openvino", `this is OpenVINO IR of version ${net.attributes["version"] ?? "?"}`, {
      place,
      expected: "version 10 or 11",
      hint: version < 10 ? "convert the model again with OpenVINO 2020.4 or later" : undefined,
    });
  }
  const graph = new Decoder(path).graph(net);
  const outputs = [...new Map(graph.outputs.map((output) => [output.name, output])).values()];
  const proto = modelOf({ ...graph, outputs });
  return modelGraph(proto, { ...graph, outputs }, options, {
    path,
    format: "openvino",
    lowering: "folded",
    ruleOf: openvinoRule,
    uniqueNames: true,
    weights: "listed",
  });
}

import { strFromU8 } from "fflate";
import { fail } from "../../graph/diagnostic.js";
import type { Graph } from "../../graph/graph.js";
import { readJson } from "../keras/json.js";
import type { ByteSource } from "../onnx/bytes.js";
import { modelGraph, type ReadOnnxOptions } from "../onnx/read.js";
import { zipEntry } from "../zip.js";
import { decodeProgram } from "./decode.js";
import { atenRule } from "./rules.js";

/** Bytes of a program at most, unpacked: a zip may claim anything. */
const MAX_PROGRAM = 256 * 1024 * 1024;

/** Where the program stands: archives of PyTorch 2.8 on, and those before. */
const PROGRAM = /(^|\/)(models\/[^/]+\.json|serialized_exported_program\.json)$/;

/**
 * Reads an archive of torch.export.save: a graph in which every tensor has its shape written; weights stay packed.
 * Throws `bad-zip`, `bad-pt2`.
 */
export function readPt2(bytes: ByteSource, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.pt2";
  const program = zipEntry(bytes, { name: PROGRAM, maxBytes: MAX_PROGRAM, expected: "an archive of torch.export.save" }, path);
  if (program === undefined) {
    return fail("bad-pt2", "this archive has no exported program", {
      place: { kind: "file", path },
      expected: "an archive of torch.export.save",
      hint: "archives of torch.save have weights only: export the model to ONNX, or pipe print(model)",
    });
  }
  const { graph, dynamic } = decodeProgram(readJson(strFromU8(program), path), path);
  const proto = { irVersion: 3, producer: "", opsets: new Map([["", 1]]), functions: [], graph };
  const read = modelGraph(proto, graph, options, {
    path,
    format: "pt2",
    lowering: "operators",
    ruleOf: atenRule,
    uniqueNames: false,
    weights: "listed",
  });
  const example = "some sizes of this model are open: those of the example that it was exported with are taken";
  return dynamic ? { ...read, warnings: [...(read.warnings ?? []), example] } : read;
}

import { elements } from "../../graph/shape.js";
import { roleOf } from "../weights/roles.js";
import type { GraphProto, TensorProto } from "./schema.js";

/** What torch.onnx.export(dynamo=True) notes about its initializers (torch/onnx/_internal/exporter/_core.py), and the optimizer of onnxscript. */
const KIND = "pkg.torch.export.graph_signature.InputSpec.kind";
const FOLDED = "pkg.onnxscript.optimizer.folded_from";
const ROLES = new Map<string | undefined, TensorProto["role"]>([
  ["PARAMETER", "parameter"],
  ["BUFFER", "buffer"],
  ["CONSTANT_TENSOR", "constant"],
]);
/** A value that the exporter made itself: a size, an axis, a number. */
const OWN_VALUE = /^val_\d+$/;

/**
 * A graph whose initializers are what its exporter notes that they are in the model: parameters, buffers or constants. One that was folded of a
 * parameter with as many elements, as a transposed weight is, is that parameter; one that was folded of buffers is a buffer, and one of numbers of the
 * exporter a constant.
 */
export function withNotes(graph: GraphProto): GraphProto {
  const notes = new Map(graph.valueInfo.flatMap(({ name, metadata }) => (metadata === undefined ? [] : [[name, metadata] as const])));
  if (notes.size === 0) return graph;
  const noted = graph.initializers.map((tensor): TensorProto => {
    const role = ROLES.get(notes.get(tensor.name)?.get(KIND));
    return role === undefined ? tensor : { ...tensor, role };
  });
  const byName = new Map(noted.map((tensor) => [tensor.name, tensor]));
  const keys = new Map<TensorProto, object>();
  const folded = noted.map((tensor): TensorProto => {
    const sources = namesIn(notes.get(tensor.name)?.get(FOLDED) ?? "");
    const original = sources.map((name) => byName.get(name)).find((source) => source?.role === "parameter" && holdsAsMany(source, tensor));
    if (original !== undefined) {
      keys.set(original, original.key ?? original);
      return { ...tensor, role: "parameter", key: original.key ?? original };
    }
    if (foldedOfBuffers(sources, byName)) return { ...tensor, role: "buffer" };
    return sources.length > 0 && sources.every((name) => OWN_VALUE.test(name)) ? { ...tensor, role: "constant" } : tensor;
  });
  const initializers = folded.map((tensor) => ({ ...tensor, key: keys.get(tensor) ?? tensor.key }));
  return { ...graph, initializers };
}

/** Whether what a model stores of the sources, as far as names tell, are buffers. Names inside of modules have dots; those of nodes have none. */
function foldedOfBuffers(sources: readonly string[], byName: ReadonlyMap<string, TensorProto>): boolean {
  const roles = sources.flatMap((name) => {
    const role = byName.get(name)?.role;
    if (role !== undefined) return [role];
    return name.includes(".") ? [roleOf(name, [], undefined)] : [];
  });
  return roles.includes("buffer") && !roles.includes("parameter");
}

const holdsAsMany = (one: TensorProto, other: TensorProto) => elements(one.dims) === elements(other.dims);

/** The names in a list as Python prints it. */
const namesIn = (list: string): readonly string[] => [...list.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? "");

import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Graph, OpenTensor } from "../../graph/graph.js";
import { Inferrer, type InferredLayer } from "../../graph/inferrer.js";
import type { Layout } from "../../graph/layout.js";
import { formatShape } from "../../graph/shape.js";
import { AlikeNodes } from "./alike.js";
import type { ByteSource } from "./bytes.js";
import { withoutPayloads } from "./elide.js";
import { fixed } from "./fixed.js";
import { refuseForms } from "./forms.js";
import { functionKey } from "./functions.js";
import { OnnxInputs, type InputSizes } from "./inputs.js";
import { Ledger } from "./ledger.js";
import { shapeOf, type Operand } from "./operand.js";
import { ruleOf } from "./operators/table.js";
import { readModelProto } from "./proto.js";
import { addRow, materialize, type Frame, type Model } from "./rows.js";
import { readInitializers, runNodes } from "./run.js";
import { graphsIn, type GraphProto, type ModelProto, type ValueInfo } from "./schema.js";
import { fixedTables } from "./tables.js";
import { Scope } from "./scope.js";
import { WrittenTypes } from "./types.js";

export interface ReadOnnxOptions extends InputSizes {
  readonly source?: string | undefined;
  /** Sizes that the file has names for: `{ batch: 1, seq: 128 }`. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
}

/** Nodes that are run at most besides those that the file has, those of bodies and functions each time: no model has as many, a malicious one may. */
const MAX_REPEATED = 40_000;
/** Values that are worked out at most, of shapes and masks: most models have some thousand, one whose weights are filled in some hundred thousand. */
const MAX_VALUES = 4_000_000;

/**
 * Reads an ONNX model without its weights: every shape is worked out as the graph is read, and small tensors of whole numbers are carried along.
 * What cannot be counted stands in the graph all the same, with the reason.
 * @throws InputError where the bytes are no model, or a node does not fit its inputs
 */
export function readOnnx(bytes: ByteSource, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.onnx";
  const place: Place = { kind: "file", path };
  const proto = decoded(withoutPayloads(bytes, path), place);
  if (proto.graph === undefined || proto.opsets.size === 0) fail("bad-onnx", "this is no ONNX model", { place, expected: "a model in ONNX format" });
  for (const { nodes } of [proto.graph, ...proto.functions]) refuseForms(nodes, path);
  return modelGraph(proto, proto.graph, options, { path, format: "onnx", lowering: "folded", ruleOf, uniqueNames: false, weights: "listed" });
}

/** A model file, and how its operators are read. */
export interface ModelFile extends Pick<Model, "path" | "ruleOf" | "uniqueNames" | "weights"> {
  readonly format: string;
  readonly lowering?: Graph["lowering"];
  /** The order of axes of its images, where its layers say one. */
  readonly imageOrder?: Layout | undefined;
}

function decoded(bytes: Uint8Array, place: Place): ModelProto {
  try {
    return readModelProto(bytes);
  } catch (error) {
    if (error instanceof InputError) throw error.at(place);
    return fail("bad-onnx", "this is no ONNX model, or a damaged one", { place, expected: "a model in ONNX format" });
  }
}

/** The graph of a decoded model, whichever format it had. Throws what its operators find wrong. */
export function modelGraph(...of: Parameters<typeof inferredModel>): Graph {
  return inferredModel(...of).graph;
}

/** A model with the shapes of its layers. */
export interface InferredModel {
  readonly graph: Graph;
  /** Those of the graph's nodes. */
  readonly layers: readonly InferredLayer[];
}

/** {@link modelGraph}, with the shapes that were inferred as it was read. */
export function inferredModel(proto: ModelProto, graph: GraphProto, options: ReadOnnxOptions, file: ModelFile): InferredModel {
  const { path, format, lowering, ruleOf: rules, uniqueNames, weights } = file;
  const place: Place = { kind: "file", path };
  const [ledger, inferrer] = [new Ledger(), new Inferrer()];
  const types = new WrittenTypes(graph, options.dims ?? {});
  const model: Model = {
    path,
    ledger,
    inferrer,
    types,
    uniqueNames,
    weights,
    ruleOf: rules,
    functions: functionsOf(proto, rules, ledger, place),
    spend: budget(nodesOf(proto, graph)),
    spendValues: valueBudget(),
    alike: new AlikeNodes(ledger),
  };
  const opsets = new Map([...proto.opsets].map(([domain, version]) => [domain === "ai.onnx" ? "" : domain, version]));
  const frame: Frame = { scope: new Scope(), opsets, label: "", times: 1n, depth: 0 };
  const tables = fixedTables(graph.nodes);
  readInitializers(model, graph, frame, tables);
  refuseContradictions(graph, frame, place);
  refuseTwice(graph, place);
  const inputs = new OnnxInputs(types, ledger, inferrer, options, place, file.imageOrder);
  // Before IR version 4 initializers stand among the inputs.
  const open = graph.inputs.filter(({ name }) => !frame.scope.has(name));
  for (const [name, operand] of placedAt(place, () => inputs.read(open))) frame.scope.set(name, operand, place);
  for (const name of inputs.guessed) {
    const layer = fixed({ op: "input", outputs: [], uncounted: { of: "cost", reason: "a size of it is open: 1 is counted" } });
    addRow(model, frame, { name: `input ${name}`, layer, inputs: [], names: [], place });
  }
  for (const { name } of [...graph.inputs, ...graph.initializers]) {
    const said = types.contradiction(name, shapeOf(frame.scope.get(name)));
    if (said !== undefined) ledger.warn(said);
  }
  runNodes(model, graph.nodes, frame, tables);
  const outputs = graph.outputs.flatMap((info) => output(model, frame, info) ?? []);
  const { nodes, layers } = ledger;
  const made: Graph = {
    name: path.replace(/^.*[/\\]/, "").replace(/\.[^.]*$/, ""),
    format,
    lowering,
    source: path,
    inputs: inputs.found,
    nodes,
    outputs: outputs.map(({ name }) => name),
    openInputs: inputs.open,
    openOutputs: outputs.flatMap(({ open }) => open ?? []),
    warnings: ledger.warnings,
  };
  return { graph: made, layers };
}

/** Where onnxruntime runs an operator of its own, whatever function has its name. */
const BUILT_IN: ReadonlySet<string> = new Set(["", "ai.onnx", "ai.onnx.ml", "com.microsoft"]);

/** The functions of a model by their keys, but those that never run. Throws `bad-onnx` for two of one name. */
function functionsOf({ functions }: ModelProto, rules: Model["ruleOf"], ledger: Ledger, place: Place): Model["functions"] {
  const all = new Map(functions.map((each) => [functionKey(each.domain, each.name, each.overload), each]));
  if (all.size < functions.length) fail("bad-onnx", "two functions have the same name", { place, expected: "another name for each function" });
  for (const [key, { domain, name }] of all) {
    if (!BUILT_IN.has(domain) || rules(domain, name) === undefined) continue;
    ledger.warn(`the model has a function of the name of the operator ${name}: the operator is counted, which is what runs`);
    all.delete(key);
  }
  return all;
}

/** @param written nodes that the file has */
function budget(written: number): Model["spend"] {
  const most = MAX_REPEATED + 2 * written;
  let left = most;
  return (place) => {
    if (--left < 0) fail("too-large", `this model runs more than ${most} nodes`, { place });
  };
}

function valueBudget(): Model["spendValues"] {
  let left = MAX_VALUES;
  return (count, place) => {
    left -= count;
    if (left < 0) fail("too-large", `this model works out more than ${MAX_VALUES} values from its constants`, { place });
  };
}

/** Nodes of a model, those of its functions and of graphs inside of nodes once each. */
function nodesOf({ functions }: ModelProto, graph: GraphProto): number {
  const outer = [...graph.nodes, ...functions.flatMap(({ nodes }) => nodes)];
  return graphsIn(outer).reduce((sum, { nodes }) => sum + nodes.length, outer.length);
}

/** An input that an initializer gives its default has the shape of that, as onnxruntime asks. */
function refuseContradictions({ inputs }: GraphProto, { scope }: Frame, place: Place): void {
  for (const { name, type } of inputs) {
    const shape = scope.has(name) ? shapeOf(scope.get(name)) : undefined;
    if (shape === undefined || type?.kind !== "tensor" || type.shape === undefined) continue;
    const fits = type.shape.length === shape.length && type.shape.every((size, axis) => typeof size !== "number" || size < 0 || size === shape[axis]);
    if (!fits)
      fail("shape-mismatch", `the input ${name} is ${formatShape(type.shape)}, and the initializer of that name ${formatShape(shape)}`, {
        place,
        expected: "one shape",
      });
  }
}

/** Throws `bad-onnx` for two inputs of one name: which of their shapes is meant, nobody can say. */
function refuseTwice({ inputs }: GraphProto, place: Place): void {
  const names = new Set<string>();
  for (const { name } of inputs) {
    if (names.has(name)) fail("bad-onnx", `two inputs are called ${name}`, { place, expected: "another name for each input" });
    names.add(name);
  }
}

/** Runs what may complain without knowing where. */
function placedAt<T>(place: Place, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof InputError ? error.at(place) : error;
  }
}

interface Output {
  readonly name: string;
  readonly open?: OpenTensor;
}

/** A graph output by its own name; what no layer made under that name (a constant, an input given out again) gets a row for it. */
function output(model: Model, frame: Frame, info: ValueInfo): Output | undefined {
  const { name } = info;
  const place: Place = { kind: "node", path: model.path, node: name };
  const found: Operand = frame.scope.read(name, place);
  if (found.kind === "unknown" && info.type?.kind !== "sequence") {
    const { shape, dtype } = found;
    return { name, open: shape === undefined ? (model.types.open(info) ?? { name, shape: null, dtype }) : { name, shape, dtype } };
  }
  if (found.kind !== "tensor" && found.kind !== "constant") return undefined;
  const operand = found.kind === "constant" ? materialize(model, frame, found, place) : found;
  if (operand.kind !== "tensor" || operand.name === name) return { name };
  const layer = fixed({ op: "identity", outputs: [operand.value.shape], dtype: operand.value.dtype, view: true });
  addRow(model, frame, { name: `output ${name}`, layer, inputs: [operand], names: [name], place });
  return { name };
}

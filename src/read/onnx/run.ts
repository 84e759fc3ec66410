import { noInput } from "../../ops/primitive.js";
import { InputError, fail, type Place } from "../../graph/diagnostic.js";
import type { DType } from "../../graph/dtype.js";
import type { OpenShape } from "../../graph/shape.js";
import type { Primitive } from "../../graph/layer.js";
import type { Likeness } from "./alike.js";
import { NodeBodies, type BodyHost } from "./bodies.js";
import { softmaxReaders } from "./consumers.js";
import { fixed, placed, withoutAbsent } from "./fixed.js";
import { boundAttributes, functionKey } from "./functions.js";
import type { Entry } from "./ledger.js";
import { madeConstant } from "./made-constant.js";
import { layerName } from "./names.js";
import { shapeOf, typeOf, type NodeFacts, type OnnxNode, type Operand, type Result } from "./operand.js";
import type { FunctionProto, GraphProto, NodeProto } from "./schema.js";
import { Scope } from "./scope.js";
import { addRow, materialize, type Frame, type Model, type Tensor } from "./rows.js";
import { fixedTables, type FixedTables } from "./tables.js";
import { TAKES_UNKNOWN } from "./takes-unknown.js";
import type { WrittenTypes } from "./types.js";
import { operatorOf, uncountedLayer } from "./uncounted.js";
import { watched } from "./watched.js";
import { StoredValues } from "./stored-values.js";
import { stored, storedSparse } from "./weights.js";

const MAX_DEPTH = 64;
/** Reads what a graph stores into its scope. */
export function readInitializers(model: Model, graph: GraphProto, { scope, label, depth }: Frame, tables: FixedTables): void {
  const place: Place = { kind: "file", path: model.path };
  const how = { once: depth === 0, tables };
  for (const tensor of graph.initializers) scope.set(tensor.name, stored(model.ledger, tensor, label + tensor.name, place, how), place);
  for (const sparse of graph.sparseInitializers) {
    scope.set(sparse.values.name, storedSparse(model.ledger, sparse, label + sparse.values.name, place), place);
  }
}

/** Runs nodes in their order: layers go to the ledger, outputs to the frame's scope. */
export function runNodes(model: Model, nodes: readonly NodeProto[], frame: Frame, tables: FixedTables): void {
  const uses: Uses = { scores: softmaxReaders(nodes), tables };
  nodes.forEach((proto, index) => {
    new NodeRun(model, frame, proto, index, uses).run();
  });
}

/** What the nodes around a node do with its tensors. */
interface Uses {
  readonly scores: (tensor: string) => boolean;
  readonly tables: FixedTables;
}

/** One node being read. */
class NodeRun implements BodyHost {
  private readonly place: Place;
  private readonly name: string;
  /** It reads a tensor whose shape follows from placeholders of the file. */
  private readsGuess = false;

  constructor(
    private readonly model: Model,
    private readonly frame: Frame,
    private readonly proto: NodeProto,
    index: number,
    private readonly uses: Uses,
  ) {
    this.name = frame.label + layerName(proto, index);
    this.place = { kind: "node", path: model.path, node: this.name };
  }

  run(): void {
    const { proto, model, frame } = this;
    model.spend(this.place);
    const inputs = proto.inputs.map((name) => frame.scope.read(name, this.place));
    this.readsGuess = inputs.some((operand) => operand.kind === "tensor" && operand.isGuess === true);
    const dead = proto.opType === "Merge" ? undefined : inputs.find((operand) => operand.kind === "none" && operand.isDead === true);
    if (dead !== undefined) {
      this.setAll(proto.outputs.map(() => dead));
      return;
    }
    const called = model.functions.size === 0 ? undefined : model.functions.get(functionKey(proto.domain, proto.opType, proto.overload));
    if (called !== undefined) {
      this.call(called, inputs);
      return;
    }
    const rule = model.ruleOf(proto.domain, proto.opType);
    const unknown = inputs.find((operand) => operand.kind === "unknown");
    if (rule === undefined) this.uncounted(inputs, "this operator is not known", `it follows ${operatorOf(proto)}, which is not known`);
    else if (unknown !== undefined && !TAKES_UNKNOWN.has(proto.opType)) this.uncounted(inputs, unknown.reason);
    else this.counted(inputs, rule);
  }

  private counted(inputs: readonly Operand[], rule: (node: OnnxNode) => Result): void {
    try {
      const facts = this.facts(inputs);
      const { alike } = this.model;
      // What a function puts into its attributes makes another list of them at each call.
      const likeness = facts.attributes === this.proto.attributes ? alike.likenessOf(facts) : undefined;
      const repeated = likeness && alike.repeat(likeness, facts);
      if (repeated === undefined) this.made(rule, facts, likeness);
      else this.setNamed(this.addRow(this.name, repeated.layer, repeated.reads, this.named(), repeated.storedNames));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (error.diagnostic.code !== "data-dependent" && !this.readsGuess) throw error.at(this.place);
      const open = error.diagnostic.code === "data-dependent" ? "" : "it follows sizes that the file leaves open: ";
      // What an input brings names its own node: with the name of each node after it, it would grow along a chain.
      const isPassedOn = inputs.some((operand) => operand.kind === "unknown" && operand.reason === error.message);
      this.uncounted(inputs, isPassedOn ? error.message : `${open}${error.message} (node ${this.name})`);
    }
  }

  private facts(inputs: readonly Operand[]): NodeFacts {
    const { proto, frame } = this;
    const [first = ""] = proto.outputs;
    return {
      op: proto.opType,
      domain: proto.domain,
      opset: frame.opsets.get(proto.domain === "ai.onnx" ? "" : proto.domain) ?? 1,
      inputs,
      outputs: proto.outputs.length,
      absent: proto.outputs.includes("") ? proto.outputs.flatMap((name, index) => (name === "" ? [index] : [])).join() : "",
      attributes: boundAttributes(proto.attributes, frame.attributes),
      scores: inputs.some((operand) => operand.kind === "tensor" && operand.value.shape.length >= 3) && this.uses.scores(first),
      times: frame.times,
    };
  }

  /** Does what the rule of its operator says. A node of which it did no more than store weights may have others like it. */
  private made(rule: (node: OnnxNode) => Result, facts: NodeFacts, likeness: Likeness | undefined): void {
    const { alike, inferrer, ledger } = this.model;
    const { node, storings, didMore } = watched(facts, ledger, {
      bodies: new NodeBodies(this, ledger),
      written: (index) => this.writtenType(this.proto.outputs[index] ?? ""),
      writtenDtype: (index) => this.writtenDtype(this.proto.outputs[index] ?? ""),
      warn: (text) => {
        ledger.warn(`node ${this.name}: ${text}`);
      },
    });
    const result = rule(node);
    if (result.kind !== "layer") {
      this.take(result, facts.inputs);
      return;
    }
    const layer = withoutAbsent(this.placed(result.layer, result.inputs), this.proto.outputs);
    const reads = this.readable(result.inputs);
    this.setNamed(this.addRow(this.name, layer, reads, this.named()));
    if (likeness === undefined || didMore()) return;
    alike.learn(likeness, facts.inputs, { layer, reads, storings, stored: inferrer.inferences.get(layer)?.inference.stored ?? [] });
  }

  /** What the file says of a tensor. */
  private writtenType(name: string): ReturnType<WrittenTypes["shape"]> {
    return this.isWritten() ? this.model.types.shape(name) : undefined;
  }

  private writtenDtype(name: string): DType | undefined {
    return this.isWritten() ? this.model.types.dtype(name) : undefined;
  }

  /** Whether what the file says of a name is said of the tensors of this graph. */
  private isWritten(): boolean {
    return this.frame.label === "" || this.model.uniqueNames;
  }

  /** A branch that is not counted still stores its weights. */
  spare(label: string, entry: Entry): void {
    const tensors = entry.claims.flatMap(({ origin, stored: tensor }) => (this.model.ledger.claim(origin, tensor) ? [tensor] : []));
    if (tensors.length === 0) return;
    this.addRow(`${this.name}/${label}`, this.placed(fixed({ op: "weights", outputs: [], stored: tensors }), []), [], []);
  }

  body(graph: GraphProto, inputs: readonly Operand[], label: string, times: bigint): readonly Operand[] {
    const { frame, model } = this;
    const inner: Frame = {
      ...frame,
      scope: new Scope(frame.scope),
      label: label === "" ? `${this.name}/` : `${this.name}/${label}/`,
      times: frame.times * times,
      depth: this.deeper(),
    };
    const tables = fixedTables(graph.nodes);
    readInitializers(model, graph, inner, tables);
    graph.inputs.forEach(({ name }, index) => {
      if (!inner.scope.has(name)) inner.scope.set(name, inputs[index] ?? { kind: "none" }, this.place);
    });
    runNodes(model, graph.nodes, inner, tables);
    return graph.outputs.map(({ name }) => inner.scope.read(name, this.place));
  }

  /** A function of the model: it sees its inputs and nothing else (ONNX, FunctionProto). */
  private call(called: FunctionProto, inputs: readonly Operand[]): void {
    const { frame, proto } = this;
    for (const [what, { length }, formal] of [
      ["inputs", inputs, called.inputs],
      ["outputs", proto.outputs, called.outputs],
    ] as const)
      if (length > formal.length)
        fail("bad-onnx", `the function ${called.name} is given ${length} ${what}`, { place: this.place, expected: `at most ${formal.length}` });
    const own = boundAttributes(proto.attributes, frame.attributes);
    const inner: Frame = {
      scope: new Scope(),
      opsets: called.opsets.size > 0 ? called.opsets : frame.opsets,
      label: `${this.name}/`,
      times: frame.times,
      depth: this.deeper(),
      attributes: new Map([...called.defaults, ...own]),
    };
    called.inputs.forEach((name, index) => {
      inner.scope.set(name, inputs[index] ?? { kind: "none" }, this.place);
    });
    runNodes(this.model, called.nodes, inner, fixedTables(called.nodes));
    called.outputs.forEach((name, index) => {
      frame.scope.set(proto.outputs[index] ?? "", inner.scope.read(name, this.place), this.place);
    });
  }

  private deeper(): number {
    if (this.frame.depth < MAX_DEPTH) return this.frame.depth + 1;
    return fail("bad-onnx", `functions and graphs are nested more than ${MAX_DEPTH} deep: does one contain itself?`, { place: this.place });
  }

  private take(result: Exclude<Result, { kind: "layer" }>, inputs: readonly Operand[]): void {
    const { proto } = this;
    if (result.kind === "operands") {
      this.setAll(result.operands);
      return;
    }
    if (result.kind === "written") {
      const tensors = result.inputs.flatMap((operand) => (operand.kind === "tensor" ? [operand] : []));
      const { model, frame, name, place } = this;
      this.setAll(addRow(model, frame, { name, layer: result.layer, inputs: tensors, names: proto.outputs, place }));
      return;
    }
    if (result.kind === "unknown") {
      this.uncounted(inputs, `${result.reason} (node ${this.name})`, undefined, result.shapes);
      return;
    }
    this.set(0, madeConstant(this.model.ledger, this.frame.label, proto, result, inputs, this.uses.tables));
  }

  /** The outputs that have a name. */
  private named(): readonly string[] {
    return this.proto.outputs.includes("") ? this.proto.outputs.filter((name) => name !== "") : this.proto.outputs;
  }

  private setNamed(operands: readonly Operand[]): void {
    let next = 0;
    this.setAll(this.proto.outputs.map((name): Operand => (name === "" ? { kind: "none" } : (operands[next++] ?? this.missing(next - 1)))));
  }

  private missing(index: number): Operand {
    return { kind: "unknown", reason: `output ${index} of ${operatorOf(this.proto)} is not known` };
  }

  private setAll(operands: readonly Operand[]): void {
    this.proto.outputs.forEach((_, index) => {
      this.set(index, operands[index] ?? this.missing(index));
    });
  }

  private set(index: number, operand: Operand): void {
    const guessed: Operand = this.readsGuess && operand.kind === "tensor" ? { ...operand, isGuess: true } : operand;
    const name = this.proto.outputs[index] ?? "";
    if (operand.kind === "constant" && operand.values !== undefined && !(operand.values instanceof StoredValues))
      this.model.spendValues(operand.values.list.length, this.place);
    this.compareWritten(name, guessed);
    this.frame.scope.set(name, guessed, this.place);
  }

  /** What the file says of a tensor and what its node makes should be one shape: a graph that was changed, or a rule that is wrong. */
  private compareWritten(name: string, operand: Operand): void {
    if (name === "" || (operand.kind === "tensor" && operand.isGuess === true) || !this.isWritten()) return;
    const said = this.model.types.contradiction(name, shapeOf(operand));
    if (said !== undefined) this.model.ledger.warn(`node ${this.name}: ${said}`);
  }

  addOne(layer: Primitive, inputs: readonly Operand[]): Operand {
    return this.layer(layer, inputs, [])[0] ?? { kind: "none" };
  }

  /** A constant as a layer reads it that wants a tensor. */
  materialized(operand: Extract<Operand, { kind: "constant" }>): Operand {
    return materialize(this.model, this.frame, operand, this.place);
  }

  /** Adds a layer. Its outputs have numbers for names where the file has none. */
  layer(layer: Primitive, inputs: readonly Operand[], names: readonly string[]): readonly Operand[] {
    return this.addRow(this.name, this.placed(layer, inputs), this.readable(inputs), names);
  }

  /** A layer with the element type of the first input that it has. */
  private placed(layer: Primitive, inputs: readonly Operand[]): Primitive {
    return placed(layer, typeOf(inputs.find(({ kind }) => kind !== "none")), this.frame.times);
  }

  /** What of its inputs a layer reads as tensors: a constant only where it reads nothing else. */
  private readable(inputs: readonly Operand[]): readonly Tensor[] {
    // What is left out must not have the next one in its place: a convolution would read its own weights.
    if (inputs[0]?.kind === "none") noInput();
    const tensors = inputs.flatMap((operand) => (operand.kind === "tensor" ? [operand] : []));
    const constant = tensors.length > 0 ? undefined : inputs.find((operand) => operand.kind === "constant");
    const only = constant === undefined ? undefined : this.materialized(constant);
    return only?.kind === "tensor" ? [only] : tensors;
  }

  private addRow(
    name: string,
    layer: Primitive,
    inputs: readonly Tensor[],
    names: readonly string[],
    storedNames?: readonly string[],
  ): readonly Operand[] {
    return addRow(this.model, this.frame, { name, layer, inputs, names, place: this.place, storedNames });
  }

  /** A node whose cost is not known, nor its shapes unless the file says them; what it stores is known. */
  private uncounted(inputs: readonly Operand[], reason: string, after = reason, shapes: readonly OpenShape[] = []): void {
    const { proto } = this;
    const written = proto.outputs.map((name, index) => {
      const type = this.writtenType(name);
      return type?.shape.length === (shapes[index] ?? type?.shape)?.length ? type : undefined;
    });
    const names = proto.outputs.filter((_, index) => written[index] !== undefined);
    const types = written.flatMap((type) => (type === undefined ? [] : [type]));
    const layer = uncountedLayer(this.model, proto, inputs, types, reason);
    const tensors = inputs.flatMap((operand) => (operand.kind === "tensor" ? [operand] : []));
    const outputs = this.addRow(this.name, this.placed(layer, []), tensors, names);
    proto.outputs.forEach((name, index) => {
      const at = names.indexOf(name);
      const type = written[index];
      const made: Operand = (type && outputs[at]) ?? { kind: "unknown", reason: after, shape: shapes[index] };
      this.set(index, made.kind === "tensor" && type?.open === true ? { ...made, isGuess: true } : made);
    });
  }
}

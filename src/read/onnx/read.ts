import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { Graph, GraphInput, Node } from "../../graph/graph.js";
import { Inferrer } from "../../graph/inferrer.js";
import type { Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { writtenInputs, type InputShapes } from "../../graph/written-input.js";
import type { ByteSource } from "./bytes.js";
import { withoutPayloads } from "./elide.js";
import { fixed } from "./fixed.js";
import { ruleOf } from "./operators/table.js";
import { dtypeOf, possible, shapeOf, type OnnxNode, type Operand, type Result } from "./operand.js";
import { readModelProto, type GraphProto, type ModelProto, type NodeProto, type ValueInfo } from "./proto.js";

export interface ReadOnnxOptions {
  readonly source?: string | undefined;
  /** Shape of the only input, or shapes by name. */
  readonly input?: InputShapes | undefined;
  readonly batch?: number | undefined;
  /** Sizes that the file has names for: `{ batch: 1, seq: 128 }`. */
  readonly dims?: Readonly<Record<string, number>> | undefined;
}

/**
 * Reads an ONNX model without its weights: every shape is worked out as the graph is read, and small tensors of whole numbers are carried along.
 * @throws InputError where the bytes are no model, or a shape is not known
 */
export function readOnnx(bytes: ByteSource, options: ReadOnnxOptions = {}): Graph {
  const path = options.source ?? "model.onnx";
  const place: Place = { kind: "file", path };
  const model = decoded(withoutPayloads(bytes, path), place);
  if (model.graph === undefined || model.opsets.size === 0) fail("bad-onnx", "this is no ONNX model", { place, expected: "a model in ONNX format" });
  return new OnnxReader(model.graph, model, options, path).graph();
}

function decoded(bytes: Uint8Array, place: Place): ModelProto {
  try {
    return readModelProto(bytes);
  } catch (error) {
    if (error instanceof InputError) throw error;
    return fail("bad-onnx", "this is no ONNX model, or a damaged one", { place, expected: "a model in ONNX format" });
  }
}

class OnnxReader {
  private readonly inferrer = new Inferrer();
  private readonly operands = new Map<string, Operand>();
  private readonly nodes: Node[] = [];
  private readonly inputs: GraphInput[] = [];
  private readonly warnings: string[] = [];
  private readonly stored = new Set<string>();
  private readonly uncounted = new Map<string, number>();
  private readonly opset: number;

  constructor(
    private readonly proto: GraphProto,
    model: ModelProto,
    private readonly options: ReadOnnxOptions,
    private readonly path: string,
  ) {
    this.opset = model.opsets.get("") ?? model.opsets.get("ai.onnx") ?? 1;
  }

  graph(): Graph {
    this.readInitializers();
    this.located({ kind: "file", path: this.path }, () => {
      this.readInputs();
    });
    for (const [index, node] of this.proto.nodes.entries()) this.node(node, index);
    const names = this.proto.outputs.map(({ name }) => this.output(name));
    return {
      name: this.path.replace(/^.*[/\\]/, "").replace(/\.onnx$/i, ""),
      format: "onnx",
      source: this.path,
      inputs: this.inputs,
      nodes: this.nodes,
      outputs: names.flatMap((name) => name ?? []),
      warnings: this.warnings,
      uncounted: [...this.uncounted].map(([op, count]) => ({ op, count })),
    };
  }

  /** A graph output by its own name; what no layer made under that name (a constant, an input given out again) gets a row for it. */
  private output(name: string): string | undefined {
    const operand = this.operands.get(name);
    if (operand === undefined || operand.kind === "none" || operand.kind === "unknown") return undefined;
    if (operand.name === name && operand.kind === "tensor") return name;
    const place: Place = { kind: "node", path: this.path, node: name };
    if (operand.kind === "tensor") {
      const layer = fixed({ op: "identity", outputs: [operand.value.shape], view: true });
      this.nodes.push({ name: `output ${name}`, layer, inputs: [operand.name], outputs: [name], place });
      return name;
    }
    const layer = fixed({ op: "constant", outputs: [operand.shape], dtype: operand.dtype, stored: this.store([operand], "parameter", false) });
    this.nodes.push({ name: `output ${name}`, layer, inputs: [], outputs: [name], place });
    return name;
  }

  /** Runs what may complain without knowing where. */
  private located(place: Place, run: () => void): void {
    try {
      run();
    } catch (error) {
      throw error instanceof InputError ? error.at(place) : error;
    }
  }

  private readInitializers(): void {
    for (const tensor of this.proto.initializers) {
      const { name, dims, dataType, values } = tensor;
      if (dims.some((size) => size < 0 || !Number.isSafeInteger(size))) {
        fail("bad-onnx", `the initializer ${name} has an impossible shape`, { place: { kind: "file", path: this.path } });
      }
      const dtype = dtypeOf(dataType);
      this.operands.set(name, { kind: "constant", name, shape: dims, dtype, values, origins: [{ name, shape: dims, dtype }] });
    }
  }

  private readInputs(): void {
    // Before IR version 4 initializers stand among the inputs.
    const open = this.proto.inputs.filter(({ name }) => !this.operands.has(name));
    const set = writtenInputs(
      open.map(({ name }) => name),
      this.options.input,
    );
    for (const info of open) {
      const shape = possible(this.setShape(info, set.get(info.name)) ?? this.inputShape(info));
      const dtype = dtypeOf(info.elementType);
      const type = { shape, dtype: dtype === "float32" ? undefined : dtype };
      const axes = shape.length >= 4 ? ("channels" as const) : ("plain" as const);
      this.inputs.push({ name: info.name, type, axes });
      this.operands.set(info.name, { kind: "tensor", name: info.name, value: this.inferrer.value(type, axes) });
    }
  }

  /** A shape that was typed, with a batch in front where the file has one dimension more. Throws `wrong-rank`. */
  private setShape({ name, shape }: ValueInfo, set: Shape | undefined): Shape | undefined {
    if (set === undefined || shape === undefined || set.length === shape.length) return set;
    if (set.length + 1 === shape.length) return [this.options.batch ?? 1, ...set];
    return fail("wrong-rank", `input ${name} has ${shape.length} dimensions, and ${set.length} are given`, {
      place: { kind: "flag", flag: "--input" },
      expected: `as in the file: ${shape.map((size) => size ?? "?").join("x")}`,
    });
  }

  private inputShape({ name, shape }: ValueInfo): Shape {
    const { dims = {}, batch } = this.options;
    if (shape === undefined) return this.unknownInput(name, "has no shape");
    return shape.map((size, axis) => {
      if (axis === 0 && batch !== undefined) return batch;
      if (typeof size === "number" && size >= 0) return size;
      const bound = typeof size === "string" ? dims[size] : undefined;
      if (bound !== undefined) return bound;
      if (axis !== 0) return this.unknownInput(name, `has an open dimension ${axis}${typeof size === "string" ? ` (${size})` : ""}`);
      this.warnings.push(`the batch of input ${name} is open (${typeof size === "string" ? size : "unnamed"}): 1 is taken`);
      return 1;
    });
  }

  private unknownInput(name: string, why: string): never {
    return fail("missing-input", `input ${name} ${why}`, {
      place: { kind: "file", path: this.path },
      expected: `--input ${name}=SHAPE`,
      hint: `for example --input ${name}=1x3x224x224`,
    });
  }

  private node(proto: NodeProto, index: number): void {
    const place: Place = { kind: "node", path: this.path, node: proto.name === "" ? `${proto.opType} (node ${index})` : proto.name };
    const inputs = proto.inputs.map((name) => (name === "" ? ({ kind: "none" } as const) : this.operand(name, place)));
    const rule = ruleOf(proto.domain, proto.opType);
    if (rule === undefined || inputs.some(({ kind }) => kind === "unknown")) return this.unknown(proto);
    if (proto.opType !== "Constant" && inputs.every(({ kind }) => kind === "none")) fail("bad-onnx", `${proto.opType} has no input`, { place });
    const node: OnnxNode = {
      op: proto.opType,
      opset: this.opset,
      inputs,
      outputs: proto.outputs.length,
      attributes: proto.attributes,
      store: (operands, role) => this.store(operands, role, false),
      weights: (operands, role) => this.store(operands, role, true),
    };
    try {
      this.take(proto, rule(node), place, inputs);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (error.diagnostic.code !== "data-dependent") throw error.at(place);
      this.warnings.push(`node ${proto.name === "" ? proto.opType : proto.name}: ${error.message}`);
      this.unknown(proto);
    }
  }

  private operand(name: string, place: Place): Operand {
    return (
      this.operands.get(name) ??
      fail("bad-onnx", `nothing before this makes \`${name}\``, { place, expected: "a graph in execution order, without cycles" })
    );
  }

  /** A node that is not counted, and that what comes after it cannot be: it is named with how often it occurs. */
  private unknown({ opType, domain, outputs }: NodeProto): void {
    const op = domain === "" ? opType : `${domain}.${opType}`;
    this.uncounted.set(op, (this.uncounted.get(op) ?? 0) + 1);
    for (const output of outputs) this.operands.set(output, { kind: "unknown" });
  }

  private take(proto: NodeProto, result: Result, place: Place, inputs: readonly Operand[]): void {
    const [first = ""] = proto.outputs;
    if (result.kind === "same") {
      this.operands.set(first, result.operand);
      return;
    }
    if (result.kind === "constant") {
      const { dtype, values } = result;
      const shape = possible(result.shape);
      // A Constant node too large for a shape or a list of axes holds a weight (Paddle's exports have all of theirs there).
      const held = proto.opType === "Constant" && values === undefined ? [{ name: first, shape, dtype }] : [];
      // Of a quantised weight the scales and zero points are no weights.
      const from = proto.opType.endsWith("quantizeLinear") || proto.opType === "QuantizeLinear" ? inputs.slice(0, 1) : inputs;
      const origins = [...held, ...from.flatMap((operand) => (operand.kind === "constant" && !LOOKS.has(proto.opType) ? operand.origins : []))];
      this.operands.set(first, { kind: "constant", name: first, shape, dtype, values, origins });
      return;
    }
    const tensors = result.inputs.flatMap((operand) => (operand.kind === "tensor" ? [operand] : []));
    const name = proto.name === "" ? `${proto.opType}_${this.nodes.length}` : proto.name;
    const { outputs } = this.inferrer.run(
      name,
      result.layer,
      tensors.length === 0 ? [this.inferrer.value({ shape: shapeOf(result.inputs[0]) ?? [] }, "plain")] : tensors.map((tensor) => tensor.value),
    );
    this.nodes.push({ name, layer: result.layer, inputs: tensors.map((tensor) => tensor.name), outputs: proto.outputs, place });
    outputs.forEach((value, index) => {
      const output = proto.outputs[index];
      if (output !== undefined) this.operands.set(output, { kind: "tensor", name: output, value });
    });
  }

  /** What a layer stores of its constants, the first time that each is read. */
  private store(operands: readonly Operand[], role: Stored["role"] = "parameter", always: boolean): readonly Stored[] {
    return operands.flatMap((operand): readonly Stored[] => {
      if (operand.kind !== "constant") return [];
      const { name, shape, dtype, origins } = operand;
      const found = origins.length > 0 || !always ? origins.filter((origin) => always || origin.shape.length > 0) : [{ name, shape, dtype }];
      return found.flatMap((origin): readonly Stored[] => {
        if (this.stored.has(origin.name)) return [];
        this.stored.add(origin.name);
        return [{ name: origin.name, role, shape: origin.shape, dtype: origin.dtype === "float32" ? undefined : origin.dtype }];
      });
    });
  }
}

/** What looks at the shape of its input only. */
const LOOKS = new Set(["Shape", "Size", "ConstantOfShape"]);

import { elements } from "../../graph/shape.js";
import { own } from "../../graph/own.js";
import { fail, type Place } from "../../graph/diagnostic.js";
import type { Attributes, GraphProto, ModelProto, NodeProto, Sizes, TensorProto, ValueInfo } from "../onnx/schema.js";
import { Table } from "./flat.js";
import { custom, optionsOf } from "./attributes.js";
import { GRAPHS, NEWER_OPTIONS, OPTIONS } from "./options.js";
import { BUILTIN, DATA_TYPES } from "./schema.js";

/** Domain of TensorFlow Lite's operators among those that the readers of model files share. */
export const TFLITE = "tflite";

/** Domain of operators that are not built in. */
export const CUSTOM = "custom";

/** Values up to this many bytes may be shapes and axes. */
const SMALL = 4096;

interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly sizes: Sizes;
  readonly dataType: number;
  /** Bytes that the file stores for it. */
  readonly stored: number;
  readonly values?: Uint8Array | undefined;
  readonly buffer: number;
  readonly sparse: boolean;
  /** The file says that its rank is known. A tensor without sizes is else a scalar, or nothing is known of its shape. */
  readonly hasRank: boolean;
  /** State that the model keeps: no input, and stored nowhere. */
  readonly variable: boolean;
  /** Whole numbers that stand for real ones: weights of a quantised model. */
  readonly quantised: boolean;
}

/**
 * A model as graphs of nodes over named tensors, its operators under their builtin names in the domain {@link TFLITE}, custom ones under their own.
 * The first subgraph is the model's; others are inside the nodes that run them.
 * Throws `bad-tflite`.
 */
export function decodeTflite(content: Uint8Array, path: string): { readonly proto: ModelProto; readonly warnings: readonly string[] } {
  const decoder = new Decoder(Table.root(content, path), path);
  return { proto: decoder.model(), warnings: decoder.warnings() };
}

class Decoder {
  private readonly place: Place;
  private readonly codes: readonly { readonly domain: string; readonly op: string }[];
  private readonly buffers: readonly Table[];
  private readonly graphs: readonly Table[];
  /** Ways of calling the model, and the graph of each. */
  private readonly signatures: readonly { readonly key: string; readonly graph: number }[];
  private readonly keys = new Map<number, object>();
  private readonly names = new Set<string>();
  private readonly repeats = new Map<string, number>();
  private readonly decoded = new Map<number, GraphProto>();
  private readonly open = new Set<number>();

  constructor(root: Table, path: string) {
    this.place = { kind: "file", path };
    this.codes = root.tables(1).map(codeOf);
    this.graphs = root.tables(2);
    this.buffers = root.tables(4);
    this.signatures = root.tables(7).map((signature) => ({ key: signature.text(2), graph: signature.int32(4, 0) }));
  }

  /** What is not counted of a model that can be called in several ways. */
  warnings(): readonly string[] {
    const others = this.signatures.filter(({ graph }) => graph !== 0).map(({ key }) => key);
    return others.length === 0 ? [] : [`this model can be called in several ways: its first graph is counted, not ${others.join(", ")}`];
  }

  model(): ModelProto {
    if (this.graphs.length === 0) fail("bad-tflite", "this TensorFlow Lite model has no graph", { place: this.place });
    return { irVersion: 3, producer: "", opsets: new Map([["", 18]]), graph: this.graph(0), functions: [] };
  }

  private graph(index: number): GraphProto {
    const known = this.decoded.get(index);
    if (known !== undefined) return known;
    const table = this.graphs[index];
    if (table === undefined || this.open.has(index))
      fail("bad-tflite", `the model runs its graph ${index}, which is not there or runs itself`, { place: this.place });
    this.open.add(index);
    const tensors = table.tables(0).map((tensor, at) => this.tensor(tensor, index, at));
    const [inputs, outputs] = [[...new Set(table.int32s(1))], table.int32s(2)];
    const info = (at: number): ValueInfo => infoOf(tensorAt(tensors, at, this.place));
    const operators = table.tables(3);
    const made = new Set([...inputs, ...operators.flatMap((operator) => operator.int32s(2))]);
    // What nothing makes is stored, also where it has no bytes: an empty list of sizes. A graph may give it out as it is.
    const read = [...operators.flatMap((operator) => operator.int32s(1)), ...outputs];
    const stored = [...new Set(read)].flatMap((at) => {
      const tensor = made.has(at) ? undefined : tensors[at];
      return tensor === undefined || tensor.variable ? [] : [tensor];
    });
    const running = new RunningNames(tensors, inputs, (name) => this.unique(name, index), this.place);
    const nodes = operators.map((operator) => this.node(operator, running));
    // Where no tensor says whether its rank is known, an input without sizes is a scalar, as the interpreter takes it.
    const ranked = tensors.some(({ hasRank }) => hasRank);
    const graph: GraphProto = {
      name: table.text(4),
      nodes,
      initializers: stored.filter(({ sparse }) => !sparse).map((tensor) => this.initializer(tensor)),
      sparseInitializers: stored
        .filter(({ sparse }) => sparse)
        .map((tensor) => ({ values: { ...this.initializer(tensor), dims: [this.elementsStored(tensor)] }, dims: tensor.dims })),
      inputs: inputs.map((at) => (ranked ? info(at) : { ...info(at), type: typeOf(tensorAt(tensors, at, this.place), true) })),
      outputs: outputs.map((at) => ({ ...info(at), name: running.read(at) })),
      valueInfo: [...tensors.map(infoOf), ...running.again],
    };
    this.open.delete(index);
    this.decoded.set(index, graph);
    return graph;
  }

  private tensor(table: Table, graph: number, at: number): Tensor {
    const dims = table.int32s(0);
    const signature = table.int32s(7);
    const buffer = table.int32(2, 0);
    const data = this.buffers[buffer];
    const name = table.text(3) || `tensor ${at}`;
    if (data === undefined && buffer !== 0) this.bad(`the tensor ${name} is stored in the buffer ${buffer}, which is not there`);
    if (dims.some((size) => size < -1)) this.bad(`the tensor ${name} has the shape ${dims.join("x")}`);
    const type = table.int8(1, 0);
    if (DATA_TYPES[type] === undefined) this.bad(`the tensor ${name} has the type ${type}`, `0 to ${DATA_TYPES.length - 1}`);
    this.checkScales(table.table(4), name, dims);
    // Of a model of more than 2 GB the data stands behind the FlatBuffer.
    const stored = data === undefined ? 0 : data.count(0) || data.uint64(2);
    const inline = data?.raw(0);
    return {
      name: this.unique(name, graph),
      dims,
      sizes: dims.map((size, axis) => (size < 0 || signature[axis] === -1 ? null : size)),
      dataType: DATA_TYPES[type] ?? 0,
      stored: buffer === 0 ? 0 : stored,
      values: inline !== undefined && inline.length <= SMALL ? inline : undefined,
      buffer,
      variable: table.flag(5),
      sparse: table.table(6) !== undefined,
      hasRank: table.flag(8),
      quantised: (table.table(4)?.count(2) ?? 0) > 0,
    };
  }

  /** One scale for a tensor or one for each place along an axis, and as many zero points (lite/core/interpreter_builder.cc, ParseQuantization). */
  private checkScales(quantisation: Table | undefined, name: string, dims: readonly number[]): void {
    const [scales = 0, zeroPoints = 0] = [quantisation?.count(2), quantisation?.count(3)];
    if (scales > 1 && !dims.includes(scales)) this.bad(`the tensor ${name} has ${scales} scales for ${dims.join("x")}`);
    if (zeroPoints > 1 && zeroPoints !== scales) this.bad(`the tensor ${name} has ${scales} scales and ${zeroPoints} zero points`);
  }

  private bad(message: string, expected?: string): never {
    return fail("bad-tflite", message, { place: this.place, expected });
  }

  /** Names are those of tensors in the file, told apart where several have the same. */
  private unique(name: string, graph: number): string {
    const base = graph === 0 ? name : `${name}@${graph}`;
    let free = base;
    while (this.names.has(free)) {
      // Counted on from the last of the same name: a file may have a hundred thousand of them.
      const count = (this.repeats.get(base) ?? 0) + 1;
      this.repeats.set(base, count);
      free = `${base}:${count}`;
    }
    this.names.add(free);
    return free;
  }

  private initializer({ name, dims, dataType, values, stored, buffer, quantised, sparse }: Tensor): TensorProto {
    const key = this.keys.get(buffer) ?? {};
    this.keys.set(buffer, key);
    return {
      name,
      dims,
      dataType,
      values: dims.includes(0) ? [] : undefined,
      // A sparse tensor stores less than its shape has.
      rawLength: sparse || stored === 0 ? undefined : stored,
      raw: values,
      key,
      quantised,
    };
  }

  /** Throws `bad-tflite` for more than the whole tensor has. */
  private elementsStored({ name, dims, stored, dataType }: Tensor): number {
    const size = dataType === 1 || dataType === 6 ? 4 : dataType === 10 || dataType === 5 ? 2 : 1;
    const count = Math.floor(stored / size);
    if (BigInt(count) > elements(dims)) this.bad(`the sparse tensor ${name} of ${dims.join("x")} stores ${count} values`);
    return count;
  }

  private node(operator: Table, running: RunningNames): NodeProto {
    const code = this.codes[operator.int32(0, 0)];
    if (code === undefined) fail("bad-tflite", "an operator of this model has no code", { place: this.place });
    const inputs = operator.int32s(1).map((at) => running.read(at));
    const outputs = operator.int32s(2).map((at) => running.write(at));
    // The converter names what it fuses by all of its parts, separated by semicolons: the first says where it is.
    const [name = ""] = running.first(operator.int32s(2)).split(";");
    const attributes = code.domain === TFLITE ? this.attributes(code.op, operator) : custom(operator.raw(5));
    return { name, opType: code.op, domain: code.domain, overload: "", inputs, outputs, attributes, metadata: new Map() };
  }

  private attributes(op: string, operator: Table): Attributes {
    const newer = own(NEWER_OPTIONS, op);
    const found = optionsOf(newer ?? own(OPTIONS, op) ?? [], operator.table(newer === undefined ? 4 : 12));
    for (const name of own(GRAPHS, op) ?? []) {
      const number = found.get(name)?.i ?? -1;
      // A composite may leave its decomposition out.
      if (op === "STABLEHLO_COMPOSITE" && this.graphs[number] === undefined) continue;
      found.set(name, { name, floats: [], ints: [], strings: [], g: this.graph(number) });
    }
    return found;
  }
}

function typeOf({ dims, sizes, dataType, ...tensor }: Tensor, isScalar = false): ValueInfo["type"] {
  const placeholders = dims.map((size) => Math.max(1, size));
  if (isRanked({ dims, ...tensor })) return { kind: "tensor", elementType: dataType, shape: sizes, placeholders };
  return { kind: "tensor", elementType: dataType, placeholders: isScalar ? [] : undefined };
}

function infoOf(tensor: Tensor): ValueInfo {
  return { name: tensor.name, type: typeOf(tensor) };
}

/** Whether what the file has as a tensor's shape is one: an empty one may stand for an unknown rank. */
function isRanked({ dims, hasRank, stored }: Pick<Tensor, "dims" | "hasRank" | "stored">): boolean {
  return dims.length > 0 || hasRank || stored > 0;
}

/** The names of tensors while operators run one after the other: what is written again is another tensor from there on. */
class RunningNames {
  /** Types of the tensors that are written again. */
  readonly again: ValueInfo[] = [];
  private readonly current = new Map<number, string>();

  constructor(
    private readonly tensors: readonly Tensor[],
    inputs: readonly number[],
    private readonly free: (name: string) => string,
    private readonly place: Place,
  ) {
    for (const at of inputs) this.current.set(at, tensorAt(tensors, at, place).name);
  }

  read(at: number): string {
    const tensor = at === -1 ? undefined : tensorAt(this.tensors, at, this.place);
    return tensor === undefined || tensor.variable ? "" : (this.current.get(at) ?? tensor.name);
  }

  write(at: number): string {
    const tensor = at === -1 ? undefined : tensorAt(this.tensors, at, this.place);
    if (tensor === undefined || tensor.variable) return "";
    const name = this.current.has(at) ? this.free(tensor.name) : tensor.name;
    if (name !== tensor.name) this.again.push({ ...infoOf(tensor), name });
    this.current.set(at, name);
    return name;
  }

  /** What the first of some tensors is called. */
  first([at = -1]: readonly number[]): string {
    return at === -1 ? "" : tensorAt(this.tensors, at, this.place).name;
  }
}

function tensorAt(tensors: readonly Tensor[], at: number, place: Place): Tensor {
  return tensors[at] ?? fail("bad-tflite", `the model has no tensor ${at}`, { place });
}

/** An operator's name: the wider code of newer files where the byte of older ones is full. */
function codeOf(code: Table): { readonly domain: string; readonly op: string } {
  const number = Math.max(code.int8(0, 0), code.int32(3, 0));
  const op = BUILTIN[number] ?? `BUILTIN_${number}`;
  return op === "CUSTOM" ? { domain: CUSTOM, op: code.text(1) } : { domain: TFLITE, op };
}

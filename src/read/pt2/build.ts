import { fail, InputError, type Place } from "../../graph/diagnostic.js";
import type { OpenTensor } from "../../graph/graph.js";
import { elements, formatShape } from "../../graph/shape.js";
import type { Argument, AtenCall, Counted, Operand } from "../../ops/aten/call.js";
import { checkCall } from "../../ops/aten/ports.js";
import { KEEPS_STORED } from "../../ops/aten/moving.js";
import { atenRule, operatorName } from "../../ops/aten/table.js";
import { isHigherOrder, runHigherOrder } from "./control.js";
import { heldUnder, type Frame, type Held } from "./held.js";
import { calledAs, isPiece } from "./origin.js";
import type { ProgramGraph, ProgramNode, TensorMeta, Value } from "./program.js";
import { Rows, type StoredRead, type StoredTensor } from "./rows.js";
import type { Sizes } from "./sizes.js";

/** Nodes that are run at most, those of graphs inside nodes each time. */
const MAX_NODES = 300_000;

/** Operators that check something, or make numbers of Python's: no tensor comes out, and nothing is counted. */
const CHECKS =
  /^(_assert|sym_|_functional_(sym_|assert)|_local_scalar_dense$|item$|is_|size$|numel$|stride$|dim$|_print$|_linalg_check_errors$|_make_dep_token$|_sink_tokens$)/;
const NUMBER_NAMESPACES = new Set(["_operator", "math", "operator", "builtins", "torch"]);

/** Runs the nodes of a program: each becomes a row, but for views of stored tensors and checks. */
export class Builder {
  readonly rows = new Rows();
  /** A layer of PyTorch's that multiplies stands as its operators. */
  hasPieces = false;
  private left = MAX_NODES;

  constructor(
    private readonly path: string,
    readonly sizes: Sizes,
  ) {}

  /** What the graph gives out. */
  run(graph: ProgramGraph, frame: Omit<Frame, "graph">): readonly Held[] {
    const inner = { ...frame, graph };
    for (const node of graph.nodes) this.node(node, inner);
    return graph.outputs.map((name) => heldUnder(inner, name, { kind: "node", path: this.path, node: frame.label }));
  }

  nameOf({ name, origin }: ProgramNode, { label }: Frame): string {
    return label + (origin.path === "" ? name : `/${origin.path}/${name}`);
  }

  placeOf(node: ProgramNode, frame: Frame): Place {
    return { kind: "node", path: this.path, node: this.nameOf(node, frame) };
  }

  private node(node: ProgramNode, frame: Frame): void {
    const place = this.placeOf(node, frame);
    if (--this.left < 0) fail("too-large", `this model runs more than ${MAX_NODES} nodes`, { place });
    try {
      if (isHigherOrder(node)) runHigherOrder(this, node, frame, place);
      else this.operator(node, frame, place);
    } catch (error) {
      throw error instanceof InputError ? error.at(place) : error;
    }
  }

  private operator(node: ProgramNode, frame: Frame, place: Place): void {
    const known = node.namespace === "aten" || NUMBER_NAMESPACES.has(node.namespace);
    if (node.outputs.length === 0 && known && (NUMBER_NAMESPACES.has(node.namespace) || CHECKS.test(node.op))) return;
    const name = operatorName(node.op);
    const made = this.made(node, frame);
    const rule = atenRule(node.namespace, name);
    const held = this.heldArguments(node, frame, place);
    const open = [...held.flatMap(({ tensors }) => tensors), ...made].find((each) => each?.kind === "open");
    const call = this.call(node, name, held, made, frame);
    if (rule !== undefined && open === undefined) checkCall(call);
    if (this.keptStored(node, name, made, frame, place)) return;
    if (rule === undefined) {
      this.row(node, frame, { op: operatorText(node), uncounted: "this operator is not known" }, made, place);
      return;
    }
    if (open?.kind === "open") {
      this.row(node, frame, { op: name, uncounted: open.reason }, made, place);
      return;
    }
    const counted = rule(call);
    const [first] = made;
    if (counted.makes !== undefined && first?.kind === "tensor" && counted.makes !== elements(first.shape)) {
      fail("bad-pt2", `${name} makes ${counted.makes} elements of its inputs, and the file says ${formatShape(first.shape)}`, {
        place,
        expected: "the shape that the operator makes",
      });
    }
    if (counted.warning !== undefined) this.rows.warn(`node ${this.nameOf(node, frame)}: ${counted.warning}`);
    this.row(node, frame, counted, made, place);
  }

  /** A view of a stored tensor, or a copy of it in another type, is that tensor: it belongs to the operator that uses it. */
  private keptStored(node: ProgramNode, name: string, made: readonly Held[], frame: Frame, place: Place): boolean {
    if (!KEEPS_STORED.has(name)) return false;
    const read = node.args.flatMap(({ value }) => (value.kind === "tensors" ? value.names.flatMap((each) => each ?? []) : []));
    const [source, ...more] = read.map((each) => heldUnder(frame, each, place));
    if (source?.kind !== "stored" || made.some(({ kind }) => kind === "open")) return false;
    // Scales and zero points of a quantised tensor belong to it.
    const beside = name.startsWith("dequantize") ? more.flatMap((held) => (held.kind === "stored" ? held.tensors : [])) : [];
    const tensors = [...source.tensors, ...beside];
    made.forEach((held, index) => {
      if (held.kind !== "open") frame.held.set(node.outputs[index] ?? "", { kind: "stored", tensors, shape: held.shape, dtype: held.dtype });
    });
    return true;
  }

  /** The tensors that come out, by what the file says of them. */
  made({ outputs }: ProgramNode, frame: Frame): readonly Held[] {
    return outputs.map((name) => this.typed(name, frame.label + name, frame.graph.tensors.get(name)));
  }

  /** A tensor of the graph by what the file says of it. */
  typed(written: string, name: string, meta: TensorMeta | undefined): Held {
    if (meta === undefined) return { kind: "open", reason: `the file has no shape for ${written}`, sizes: [], dtype: undefined };
    const shape = this.sizes.shape(meta.sizes);
    if (shape !== undefined) return { kind: "tensor", name, shape, dtype: meta.dtype };
    const open = this.sizes.open(meta.sizes).join("x");
    return { kind: "open", reason: `how large ${written} is (${open}) depends on the data: --dim`, sizes: meta.sizes, dtype: meta.dtype };
  }

  /** The arguments of a node with what their names stand for. */
  heldArguments({ args }: ProgramNode, frame: Frame, place: Place) {
    return args.map(({ name, value }) => ({
      name,
      value,
      tensors: value.kind === "tensors" ? value.names.map((each) => (each === undefined ? undefined : heldUnder(frame, each, place))) : [],
    }));
  }

  private call(node: ProgramNode, op: string, held: ReturnType<Builder["heldArguments"]>, made: readonly Held[], frame: Frame): AtenCall {
    const args = held.flatMap(({ name, value, tensors }): readonly (readonly [string, Argument])[] => {
      const argument = this.argument(value, tensors, frame);
      return argument === undefined ? [] : [[name, argument]];
    });
    const outputs = made.flatMap((each) => (each.kind === "open" ? [] : [{ shape: each.shape, dtype: each.dtype }]));
    return { op, overload: node.overload, args: new Map(args), outputs };
  }

  private argument(value: Value, tensors: readonly (Held | undefined)[], { graph }: Frame): Argument | undefined {
    if (value.kind === "tensors") return { kind: "tensors", operands: tensors.map(operand) };
    if (value.kind === "text") return value;
    if (value.kind !== "numbers") return undefined;
    const values = value.values.map((each) => (typeof each === "number" ? each : this.sizes.size(graph.numbers.get(each.name) ?? NaN)));
    const known = values.flatMap((each) => each ?? []);
    return known.length === values.length ? { kind: "numbers", values: known, isList: value.isList } : undefined;
  }

  /** Adds a row, and what it makes to the frame. */
  row(node: ProgramNode, frame: Frame, counted: Counted, made: readonly Held[], place: Place): void {
    const held = this.heldArguments(node, frame, place);
    const reads = held.flatMap(({ name, tensors }) => readsOf(counted, name, tensors));
    const inputs = held.flatMap(({ tensors }) => tensors.flatMap((each) => (each?.kind === "tensor" ? [each] : [])));
    const named = made.flatMap((each) => (each.kind === "tensor" ? [each] : []));
    const how = calledAs(counted.op, node.origin, ownsWeight(node, reads));
    if ((counted.macs ?? 0n) > 0n && isPiece(how, node.origin)) this.hasPieces = true;
    this.rows.add({
      name: this.nameOf(node, frame),
      counted,
      reads,
      inputs: inputs.map(({ name }) => name),
      outputs: named.map(({ name }) => name),
      types: named,
      times: frame.times,
      calledAs: how,
      unknown: node.args.some(({ value }) => value.kind === "object") ? "cost and weights" : "cost",
      place,
    });
    made.forEach((each, index) => frame.held.set(node.outputs[index] ?? "", each));
  }

  /** A stored tensor, or one of the graph under another name, as an output of the program under its own name. */
  give(name: string, held: Held, place: Place): OpenTensor | undefined {
    if (held.kind === "open") return { name, shape: held.sizes.length === 0 ? null : this.sizes.open(held.sizes), dtype: held.dtype };
    if (held.kind === "tensor" && held.name === name) return undefined;
    const [op, view] = held.kind === "tensor" ? ["identity", true] : ["constant", false];
    this.rows.add({
      name: `output ${name}`,
      counted: { op, view },
      reads: held.kind === "stored" ? held.tensors.map((tensor) => ({ tensor, port: "value", part: held.shape })) : [],
      inputs: held.kind === "tensor" ? [held.name] : [],
      outputs: [name],
      types: [held],
      times: 1n,
      calledAs: undefined,
      place,
    });
    return undefined;
  }
}

const operand = (held: Held | undefined): Operand | undefined =>
  held === undefined || held.kind === "open" ? undefined : { shape: held.shape, dtype: held.dtype, stored: held.kind === "stored" };

/** The stored tensors of an argument under the operator's names for them. */
function readsOf({ ports = {} }: Counted, name: string, tensors: readonly (Held | undefined)[]): readonly StoredRead[] {
  const port = Object.hasOwn(ports, name) ? ports[name] : undefined;
  return tensors.flatMap((held, index) => {
    if (held?.kind !== "stored") return [];
    const own = typeof port === "object" ? port[index] : port;
    const fallback = tensors.length > 1 ? `${name}_${index}` : name;
    return held.tensors.map((tensor, position): StoredRead => ({
      tensor,
      port: position === 0 ? (own ?? fallback) : (tensor.name.split(".").at(-1) ?? fallback),
      part: held.shape,
    }));
  });
}

function ownsWeight({ origin }: ProgramNode, reads: readonly StoredRead[]): boolean {
  const owner = ({ name }: StoredTensor) => name.split(".").slice(0, -1).join(".");
  return origin.path !== "" && reads.some(({ tensor }) => owner(tensor) === origin.path);
}

function operatorText({ namespace, op }: ProgramNode): string {
  return namespace === op ? op : `${namespace}.${op}`;
}

import type { Place } from "../../graph/diagnostic.js";
import type { Counted } from "../../ops/aten/call.js";
import { flexAttention } from "../../ops/aten/attention.js";
import type { Builder } from "./build.js";
import { heldUnder, type Frame, type Held } from "./held.js";
import type { ProgramGraph, ProgramNode } from "./program.js";

/** Operators that hold graphs (torch/_higher_order_ops). */
export function isHigherOrder({ namespace }: ProgramNode): boolean {
  return namespace === "higher_order";
}

interface Inside {
  readonly name: string;
  readonly graph: ProgramGraph;
}

/** A node's arguments by their position: its graphs, and the operands after the first graph, each list of them apart. */
interface Parts {
  readonly graphs: readonly Inside[];
  readonly lists: readonly (readonly (string | undefined)[])[];
}

function partsOf({ args }: ProgramNode): Parts {
  const graphs = args.flatMap(({ value }) => (value.kind === "graph" ? [{ name: value.name, graph: value.graph }] : []));
  const first = args.findIndex(({ value }) => value.kind === "graph");
  const lists = args.slice(first + 1).flatMap(({ value }) => {
    if (value.kind === "tensors") return [value.names];
    // Numbers take their places among the operands.
    return value.kind === "numbers" ? [value.values.map(() => undefined)] : [];
  });
  return { graphs, lists };
}

/** Wrappers that run their graph once, with what stands after it. */
const WRAPPERS = new Set([
  "wrap",
  "wrap_with_autocast",
  "wrap_with_set_grad_enabled",
  "wrap_activation_checkpoint",
  "tag_activation_checkpoint",
  "dynamo_bypassing_wrapper",
  "strict_mode",
  "hints_wrapper",
  "run_const_graph",
  "invoke_subgraph",
  "subgraph",
  "local_map_hop",
]);

/** Runs a node that holds graphs: they are counted as often as they run. One that is not known is a row without a cost. */
export function runHigherOrder(builder: Builder, node: ProgramNode, frame: Frame, place: Place): void {
  const parts = partsOf(node);
  const [first] = parts.graphs;
  const operands = parts.lists.flat();
  if (WRAPPERS.has(node.op) && first !== undefined) {
    const outputs = enter(builder, node, frame, place, first, operands, 1n);
    if (outputs !== undefined) {
      node.outputs.forEach((name, index) => {
        const held = outputs[index];
        if (held !== undefined) frame.held.set(name, held);
      });
      if (node.outputs.every((name) => frame.held.has(name))) return;
    }
  }
  const counted = knownNode(builder, node, frame, place, parts) ?? { op: `higher_order.${node.op}`, uncounted: "this operator is not known" };
  builder.row(node, frame, counted, builder.made(node, frame), place);
}

/** Counts what the graphs of a node do, and says what is left for the node itself. */
function knownNode(builder: Builder, node: ProgramNode, frame: Frame, place: Place, parts: Parts): Counted | undefined {
  if (node.op === "cond") return branch(builder, node, frame, place, parts);
  if (node.op === "map_impl" || node.op === "map" || node.op === "scan") return repeated(builder, node, frame, place, parts);
  if (node.op === "while_loop" || node.op === "while_loop_stack_output") return loop(builder, node, frame, place, parts);
  return node.op.startsWith("flex_attention") ? flex(builder, node, frame, place) : undefined;
}

/**
 * Runs a graph of a node on its operands. Nothing where it has another number of inputs.
 * @param given what its inputs are, where they are not the operands themselves: slices of them
 */
function enter(
  builder: Builder,
  node: ProgramNode,
  frame: Frame,
  place: Place,
  { name, graph }: Inside,
  operands: readonly (string | undefined)[],
  times: bigint,
  given: (operand: Held, input: string, index: number) => Held = (operand) => operand,
): readonly Held[] | undefined {
  if (operands.length !== graph.inputs.length) return undefined;
  const held = new Map<string, Held>();
  graph.inputs.forEach((input, index) => {
    const operand = operands[index];
    if (input !== "" && operand !== undefined) held.set(input, given(heldUnder(frame, operand, place), input, index));
  });
  const label = `${builder.nameOf(node, frame)}/${name}/`;
  return builder.run(graph, { held, label, times: frame.times * times });
}

/** cond: which branch runs depends on the data. The costlier one is counted, as an If of ONNX is. */
function branch(builder: Builder, node: ProgramNode, frame: Frame, place: Place, { graphs, lists }: Parts): Counted | undefined {
  const operands = lists.flat();
  const taken = graphs.slice(0, 2).map((graph) => builder.rows.takeOut(() => enter(builder, node, frame, place, graph, operands, 1n)));
  const [yes, no] = taken;
  if (yes?.result === undefined || no?.result === undefined) return undefined;
  const costly = no.macs > yes.macs || (no.macs === yes.macs && no.flops > yes.flops) ? no : yes;
  builder.rows.putBack(costly);
  if (yes.flops !== no.flops) {
    const name = graphs[costly === yes ? 0 : 1]?.name ?? "";
    builder.rows.warn(`which branch of ${builder.nameOf(node, frame)} runs depends on the data: ${name} is counted, the costlier one`);
  }
  return { op: "cond", view: false };
}

/** scan and map: the graph runs once for each slice along the first axis of what is scanned; scan carries states along. */
function repeated(builder: Builder, node: ProgramNode, frame: Frame, place: Place, { graphs, lists }: Parts): Counted | undefined {
  const [graph] = graphs;
  const carried = node.op === "scan" ? (lists[0]?.length ?? 0) : 0;
  const scanned = node.op === "scan" ? lists[1] : lists[0];
  const source = scanned?.[0] === undefined ? undefined : heldUnder(frame, scanned[0], place);
  if (graph === undefined || scanned === undefined || source === undefined) return undefined;
  if (source.kind === "open") return { op: node.op, uncounted: source.reason };
  const operands = lists.flat().filter((operand) => operand !== undefined);
  const times = BigInt(source.shape[0] ?? 1);
  const isSlice = (index: number) => index >= carried && index < carried + scanned.length;
  const outputs = enter(builder, node, frame, place, graph, operands, times, (operand, input, index) => {
    if (!isSlice(index) || operand.kind === "open") return operand;
    // A slice is a view of what it is taken from.
    const meta = graph.graph.tensors.get(input);
    const slice = builder.typed(input, input, meta);
    return slice.kind === "tensor" ? { ...operand, shape: slice.shape } : slice;
  });
  return outputs === undefined ? undefined : { op: node.op };
}

/** while_loop: how often it runs depends on the data; one run of its condition and its body is counted. */
function loop(builder: Builder, node: ProgramNode, frame: Frame, place: Place, { graphs, lists }: Parts): Counted | undefined {
  const operands = lists.flat();
  const ran = graphs.map((graph) => enter(builder, node, frame, place, graph, operands, 1n));
  if (ran.length === 0 || ran.some((outputs) => outputs === undefined)) return undefined;
  return { op: node.op, uncounted: "how often this loop runs depends on the data: one run is counted" };
}

/** flex_attention(query, key, value, score_mod, ...): what `score_mod` does to each score is in its graph, and is not counted. */
function flex(builder: Builder, node: ProgramNode, frame: Frame, place: Place): Counted | undefined {
  const operands = node.args.slice(0, 3).map(({ value }) => {
    const name = value.kind === "tensors" ? value.names[0] : undefined;
    const held = name === undefined ? undefined : heldUnder(frame, name, place);
    return held === undefined || held.kind === "open" ? undefined : { shape: held.shape, dtype: held.dtype, stored: held.kind === "stored" };
  });
  if (operands.length < 3 || operands.includes(undefined)) return undefined;
  const args = new Map(["query", "key", "value"].map((name, index) => [name, { kind: "tensors" as const, operands: [operands[index]] }]));
  const outputs = builder.made(node, frame).flatMap((held) => (held.kind === "tensor" ? [{ shape: held.shape }] : []));
  builder.rows.warn(
    `node ${builder.nameOf(node, frame)}: all scores are counted, whatever its block mask leaves out, and not what its score_mod does`,
  );
  return flexAttention({ op: "flex_attention", overload: "", args, outputs });
}

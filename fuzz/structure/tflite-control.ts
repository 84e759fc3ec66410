import { int32s, model, type Graph, type Operator, type Tensor } from "../../test/read/tflite-model.js";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { both, dearer, taken, times, type Expected, type Runs } from "./expected.js";

/** Operators by their place in CODES. */
const [ADD, FULLY_CONNECTED, LESS, IF, WHILE, CALL_ONCE] = [0, 1, 2, 3, 4, 5] as const;
const CODES = [0, 9, 58, 118, 119, 129] as const;
const [FLOAT, INT32, BOOL] = [0, 2, 6] as const;

/** A state of 1 x 4 through a matrix of 4 x 4. */
const PRODUCT = 4n * 4n;
const DEEPEST = 3;

const HOSTILE = [-1, 0, 999, 1001, 2 ** 31 - 1, -(2 ** 31), 10_000] as const;

class Subgraph {
  readonly tensors: Tensor[] = [];
  readonly operators: Operator[] = [];

  tensor(shape: readonly number[], type: number = FLOAT, buffer = 0): number {
    return this.tensors.push({ name: `t${this.tensors.length}`, shape, type, buffer, hasRank: true }) - 1;
  }

  add(code: number, inputs: readonly number[], outputs: readonly number[], options: Operator["options"] = {}): void {
    this.operators.push({ code, inputs, outputs, options });
  }
}

/** Builds the subgraphs of a model, each of which may run others. */
class Program {
  readonly graphs: (Graph | undefined)[] = [undefined];
  readonly buffers: Uint8Array[] = [];

  constructor(private readonly random: Random) {}

  buffer(content: Uint8Array): number {
    return this.buffers.push(content);
  }

  /** A graph whose inputs and outputs are these; its number. */
  private put(graph: Subgraph, inputs: readonly number[], outputs: readonly number[]): number {
    return this.graphs.push({ tensors: graph.tensors, operators: graph.operators, inputs, outputs }) - 1;
  }

  /** The number of a graph as a file may have it: another's, its own, that of none. */
  private pointed(right: number): { readonly int: number; readonly isRight: boolean } {
    if (!this.random.chance(12)) return { int: right, isRight: true };
    const int = this.random.pick([0, -1, this.graphs.length + 40, 2 ** 31 - 1, -(2 ** 31)]);
    return { int, isRight: false };
  }

  statements(graph: Subgraph, from: number, depth: number): { readonly out: number; readonly macs: Expected } {
    let [out, macs]: [number, Expected] = [from, 0n];
    for (let left = this.random.few(3); left > 0; left--) {
      const next = this.statement(graph, out, depth);
      [out, macs] = [next.out, both(macs, next.macs)];
    }
    return { out, macs };
  }

  private statement(graph: Subgraph, from: number, depth: number): { readonly out: number; readonly macs: Expected } {
    const out = graph.tensor([1, 4]);
    const kind = depth >= DEEPEST ? 0 : this.random.below(5);
    if (kind === 1 || kind === 2) return { out, macs: this.loop(graph, from, out, depth) };
    if (kind === 3) return { out, macs: this.branches(graph, from, out, depth) };
    if (kind === 4) return { out, macs: both(this.once(graph), this.product(graph, from, out)) };
    return { out, macs: this.product(graph, from, out) };
  }

  private product(graph: Subgraph, from: number, out: number): bigint {
    graph.add(FULLY_CONNECTED, [from, graph.tensor([4, 4], FLOAT, this.buffer(new Uint8Array(64))), -1], [out]);
    return PRODUCT;
  }

  private block(depth: number): { readonly index: number; readonly macs: Expected } {
    const graph = new Subgraph();
    const from = graph.tensor([1, 4]);
    const { out, macs } = this.statements(graph, from, depth + 1);
    return { index: this.put(graph, [from], [out]), macs };
  }

  private branches(graph: Subgraph, from: number, out: number, depth: number): Expected {
    const holds = this.random.pick([true, false, "said"] as const);
    const decided = graph.tensor([], BOOL, holds === "said" ? 0 : this.buffer(Uint8Array.of(Number(holds))));
    // What depends on the data is made by an operator: two numbers that are inputs.
    if (holds === "said") graph.add(LESS, [0, 0], [decided]);
    const [yes, no] = [this.block(depth), this.block(depth)];
    const [first, second] = [this.pointed(yes.index), this.pointed(no.index)];
    graph.add(IF, [decided, from], [out], { 0: { int: first.int }, 1: { int: second.int } });
    if (!first.isRight || !second.isRight) return "said";
    return holds === "said" ? dearer(yes.macs, no.macs) : holds ? taken(yes.macs, no.macs) : taken(no.macs, yes.macs);
  }

  /** A loop over a counter: from `start` on, as long as it is below `limit`. */
  private loop(graph: Subgraph, from: number, out: number, depth: number): Expected {
    const { random } = this;
    const [start, limit, step] = [
      random.pick([0, 0, 1, -2]),
      random.chance(8) ? random.pick(HOSTILE) : random.below(6),
      random.chance(6) ? random.pick([0, -1, 3]) : 1,
    ];
    const cond = new Subgraph();
    const [left, isLess] = [cond.tensor([], INT32), cond.tensor([], BOOL)];
    const state = cond.tensor([1, 4]);
    cond.add(LESS, [left, cond.tensor([], INT32, this.buffer(int32s(limit)))], [isLess]);
    const body = new Subgraph();
    const [counter, next, carried] = [body.tensor([], INT32), body.tensor([], INT32), body.tensor([1, 4])];
    body.add(ADD, [counter, body.tensor([], INT32, this.buffer(int32s(step)))], [next]);
    const inner = this.statements(body, carried, depth + 1);
    const [first, second] = [
      this.pointed(this.put(cond, [left, state], [isLess])),
      this.pointed(this.put(body, [counter, carried], [next, inner.out])),
    ];
    const counted = graph.tensor([], INT32);
    graph.add(WHILE, [graph.tensor([], INT32, this.buffer(int32s(start))), from], [counted, out], { 0: { int: first.int }, 1: { int: second.int } });
    if (!first.isRight || !second.isRight) return "said";
    const runs: Runs = start >= limit ? 0n : step <= 0 ? "said" : BigInt(Math.ceil((limit - start) / step));
    return times(runs, inner.macs);
  }

  /** What runs when the model is loaded: nothing of it counts for an input. */
  private once(graph: Subgraph): Expected {
    const called = new Subgraph();
    const made = called.tensor([1, 4]);
    this.product(called, called.tensor([1, 4], FLOAT, this.buffer(new Uint8Array(16))), made);
    const { int, isRight } = this.pointed(this.put(called, [], []));
    graph.add(CALL_ONCE, [], [], { 0: { int } });
    return isRight ? 0n : "said";
  }
}

/** TFLite models of IF, WHILE and CALL_ONCE, each in each, whose numbers of graphs may be those of none or lead in a circle. */
export function tfliteControl(random: Random): Case {
  const program = new Program(random);
  const main = new Subgraph();
  const from = main.tensor([1, 4]);
  const { out, macs } = program.statements(main, from, 0);
  program.graphs[0] = { tensors: main.tensors, operators: main.operators, inputs: [from], outputs: [out] };
  const graphs = program.graphs.flatMap((graph) => graph ?? []);
  const content = model(CODES, graphs, program.buffers);
  return { argv: ["model.tflite"], files: { "model.tflite": content }, claim: { kind: "macs", macs } };
}

import type { Place } from "../../graph/diagnostic.js";
import { bytesOf, type DType } from "../../graph/dtype.js";
import type { Node } from "../../graph/graph.js";
import type { CalledAs, Inference, Primitive, Stored, TensorType, Unknown } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import type { Counted } from "../../ops/aten/call.js";
import { inference } from "../../ops/primitive.js";
import type { StoredInput } from "./program.js";

/** A tensor that is stored with the model. `key` tells which are one: tied weights have one. */
export interface StoredTensor extends Pick<StoredInput, "role"> {
  readonly key: string;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType | undefined;
}

/** A stored tensor as a node reads it: all of it or a part, under the operator's name for it. */
export interface StoredRead {
  readonly tensor: StoredTensor;
  readonly port: string;
  readonly part: Shape;
}

export interface NewRow {
  readonly name: string;
  readonly counted: Counted;
  readonly reads: readonly StoredRead[];
  /** Names of the tensors that are read and made. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly types: readonly TensorType[];
  readonly times: bigint;
  readonly calledAs: CalledAs | undefined;
  /** What of a row without a known cost is not known. */
  readonly unknown?: Unknown["of"] | undefined;
  readonly place: Place;
}

interface Row {
  readonly node: Node;
  readonly macs: bigint;
  readonly flops: bigint;
}

/** Rows that were taken back out, to be put in again or not. */
export interface Taken<T> {
  readonly result: T;
  readonly macs: bigint;
  readonly flops: bigint;
  readonly rows: readonly Row[];
  readonly claims: readonly string[];
  readonly warnings: readonly string[];
}

/** The layers of a graph in order. A stored tensor belongs to the first that reads it; to those after it, it is shared. */
export class Rows {
  private rows: Row[] = [];
  private claims: string[] = [];
  private said: string[] = [];
  private claimed = new Set<string>();

  get nodes(): readonly Node[] {
    return this.rows.map(({ node }) => node);
  }

  get warnings(): readonly string[] {
    return [...new Set(this.said)];
  }

  warn(text: string): void {
    this.said.push(text);
  }

  isClaimed(tensor: StoredTensor): boolean {
    return this.claimed.has(tensor.key);
  }

  add({ name, counted, reads, inputs, outputs, types, times, calledAs, unknown = "cost", place }: NewRow): void {
    const firsts = new Map<unknown, StoredRead>();
    for (const read of reads) if (!firsts.has(read.tensor.key)) firsts.set(read.tensor.key, read);
    const distinct = [...firsts.values()];
    const stored = distinct.map((read) => this.stored(read));
    const layer = layerOf(counted, unknown, types, stored, times, calledAs);
    const { macs = 0n, operations = {} } = counted;
    const flops = Object.values(operations).reduce((sum, count) => sum + count, 2n * macs);
    const storedNames = distinct.map(({ tensor }) => tensor.name);
    this.rows.push({ node: { name, layer, inputs, outputs, place, storedNames }, macs: times * macs, flops: times * flops });
  }

  private stored({ tensor, port, part }: StoredRead): Stored {
    const { key, role, shape, dtype } = tensor;
    const own = { name: port, role, shape, dtype: dtype === "float32" ? undefined : dtype };
    if (!this.claimed.has(key)) {
      this.claimed.add(key);
      this.claims.push(key);
      return own;
    }
    const whole = elements(part) >= elements(shape);
    return { ...own, shared: true, ...(whole ? {} : { bytes: bytesOf(elements(part), dtype ?? "float32") }) };
  }

  /** Runs something and takes back out what it added. */
  takeOut<T>(run: () => T): Taken<T> {
    const before = { rows: this.rows, claims: this.claims, said: this.said, claimed: this.claimed };
    this.rows = [];
    this.claims = [];
    this.said = [];
    this.claimed = new Set(before.claimed);
    try {
      const result = run();
      const sum = (of: (row: Row) => bigint) => this.rows.reduce((total, row) => total + of(row), 0n);
      return { result, macs: sum(({ macs }) => macs), flops: sum(({ flops }) => flops), rows: this.rows, claims: this.claims, warnings: this.said };
    } finally {
      this.rows = before.rows;
      this.claims = before.claims;
      this.said = before.said;
      this.claimed = before.claimed;
    }
  }

  putBack({ rows, claims, warnings }: Taken<unknown>): void {
    for (const row of rows) this.rows.push(row);
    for (const key of claims) this.claimed.add(key);
    this.claims.push(...claims);
    this.said.push(...warnings);
  }
}

/** A layer of which everything is known: its shapes are written in the file, its cost is counted by the library. */
function layerOf(
  counted: Counted,
  unknown: Unknown["of"],
  types: readonly TensorType[],
  stored: readonly Stored[],
  times: bigint,
  calledAs: CalledAs | undefined,
): Primitive {
  const { op, view, mixes, uncounted: reason, ...rest } = counted;
  const outputs = types.map(({ shape, dtype }) => ({ shape, dtype: dtype === "float32" ? undefined : dtype }));
  // What is stored has the names of the operator's ports already.
  const made: Inference = {
    ...inference(outputs, { ...rest, ports: undefined, ...(mixes === undefined ? {} : { mixes }), stored }),
    uncounted: reason === undefined ? undefined : { of: unknown, reason },
    times: times === 1n ? undefined : times,
  };
  return { type: "primitive", op, axes: "plain", view, calledAs, stores: stored, infer: () => made };
}

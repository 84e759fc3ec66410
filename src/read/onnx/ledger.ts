import type { Node } from "../../graph/graph.js";
import type { InferredLayer } from "../../graph/inferrer.js";
import type { Inference, Stored } from "../../graph/layer.js";
import { dtypeOf, type Origin } from "./operand.js";
import type { TensorProto } from "./schema.js";

interface Row {
  readonly node: Node;
  readonly inference: Inference | undefined;
}

/** Layers that were taken back out of a ledger, to be put in again or not. */
export interface Entry {
  readonly rows: readonly Row[];
  readonly warnings: readonly string[];
  readonly claims: ReadonlyMap<Origin, Stored>;
  readonly macs: bigint;
  readonly flops: bigint;
  readonly complete: boolean;
}

/** What was read so far: layers in order, and the tensors that they store, each once. */
export class Ledger {
  private rows: Row[] = [];
  private said: string[] = [];
  private claims = new Map<Origin, Stored>();

  private readonly origins = new Map<object, Origin>();

  get nodes(): readonly Node[] {
    return this.rows.map(({ node }) => node);
  }

  get warnings(): readonly string[] {
    return [...new Set(this.said)];
  }

  warn(text: string): void {
    this.said.push(text);
  }

  add(node: Node, { inference }: InferredLayer): void {
    this.rows.push({ node, inference });
  }

  /** What the file stores under a tensor: the same object for the same tensor, however often it is read (the body of a loop). */
  origin(tensor: TensorProto, name: string, held: Origin["held"]): Origin {
    const key = tensor.key ?? tensor;
    const found = this.origins.get(key);
    if (found !== undefined) return found;
    const origin = { name, shape: tensor.dims, dtype: dtypeOf(tensor.dataType), held, role: tensor.role, quantised: tensor.quantised };
    this.origins.set(key, origin);
    return origin;
  }

  /** Whether a tensor is part of what is stored. */
  isClaimed(origin: Origin): boolean {
    return this.claims.has(origin);
  }

  /** Makes a tensor part of what is stored. False where it is already. */
  claim(origin: Origin, stored: Stored): boolean {
    if (this.claims.has(origin)) return false;
    this.claims.set(origin, stored);
    return true;
  }

  /** Runs something and takes back out what it added. */
  takeOut<T>(run: () => T): { readonly result: T; readonly entry: Entry } {
    const before = { rows: this.rows, said: this.said, claims: this.claims };
    this.rows = [];
    this.said = [];
    this.claims = new Map(before.claims);
    try {
      const result = run();
      const claims = new Map([...this.claims].filter(([origin]) => !before.claims.has(origin)));
      const complete = this.rows.every(({ inference }) => inference?.uncounted === undefined);
      return { result, entry: { rows: this.rows, warnings: this.said, claims, ...costOf(this.rows), complete } };
    } finally {
      this.rows = before.rows;
      this.said = before.said;
      this.claims = before.claims;
    }
  }

  putBack({ rows, warnings, claims }: Entry): void {
    for (const row of rows) this.rows.push(row);
    this.said.push(...warnings);
    for (const [origin, stored] of claims) this.claims.set(origin, stored);
  }
}

function costOf(rows: readonly Row[]): Pick<Entry, "macs" | "flops"> {
  let [macs, flops] = [0n, 0n];
  for (const { inference } of rows) {
    if (inference === undefined) continue;
    const { cost, times = 1n } = inference;
    macs += times * cost.macs;
    flops += times * Object.values(cost.operations).reduce((sum, count) => sum + count, 2n * cost.macs);
  }
  return { macs, flops };
}

import { bytesOf } from "../../graph/dtype.js";
import type { Node } from "../../graph/graph.js";
import type { InferredLayer } from "../../graph/inferrer.js";
import type { Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import { dtypeOf, type Origin } from "./operand.js";
import type { TensorProto } from "./schema.js";

interface Row {
  readonly node: Node;
  readonly inferred: InferredLayer;
}

/** A tensor of the file that is part of what is stored, and as what. */
interface Claim {
  readonly origin: Origin;
  readonly stored: Stored;
}

/** Layers that were taken back out of a ledger, to be put in again or not. */
export interface Entry {
  readonly rows: readonly Row[];
  readonly warnings: readonly string[];
  readonly claims: readonly Claim[];
  readonly macs: bigint;
  readonly flops: bigint;
  readonly written: bigint;
  readonly complete: boolean;
}

/** What was read so far: layers in order, and the tensors that they store, each once. */
export class Ledger {
  private rows: Row[] = [];
  private said: string[] = [];
  private readonly origins = new Map<object, Origin>();
  /** By the number of an origin, whether it is claimed. */
  private readonly claimed: boolean[] = [];
  /** What is claimed while something runs that may be taken back out. */
  private claims: Claim[] | undefined;

  get nodes(): readonly Node[] {
    return this.rows.map(({ node }) => node);
  }

  /** The same nodes with their shapes. */
  get layers(): readonly InferredLayer[] {
    return this.rows.map(({ inferred }) => inferred);
  }

  get warnings(): readonly string[] {
    return [...new Set(this.said)];
  }

  warn(text: string): void {
    this.said.push(text);
  }

  add(node: Node, inferred: InferredLayer): void {
    this.rows.push({ node, inferred });
  }

  /**
   * What the file stores under a tensor: the same object for the same tensor, however often it is read (the body of a loop), which of most tensors is
   * `once`.
   * @param role what it is, where the file does not say
   */
  origin(tensor: TensorProto, name: string, held: Origin["held"], once = false, role: Origin["role"] = tensor.role): Origin {
    const key = tensor.key ?? tensor;
    const isKept = !once || tensor.key !== undefined;
    const found = isKept ? this.origins.get(key) : undefined;
    if (found !== undefined) return found;
    const number = this.claimed.push(false) - 1;
    const origin = { number, name, shape: tensor.dims, dtype: dtypeOf(tensor.dataType), held, role, quantised: tensor.quantised };
    if (isKept) this.origins.set(key, origin);
    return origin;
  }

  /** Whether a tensor is part of what is stored. */
  isClaimed(origin: Origin): boolean {
    return origin.number !== undefined && this.claimed[origin.number] === true;
  }

  /** Makes a tensor part of what is stored. False where it is already. */
  claim(origin: Origin, stored: Stored): boolean {
    if (this.isClaimed(origin)) return false;
    this.mark(origin, true);
    this.claims?.push({ origin, stored });
    return true;
  }

  private mark({ number }: Origin, isClaimed: boolean): void {
    if (number !== undefined) this.claimed[number] = isClaimed;
  }

  /** Runs something and takes back out what it added. */
  takeOut<T>(run: () => T): { readonly result: T; readonly entry: Entry } {
    const before = { rows: this.rows, said: this.said, claims: this.claims };
    this.rows = [];
    this.said = [];
    const claims: Claim[] = (this.claims = []);
    try {
      const result = run();
      const complete = this.rows.every(({ inferred }) => inferred.inference?.uncounted === undefined);
      return { result, entry: { rows: this.rows, warnings: this.said, claims, ...costOf(this.rows), complete } };
    } finally {
      this.rows = before.rows;
      this.said = before.said;
      this.claims = before.claims;
      for (const { origin } of claims) this.mark(origin, false);
    }
  }

  putBack({ rows, warnings, claims }: Entry): void {
    for (const row of rows) this.rows.push(row);
    this.said.push(...warnings);
    for (const claim of claims) {
      this.mark(claim.origin, true);
      this.claims?.push(claim);
    }
  }
}

/** Bytes of the outputs of a layer that are no inputs of it. */
function madeBytes({ inputs, outputs }: InferredLayer): bigint {
  const made = outputs.filter(({ id }) => !inputs.some((input) => input.id === id));
  return made.reduce((sum, { shape, dtype = "float32" }) => sum + bytesOf(elements(shape), dtype), 0n);
}

function costOf(rows: readonly Row[]): Pick<Entry, "macs" | "flops" | "written"> {
  let [macs, flops, written] = [0n, 0n, 0n];
  for (const { inferred } of rows) {
    const { inference } = inferred;
    written += madeBytes(inferred);
    if (inference === undefined) continue;
    const { cost, times = 1n } = inference;
    macs += times * cost.macs;
    flops += times * Object.values(cost.operations).reduce((sum, count) => sum + count, 2n * cost.macs);
  }
  return { macs, flops, written };
}

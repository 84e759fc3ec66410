import type { NodeProto } from "./schema.js";

/** What gives out the elements of its first input, moved or of another type. */
const MOVES = new Set([
  "Identity",
  "Cast",
  "Reshape",
  "Transpose",
  "Unsqueeze",
  "Squeeze",
  "Slice",
  "Gather",
  "Expand",
  "Tile",
  "Flatten",
  "Split",
  "Dropout",
  "DepthToSpace",
]);
/** What frequencies go through on their way to a sine. */
const PASSES = new Set([...MOVES, "Mul", "Div", "MatMul", "Einsum", "Concat"]);
const MAX_STEPS = 8;

/**
 * What a stored tensor is that was not learned: a `table` of numbers that somebody computed, a `vector` of them where a matrix would be learned, or
 * the scale and shift of a norm that is `part` of another.
 */
type Fixed = "table" | "vector" | "part";
export type FixedTables = ReadonlyMap<string, Fixed>;

const NONE: FixedTables = new Map<string, never>();
/** Operators that some table is told by. */
const TELLING = new Set(["Neg", "Sub", "Div", "Sin", "InstanceNormalization"]);

/**
 * The stored tensors of a graph that are computed and not learned, by what the graph does with them: sines and cosines that turn pairs of channels
 * (rotary positions, arXiv 2104.09864), frequencies of which both a sine and a cosine are taken, the mean and deviation that an input is normalised by,
 * and the scale and shift of the InstanceNormalization that exporters make of group normalisation.
 */
export function fixedTables(nodes: readonly NodeProto[]): FixedTables {
  if (!nodes.some(({ opType }) => TELLING.has(opType))) return NONE;
  return new Tables(nodes).found();
}

class Tables {
  private readonly makers = new Map<string, NodeProto>();
  private readonly tables = new Map<string, Fixed>();
  private readonly seen = new Set<string>();

  constructor(private readonly nodes: readonly NodeProto[]) {
    for (const node of nodes) for (const output of node.outputs) this.makers.set(output, node);
  }

  found(): FixedTables {
    const waves = { Sin: new Set<string>(), Cos: new Set<string>() };
    const sums = new Set(this.nodes.flatMap(({ opType, inputs }) => (opType === "Add" ? [inputs.join("\n"), [...inputs].reverse().join("\n")] : [])));
    const products = new Map<string, string>();
    for (const { opType, inputs, outputs } of this.nodes) {
      if (opType === "Mul") for (const pair of [inputs, [...inputs].reverse()]) products.set(pair.join("\n"), outputs[0] ?? "");
      else if (opType === "Sin" || opType === "Cos") waves[opType].add(inputs[0] ?? "");
    }
    const reshaped = new Set(this.nodes.flatMap(({ opType, inputs }) => (opType === "Reshape" ? inputs.slice(0, 1) : [])));
    for (const node of this.nodes) {
      if (node.opType === "Add") this.halfTurn(node);
      else if (node.opType === "Sub") this.crosswise(node, products, sums);
      else if (node.opType === "InstanceNormalization") this.groups(node, reshaped);
      this.normalised(node);
    }
    for (const angle of waves.Sin) if (waves.Cos.has(angle)) this.frequencies(angle, MAX_STEPS, "table");
    return this.tables;
  }

  /** Group normalisation: the groups are normalised as channels, and the channels are scaled behind. */
  private groups({ inputs: [x = "", ...affine], outputs: [y = ""] }: NodeProto, reshaped: ReadonlySet<string>): void {
    if (this.makers.get(x)?.opType === "Reshape" && reshaped.has(y)) for (const name of affine) this.mark(name, "part");
  }

  /** (x - mean) / deviation of an input of the graph. */
  private normalised({ opType, inputs: [x = "", by = ""] }: NodeProto): void {
    if ((opType === "Sub" || opType === "Div") && this.isRaw(x)) this.mark(by);
  }

  /** Whether a tensor is an input of the graph, moved or normalised. */
  private isRaw(name: string): boolean {
    let found = this.origin(name);
    for (let step = 0; step < MAX_STEPS; step++) {
      const maker = this.makers.get(found);
      if (maker === undefined) return found !== "";
      if (maker.opType !== "Sub" && maker.opType !== "Div") return false;
      found = this.origin(maker.inputs[0] ?? "");
    }
    return false;
  }

  /** x * cos + turned(x) * sin, where the turned x has half of its channels negated. */
  private halfTurn({ inputs }: NodeProto): void {
    const [left, right] = inputs.map((name) => this.product(name));
    if (left === undefined || right === undefined) return;
    for (const [turnedBy, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const at = turnedBy.findIndex((name) => this.turnedParts(name) !== undefined);
      const parts = this.turnedParts(turnedBy[at] ?? "");
      if (parts === undefined) continue;
      // The sine stands beside what is turned, the cosine beside what that is made of.
      this.mark(turnedBy[1 - at] ?? "");
      for (const name of other) if (!parts.includes(this.origin(name))) this.mark(name);
    }
  }

  /** a * cos - b * sin, and b * cos + a * sin. */
  private crosswise({ inputs }: NodeProto, products: ReadonlyMap<string, string>, sums: ReadonlySet<string>): void {
    const [left, right] = inputs.map((name) => this.product(name));
    if (left === undefined || right === undefined) return;
    const orders = [0, 1].flatMap((a) => [0, 1].map((b) => [left[a] ?? "", left[1 - a] ?? "", right[b] ?? "", right[1 - b] ?? ""] as const));
    for (const [a, cosine, b, sine] of orders) {
      const [first, second] = [products.get(`${b}\n${cosine}`), products.get(`${a}\n${sine}`)];
      if (first === undefined || second === undefined || !sums.has(`${first}\n${second}`)) continue;
      this.mark(cosine);
      this.mark(sine);
    }
  }

  private product(name: string): readonly string[] | undefined {
    const maker = this.makers.get(name);
    return maker?.opType === "Mul" && maker.inputs.length === 2 ? maker.inputs : undefined;
  }

  /** Where the halves of a tensor come from of which one is negated; nothing for any other tensor. */
  private turnedParts(name: string): readonly string[] | undefined {
    const joined = this.makers.get(this.origin(name));
    if (joined?.opType !== "Concat" || joined.inputs.length !== 2) return undefined;
    const origins = joined.inputs.map((part) => this.origin(part));
    const negated = origins.map((origin) => this.makers.get(origin)).filter((maker) => maker?.opType === "Neg");
    return negated.length === 0 ? undefined : [...origins, ...negated.map((maker) => this.origin(maker?.inputs[0] ?? ""))];
  }

  /** Where the elements of a tensor come from, before they were moved. */
  private origin(name: string): string {
    let found = name;
    for (let step = 0; step < MAX_STEPS; step++) {
      const maker = this.makers.get(found);
      if (maker === undefined || !MOVES.has(maker.opType)) break;
      found = maker.inputs[0] ?? "";
    }
    return found;
  }

  /** Says of a stored tensor that it is a table; of a tensor that a node computes nothing is said. */
  private mark(name: string, as: Fixed = "table"): void {
    const origin = this.origin(name);
    const maker = this.makers.get(origin);
    if (maker === undefined || maker.opType === "Constant") this.tables.set(origin, as);
  }

  private frequencies(name: string, steps: number, as: Fixed): void {
    if (steps === 0 || this.seen.has(name)) return;
    this.seen.add(name);
    const maker = this.makers.get(name);
    this.mark(name, as);
    if (maker === undefined || !PASSES.has(maker.opType)) return;
    const data = MOVES.has(maker.opType) ? maker.inputs.slice(0, 1) : maker.inputs;
    const product = maker.opType === "MatMul" || maker.opType === "Einsum";
    for (const input of data) this.frequencies(input, steps - 1, product ? "vector" : as);
  }
}

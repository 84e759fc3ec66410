import { functionOf, input, model, node, output, weight, type AttributeValue, type Write } from "../../test/read/onnx-model.js";
import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { both, dearer, taken, times, type Expected, type Runs } from "./expected.js";
import { condition, hostile, tripCount, whole, type Site } from "./onnx-counts.js";

/** Statements that read one state of 2 x 4 and make the next, and what they multiply. */
interface Piece {
  readonly writes: readonly Write[];
  readonly out: string;
  readonly macs: Expected;
}

/** A function, and what a call of it costs. */
interface Called {
  readonly name: string;
  readonly macs: Expected;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** A product of the state with a matrix of 4 x 4. */
const PRODUCT = 2n * 4n * 4n;
const DEEPEST = 4;
const LENGTHS = [0, 1, 2, 5, 1000] as const;

/** Builds a model of loops, branches, scans and calls of functions in each other. */
class Program {
  readonly outside: Write[] = [];
  readonly functions: Write[] = [];
  private names = 0;
  /** Those that need no attributes. */
  private readonly known: Called[] = [];

  constructor(private readonly random: Random) {}

  fresh = (prefix: string): string => `${prefix}${this.names++}`;

  site(closed: boolean, field: number, reference?: Site["reference"]): Site {
    return { field, fresh: this.fresh, addInput: (write) => void this.outside.push(write), closed, reference };
  }

  statements(site: Site, from: string, weights: string, depth: number): Piece {
    let state: Piece = { writes: [], out: from, macs: 0n };
    for (let left = this.random.few(depth === 0 ? 3 : 2); left > 0; left--) {
      const next = this.statement(site, state.out, weights, depth);
      state = { writes: [...state.writes, ...next.writes], out: next.out, macs: both(state.macs, next.macs) };
    }
    return state;
  }

  private statement(site: Site, from: string, weights: string, depth: number): Piece {
    if (depth >= DEEPEST) return this.product(site, from, weights);
    switch (this.random.below(6)) {
      case 0:
      case 1:
        return this.loop(site, from, weights, depth);
      case 2:
        return this.branches(site, from, weights, depth);
      case 3:
        return this.scan(site, from, weights, depth);
      case 4:
        return this.call(site, from, weights, depth);
      default:
        return this.product(site, from, weights);
    }
  }

  private product({ field }: Site, from: string, weights: string): Piece {
    const out = this.fresh("h");
    return { writes: [node("MatMul", [from, weights], [out], { field })], out, macs: PRODUCT };
  }

  /** A graph in a node; it may have a weight of its own, sometimes under a name that is there outside. */
  private graph(closed: boolean, from: string, weights: string, depth: number): Piece {
    const own = this.random.chance(3) ? [this.random.chance(3) ? weights : this.fresh("w")] : [];
    const inner = this.statements(this.site(closed, 1), from, own[0] ?? weights, depth + 1);
    return { ...inner, writes: [...own.map((name) => weight(name, [4, 4])), ...inner.writes] };
  }

  private loop(site: Site, from: string, weights: string, depth: number): Piece {
    const [state, at, going, out] = [this.fresh("h"), this.fresh("i"), this.fresh("go"), this.fresh("h")];
    const trips = this.random.chance(8) ? undefined : tripCount(this.random, site);
    const first = this.random.chance(2) ? undefined : condition(this.random, site);
    const body = this.graph(site.closed, state, weights, depth);
    const last = this.last(at, going);
    const graph = [input(at, [], 7), input(going, [], 9), input(state, [2, 4]), ...body.writes, ...last.writes, output(last.name), output(body.out)];
    const loop = node("Loop", [trips?.name ?? "", first?.name ?? "", from], [out], { field: site.field, attributes: { body: { graph } } });
    const runs = iterations(trips?.runs, first?.holds ?? true, last.ends);
    return { writes: [...(trips?.writes ?? []), ...(first?.writes ?? []), loop], out, macs: times(runs, body.macs) };
  }

  /** The condition that a body gives out, and after how many iterations it ends the loop. */
  private last(at: string, going: string): { readonly name: string; readonly writes: readonly Write[]; readonly ends: bigint | "never" | "said" } {
    const [name, site] = [this.fresh("more"), this.site(false, 1)];
    switch (this.random.below(8)) {
      case 0: {
        const { name: said, writes, holds } = condition(this.random, site);
        return { name: said, writes, ends: holds === "said" ? "said" : holds ? "never" : 1n };
      }
      case 1: {
        const [most, limit] = [this.random.below(5), this.fresh("n")];
        return { name, writes: [whole(site, limit, most), node("Less", [at, limit], [name])], ends: BigInt(most + 1) };
      }
      default:
        return { name: going, writes: [], ends: "never" };
    }
  }

  private branches(site: Site, from: string, weights: string, depth: number): Piece {
    const out = this.fresh("h");
    const decided = condition(this.random, site);
    const [yes, no] = [this.graph(site.closed, from, weights, depth), this.graph(site.closed, from, weights, depth)];
    const attributes = {
      then_branch: { graph: [...yes.writes, output(yes.out)] },
      else_branch: { graph: [...no.writes, output(no.out)] },
    };
    const macs = decided.holds === "said" ? dearer(yes.macs, no.macs) : decided.holds ? taken(yes.macs, no.macs) : taken(no.macs, yes.macs);
    return { writes: [...decided.writes, node("If", [decided.name], [out], { field: site.field, attributes })], out, macs };
  }

  private scan(site: Site, from: string, weights: string, depth: number): Piece {
    if (site.closed) return this.product(site, from, weights);
    const { random } = this;
    const [state, slice, same, out, stacked] = [this.fresh("h"), this.fresh("s"), this.fresh("s"), this.fresh("h"), this.fresh("s")];
    const lengths = Array.from({ length: random.few(2) }, () => random.pick(LENGTHS));
    const scanned = lengths.map((length) => {
      const name = this.fresh("x");
      this.outside.push(input(name, [length, 3]));
      return name;
    });
    const axis = random.chance(6) ? random.pick([2, -3, 2 ** 53, -(2 ** 62)]) : random.pick([0, 0, -2, 1, -1]);
    const count = random.chance(5) ? random.pick([0, -1, scanned.length + 2, 2 ** 53, -(2 ** 31)]) : scanned.length;
    const body = this.graph(false, state, weights, depth);
    const slices = scanned.map((_, index) => (index === 0 ? slice : this.fresh("s")));
    const graph = [
      input(state, [2, 4]),
      ...slices.map((name) => input(name, [3])),
      ...body.writes,
      node("Identity", [slice], [same]),
      output(body.out),
      output(same),
    ];
    const axes = { scan_input_axes: scanned.map(() => axis), scan_output_axes: [random.pick([0, 0, 1, -1])] };
    const attributes: Record<string, AttributeValue> = { body: { graph }, num_scan_inputs: count, ...(axis === 0 && random.chance(2) ? {} : axes) };
    const isRight = count === scanned.length && Math.abs(axis) <= 2 && axis !== 2 && new Set(isFirst(axis) ? lengths : [3]).size === 1;
    const runs = isRight ? BigInt(isFirst(axis) ? (lengths[0] ?? 0) : 3) : "said";
    const scan = node("Scan", [from, ...scanned], [out, stacked], { field: site.field, attributes });
    return { writes: [scan], out, macs: times(runs, body.macs) };
  }

  private call(site: Site, from: string, weights: string, depth: number): Piece {
    const out = this.fresh("h");
    const again = this.random.chance(3) ? this.known.at(-1) : undefined;
    const called = again ?? this.function(depth);
    return {
      writes: [node(called.name, [from, weights], [out], { field: site.field, domain: "own", attributes: called.attributes ?? {} })],
      out,
      macs: called.macs,
    };
  }

  private function(depth: number): Called {
    const { random } = this;
    const [name, from, weights] = [this.fresh("F"), this.fresh("a"), this.fresh("a")];
    if (random.chance(12)) {
      // One that calls itself, or one that is not there.
      const [domain, out] = ["own", this.fresh("b")];
      if (random.chance(2))
        this.functions.push(functionOf(domain, name, [from, weights], [out], node(name, [from, weights], [out], { field: 7, domain })));
      return { name, macs: "said" };
    }
    const given = random.chance(2) ? Number(BigInt.asIntN(53, hostile(random))) : undefined;
    const runs: Runs = given === undefined ? "said" : given < 0 ? 0n : BigInt(given);
    const body = this.statements(this.site(true, 7, { name: "runs", runs }), from, weights, depth + 1);
    this.functions.push(functionOf("own", name, [from, weights], [body.out], ...body.writes));
    if (given === undefined) this.known.push({ name, macs: body.macs });
    return { name, macs: body.macs, attributes: given === undefined ? {} : { runs: given } };
  }
}

const isFirst = (axis: number): boolean => axis === 0 || axis === -2;

/** Iterations of a Loop: at most the trip count, as long as the condition holds. */
function iterations(trips: Runs | undefined, first: boolean | "said", ends: bigint | "never" | "said"): Runs {
  if (trips === "free" || ends === "said") return trips === 0n || first === false ? 0n : "free";
  if (first === false) return typeof trips === "bigint" || trips === undefined ? 0n : "free";
  if (trips === 0n) return 0n;
  if (trips === "said" || first === "said") return "said";
  if (trips === undefined) return ends === "never" ? "said" : ends;
  return ends === "never" || trips < ends ? trips : ends;
}

/** Functions each of which calls the next several times: 3^20 calls in a few hundred bytes. */
function laughs(random: Random): Case {
  const [levels, calls] = [1 + random.below(24), 1 + random.below(4)];
  const functions = Array.from({ length: levels }, (_, level) => {
    const last = level === levels - 1;
    const [op, domain] = last ? ["MatMul", ""] : [`F${level + 1}`, "own"];
    const nodes = Array.from({ length: last ? 1 : calls }, (_each, at) => node(op, [`h${at}`, "w"], [`h${at + 1}`], { field: 7, domain }));
    return functionOf("own", `F${level}`, ["h0", "w"], [`h${nodes.length}`], ...nodes);
  });
  const graph = [input("x", [2, 4]), weight("w", [4, 4]), node("F0", ["x", "w"], ["y"], { domain: "own" }), output("y")];
  return caseOf(model(graph, ...functions), BigInt(calls) ** BigInt(levels - 1) * PRODUCT);
}

const caseOf = (content: Uint8Array, macs: Expected): Case => ({
  argv: ["model.onnx"],
  files: { "model.onnx": content },
  claim: { kind: "macs", macs },
});

/** ONNX models of If, Loop, Scan and functions, each in each, with what they cost. */
export function onnxControl(random: Random): Case {
  if (random.chance(20)) return laughs(random);
  const program = new Program(random);
  const { writes, out, macs } = program.statements(program.site(false, 1), "x", "w", 0);
  const graph = [input("x", [2, 4]), ...program.outside, weight("w", [4, 4]), ...writes, output(out)];
  return caseOf(model(graph, ...program.functions), macs);
}

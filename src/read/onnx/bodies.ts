import type { DType } from "../../graph/dtype.js";
import type { Primitive } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { fixed } from "./fixed.js";
import type { Entry, Ledger } from "./ledger.js";
import type { Attempt, Bodies, Operand } from "./operand.js";
import type { GraphProto } from "./schema.js";

/** What a node does for the graphs inside it. */
export interface BodyHost {
  readonly body: (graph: GraphProto, inputs: readonly Operand[], label: string, times: bigint) => readonly Operand[];
  readonly spare: (label: string, entry: Entry) => void;
  readonly materialized: (operand: Extract<Operand, { kind: "constant" }>) => Operand;
  readonly addOne: (layer: Primitive, inputs: readonly Operand[]) => Operand;
  readonly layer: (layer: Primitive, inputs: readonly Operand[], names: readonly string[]) => readonly Operand[];
}

/** {@link Bodies} of one node: every node has them, and hardly one uses them, so that they are one small object. */
export class NodeBodies implements Bodies {
  constructor(
    private readonly host: BodyHost,
    private readonly ledger: Ledger,
  ) {}

  run(graph: GraphProto, inputs: readonly Operand[], label: string, times = 1n): readonly Operand[] {
    return this.host.body(graph, inputs, label, times);
  }

  attempt(label: string, run: () => readonly Operand[]): Attempt {
    const { result: outputs, entry } = this.ledger.takeOut(run);
    const keep = () => {
      this.ledger.putBack(entry);
    };
    const spare = () => {
      this.host.spare(label, entry);
    };
    return { outputs, macs: entry.macs, flops: entry.flops, written: entry.written, complete: entry.complete, keep, spare };
  }

  varying(operand: Operand): Operand {
    return operand.kind === "constant" ? this.host.materialized(operand) : operand;
  }

  slice(shape: Shape, dtype: DType | undefined, of?: Operand): Operand {
    return this.host.addOne(fixed({ op: "slice", outputs: [shape], dtype, view: of?.kind === "tensor" }), of === undefined ? [] : [of]);
  }

  add(layer: Primitive, inputs: readonly Operand[]): readonly Operand[] {
    return this.host.layer(layer, inputs, []);
  }
}

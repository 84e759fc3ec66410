import type { DType } from "../../graph/dtype.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { fixed } from "./fixed.js";
import type { Ledger } from "./ledger.js";
import type { Model } from "./rows.js";
import type { Operand } from "./operand.js";
import type { NodeProto } from "./schema.js";
import { storedBy } from "./weights.js";

/** Operators whose fourth and fifth input are running statistics, in ONNX and in TensorFlow. */
const BATCH_NORMS = new Set(["BatchNormalization", "FUSED_BATCH_NORM"]);

/** A layer whose cost is not known, with the outputs whose types the file says. What it stores is known where the file lists it. */
export function uncountedLayer(
  { ledger, weights }: Pick<Model, "ledger" | "weights">,
  proto: NodeProto,
  inputs: readonly Operand[],
  outputs: readonly { readonly shape: Shape; readonly dtype: DType | undefined }[],
  reason: string,
): Primitive {
  const isListed = weights === "listed" && !mayHoldWeights(proto);
  return fixed({
    op: operatorOf(proto),
    outputs: outputs.map(({ shape }) => shape),
    dtype: outputs.map(({ dtype }) => dtype),
    stored: storedUncounted(ledger, proto, inputs),
    uncounted: { of: isListed ? "cost" : "cost and weights", reason },
  });
}

/** Whether tensors or whole graphs stand in the attributes of a node, where only its operator knows which of them are weights. */
function mayHoldWeights({ attributes }: NodeProto): boolean {
  return [...attributes.values()].some(({ t, g, sparse }) => t !== undefined || g !== undefined || sparse !== undefined);
}

/** Running statistics stay buffers; weights that are stored in few bits are weights as well. */
function storedUncounted(ledger: Ledger, proto: NodeProto, inputs: readonly Operand[]): readonly Stored[] {
  const [buffers, weights] = BATCH_NORMS.has(proto.opType) ? [inputs.slice(3), inputs.slice(0, 3)] : [[], inputs];
  return [
    ...storedBy(ledger, weights, { role: "parameter", always: false, scores: false }),
    ...storedBy(ledger, buffers, { role: "buffer", always: true, scores: false }),
  ];
}

/** An operator with its domain, where that is not ONNX's own. */
export function operatorOf({ domain, opType }: NodeProto): string {
  return domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
}

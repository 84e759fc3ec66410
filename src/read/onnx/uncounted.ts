import type { DType } from "../../graph/dtype.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import { fixed } from "./fixed.js";
import type { Ledger } from "./ledger.js";
import type { Operand } from "./operand.js";
import type { NodeProto } from "./schema.js";
import { storedBy } from "./weights.js";

/** Operators whose fourth and fifth input are running statistics, in ONNX and in TensorFlow. */
const BATCH_NORMS = new Set(["BatchNormalization", "FUSED_BATCH_NORM"]);

/** A layer whose cost is not known, with the outputs whose types the file says; what it stores is known. */
export function uncountedLayer(
  ledger: Ledger,
  proto: NodeProto,
  inputs: readonly Operand[],
  outputs: readonly { readonly shape: Shape; readonly dtype: DType | undefined }[],
  reason: string,
): Primitive {
  return fixed({
    op: operatorOf(proto),
    outputs: outputs.map(({ shape }) => shape),
    dtype: outputs.map(({ dtype }) => dtype),
    stored: storedUncounted(ledger, proto, inputs),
    uncounted: reason,
  });
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

import type { DType } from "../../graph/dtype.js";
import type { Primitive, Stored } from "../../graph/layer.js";
import { own } from "../../graph/own.js";
import type { Shape } from "../../graph/shape.js";
import { fixed } from "./fixed.js";
import type { Ledger } from "./ledger.js";
import type { Model } from "./rows.js";
import type { Operand } from "./operand.js";
import type { NodeProto } from "./schema.js";
import { storedBy } from "./weights.js";

/** Operators whose fourth and fifth input are running statistics, in ONNX and in TensorFlow. */
const BATCH_NORMS = new Set(["BatchNormalization", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"]);

/** A layer whose cost is not known, with the outputs whose types the file says. What it stores is known where the file lists it. */
export function uncountedLayer(
  { ledger, weights }: Pick<Model, "ledger" | "weights">,
  proto: NodeProto,
  inputs: readonly Operand[],
  outputs: readonly { readonly shape: Shape; readonly dtype: DType | undefined }[],
  reason: string,
): Primitive {
  const isListed = proto.stored !== undefined || (weights === "listed" && !mayHoldWeights(proto));
  return fixed({
    op: operatorOf(proto),
    outputs: outputs.map(({ shape }) => shape),
    dtype: outputs.map(({ dtype }) => dtype),
    stored: proto.stored ?? storedUncounted(ledger, proto, inputs),
    uncounted: { of: isListed ? "cost" : "cost and weights", reason },
  });
}

/** Whether tensors or whole graphs stand in the attributes of a node, where only its operator knows which of them are weights. */
function mayHoldWeights({ attributes }: NodeProto): boolean {
  return [...attributes.values()].some(({ t, g, sparse }) => t !== undefined || g !== undefined || sparse !== undefined);
}

/** Inputs that are weights whatever they look like, of operators whose shapes are not known: whole numbers, or the bias of one channel. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  ...Object.fromEntries(["Conv", "ConvTranspose", "Gemm", "InstanceNormalization", "LayerNormalization"].map((op) => [op, [1, 2]])),
  ...Object.fromEntries(["RNN", "GRU", "LSTM"].map((op) => [op, [1, 2, 3, 7]])),
  ...Object.fromEntries(
    ["_FusedConv2D", "FusedDepthwiseConv2dNative", "_FusedMatMul", "FusedBatchNorm", "FusedBatchNormV2"].map((op) => [op, [1, 2]]),
  ),
  ...Object.fromEntries(["CONV_2D", "DEPTHWISE_CONV_2D", "CONV_3D", "FULLY_CONNECTED", "FusedBatchNormV3"].map((op) => [op, [1, 2]])),
  ...Object.fromEntries(["BiasAdd", "Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput"].map((op) => [op, [1]])),
  TRANSPOSE_CONV: [1, 3],
  BatchNormalization: [1, 2],
  PRelu: [1],
  QLinearConv: [3, 8],
  QLinearMatMul: [0, 3],
  QGemm: [0, 3, 6],
  ConvInteger: [1],
  MatMulInteger: [0, 1],
  MatMulNBits: [1],
};
/** What operators read behind their data that is no weight, though it may be floats: scales, sizes, limits. */
const DATA_ALONE = new Set([
  "Resize",
  "Upsample",
  "Clip",
  "Pad",
  "Range",
  "OneHot",
  "QuantizeLinear",
  "DequantizeLinear",
  "Quant",
  "NonMaxSuppression",
]);

/** Running statistics stay buffers; weights that are stored in few bits are weights as well. */
function storedUncounted(ledger: Ledger, proto: NodeProto, inputs: readonly Operand[]): readonly Stored[] {
  const places = own(WEIGHTS, proto.opType);
  const weights = (places ?? []).map((place) => inputs[place]);
  const others = inputs.filter((operand, place) => !weights.includes(operand) && (place === 0 || !DATA_ALONE.has(proto.opType)));
  const buffers = BATCH_NORMS.has(proto.opType) ? others.slice(-2) : [];
  const data = places === undefined ? others.filter((operand) => !buffers.includes(operand)) : others.slice(0, 1);
  return [
    ...storedBy(ledger, weights, { role: "parameter", always: true, scores: false }),
    ...storedBy(ledger, data, { role: "parameter", always: false, scores: false }),
    ...storedBy(ledger, buffers, { role: "buffer", always: true, scores: false }),
  ];
}

/** An operator with its domain, where that is not ONNX's own. */
export function operatorOf({ domain, opType }: NodeProto): string {
  return domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`;
}

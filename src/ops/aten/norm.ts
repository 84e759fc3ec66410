import { elements } from "../../graph/shape.js";
import { softmax } from "../activation.js";
import { channelNorm, localResponseNorm } from "../norm/channel-norm.js";
import { layerNorm, MEASURED } from "../norm/layer-norm.js";
import { all, as, flag, hasTensor, number, whole, numbers, outputElements, shapeOf, tensor, type AtenCall, type AtenRule } from "./call.js";

const affine = (call: AtenCall) => ({ scale: hasTensor(call, "weight"), shift: hasTensor(call, "bias") });

/** Batch norms: by their running statistics at inference, by the batch's own in training or where they keep none. */
const batchNorm: AtenRule = (call) => {
  const training = call.op.endsWith("_no_training") || call.op.endsWith("_no_update") ? false : flag(call, "training") || flag(call, "train");
  const running = !training && hasTensor(call, "running_mean");
  return as(channelNorm({ op: "batch_norm", ...affine(call), running, eps: number(call, "eps") ?? number(call, "epsilon") }), shapeOf(call, "input"));
};

const instanceNorm: AtenRule = (call) => {
  const shape = shapeOf(call, "input");
  const running = numbers(call, "use_input_stats") !== undefined && !flag(call, "use_input_stats");
  return as(channelNorm({ op: "instance_norm", ...affine(call), running, eps: number(call, "eps") }), shape);
};

const groupNorm: AtenRule = (call) =>
  as(
    channelNorm({
      op: "group_norm",
      ...affine(call),
      running: false,
      numGroups: whole(call, "num_groups", 1) ?? whole(call, "group", 1),
      eps: number(call, "eps"),
    }),
    shapeOf(call, "input"),
  );

const layer =
  (rms: boolean): AtenRule =>
  (call) => {
    const { scale, shift } = affine(call);
    return as(
      layerNorm({ normalizedShape: numbers(call, "normalized_shape"), affine: scale, bias: shift, rms, eps: number(call, "eps") }),
      shapeOf(call, "input"),
    );
  };

/** The parts of a batch norm that are spread over devices, and norms without a module of their own. */
const measured: AtenRule = (call) => ({
  op: call.op,
  operations: { normalization: MEASURED * elements(shapeOf(call, "input", "self")) },
  mixes: { channels: false, space: true },
});

/** weight_norm: v · g / |v|, the norm over all axes but one. */
const weightNorm: AtenRule = (call) => ({ op: "weight_norm", operations: { normalization: 4n * elements(shapeOf(call, "v")) } });

/** cosine_similarity: three sums of products over one axis, a product, a root and a division. */
const cosine: AtenRule = (call) => {
  const inputs = elements(shapeOf(call, "x1"));
  return {
    op: "cosine_similarity",
    operations: { reduction: 6n * inputs, elementwise: 4n * outputElements(call) },
    mixes: { channels: true, space: false },
  };
};

const softmaxRule: AtenRule = (call) => {
  const name = call.op.includes("log") ? "log_softmax" : "softmax";
  const shape = shapeOf(call, "self", "input");
  // Of a scalar there is nothing to normalise over.
  return shape.length === 0 ? { op: name } : as(softmax(whole(call, "dim") ?? -1, name), shape);
};

export const normRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    `batch_norm native_batch_norm _native_batch_norm_legit _native_batch_norm_legit_functional _native_batch_norm_legit_no_training
     _batch_norm_with_update _batch_norm_with_update_functional _batch_norm_no_update cudnn_batch_norm miopen_batch_norm batch_norm_elemt`,
    batchNorm,
  ),
  instance_norm: instanceNorm,
  ...all("group_norm native_group_norm", groupNorm),
  ...all("layer_norm native_layer_norm", layer(false)),
  ...all("rms_norm _fused_rms_norm", layer(true)),
  ...all("batch_norm_stats batch_norm_update_stats renorm embedding_renorm", measured),
  ...all("_weight_norm _weight_norm_interface", weightNorm),
  cosine_similarity: cosine,
  local_response_norm: (call) => as(localResponseNorm(whole(call, "size", 1) ?? 1), tensor(call, "input")?.shape ?? []),
  ...all("softmax _softmax log_softmax _log_softmax special_softmax special_log_softmax _safe_softmax", softmaxRule),
};

import { elements, type Shape } from "../../graph/shape.js";
import { adaptivePool } from "../pool/window-pool.js";
import {
  all,
  as,
  batched,
  flag,
  inputElements,
  whole,
  numbers,
  outputElements,
  outputOf,
  perAxis,
  shapeOf,
  type AtenCall,
  type AtenRule,
} from "./call.js";

/** Spatial dimensions by the operator's name: `max_pool2d`. */
const rankOf = ({ op }: AtenCall): number => Number(/(\d)d/.exec(op)?.[1] ?? 2);

/** Pooling over windows: K - 1 comparisons an output for a maximum, K - 1 additions and a division for an average. */
const windowed =
  (kind: "max" | "avg"): AtenRule =>
  (call) => {
    const rank = rankOf(call);
    const kernelSize = perAxis(call, "kernel_size", rank, 1);
    const taps = elements(kernelSize);
    const ceilMode = flag(call, "ceil_mode");
    const divisor = whole(call, "divisor_override");
    const counted = numbers(call, "count_include_pad");
    return {
      op: `${kind}_pool${rank}d`,
      operations: { pooling: outputElements(call) * (kind === "max" ? taps - 1n : taps) },
      attributes: {
        kernelSize,
        stride: perAxis(call, "stride", rank, kernelSize),
        padding: perAxis(call, "padding", rank, 0, 0),
        dilation: perAxis(call, "dilation", rank, 1),
        ...(ceilMode ? { ceilMode } : {}),
        ...(counted === undefined ? {} : { countIncludePad: counted[0] === 1 }),
        ...(divisor === undefined ? {} : { divisor }),
      },
      mixes: { channels: false, space: taps > 1n },
    };
  };

const adaptive =
  (kind: "max" | "avg"): AtenRule =>
  (call) => {
    const rank = rankOf(call);
    const outputSize = outputOf(call).slice(-rank);
    const options = { op: `adaptive_${kind}_pool${rank}d`, kind, rank, outputSize, returnIndices: false, dropAxes: false };
    return as(adaptivePool(options), batched(shapeOf(call, "self", "input"), rank));
  };

const fractional: AtenRule = (call) => {
  const rank = rankOf(call);
  const kernelSize = perAxis(call, "kernel_size", rank, 1);
  return {
    op: `fractional_max_pool${rank}d`,
    operations: { pooling: outputElements(call) * (elements(kernelSize) - 1n) },
    attributes: { kernelSize, outputSize: outputOf(call).slice(-rank) },
    mixes: { channels: false, space: true },
  };
};

/** Samples of a region's cell, each blended of 4 taps: as many as the region is large where none are said. */
const roiAlign =
  (pooled: boolean): AtenRule =>
  (call) => {
    const ratio = whole(call, "sampling_ratio") ?? 0;
    const samples = outputElements(call) * BigInt(Math.max(1, ratio)) ** 2n;
    return {
      op: pooled ? "roi_align" : "ps_roi_align",
      operations: { interpolation: 7n * samples, pooling: samples },
      mixes: { channels: false, space: true },
      ...(ratio > 0 ? {} : { warning: "how many points roi_align samples depends on its regions: one an output is counted" }),
    };
  };

/** Which positions a region covers depends on the data: each once, on average. */
const roiPool: AtenRule = (call) => {
  const [, channels = 1, height = 1, width = 1] = shapeOf(call, "input");
  const [regions = 0] = shapeOf(call, "rois");
  const area: Shape = [regions, channels, height, width];
  return {
    op: "roi_pool",
    operations: { pooling: elements(area) },
    mixes: { channels: false, space: true },
    warning: "how large the regions of roi_pool are depends on the data: whole maps are counted",
  };
};

export const poolRules: Readonly<Record<string, AtenRule>> = {
  ...all(
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices quantized_max_pool1d quantized_max_pool2d mkldnn_max_pool2d",
    windowed("max"),
  ),
  ...all("_low_memory_max_pool2d_with_offsets _low_memory_max_pool_with_offsets", windowed("max")),
  ...all("avg_pool1d avg_pool2d avg_pool3d", windowed("avg")),
  ...all(
    "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d mkldnn_adaptive_avg_pool2d",
    adaptive("avg"),
  ),
  ...all("adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d", adaptive("max")),
  ...all("fractional_max_pool2d fractional_max_pool3d", fractional),
  ...all("max_unpool2d max_unpool3d", (call) => ({ op: call.op })),
  roi_align: roiAlign(true),
  ps_roi_align: roiAlign(false),
  roi_pool: roiPool,
  ps_roi_pool: (call) => ({ op: "ps_roi_pool", operations: { pooling: inputElements(call) }, mixes: { channels: false, space: true } }),
};

import type { DType } from "../graph/dtype.js";
import type { InferredLayer } from "../graph/inferrer.js";
import type { Cause, Inference, Unknown } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import { BOUNDED_FIGURES, type BoundedFigure, type Figures } from "./analysis.js";
import { distinctBytes, isFused, newBytes, tensorBytes } from "./memory.js";

const EXACT: readonly BoundedFigure[] = [];
/** What the arithmetic and the outputs of a layer add to. */
const OF_COST: readonly BoundedFigure[] = ["macs", "flops", "counted", "activationBytes", "peakActivationBytes", "bytesMoved"];

/** The figures of a layer that may be more than they say. */
function lowerBoundsOf(unknown: Unknown | undefined): readonly BoundedFigure[] {
  if (unknown === undefined) return EXACT;
  return unknown.of === "cost" ? OF_COST : BOUNDED_FIGURES;
}

/** The figures of a layer that has no steps. */
export function primitiveFigures(layer: InferredLayer, inference: Inference, dtype: DType): Figures {
  const { cost, times = 1n } = inference;
  let params = 0n;
  let buffers = 0n;
  let weightBytes = 0n;
  let readBytes = 0n;
  for (const tensor of inference.stored) {
    const bytes = tensor.bytes ?? tensorBytes(tensor, dtype);
    readBytes += bytes;
    if (tensor.shared === true) continue;
    weightBytes += bytes;
    if (tensor.role === "parameter") params += elements(tensor.shape);
    else if (tensor.role === "buffer") buffers += elements(tensor.shape);
  }
  const activationBytes = newBytes(layer, dtype);
  const isView = layer.layer.type === "primitive" && layer.layer.view === true;
  const bytesMoved = isView ? 0n : times * (distinctBytes(layer.inputs, dtype) + activationBytes + readBytes);
  const macs = times * cost.macs;
  const operations = times === 1n ? cost.operations : scaled(cost.operations, times);
  const flops = 2n * macs + Object.values(operations).reduce((sum, count) => sum + count, 0n);
  return {
    params,
    buffers,
    macs,
    flops,
    operations,
    weightBytes,
    activationBytes,
    bytesMoved,
    intensity: ratio(flops, bytesMoved),
    lowerBounds: lowerBoundsOf(inference.uncounted),
  };
}

function scaled(operations: Figures["operations"], times: bigint): Figures["operations"] {
  return Object.fromEntries(Object.entries(operations).map(([cause, count]) => [cause, count * times]));
}

/** The figures of a layer that has steps, from theirs. */
export function compositeFigures(layer: InferredLayer, steps: readonly Figures[], dtype: DType): Figures {
  const sum = sumFigures(steps);
  if (!isFused(layer)) return sum;
  // What runs as one never writes what passes between its steps.
  const activationBytes = distinctBytes(layer.outputs, dtype);
  const bytesMoved = distinctBytes(layer.inputs, dtype) + activationBytes + sum.weightBytes;
  return { ...sum, activationBytes, bytesMoved, intensity: ratio(sum.flops, bytesMoved) };
}

/** The sum of some layers' figures; the intensity of the whole is all FLOPs over all bytes. */
export function sumFigures(layers: readonly Figures[]): Figures {
  const operations: Partial<Record<Cause, bigint>> = {};
  let params = 0n;
  let buffers = 0n;
  let macs = 0n;
  let flops = 0n;
  let weightBytes = 0n;
  let activationBytes = 0n;
  let bytesMoved = 0n;
  let counted: bigint | undefined;
  let lowerBounds = EXACT;
  for (const layer of layers) {
    if (layer.lowerBounds.length > 0) lowerBounds = united(lowerBounds, layer.lowerBounds);
    addOperations(operations, layer.operations);
    params += layer.params;
    buffers += layer.buffers;
    macs += layer.macs;
    flops += layer.flops;
    weightBytes += layer.weightBytes;
    activationBytes += layer.activationBytes;
    bytesMoved += layer.bytesMoved;
    if (layer.counted !== undefined) counted = (counted ?? 0n) + layer.counted;
  }
  const intensity = ratio(flops, bytesMoved);
  const figures = { params, buffers, macs, flops, operations, weightBytes, activationBytes, bytesMoved, intensity, lowerBounds };
  return counted === undefined ? figures : { ...figures, counted };
}

/** The figures that stand in one of two lists. */
export function united(left: readonly BoundedFigure[], right: readonly BoundedFigure[]): readonly BoundedFigure[] {
  return left.length === 0 ? right : BOUNDED_FIGURES.filter((figure) => left.includes(figure) || right.includes(figure));
}

function addOperations(into: Partial<Record<Cause, bigint>>, operations: Figures["operations"]): void {
  CAUSES.forEach((cause) => {
    const count = operations[cause];
    if (count !== undefined) into[cause] = (into[cause] ?? 0n) + count;
  });
}

const CAUSES: readonly Cause[] = [
  "bias",
  "normalization",
  "activation",
  "pooling",
  "elementwise",
  "softmax",
  "reduction",
  "interpolation",
  "transform",
];

/** A quotient of exact counts as a plain number; 0 where there is nothing to divide by, the largest number there is where it is larger. */
export function ratio(numerator: bigint, denominator: bigint): number {
  if (denominator === 0n) return 0;
  const quotient = Number(numerator) / Number(denominator);
  if (Number.isFinite(quotient)) return quotient;
  // Counts of more than 1024 bits are no numbers of JavaScript's; their quotient may be.
  return Math.min(Number(numerator / denominator), Number.MAX_VALUE);
}

import { conventionNamed, OWN } from "../conventions/table.js";
import type { InferredGraph, InferredLayer } from "../graph/inferrer.js";
import type { OpenShape } from "../graph/shape.js";
import { toLayout } from "../graph/layout.js";
import type { Figures, Totals } from "./analysis.js";
import type { AnalyzeOptions } from "./analyze.js";
import { countBy } from "./convention.js";
import { compositeFigures, figureOptions, primitiveFigures, ratio, sumFigures, type FigureOptions } from "./figures.js";
import { peakBytes } from "./memory.js";

/** What a part of a model, or a model, costs in all. */
export type CountedTotals = Omit<Totals, "operations" | "countedParams">;

export interface Counted {
  readonly totals: CountedTotals;
  readonly outputs: readonly (OpenShape | null)[];
}

/**
 * A function that counts parts of a chain, whose shapes are known: of what {@link analyze} would say of them the totals.
 * Throws `unknown-convention`.
 */
export function partCounter(options: Pick<AnalyzeOptions, "dtype" | "layout" | "convention">): (part: InferredGraph) => Counted {
  const { dtype = "float32", layout = "nchw" } = options;
  const named = conventionNamed(options.convention ?? OWN);
  const convention = named.name === OWN ? undefined : named;
  return (part) => {
    const memo = figureOptions(dtype);
    const sum = sumFigures(part.layers.map((layer) => figuresOf(layer, memo)));
    const { params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, intensity } = sum;
    const peakActivationBytes = peakBytes(part, dtype);
    const layers = part.layers.length;
    const uncounted = part.layers.filter(({ inference }) => inference?.uncounted !== undefined).length;
    const counted = convention === undefined ? undefined : part.layers.reduce((total, layer) => total + countBy(convention, layer).counted, 0n);
    const unit = convention?.unit;
    return {
      totals: {
        layers,
        uncounted,
        params,
        buffers,
        macs,
        flops,
        weightBytes,
        activationBytes,
        peakActivationBytes,
        bytesMoved,
        intensity,
        counted,
        unit,
      },
      outputs: part.outputs.map(({ shape, axes }) => (axes === "channels" ? toLayout(shape, layout) : shape)),
    };
  };
}

function figuresOf(layer: InferredLayer, memo: FigureOptions): Figures {
  if (layer.inference !== undefined) return primitiveFigures(layer, layer.inference, memo);
  return compositeFigures(
    layer,
    layer.steps.map((step) => figuresOf(step, memo)),
    memo,
  );
}

/** Sums up parts that follow each other, the output of one the input of the next: what {@link analyze} would say of them joined. */
export function joinParts(parts: readonly Counted[]): Counted {
  let [layers, uncounted] = [0, 0];
  let [params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, peakActivationBytes] = [0n, 0n, 0n, 0n, 0n, 0n, 0n, 0n];
  let counted: bigint | undefined;
  for (const { totals } of parts) {
    layers += totals.layers;
    uncounted += totals.uncounted;
    params += totals.params;
    buffers += totals.buffers;
    macs += totals.macs;
    flops += totals.flops;
    weightBytes += totals.weightBytes;
    activationBytes += totals.activationBytes;
    bytesMoved += totals.bytesMoved;
    if (totals.counted !== undefined) counted = (counted ?? 0n) + totals.counted;
    // Between two parts one tensor is alive, which is the output of the one and the input of the other.
    if (totals.peakActivationBytes > peakActivationBytes) peakActivationBytes = totals.peakActivationBytes;
  }
  const intensity = ratio(flops, bytesMoved);
  const unit = parts[0]?.totals.unit;
  return {
    totals: {
      layers,
      uncounted,
      params,
      buffers,
      macs,
      flops,
      weightBytes,
      activationBytes,
      peakActivationBytes,
      bytesMoved,
      intensity,
      counted,
      unit,
    },
    outputs: parts.at(-1)?.outputs ?? [],
  };
}

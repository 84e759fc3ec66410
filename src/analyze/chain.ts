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
  const [flops, bytesMoved] = [sum(parts, (totals) => totals.flops), sum(parts, (totals) => totals.bytesMoved)];
  return {
    totals: {
      layers: parts.reduce((total, { totals }) => total + totals.layers, 0),
      uncounted: parts.reduce((total, { totals }) => total + totals.uncounted, 0),
      params: sum(parts, (totals) => totals.params),
      buffers: sum(parts, (totals) => totals.buffers),
      macs: sum(parts, (totals) => totals.macs),
      flops,
      weightBytes: sum(parts, (totals) => totals.weightBytes),
      activationBytes: sum(parts, (totals) => totals.activationBytes),
      // Between two parts one tensor is alive, which is the output of the one and the input of the other.
      peakActivationBytes: parts.reduce((most, { totals }) => (totals.peakActivationBytes > most ? totals.peakActivationBytes : most), 0n),
      bytesMoved,
      intensity: ratio(flops, bytesMoved),
      counted: parts[0]?.totals.counted === undefined ? undefined : sum(parts, (totals) => totals.counted),
      unit: parts[0]?.totals.unit,
    },
    outputs: parts.at(-1)?.outputs ?? [],
  };
}

/** An exact sum: of numbers, which take no memory, where that is exact. */
function sum(parts: readonly Counted[], of: (totals: CountedTotals) => bigint | undefined): bigint {
  let total = 0;
  for (const { totals } of parts) total += Number(of(totals) ?? 0n);
  return Number.isSafeInteger(total) ? BigInt(total) : parts.reduce((exact, { totals }) => exact + (of(totals) ?? 0n), 0n);
}

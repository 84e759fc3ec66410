import { isLowerBound, type Costs, type LayerCosts, type Uncounted } from "../analyze/analysis.js";
import type { Unit } from "./quantity.js";

/** A figure that a budget can be set on: of the whole model, or of the layer that has most of it. */
interface Definition {
  readonly title: string;
  readonly unit: Unit;
  readonly of: "model" | "layer";
  /** The figure that it is; the number of layers is none, and always known. */
  readonly figure?: LayerFigure | "peakActivationBytes";
}

/** Figures that are sums over layers. */
type LayerFigure = "params" | "buffers" | "macs" | "flops" | "counted" | "weightBytes" | "activationBytes" | "bytesMoved";

/** The one table of figures that budgets, increases and differences speak of, by the name that flags (`--max-macs`) and config files take. */
const TABLE = {
  macs: { title: "MACs", unit: "count", of: "model", figure: "macs" },
  // What another tool counts, in its own unit; under the program's own convention that is the MACs.
  counted: { title: "Counted", unit: "count", of: "model", figure: "counted" },
  params: { title: "Parameters", unit: "count", of: "model", figure: "params" },
  flops: { title: "FLOPs", unit: "count", of: "model", figure: "flops" },
  buffers: { title: "Buffers", unit: "count", of: "model", figure: "buffers" },
  weights: { title: "Weights", unit: "bytes", of: "model", figure: "weightBytes" },
  activations: { title: "Activations", unit: "bytes", of: "model", figure: "activationBytes" },
  "peak-memory": { title: "Peak memory", unit: "bytes", of: "model", figure: "peakActivationBytes" },
  moved: { title: "Bytes moved", unit: "bytes", of: "model", figure: "bytesMoved" },
  layers: { title: "Layers", unit: "count", of: "model" },
  "layer-macs": { title: "MACs of a layer", unit: "count", of: "layer", figure: "macs" },
  "layer-counted": { title: "Counted of a layer", unit: "count", of: "layer", figure: "counted" },
  "layer-params": { title: "Parameters of a layer", unit: "count", of: "layer", figure: "params" },
  "layer-flops": { title: "FLOPs of a layer", unit: "count", of: "layer", figure: "flops" },
  "layer-weights": { title: "Weights of a layer", unit: "bytes", of: "layer", figure: "weightBytes" },
  "layer-activations": { title: "Activations of a layer", unit: "bytes", of: "layer", figure: "activationBytes" },
  "layer-moved": { title: "Bytes moved by a layer", unit: "bytes", of: "layer", figure: "bytesMoved" },
} as const satisfies Record<string, Definition>;

export type MeasureName = keyof typeof TABLE;
export type Measure = Definition & { readonly name: MeasureName };

export const MEASURES: readonly Measure[] = Object.keys(TABLE)
  .filter(isMeasure)
  .map((name) => measureOf(name));

export function isMeasure(name: string): name is MeasureName {
  return Object.hasOwn(TABLE, name);
}

export function measureOf(name: MeasureName): Measure {
  return { name, ...TABLE[name] };
}

/** The figure: of the model, or the largest of a layer. */
export function valueOf({ of, figure }: Measure, costs: Costs): bigint {
  if (figure === undefined) return BigInt(costs.totals.layers);
  if (figure === "peakActivationBytes") return costs.totals.peakActivationBytes;
  if (of === "model") return figureOf(costs.totals, figure);
  return costs.layers.reduce((most, layer) => {
    const value = figureOf(layer, figure);
    return value > most ? value : most;
  }, 0n);
}

/** What one layer adds to the figure; undefined where it is no sum over layers. */
export function shareOf({ figure }: Measure, layer: LayerCosts): bigint | undefined {
  return figure === undefined || figure === "peakActivationBytes" ? undefined : figureOf(layer, figure);
}

function figureOf(figures: LayerCosts | Costs["totals"], figure: LayerFigure): bigint {
  return figure === "counted" ? (figures.counted ?? figures.macs) : figures[figure];
}

/** What a figure of a model is called: that of another tool says whose it is, and in which unit. */
export function titleOf({ title }: Measure, { convention, totals }: Pick<Costs, "convention" | "totals">): string {
  return title.replace("Counted", `Counted by ${convention} (${totals.unit ?? "MAC"})`);
}

/** Whether the figure is only a lower bound: something that it sums, or may be the most of, is not known. */
export function isAtLeast({ figure }: Measure, { totals }: Costs): boolean {
  return figure !== undefined && isLowerBound(totals, figure);
}

/** The operators that may add to a figure; all that were not counted where the layers do not tell which. */
export function uncountedIn({ figure }: Measure, { layers, uncounted }: Costs): readonly Uncounted[] {
  const adding = layers.filter((layer) => figure !== undefined && isLowerBound(layer, figure));
  const found = uncounted.filter(({ op, reason }) => adding.some((layer) => layer.op === op && layer.uncounted === reason));
  return found.length === 0 ? uncounted : found;
}

/** Whether every layer is there: not so of an analysis that was saved with --top. */
export function hasAllLayers({ layers, totals }: Costs): boolean {
  if (layers.length === totals.layers) return true;
  const sum = (pick: (figures: LayerCosts) => bigint) => layers.reduce((total, layer) => total + pick(layer), 0n);
  // --pairs makes one row of several: nothing is missing then.
  return (
    sum((layer) => layer.params) === totals.params &&
    sum((layer) => layer.flops) === totals.flops &&
    sum((layer) => layer.bytesMoved) === totals.bytesMoved
  );
}

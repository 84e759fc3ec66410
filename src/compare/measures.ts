import type { Costs, LayerCosts } from "../analyze/analysis.js";
import type { Unit } from "./quantity.js";

/** A figure that a budget can be set on. */
interface Definition {
  readonly title: string;
  readonly unit: Unit;
  /**
   * What a layer stores is known even where its cost is not: a partial analysis has the whole of this figure. Any other is then at least
   * what it says.
   */
  readonly stored: boolean;
  /** Of the whole model, or of the layer that has most of it. */
  readonly of: { readonly whole: (costs: Costs) => bigint } | "layer";
  /** What one layer adds to it; absent where it is no sum over layers. */
  readonly layer?: (layer: LayerCosts) => bigint;
}

/** The one table of figures that budgets, increases and differences speak of, by the name that flags (`--max-macs`) and config files take. */
const TABLE = {
  macs: { title: "MACs", unit: "count", stored: false, of: { whole: (costs) => costs.totals.macs }, layer: (layer) => layer.macs },
  // What another tool counts, in its own unit; under the program's own convention that is the MACs.
  counted: { title: "Counted", unit: "count", stored: false, of: { whole: countedOf }, layer: (layer) => layer.counted ?? layer.macs },
  params: { title: "Parameters", unit: "count", stored: true, of: { whole: (costs) => costs.totals.params }, layer: (layer) => layer.params },
  flops: { title: "FLOPs", unit: "count", stored: false, of: { whole: (costs) => costs.totals.flops }, layer: (layer) => layer.flops },
  buffers: { title: "Buffers", unit: "count", stored: true, of: { whole: (costs) => costs.totals.buffers }, layer: (layer) => layer.buffers },
  weights: { title: "Weights", unit: "bytes", stored: true, of: { whole: (costs) => costs.totals.weightBytes }, layer: (layer) => layer.weightBytes },
  activations: {
    title: "Activations",
    unit: "bytes",
    stored: false,
    of: { whole: (costs) => costs.totals.activationBytes },
    layer: (layer) => layer.activationBytes,
  },
  "peak-memory": { title: "Peak memory", unit: "bytes", stored: false, of: { whole: (costs) => costs.totals.peakActivationBytes } },
  moved: {
    title: "Bytes moved",
    unit: "bytes",
    stored: false,
    of: { whole: (costs) => costs.totals.bytesMoved },
    layer: (layer) => layer.bytesMoved,
  },
  layers: { title: "Layers", unit: "count", stored: true, of: { whole: (costs) => BigInt(costs.totals.layers) } },
  "layer-macs": { title: "MACs of a layer", unit: "count", stored: false, of: "layer", layer: (layer) => layer.macs },
  "layer-counted": { title: "Counted of a layer", unit: "count", stored: false, of: "layer", layer: (layer) => layer.counted ?? layer.macs },
  "layer-params": { title: "Parameters of a layer", unit: "count", stored: true, of: "layer", layer: (layer) => layer.params },
  "layer-flops": { title: "FLOPs of a layer", unit: "count", stored: false, of: "layer", layer: (layer) => layer.flops },
  "layer-weights": { title: "Weights of a layer", unit: "bytes", stored: true, of: "layer", layer: (layer) => layer.weightBytes },
  "layer-activations": { title: "Activations of a layer", unit: "bytes", stored: false, of: "layer", layer: (layer) => layer.activationBytes },
  "layer-moved": { title: "Bytes moved by a layer", unit: "bytes", stored: false, of: "layer", layer: (layer) => layer.bytesMoved },
} as const satisfies Record<string, Definition>;

function countedOf({ totals }: Costs): bigint {
  return totals.counted ?? totals.macs;
}

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
export function valueOf({ of, layer }: Measure, costs: Costs): bigint {
  if (of !== "layer") return of.whole(costs);
  return costs.layers.reduce((most, each) => {
    const value = layer?.(each) ?? 0n;
    return value > most ? value : most;
  }, 0n);
}

/** What a figure of a model is called: that of another tool says whose it is, and in which unit. */
export function titleOf({ title }: Measure, { convention, totals }: Pick<Costs, "convention" | "totals">): string {
  return title.replace("Counted", `Counted by ${convention} (${totals.unit ?? "MAC"})`);
}

/** Whether the figure is only a lower bound: something of the model could not be counted. */
export function isAtLeast({ stored }: Measure, { partial }: Costs): boolean {
  return partial && !stored;
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

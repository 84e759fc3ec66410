import type { Graph } from "../graph/graph.js";
import type { OpenShape } from "../graph/shape.js";
import type { Totals } from "./analysis.js";
import { analyze, sumFigures, type AnalyzeOptions } from "./analyze.js";

interface Counted {
  readonly totals: Totals;
  readonly outputs: readonly (OpenShape | null)[];
}

/**
 * Counts graphs that follow each other, the output of one the input of the next, as one: what {@link analyze} would say of them joined.
 * @returns a function that counts each graph once, however often it comes
 */
export function chainCounter(options: Pick<AnalyzeOptions, "dtype" | "layout" | "convention">): (parts: readonly Graph[]) => Counted {
  const known = new WeakMap<Graph, Counted>();
  const count = (part: Graph): Counted => {
    const found = known.get(part);
    if (found !== undefined) return found;
    const { totals, outputs } = analyze(part, options);
    const counted = { totals, outputs: outputs.map(({ shape }) => shape) };
    known.set(part, counted);
    return counted;
  };
  return (parts) => {
    const counted = parts.map(count);
    const totals = counted.map((part) => part.totals);
    // Between two parts one tensor is alive, which is the output of the one and the input of the other.
    const peak = totals.reduce((most, { peakActivationBytes }) => (peakActivationBytes > most ? peakActivationBytes : most), 0n);
    return {
      totals: {
        layers: totals.reduce((sum, { layers }) => sum + layers, 0),
        uncounted: totals.reduce((sum, { uncounted }) => sum + uncounted, 0),
        ...sumFigures(totals),
        peakActivationBytes: peak,
        unit: totals[0]?.unit,
      },
      outputs: counted.at(-1)?.outputs ?? [],
    };
  };
}

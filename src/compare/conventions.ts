import type { Analysis, CausedDifference } from "../analyze/analysis.js";
import { analyze, type AnalyzeOptions } from "../analyze/analyze.js";
import { caveats } from "../analyze/caveats.js";
import { countAll } from "../analyze/convention.js";
import { inferGraph } from "../analyze/infer.js";
import { resolveInputs } from "../analyze/input.js";
import type { Convention } from "../conventions/convention.js";
import { conventions } from "../conventions/table.js";
import type { Graph } from "../graph/graph.js";

/** What one tool would report of a model. */
export interface ConventionRow {
  readonly convention: Convention;
  /** Its total, in its own unit. */
  readonly counted: bigint;
  /** Why that is not the program's MACs: adds up to `counted` less those MACs, exactly. */
  readonly differences: readonly CausedDifference[];
  /** The tool's own total of parameters, where that is not the model's. */
  readonly params?: bigint | undefined;
  /** Why the tool itself may report something else; empty where the figure is the tool's. */
  readonly caveats: readonly string[];
}

/** One model counted in every way. */
export interface ConventionComparison {
  /** The program's own analysis, from which the rows differ. */
  readonly analysis: Analysis;
  readonly rows: readonly ConventionRow[];
}

/**
 * Counts a graph by every convention, the program's own first.
 * @throws InputError as `analyze` does
 */
export function compareConventions(graph: Graph, options: Omit<AnalyzeOptions, "convention"> = {}): ConventionComparison {
  const { layers } = inferGraph(graph, resolveInputs(graph, options));
  const rows = conventions().map((convention) => ({ convention, ...countAll(convention, layers), caveats: caveats(convention, graph, layers) }));
  return { analysis: analyze(graph, options), rows };
}

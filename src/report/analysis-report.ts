import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import type { Group } from "../analyze/group.js";
import { analysisPieces } from "./analysis-json.js";
import type { Grid } from "./grid.js";
import type { LayerColumn, Units } from "./layer-columns.js";
import { csvColumns, groupGrid, layerGrid } from "./layer-grid.js";
import { remarks, type Report } from "./report.js";
import { summaryFacts } from "./summary.js";
import { uncountedLines } from "./uncounted.js";

/** What is shown of an analysis: layers, or groups of them. */
export interface AnalysisView {
  readonly layers: readonly LayerAnalysis[];
  readonly groups: readonly Group[] | undefined;
  readonly columns: readonly LayerColumn[] | undefined;
  /** Rows that are left out. */
  readonly left: number;
  readonly units: Units;
  readonly version: string;
}

/** A row a layer, and the totals in words. */
export function analysisReport(analysis: Analysis, view: AnalysisView): Report {
  const { layers, groups, columns, left, units, version } = view;
  const gridOf = (shown: readonly LayerColumn[] | undefined, of: Units, summary: boolean): Grid =>
    groups === undefined
      ? layerGrid(analysis, layers, { columns: shown, units: of, summary })
      : groupGrid(analysis, groups, { columns: shown, units: of, summary });
  const what = groups === undefined ? "layers" : "rows";
  return {
    json: () => analysisPieces(analysis, version, layers, groups),
    csv: () => gridOf(columns ?? (groups === undefined ? csvColumns(analysis) : undefined), "raw", false),
    blocks: () => [
      { type: "grid", grid: gridOf(columns, units, true) },
      { type: "facts", align: "right", facts: summaryFacts(analysis, units) },
      ...(left > 0 ? [{ type: "lines", lines: [`${left} more ${what} are in the totals but not shown (--top)`] } as const] : []),
    ],
    remarks: remarks("warning", [...uncountedLines(analysis), ...analysis.warnings, ...analysis.caveats]),
  };
}

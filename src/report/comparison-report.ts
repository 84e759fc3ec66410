import type { Comparison, ComparisonRow } from "../compare/compare.js";
import { formatShape } from "../graph/shape.js";
import { comparisonJson } from "./analysis-json.js";
import { comparisonGrid } from "./comparison-grid.js";
import { explainLines } from "./explain.js";
import type { Units } from "./layer-columns.js";
import { remarks, type Report } from "./report.js";

export interface ComparisonView {
  /** The rows that are shown. */
  readonly rows: readonly ComparisonRow[];
  readonly columns: Parameters<typeof comparisonGrid>[2]["columns"];
  readonly units: Units;
  /** Whether the formulas are written out. */
  readonly explain: boolean;
  readonly version: string;
}

/** A row a variant or model, side by side. */
export function comparisonReport(comparison: Comparison, { rows, columns, units, explain, version }: ComparisonView): Report {
  const shown = { ...comparison, rows };
  return {
    json: () => comparisonJson(shown, version),
    csv: () => comparisonGrid(comparison, rows, { columns, units: "raw", flat: true }),
    blocks: () => [
      { type: "grid", grid: comparisonGrid(comparison, rows, { columns, units, flat: false }) },
      { type: "lines", tone: "dim", lines: [noteOf(shown)] },
      ...(explain ? [{ type: "verbatim", lines: explainLines(shown) } as const] : []),
    ],
    remarks: remarks("note", comparison.notes),
  };
}

function noteOf({ rows, dtype, baseline }: Comparison): string {
  const inputs = new Set(rows.flatMap((row) => (row.available ? [row.inputs.map(formatShape).join(", ")] : [])));
  const input = inputs.size === 1 ? `input ${[...inputs].join("")}, ` : "";
  return `${input}${dtype}; ratio of MACs to ${baseline}`;
}

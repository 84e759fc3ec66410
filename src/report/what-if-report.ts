import type { ReplacedLayer, Replacement, WhatIf } from "../compare/what-if.js";
import type { Units } from "./layer-columns.js";
import { remarks, type Report } from "./report.js";
import { uncountedLines } from "./uncounted.js";
import { replacedGrid, totalsGrid, WHAT_IF_COLUMNS, whatIfJson, type WhatIfColumn } from "./what-if.js";

export interface WhatIfView {
  /** The replaced layers that are shown. */
  readonly rows: readonly ReplacedLayer[];
  readonly rules: readonly Replacement[];
  readonly notes: readonly string[];
  readonly columns: readonly WhatIfColumn[] | undefined;
  readonly units: Units;
  readonly version: string;
}

/** Each replaced layer before and after, then the whole model. */
export function whatIfReport(result: WhatIf, { rows, rules, notes, columns, units, version }: WhatIfView): Report {
  const left = result.replaced.length - rows.length;
  return {
    json: () => whatIfJson(result, rows, rules, notes, version),
    csv: () => replacedGrid(rows, columns ?? WHAT_IF_COLUMNS, "raw"),
    blocks: () => [
      { type: "grid", grid: replacedGrid(rows, columns, units) },
      ...(left > 0 ? [{ type: "lines", lines: [`${left} more replaced layers are in the totals but not shown (--top)`] } as const] : []),
      { type: "grid", grid: totalsGrid(result, units) },
    ],
    remarks: [...remarks("note", notes), ...remarks("warning", [...uncountedLines(result.after), ...result.after.warnings])],
  };
}

import { heaviestChanges, type Difference } from "../compare/diff.js";
import { diffJson, diffRows } from "./diff-data.js";
import { changeGrid, totalGrid } from "./diff-grid.js";
import { countsLine, folded } from "./diff-rows.js";
import type { Units } from "./layer-columns.js";
import { grouped } from "./numbers.js";
import { remarks, type Block, type Report } from "./report.js";

/** Changes that a table or a comment shows, unless said. */
export const TOP = 50;

export interface DiffOptions {
  readonly units: Units;
  /** Only so many changes, those that weigh most. */
  readonly top?: number | undefined;
  /** What the two models are called. */
  readonly labels: readonly [string, string];
  readonly version: string;
}

/** Totals first, then how many layers differ, then those. */
export function diffReport(difference: Difference, options: DiffOptions): Report {
  const { layers, notes } = difference;
  const { top, labels, version } = options;
  const heaviest = () => heaviestChanges(layers, top ?? Infinity);
  return {
    json: () => diffJson(difference, heaviest(), labels, version),
    csv: () => diffRows(heaviest()),
    blocks: () => blocksOf(difference, options),
    remarks: remarks("note", notes),
  };
}

function blocksOf(difference: Difference, { labels: [before, after], top, units }: DiffOptions): readonly Block[] {
  const rows = folded(difference.layers);
  const kept = new Set(
    heaviestChanges(
      rows.map(({ change }) => change),
      top ?? TOP,
    ),
  );
  const shown = rows.filter(({ change }) => kept.has(change));
  const left = rows.length - shown.length;
  const below = left > 0 ? `and ${grouped(BigInt(left))} changes that weigh less (--top)` : undefined;
  const changes: Block = { type: "grid", grid: changeGrid(difference, shown, units), below };
  return [
    {
      type: "facts",
      align: "left",
      facts: [
        { label: "before", value: before },
        { label: "after", value: after },
      ],
    },
    { type: "grid", grid: totalGrid(difference, units) },
    { type: "lines", lines: [countsLine(difference)] },
    ...(shown.length === 0 ? [] : [{ type: "details", title: "Layers", titled: "folded", blocks: [changes] } as const]),
  ];
}

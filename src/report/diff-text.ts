import type { ChalkInstance } from "chalk";
import type { Difference } from "../compare/diff.js";
import { changeGrid, totalGrid } from "./diff-grid.js";
import { countsLine, type ShownChange } from "./diff-rows.js";
import { harmless } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { escape, renderMarkdown } from "./markdown.js";
import { grouped } from "./numbers.js";
import { renderTable } from "./table.js";

export interface DiffReport {
  readonly units: Units;
  /** The changes that are shown, and how many more there are. */
  readonly shown: readonly ShownChange[];
  readonly left: number;
  /** What the two are called. */
  readonly labels: readonly [string, string];
}

export interface DiffTable extends DiffReport {
  readonly chalk: ChalkInstance;
  readonly width?: number | undefined;
}

/** Totals first, then how many layers differ, then those. */
export function diffTable(difference: Difference, style: DiffTable): string {
  const { chalk, units, shown, labels } = style;
  const head = `before  ${chalk.bold(harmless(labels[0]))}\nafter   ${chalk.bold(harmless(labels[1]))}\n`;
  const layers = shown.length === 0 ? "" : `\n${renderTable(changeGrid(difference, shown, units), style)}${cut(style)}`;
  return `${head}\n${renderTable(totalGrid(difference, units), style)}\n${countsLine(difference)}\n${layers}`;
}

function cut({ left }: DiffReport): string {
  return left > 0 ? `and ${grouped(BigInt(left))} changes that weigh less (--top)\n` : "";
}

/** Markdown for a comment on a pull request: totals first, the layers folded. */
export function diffMarkdown(difference: Difference, report: DiffReport): string {
  const { notes } = difference;
  const { units, shown, labels } = report;
  const head = `**${escape(labels[0])}** → **${escape(labels[1])}**\n`;
  const layers =
    shown.length === 0
      ? ""
      : `\n<details><summary>Layers</summary>\n\n${renderMarkdown(changeGrid(difference, shown, units))}${report.left > 0 ? `\n${cut(report)}` : ""}\n</details>\n`;
  return `${head}\n${renderMarkdown(totalGrid(difference, units))}\n${countsLine(difference)}\n${notes.map((note) => `\n- ${escape(note)}\n`).join("")}${layers}`;
}

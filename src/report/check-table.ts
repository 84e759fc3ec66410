import type { ChalkInstance } from "chalk";
import { statusOf, type BudgetResult, type CheckedModel } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import { budgetGrid, weightGrid } from "./check-grid.js";
import { leftOut, operators, sentenceOf, titleOf, verdictLine, WORDS } from "./check-text.js";
import { diagnosticLine } from "./diagnostic.js";
import { harmless } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { escape, renderMarkdown } from "./markdown.js";
import { renderTable } from "./table.js";

export interface CheckReport {
  readonly units: Units;
  /** How many layers are named for an exceeded budget. */
  readonly top: number;
}

export interface CheckTable extends CheckReport {
  readonly chalk: ChalkInstance;
  readonly width?: number | undefined;
}

/** Every model's budgets as a table, below it what weighs most in what was exceeded, and at the end how it came off. */
export function checkTable(models: readonly CheckedModel[], style: CheckTable): string {
  const parts = models.map((model) => modelText(model, style));
  return [
    ...parts,
    `${painted(
      verdictLine(models),
      models.every((model) => statusOf(model) === "pass"),
      style.chalk,
    )}\n`,
  ].join("\n");
}

function painted(text: string, fine: boolean, chalk: ChalkInstance): string {
  return fine ? chalk.green(text) : chalk.red(text);
}

function modelText(model: CheckedModel, style: CheckTable): string {
  const { chalk, units, top } = style;
  const { outcome } = model;
  const head = `${chalk.bold(harmless(model.name))}\n`;
  if (outcome.type === "error") return `${head}${chalk.red(WORDS.error)}: ${diagnosticLine(outcome.error)}\n`;
  const { check, costs } = outcome;
  const table = renderTable(budgetGrid(check, units), style);
  const details = check.results.flatMap((result) => {
    const sentence = sentenceOf(result, units);
    if (sentence === undefined) return [];
    if (result.verdict !== "fail" || result.heaviest.length === 0) return [`${harmless(sentence)}\n`];
    const more = leftOut(result.heaviest.length, top);
    return [`${harmless(weighing(result))}\n${renderTable(weightGrid(result, top, units), style)}${more === "" ? "" : `${chalk.dim(more)}\n`}`];
  });
  const unknown = check.unknown === "fail" && check.uncounted.length > 0 ? [`Not counted: ${harmless(operators(check))}\n`] : [];
  return [`${head}${table}`, ...details, ...unknown, ...warnings([...(costs.caveats ?? []), ...costs.warnings])].join("\n");
}

function weighing(result: BudgetResult): string {
  const title = titleOf(result);
  if (result.measure === "peak-memory") return result.peakAt === undefined ? `${title}: the inputs` : `${title}: alive while ${result.peakAt} runs`;
  return measureOf(result.measure).of === "layer" ? `${title}: those over the limit` : `${title}: the heaviest layers`;
}

function warnings(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [lines.map((line) => `warning: ${harmless(line)}\n`).join("")];
}

/** The same as Markdown: for a pull request, or the summary of a job. */
export function checkMarkdown(models: readonly CheckedModel[], report: CheckReport): string {
  const parts = models.map((model) => modelMarkdown(model, report));
  return [`**${escape(verdictLine(models))}**\n`, ...parts].join("\n");
}

function modelMarkdown(model: CheckedModel, { units, top }: CheckReport): string {
  const { outcome } = model;
  const head = `### ${escape(model.name)}: ${WORDS[statusOf(model)]}\n`;
  if (outcome.type === "error") return `${head}\n${escape(diagnosticLine(outcome.error))}\n`;
  const { check, costs } = outcome;
  const details = check.results.flatMap((result) => {
    const sentence = sentenceOf(result, units);
    if (sentence === undefined) return [];
    if (result.verdict !== "fail" || result.heaviest.length === 0) return [`- ${escape(sentence)}\n`];
    const more = leftOut(result.heaviest.length, top);
    const table = renderMarkdown(weightGrid(result, top, units));
    return [`<details><summary>${escape(weighing(result))}</summary>\n\n${table}${more === "" ? "" : `\n${more}\n`}\n</details>\n`];
  });
  const unknown = check.unknown === "fail" && check.uncounted.length > 0 ? [`- Not counted: ${escape(operators(check))}\n`] : [];
  const warned = [...(costs.caveats ?? []), ...costs.warnings].map((line) => `- warning: ${escape(line)}\n`);
  return [`${head}\n${renderMarkdown(budgetGrid(check, units))}`, ...details, ...unknown, ...warned].join("\n");
}

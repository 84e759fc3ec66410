import { statusOf, type BudgetResult, type CheckedModel } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import { budgetGrid, weightGrid } from "./check-grid.js";
import { checkJson } from "./check-json.js";
import { leftOut, operators, sentenceOf, titleOf, verdictLine, WORDS } from "./check-text.js";
import { diagnosticLine } from "./diagnostic.js";
import type { Block, CheckFindings, Report } from "./report.js";

/** Every model's budgets as a table, below it what weighs most in what was exceeded, and how it came off. */
export function checkReport(check: CheckFindings, version: string): Report {
  const { models } = check;
  return {
    json: () => checkJson(models, check.top, version),
    blocks: () => models.flatMap((model) => modelBlocks(model, check)),
    verdict: { text: verdictLine(models), passed: models.every((model) => statusOf(model) === "pass") },
    check,
  };
}

function modelBlocks(model: CheckedModel, { units, top }: CheckFindings): readonly Block[] {
  const { outcome } = model;
  const heading: Block = { type: "heading", text: model.name, status: WORDS[statusOf(model)] };
  if (outcome.type === "error") return [heading, { type: "lines", tone: "bad", lines: [`${WORDS.error}: ${diagnosticLine(outcome.error)}`] }];
  const { check, costs } = outcome;
  const details = check.results.flatMap((result): Block[] => {
    const sentence = sentenceOf(result, units);
    if (sentence === undefined) return [];
    if (result.verdict !== "fail" || result.heaviest.length === 0) return [{ type: "lines", lines: [sentence] }];
    const grid: Block = { type: "grid", grid: weightGrid(result, top, units), below: leftOut(result.heaviest.length, top) };
    return [{ type: "details", title: weighing(result), titled: "everywhere", blocks: [grid] }];
  });
  const uncounted = check.unknown === "fail" && check.uncounted.length > 0 ? [`Not counted: ${operators(check)}`] : [];
  const warnings = [...(costs.caveats ?? []), ...costs.warnings].map((line) => `warning: ${line}`);
  const lines = [uncounted, warnings].flatMap((each): Block[] => (each.length === 0 ? [] : [{ type: "lines", lines: each }]));
  return [heading, { type: "grid", grid: budgetGrid(check, units) }, ...details, ...lines];
}

function weighing(result: BudgetResult): string {
  const title = titleOf(result);
  if (result.measure === "peak-memory") return result.peakAt === undefined ? `${title}: the inputs` : `${title}: alive while ${result.peakAt} runs`;
  return measureOf(result.measure).of === "layer" ? `${title}: those over the limit` : `${title}: the heaviest layers`;
}

import { DOUBTS, statusOf, type BudgetCheck, type BudgetResult, type CheckedModel, type Verdict } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import { grouped, headroom, sideBySide } from "./numbers.js";
import type { Units } from "./layer-columns.js";

/** The word for how something came off, so that colour is not all that tells it. */
export const WORDS: Readonly<Record<Verdict | "error", string>> = { pass: "pass", fail: "FAIL", unknown: "NOT KNOWN", error: "ERROR" };

/** What a result is called: the figure, or how much more it may be than it was. */
export function titleOf({ title, baseline }: BudgetResult): string {
  return baseline === undefined ? title : `${title}, baseline +${baseline.allowance}`;
}

/** Limit, value and headroom of a result as texts. */
export function amountsOf({ measure, limit, limitAtLeast = false, value, atLeast, verdict }: BudgetResult, units: Units) {
  const [limitText, valueText] = sideBySide(limit, value, measureOf(measure).unit, units);
  const least = (text: string, is: boolean) => (is ? `>= ${text}` : text);
  return {
    limit: least(limitText, limitAtLeast),
    value: least(valueText, atLeast),
    headroom: verdict === "unknown" ? "" : headroom(limit, value),
  };
}

/** What is wrong or in doubt with a result, in one sentence; nothing for one that simply holds. */
export function sentenceOf(result: BudgetResult, units: Units): string | undefined {
  const { limit, value } = amountsOf(result, units);
  const title = titleOf(result);
  const reasons = result.doubts.map((doubt) => (doubt === "partial" ? `${DOUBTS.partial}: ${operators(result)}` : DOUBTS[doubt])).join("; ");
  switch (result.verdict) {
    case "fail":
      return `${title}: ${value} exceeds ${limit}, headroom ${headroom(result.limit, result.value)}`;
    case "unknown":
      return `${title}: not known whether ${value.replace(/^>= /, "at least ")} is within ${limit.replace(/^>= /, "what is at least ")}: ${reasons}`;
    case "pass":
      return result.doubts.length === 0 ? undefined : `${title}: taken at what it is at least, as --allow-unknown accepts: ${reasons}`;
  }
}

const MAX_OPERATORS = 5;

/** Operators that were not counted, and how often. */
export function operators({ uncounted }: Pick<BudgetResult, "uncounted">): string {
  const shown = uncounted.slice(0, MAX_OPERATORS).map(({ op, count }) => `${op} (${count})`);
  const more = uncounted.length - shown.length;
  return [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

export function uncountedLayers({ uncounted }: BudgetCheck): number {
  return uncounted.reduce((sum, { count }) => sum + count, 0);
}

/** `1 of 3 models within budget, 1 exceeds, 1 could not be checked`. */
export function verdictLine(models: readonly CheckedModel[]): string {
  const count = (...of: readonly (Verdict | "error")[]) => models.filter((model) => of.includes(statusOf(model))).length;
  const [passed, failed, open] = [count("pass"), count("fail"), count("unknown", "error")];
  const parts = [
    `${passed} of ${models.length} ${models.length === 1 ? "model" : "models"} within budget`,
    ...(failed > 0 ? [`${failed} over budget`] : []),
    ...(open > 0 ? [`${open} could not be checked`] : []),
  ];
  return parts.join(", ");
}

/** How many of how many layers stand in a list that is cut. */
export function leftOut(all: number, shown: number): string | undefined {
  return all > shown ? `and ${grouped(BigInt(all - shown))} more (--top)` : undefined;
}

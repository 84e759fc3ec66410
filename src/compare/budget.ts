import type { Costs, Uncounted } from "../analyze/analysis.js";
import { fail, type Diagnostic, type Place } from "../graph/diagnostic.js";
import { hasAllLayers, isAtLeast, measureOf, shareOf, titleOf, uncountedIn, valueOf, type Measure, type MeasureName } from "./measures.js";
import { allowed, type Allowance } from "./quantity.js";

/** The most that a figure may be. A figure that equals it is within it. */
export interface Budget {
  readonly measure: MeasureName;
  readonly limit: bigint;
}

/** How much more a figure may be than it was. */
export interface Increase {
  readonly measure: MeasureName;
  readonly allowance: Allowance;
}

export interface BudgetOptions {
  readonly budgets: readonly Budget[];
  readonly increases?: readonly Increase[] | undefined;
  /** What increases are measured from. */
  readonly baseline?: Costs | undefined;
  /**
   * What layers that could not be counted mean: a budget whose figure they are part of cannot be shown to hold (unless said), they make the check
   * fail, or they are accepted, and figures are taken at what they are at least.
   */
  readonly unknown?: "undecided" | "fail" | "accept" | undefined;
}

/** Held, exceeded, or not to be told since something could not be counted. */
export type Verdict = "pass" | "fail" | "unknown";

/** What makes a figure a lower bound. */
export type Doubt = "partial" | "cut" | "baseline-partial" | "baseline-cut";

export const DOUBTS: Readonly<Record<Doubt, string>> = {
  partial: "layers that could not be counted may add to it",
  cut: "the saved analysis has not all its layers (--top)",
  "baseline-partial": "layers of the baseline could not be counted, so that it was at least this",
  "baseline-cut": "the baseline has not all its layers (--top)",
};

/** What weighs in a figure: a layer, or a tensor that is alive at the peak by the layer that made it. */
export interface Weight {
  readonly name: string;
  readonly op?: string | undefined;
  readonly kind?: string | undefined;
  readonly value: bigint;
}

export interface BudgetResult {
  readonly measure: MeasureName;
  /** What the figure is called. */
  readonly title: string;
  readonly limit: bigint;
  /** The limit is a lower bound: it comes from a baseline that is one. */
  readonly limitAtLeast?: boolean | undefined;
  readonly value: bigint;
  /** The value is a lower bound. */
  readonly atLeast: boolean;
  readonly verdict: Verdict;
  /** Why it cannot be told, or what was accepted about a budget that holds. */
  readonly doubts: readonly Doubt[];
  /** The operators that may add to it. */
  readonly uncounted: readonly Uncounted[];
  /** Where the limit comes from, for an increase. */
  readonly baseline?: { readonly value: bigint; readonly allowance: string } | undefined;
  /** What weighs most in a figure that is exceeded, the heaviest first: all layers over the limit where that is one of a layer. */
  readonly heaviest: readonly Weight[];
  /** The layer that runs when the peak is reached. */
  readonly peakAt?: string | undefined;
}

export interface BudgetCheck {
  readonly verdict: Verdict;
  readonly results: readonly BudgetResult[];
  /** Layers that could not be counted; with `unknown: "fail"` they alone make it fail. */
  readonly uncounted: readonly Uncounted[];
  readonly unknown: NonNullable<BudgetOptions["unknown"]>;
}

/** A model and how it came off, or why it could not be checked. */
export interface CheckedModel {
  readonly name: string;
  readonly source: string;
  /** Where a config file speaks of it, or the model's own file. */
  readonly place?: Place | undefined;
  readonly outcome: CheckOutcome;
}

export type CheckOutcome =
  | {
      readonly type: "checked";
      readonly costs: Costs;
      readonly check: BudgetCheck;
      /** Where each result's budget is written, where that is a file. */
      readonly places: readonly (Place | undefined)[];
    }
  | { readonly type: "error"; readonly error: Diagnostic };

/** How a model came off: what could not be checked does not pass. */
export function statusOf({ outcome }: CheckedModel): Verdict | "error" {
  return outcome.type === "error" ? "error" : outcome.check.verdict;
}

/** Layers that are named for an exceeded figure of the whole model. */
const MAX_WEIGHTS = 100;

/**
 * Holds the costs of a model against budgets. Comparisons are of exact integers; a share of a baseline is cut to a whole number.
 * A figure that is only known to be at least so much is exceeded where that much is; otherwise it is not known whether it is.
 * @throws InputError `other-convention` where the baseline was counted otherwise
 */
export function checkBudgets(costs: Costs, options: BudgetOptions): BudgetCheck {
  const { budgets, increases = [], baseline, unknown = "undecided" } = options;
  if (baseline !== undefined && baseline.convention !== costs.convention) {
    fail("other-convention", `the baseline was counted by the convention ${baseline.convention}, and this by ${costs.convention}`, {
      expected: "a baseline of the same convention",
    });
  }
  const results = [
    ...budgets.map(({ measure, limit }) => judged(measureOf(measure), limit, costs, unknown)),
    ...increases.map((increase) => increased(increase, costs, baseline, unknown)),
  ];
  return { verdict: verdictOf(results, costs, unknown), results, uncounted: costs.uncounted, unknown };
}

function verdictOf(results: readonly BudgetResult[], costs: Costs, unknown: BudgetCheck["unknown"]): Verdict {
  const open = results.filter(({ verdict }) => verdict === "unknown");
  // Who wants no uncounted layer has an answer where those are all that is in doubt: the check was made, and failed.
  if (unknown === "fail" && costs.partial && open.every(({ doubts }) => doubts.every((doubt) => doubt === "partial"))) return "fail";
  if (open.length > 0) return "unknown";
  return results.some(({ verdict }) => verdict === "fail") ? "fail" : "pass";
}

function judged(measure: Measure, limit: bigint, costs: Costs, unknown: BudgetCheck["unknown"]): BudgetResult {
  const value = valueOf(measure, costs);
  const cut = isCut(measure, costs);
  const doubts: readonly Doubt[] = [...(isAtLeast(measure, costs) ? ["partial" as const] : []), ...(cut ? ["cut" as const] : [])];
  const title = titleOf(measure, costs);
  const uncounted = uncountedIn(measure, costs);
  const base = { measure: measure.name, title, limit, value, atLeast: doubts.length > 0, doubts, uncounted, heaviest: [] };
  if (value > limit) return { ...base, verdict: "fail", ...weightsOf(measure, limit, costs) };
  return { ...base, verdict: doubts.length === 0 || (unknown === "accept" && !cut) ? "pass" : "unknown" };
}

/** Whether layers that were left out may have more of a figure. Totals without their layers are believed only where a digest vouches for them. */
function isCut({ of }: Measure, costs: Costs): boolean {
  return (of === "layer" || costs.unsigned !== undefined) && !hasAllLayers(costs);
}

function increased({ measure: name, allowance }: Increase, costs: Costs, baseline: Costs | undefined, unknown: BudgetCheck["unknown"]): BudgetResult {
  if (baseline === undefined) throw new Error("an increase needs a baseline");
  const measure = measureOf(name);
  const before = valueOf(measure, baseline);
  const result = { ...judged(measure, allowed(before, allowance), costs, unknown), baseline: { value: before, allowance: allowance.text } };
  const cut = isCut(measure, baseline);
  const partial = isAtLeast(measure, baseline);
  if (!cut && !partial) return result;
  const doubts = [...result.doubts, ...(partial ? ["baseline-partial" as const] : []), ...(cut ? ["baseline-cut" as const] : [])];
  // What is within a limit that is too low is within the true one; what is over it need not be.
  const settled = result.verdict !== "fail" || (unknown === "accept" && !cut);
  return { ...result, limitAtLeast: true, doubts, verdict: settled ? result.verdict : "unknown" };
}

function weightsOf(measure: Measure, limit: bigint, costs: Costs): Pick<BudgetResult, "heaviest" | "peakAt"> {
  if (measure.name === "peak-memory") {
    const alive = costs.peak?.alive.map(({ by, bytes }): Weight => ({ name: by ?? "(input)", value: bytes }));
    return { heaviest: (alive ?? []).slice(0, MAX_WEIGHTS), peakAt: costs.peak?.at };
  }
  const floor = measure.of === "layer" ? limit : 0n;
  const heavy = costs.layers.flatMap((each): Weight[] => {
    const value = shareOf(measure, each) ?? 0n;
    return value > floor ? [{ name: each.name, op: each.op, kind: each.kind, value }] : [];
  });
  heavy.sort((a, b) => (a.value === b.value ? 0 : a.value > b.value ? -1 : 1));
  return { heaviest: heavy.slice(0, MAX_WEIGHTS) };
}

import { DOUBTS, statusOf, type BudgetResult, type CheckedModel } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import type { Place } from "../graph/diagnostic.js";
import { diagnosticLine, lineOf } from "./diagnostic.js";
import { writeJson, type Json } from "./json.js";

/** A check as `convcost/check@1`. */
export function checkJson(models: readonly CheckedModel[], version: string): string {
  const statuses = models.map(statusOf);
  const passed = statuses.every((status) => status === "pass");
  const open = statuses.some((status) => status === "unknown" || status === "error");
  return `${writeJson({ schema: "convcost/check@1", version, status: passed ? "pass" : open ? "unknown" : "fail", models: models.map(modelJson) })}\n`;
}

function modelJson(model: CheckedModel): Json {
  const { name, source, outcome } = model;
  const head = { name, source, status: statusOf(model) };
  if (outcome.type === "error") {
    const { code, message, expected, hint, place } = outcome.error;
    return { ...head, error: { code, message, text: diagnosticLine(outcome.error), place: placeJson(place), expected, hint } };
  }
  const { costs, check } = outcome;
  return {
    ...head,
    convention: costs.convention,
    partial: costs.partial,
    unknown: check.unknown,
    budgets: check.results.map(resultJson),
    uncounted: check.uncounted.map((entry) => ({ ...entry })),
    caveats: costs.caveats?.length === 0 ? undefined : costs.caveats,
    warnings: costs.warnings,
  };
}

function placeJson(place: Place | undefined): Json | undefined {
  if (place?.kind !== "text") return place && { ...place };
  return { kind: "text", source: place.source, ...lineOf(place) };
}

function resultJson(result: BudgetResult): Json {
  const { measure, limit, value, atLeast, verdict, doubts, baseline, heaviest, peakAt } = result;
  return {
    name: measure,
    unit: measureOf(measure).unit,
    limit,
    value,
    atLeast,
    headroom: limit - value,
    headroomPercent: limit === 0n ? undefined : Number(((limit - value) * 1_000_000n) / limit) / 10_000,
    status: verdict,
    baseline: baseline && { value: baseline.value, increase: baseline.allowance },
    reasons: doubts.length === 0 ? undefined : doubts.map((doubt) => ({ code: doubt, text: DOUBTS[doubt] })),
    peakLayer: peakAt,
    layers: verdict === "fail" ? heaviest.map((weight) => ({ ...weight })) : undefined,
  };
}

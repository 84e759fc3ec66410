import { DOUBTS, statusOf, type BudgetResult, type CheckedModel } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import type { Place } from "../graph/diagnostic.js";
import { uncountedLayers } from "./check-text.js";
import { diagnosticLine, lineOf } from "./diagnostic.js";
import { writeJson, type Json } from "./json.js";

/** A check as `convcost/check@1`. */
export function checkJson(models: readonly CheckedModel[], top: number, version: string): string {
  const statuses = models.map(statusOf);
  const passed = statuses.every((status) => status === "pass");
  const open = statuses.some((status) => status === "unknown" || status === "error");
  return `${writeJson({ schema: "convcost/check@1", version, status: passed ? "pass" : open ? "unknown" : "fail", models: models.map((model) => modelJson(model, top)) })}\n`;
}

function modelJson(model: CheckedModel, top: number): Json {
  const { name, source, outcome } = model;
  const head = { name, source, status: statusOf(model) };
  if (outcome.type === "error") {
    const { code, message, expected, hint, place } = outcome.error;
    return { ...head, error: { code, message, text: diagnosticLine(outcome.error), place: placeJson(place), expected, hint } };
  }
  const { costs, check } = outcome;
  const layers = uncountedLayers(check);
  return {
    ...head,
    convention: costs.convention,
    partial: costs.partial,
    unknown: check.unknown,
    budgets: check.results.map((result) => resultJson(result, top)),
    uncountedLayers: check.unknown === "fail" ? { limit: 0, value: layers, status: layers > 0 ? "fail" : "pass" } : undefined,
    uncounted: check.uncounted.map((entry) => ({ ...entry })),
    caveats: costs.caveats?.length === 0 ? undefined : costs.caveats,
    warnings: costs.warnings,
  };
}

function placeJson(place: Place | undefined): Json | undefined {
  if (place?.kind !== "text") return place && { ...place };
  return { kind: "text", source: place.source, ...lineOf(place) };
}

function resultJson(result: BudgetResult, top: number): Json {
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
    layers: verdict === "fail" ? heaviest.slice(0, top).map((weight) => ({ ...weight })) : undefined,
  };
}

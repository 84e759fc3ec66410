import { statusOf } from "../compare/budget.js";
import type { Place } from "../graph/diagnostic.js";
import { operators, sentenceOf, verdictLine } from "./check-text.js";
import { diagnosticLine, lineOf } from "./diagnostic.js";
import type { Renderer } from "./formats.js";
import { harmless } from "./grid.js";
import type { CheckFindings } from "./report.js";

type Level = "error" | "warning" | "notice";

/** Workflow commands of GitHub Actions. */
export const github: Renderer = {
  hasRemarks: true,
  render: ({ check }) => {
    if (check === undefined) throw new Error("annotations are of a check");
    return checkAnnotations(check);
  },
};

/** A check as workflow commands of GitHub Actions: an annotation for each budget that does not hold, and one for the whole. */
function checkAnnotations({ models, units, top, fileOf }: CheckFindings): string {
  const annotation = (level: Level, title: string, message: string, place: Place | undefined) => command(level, title, message, place, fileOf);
  const lines = models.flatMap((model): string[] => {
    const { outcome, name } = model;
    if (outcome.type === "error")
      return [annotation("error", `${name} could not be checked`, diagnosticLine(outcome.error), outcome.error.place ?? model.place)];
    const { check, places } = outcome;
    const results = check.results.flatMap((result, index): string[] => {
      const sentence = sentenceOf(result, units);
      if (sentence === undefined) return [];
      const heavy = result.heaviest.slice(0, top).map((weight) => weight.name);
      const text = heavy.length === 0 ? sentence : `${sentence}; most of it in ${heavy.join(", ")}`;
      return [annotation(result.verdict === "pass" ? "warning" : "error", name, text, places[index] ?? model.place)];
    });
    const unknown =
      check.unknown === "fail" && check.uncounted.length > 0 ? [annotation("error", name, `not counted: ${operators(check)}`, model.place)] : [];
    return [...results, ...unknown];
  });
  const passed = models.every((model) => statusOf(model) === "pass");
  return [...lines, annotation(passed ? "notice" : "error", "convcost check", verdictLine(models), undefined)].join("");
}

/** One workflow command: `::error file=…,line=…,title=…::message`, whatever the texts have in them. */
function command(level: Level, title: string, message: string, place: Place | undefined, fileOf: CheckFindings["fileOf"]): string {
  const properties = [...placeProperties(place, fileOf), `title=${property(title)}`];
  return `::${level} ${properties.join(",")}::${data(message)}\n`;
}

function placeProperties(place: Place | undefined, fileOf: CheckFindings["fileOf"]): readonly string[] {
  switch (place?.kind) {
    case "text": {
      const { line, column } = lineOf(place);
      return /^spec\b|^standard input$/.test(place.source) ? [] : [`file=${property(fileOf(place.source))}`, `line=${line}`, `col=${column}`];
    }
    case "file":
    case "node":
      return [`file=${property(fileOf(place.path))}`];
    default:
      return [];
  }
}

/** As the runner's own toolkit escapes a message (actions/toolkit, command.ts). */
function data(text: string): string {
  return harmless(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

import { statusOf, type BudgetResult, type CheckedModel } from "../compare/budget.js";
import { amountsOf, operators, sentenceOf, titleOf, uncountedLayers } from "./check-text.js";
import { diagnosticLine } from "./diagnostic.js";
import type { Renderer } from "./formats.js";
import { harmless } from "./grid.js";
import type { CheckFindings } from "./report.js";

type Result = "pass" | "failure" | "error";

interface Case {
  readonly name: string;
  readonly result: Result;
  readonly type: string;
  readonly message: string;
  readonly details: string;
}

/** JUnit's XML, as Jenkins and GitLab read it. */
export const junit: Renderer = {
  hasRemarks: true,
  render: ({ check }) => {
    if (check === undefined) throw new Error("test cases are of a check");
    return checkJunit(check);
  },
};

/** A check as JUnit XML: a test suite a model, a test case a budget; a failure is exceeded, an error could not be checked. */
function checkJunit(report: CheckFindings): string {
  const { models } = report;
  const suites = models.map((model) => ({ model, cases: casesOf(model, report) }));
  const all = suites.flatMap(({ cases }) => cases);
  const body = suites.map(({ model, cases }) =>
    element("testsuite", { name: model.name, ...sums(cases) }, cases.map((each) => caseXml(model, each)).join("")),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("testsuites", { name: "convcost check", ...sums(all) }, body.join(""))}`;
}

function sums(cases: readonly Case[]) {
  const count = (result: Result) => String(cases.filter((each) => each.result === result).length);
  return { tests: String(cases.length), failures: count("failure"), errors: count("error") };
}

function casesOf(model: CheckedModel, report: CheckFindings): readonly Case[] {
  const { outcome } = model;
  if (outcome.type === "error")
    return [{ name: "could be checked", result: "error", type: outcome.error.code, message: diagnosticLine(outcome.error), details: "" }];
  const { check } = outcome;
  const cases = check.results.map((result) => caseOf(result, statusOf(model) === "fail", report));
  if (check.unknown !== "fail") return cases;
  const uncounted = uncountedLayers(check);
  const message = uncounted === 0 ? "" : `${uncounted} ${uncounted === 1 ? "layer" : "layers"} could not be counted: ${operators(check)}`;
  return [...cases, { name: "no-unknown", result: uncounted === 0 ? "pass" : "failure", type: "uncounted", message, details: "" }];
}

/** Where uncounted layers are a failure of their own, what they leave open fails with them. */
function caseOf(result: BudgetResult, settled: boolean, { units, top }: CheckFindings): Case {
  const { limit, value } = amountsOf(result, units);
  const layers = result.heaviest.slice(0, top).map(({ name, value: weight }) => `${name}: ${weight}`);
  return {
    name: result.baseline === undefined ? result.measure : `${result.measure} (${titleOf(result)})`,
    result: result.verdict === "pass" ? "pass" : result.verdict === "fail" || settled ? "failure" : "error",
    type: result.verdict === "fail" ? "exceeded" : "unknown",
    message: sentenceOf(result, units) ?? `${value} is within ${limit}`,
    details: layers.join("\n"),
  };
}

function caseXml(model: CheckedModel, { name, result, type, message, details }: Case): string {
  const attributes = { name, classname: model.name };
  if (result === "pass") return element("testcase", attributes, message === "" ? "" : element("system-out", {}, text(message)));
  return element("testcase", attributes, element(result, { type, message }, text(details)));
}

function element(name: string, attributes: Readonly<Record<string, string>>, content: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${text(value).replaceAll("\n", "&#10;")}"`);
  const open = `<${name}${written.join("")}`;
  return content === "" ? `${open}/>\n` : content.startsWith("<") ? `${open}>\n${content}</${name}>\n` : `${open}>${content}</${name}>\n`;
}

/** Text as XML 1.0 takes it: what it has no way to write (most control characters, halves of a pair) becomes a visible escape or `\uFFFD`. */
function text(written: string): string {
  const clean = written
    .split("\n")
    .map(harmless)
    .join("\n")
    .replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]|[\uFFFE\uFFFF]/g, "\uFFFD");
  return clean.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

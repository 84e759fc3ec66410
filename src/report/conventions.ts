import type { ConventionComparison, ConventionRow } from "../compare/conventions.js";
import { isLowerBound } from "../analyze/analysis.js";
import { formatShape } from "../graph/shape.js";
import type { Convention, Table } from "../conventions/convention.js";
import type { Grid, Row } from "./grid.js";
import { writeJson, type Json } from "./json.js";
import type { Units } from "./layer-columns.js";
import { remarks, type Report } from "./report.js";
import { uncountedLines } from "./uncounted.js";
import { bounded, countScale, scaled, signed, type Scale } from "./numbers.js";

/** A row a tool, and below it a row for each cause of its difference from the program's own count. */
function conventionGrid({ analysis, rows }: ConventionComparison, units: Units): Grid {
  const { macs } = analysis.totals;
  const scale = countScale(
    rows.map(({ counted }) => counted),
    units,
  );
  const unit = scale.unit;
  const isBound = isLowerBound(analysis.totals, "counted");
  return {
    columns: [
      { key: "convention", title: "convention", unit: "", align: "left" },
      { key: "counted", title: isBound ? "at least" : "counted", unit, align: "right" },
      { key: "unit", title: "unit", unit: "", align: "left" },
      { key: "difference", title: "to MACs", unit, align: "right" },
      { key: "cause", title: "of which", unit, align: "right" },
    ],
    rows: rows.flatMap((row) => rowsOf(row, macs, scale, units)),
  };
}

function rowsOf({ convention, counted, differences, caveats }: ConventionRow, macs: bigint, scale: Scale, units: Units): readonly Row[] {
  const name = `${convention.name}${caveats.length > 0 ? " *" : ""}`;
  const write = (size: bigint) => scaled(size, scale, units);
  const difference = counted === macs ? "" : signed(counted - macs, write);
  const own: Row = { style: "normal", cells: [name, scaled(counted, scale, units), convention.unit, difference, ""] };
  const causes = differences.map(({ cause, count }): Row => ({ style: "step", cells: [`  ${cause}`, "", "", "", signed(count, write)] }));
  return [own, ...causes];
}

/** A line a cause, raw numbers: what a spreadsheet can pivot. A tool that differs in nothing has one line, without a cause. */
function conventionCsv({ analysis, rows }: ConventionComparison): Grid {
  const isBound = isLowerBound(analysis.totals, "counted");
  const column = (key: string, align: "left" | "right") => ({ key, title: key, unit: "", align });
  return {
    columns: [
      column("convention", "left"),
      column("unit", "left"),
      column("counted", "right"),
      column("cause", "left"),
      column("difference", "right"),
    ],
    rows: rows.flatMap(({ convention, counted, differences }): Row[] => {
      const lead = [convention.name, convention.unit, bounded(counted, isBound, String)];
      const lines = differences.length === 0 ? [["", "0"]] : differences.map(({ cause, count }) => [cause, String(count)]);
      return lines.map((line) => ({ style: "normal", cells: [...lead, ...line] }));
    }),
  };
}

/** What to know of the figures, each said once with the tools that it is true of. */
function caveatLines({ rows }: ConventionComparison): readonly string[] {
  const texts = [...new Set(rows.flatMap(({ caveats }) => caveats))];
  return texts.map((text) => {
    const names = rows.filter(({ caveats }) => caveats.includes(text)).map(({ convention }) => convention.name);
    return `${names.join(", ")}: ${text}`;
  });
}

/** A comparison of conventions as `convcost/conventions@1`. */
function conventionsJson({ analysis, rows }: ConventionComparison, version: string): string {
  return (
    writeJson({
      schema: "convcost/conventions@1",
      version,
      model: { ...analysis.model },
      partial: analysis.partial,
      lowerBounds: isLowerBound(analysis.totals, "counted") ? ["macs", "counted"] : undefined,
      macs: analysis.totals.macs,
      rows: rows.map(({ convention, counted, differences, params, caveats }) => ({
        convention: convention.name,
        tool: convention.version,
        unit: convention.unit,
        counted,
        params,
        difference: counted - analysis.totals.macs,
        causes: differences.map((difference) => ({ ...difference })),
        caveats,
      })),
      uncounted: analysis.uncounted.map((entry) => ({ ...entry })),
      warnings: analysis.warnings,
    }) + "\n"
  );
}

/** The conventions there are: name, unit, and what each follows. */
function conventionList(conventions: readonly Convention[]): Grid {
  return {
    columns: [
      { key: "convention", title: "convention", unit: "", align: "left" },
      { key: "unit", title: "unit", unit: "", align: "left" },
      { key: "version", title: "follows", unit: "", align: "left" },
    ],
    rows: conventions.map(({ name, unit, version }) => ({ style: "normal", cells: [name, unit, version] })),
  };
}

/** The rules of one tool, operator by operator, as text for people. */
function explainedConvention(convention: Convention): readonly string[] {
  const { title, version, unit, perMac, tables, notes } = convention;
  return [
    `${title} (${version})`,
    `counts ${unit}s: a multiply-add is ${perMac}`,
    ...notes.map((note) => `- ${note}`),
    ...tables.flatMap((table) => ["", `It sees ${table.sees}:`, ...table.rules.flatMap((rule) => ["", ...ruleLines(rule)])]),
    "",
    "Every other operator counts nothing.",
  ];
}

function ruleLines({ ops, formula, source, wrong, calledAs }: Table["rules"][number]): readonly string[] {
  return [
    ops.map((op) => (op === "*" ? "all" : op)).join(", "),
    `    ${formula}`,
    ...(calledAs === undefined ? [] : [`    only as: ${calledAs.join(", ")}`]),
    ...(wrong === undefined ? [] : [`    wrong: ${wrong}`]),
    `    ${source}`,
  ];
}

/** The same as `convcost/convention@1`. */
function explainedJson({ name, title, version, unit, perMac, tables, notes }: Convention): string {
  const rules = (table: Table): Json =>
    table.rules.map(({ ops, formula, source, wrong, calledAs }) => ({ ops, formula, source, wrong, calledAs: calledAs ?? table.calledAs }));
  return (
    writeJson({
      schema: "convcost/convention@1",
      convention: name,
      title,
      tool: version,
      unit,
      perMac,
      tables: tables.map((table) => ({ sees: table.sees, rules: rules(table) })),
      notes,
    }) + "\n"
  );
}

/** One model by every convention. */
export function conventionsReport(comparison: ConventionComparison, units: Units, version: string): Report {
  const { analysis } = comparison;
  return {
    json: () => conventionsJson(comparison, version),
    csv: () => conventionCsv(comparison),
    blocks: () => [
      { type: "grid", grid: conventionGrid(comparison, units) },
      { type: "lines", tone: "dim", lines: [noteOf(comparison)] },
    ],
    remarks: remarks("warning", [...uncountedLines(analysis), ...analysis.warnings, ...caveatLines(comparison)]),
  };
}

function noteOf({ analysis, rows }: ConventionComparison): string {
  const input = analysis.inputs.map(({ shape }) => formatShape(shape)).join(", ");
  const marked = rows.some(({ caveats }) => caveats.length > 0);
  return `${analysis.model.name}, input ${input}${marked ? "; * the tool itself may report something else, see the warnings" : ""}`;
}

/** All conventions. */
export function conventionListReport(conventions: readonly Convention[], version: string): Report {
  const known = conventions.map(({ name, title, version: tool, unit }) => ({ convention: name, title, tool, unit }));
  const grid = conventionList(conventions);
  return {
    json: () => `${writeJson({ schema: "convcost/conventions@1", version, conventions: known })}\n`,
    csv: () => grid,
    blocks: () => [{ type: "grid", grid }],
  };
}

/** The rules of one convention. */
export function explainedReport(convention: Convention): Report {
  return { json: () => explainedJson(convention), blocks: () => [{ type: "verbatim", lines: explainedConvention(convention) }] };
}

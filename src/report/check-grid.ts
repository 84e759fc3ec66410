import type { BudgetCheck, BudgetResult } from "../compare/budget.js";
import { measureOf } from "../compare/measures.js";
import { amountsOf, titleOf, uncountedLayers, WORDS } from "./check-text.js";
import type { Column, Grid, Row } from "./grid.js";
import type { Units } from "./layer-columns.js";
import { byteScale, countScale, percent, scaled } from "./numbers.js";

const column = (title: string, align: Column["align"], unit = ""): Column => ({ key: title, title, unit, align });

/** A row a budget: limit, value, headroom, how it came off. */
export function budgetGrid(check: BudgetCheck, units: Units): Grid {
  const rows = check.results.map((result): Row => {
    const { limit, value, headroom } = amountsOf(result, units);
    return { style: result.verdict === "pass" ? "normal" : "failed", cells: [titleOf(result), limit, value, headroom, WORDS[result.verdict]] };
  });
  const uncounted = uncountedLayers(check);
  const unknown: Row[] =
    check.unknown === "fail"
      ? [
          {
            style: uncounted > 0 ? "failed" : "normal",
            cells: ["Uncounted layers", "0", String(uncounted), "", uncounted > 0 ? WORDS.fail : WORDS.pass],
          },
        ]
      : [];
  return {
    columns: [column("budget", "left"), column("limit", "right"), column("value", "right"), column("headroom", "right"), column("result", "left")],
    rows: [...rows, ...unknown],
  };
}

/** What weighs most in an exceeded figure. */
export function weightGrid(result: BudgetResult, top: number, units: Units): Grid {
  const { title } = result;
  const { unit, of, name } = measureOf(result.measure);
  const shown = result.heaviest.slice(0, top);
  const values = shown.map(({ value }) => value);
  const scale = unit === "bytes" ? byteScale(values, units) : countScale(values, units);
  // What a tool counts is named in full above the table: here its name is enough.
  const figure = title.replace(/ (?:of|by) a layer$/, "").replace(/^Counted by (\S+) .*$/, "$1");
  const whole = of === "layer" ? undefined : result.value;
  const peak = name === "peak-memory";
  const columns = [
    column(peak ? "alive, made by" : "layer", "left"),
    ...(peak ? [] : [column("op", "left"), column("kind", "left")]),
    column(figure, "right", scale.unit),
    ...(whole === undefined ? [] : [column("%", "right")]),
  ];
  const rows = shown.map((weight): Row => ({
    style: "normal",
    cells: [
      weight.name,
      ...(peak ? [] : [weight.op ?? "", weight.kind ?? ""]),
      scaled(weight.value, scale, units),
      ...(whole === undefined ? [] : [percent(weight.value, whole).replace("%", "")]),
    ],
  }));
  return { columns, rows };
}

import type { LayerAnalysis } from "../analyze/analysis.js";
import type { Formulas } from "../graph/layer.js";
import type { Comparison } from "../compare/compare.js";

/** Each row's formulas with the numbers put in, and the law of the separable convolution, as plain lines. */
export function explainLines(comparison: Comparison): readonly string[] {
  return comparison.rows.flatMap((row) => {
    if (!row.available) return [row.label, `  cannot exist: ${row.reason}`, ""];
    const own = row.formulas === undefined ? [] : formulaLines(row.formulas(), "  ");
    const steps = row.steps.flatMap((step) => stepLines(step));
    const law =
      row.law === undefined
        ? []
        : [
            `  MACs to standard: ${row.law.formula} = ${row.law.value.toFixed(4)}`,
            `                    counted: ${row.ratio.macs?.toFixed(4) ?? "not known"}`,
          ];
    return [row.label, ...own, ...steps, ...law, ""];
  });
}

function stepLines(step: LayerAnalysis): readonly string[] {
  const inner = step.formulas === undefined ? step.steps.flatMap(stepLines) : formulaLines(step.formulas(), "    ");
  return [`  ${step.name} (${step.kind ?? step.op})`, ...inner];
}

function formulaLines(formulas: Formulas, indent: string): readonly string[] {
  return [`${indent}parameters  ${formulas.params}`, `${indent}MACs        ${formulas.macs}`];
}

import { isIntensityKnown, isLowerBound, type Analysis, type BoundedFigure, type Figures } from "../analyze/analysis.js";
import { formatShape } from "../graph/shape.js";
import { bytes, count, quotient, signed } from "./numbers.js";
import type { Units } from "./layer-columns.js";
import type { Fact } from "./report.js";

/** Formats whose tensors have types of their own. */
const TYPED: ReadonlySet<string> = new Set(["onnx", "tflite", "openvino", "safetensors", "gguf", "pt2"]);

/** The totals of an analysis in words, the figures that are asked for most first. */
export function summaryFacts(analysis: Analysis, units: Units): readonly Fact[] {
  const { totals } = analysis;
  const line = (label: string, figure: LineFigure, written: (value: bigint, units: Units) => string, note?: string): Fact => {
    const [value, isBound] = [totals[figure], isLowerBound(totals, figure)];
    if (isBound && value === 0n) return { label, value: "not known", note: figure === "flops" ? undefined : note };
    return { label: isBound ? `${label} (at least)` : label, value: written(value, units), note };
  };
  const intensity = "FLOPs a byte moved (inputs, outputs and weights of each layer)";
  const lines: Fact[] = [
    ...convention(analysis, units),
    line("MACs", "macs", count),
    line("Parameters", "params", count, besides(analysis, units)),
    line("FLOPs", "flops", count, split(totals, units)),
    line("Weights", "weightBytes", bytes, TYPED.has(analysis.model.format) ? "by the types in the file" : analysis.dtype),
    line("Activations", "activationBytes", bytes, "outputs of all layers"),
    line("Peak memory", "peakActivationBytes", bytes, "most activations alive at once, without weights"),
    { label: "Intensity", value: isIntensityKnown(totals) ? quotient(totals.intensity) : "not known", note: intensity },
  ];
  const input = analysis.inputs.map((tensor) => formatShape(tensor.shape)).join(", ");
  const output = analysis.outputs.map((tensor) => formatShape(tensor.shape)).join(", ");
  const ends = [
    { label: "Input", value: input },
    { label: "Output", value: output },
  ];
  return [...ends.filter(({ value }) => value !== ""), ...lines];
}

type LineFigure = "macs" | "params" | "flops" | "weightBytes" | "activationBytes" | "peakActivationBytes";

/** What stands beside the parameters: buffers, and another tool's own total. */
function besides({ convention: name, totals }: Analysis, units: Units): string | undefined {
  const { buffers, countedParams } = totals;
  const least = (figure: BoundedFigure) => (isLowerBound(totals, figure) ? "at least " : "");
  const notes = [
    ...(buffers > 0n ? [`+ ${least("buffers")}${count(buffers, units)} in buffers`] : []),
    ...(countedParams !== undefined && countedParams !== totals.params
      ? [`${name} says ${least("countedParams")}${count(countedParams, units)}`]
      : []),
  ];
  return notes.length === 0 ? undefined : notes.join("; ");
}

/** What another tool counts, first, since it was asked for; then what makes it of the program's own MACs. */
function convention({ convention: name, totals, differences = [] }: Analysis, units: Units): readonly Fact[] {
  if (totals.counted === undefined || totals.unit === undefined) return [];
  const causes = differences.map(({ cause, count: difference }) => {
    const why = cause.includes(" ") ? `(${cause})` : cause;
    return `${signed(difference, (size) => count(size, units))} ${why}`.replace(/^([+-])/, "$1 ");
  });
  const isBound = isLowerBound(totals, "counted");
  if (isBound && totals.counted === 0n) return [{ label: name, value: "not known" }];
  return [
    { label: isBound ? `${name} (at least)` : name, value: `${count(totals.counted, units)} ${totals.unit}`, note: ["MACs", ...causes].join(" ") },
  ];
}

/** `2 x 27,648 MACs + 3,072 bias`: where the FLOPs come from, so that nobody has to guess. */
function split(figures: Figures, units: Units): string {
  const parts = Object.entries(figures.operations).filter(([, operations]) => operations > 0n);
  const shown = parts.map(([cause, operations]) => `${count(operations, units)} ${cause}`);
  return [`2 x MACs`, ...shown].join(" + ");
}

import type { Analysis, Figures } from "../analyze/analysis.js";
import { formatShape } from "../graph/shape.js";
import { bytes, count, quotient, signed } from "./numbers.js";
import type { Units } from "./layer-columns.js";

/** One line of a summary: what, how much, and how the figure comes about. */
export interface SummaryLine {
  readonly label: string;
  readonly value: string;
  readonly note?: string | undefined;
}

/** Formats whose tensors have types of their own. */
const TYPED: ReadonlySet<string> = new Set(["onnx", "tflite", "safetensors", "gguf", "pt2"]);

/** The totals of an analysis in words, the figures that are asked for most first. */
export function summaryLines(analysis: Analysis, units: Units): readonly SummaryLine[] {
  const { totals } = analysis;
  const nothing = totals.layers > 0 && totals.uncounted === totals.layers;
  const least = analysis.partial && !nothing ? " (at least)" : "";
  /** A zero that stands for what nobody knows is none. */
  const known = (value: string) => (nothing ? "not known" : value);
  const lines: SummaryLine[] = [
    ...convention(analysis, units, least),
    { label: `MACs${least}`, value: known(count(totals.macs, units)) },
    {
      label: "Parameters",
      value: count(totals.params, units),
      note: besides(analysis, units),
    },
    { label: `FLOPs${least}`, value: known(count(totals.flops, units)), note: nothing ? undefined : split(totals, units) },
    {
      label: "Weights",
      value: bytes(totals.weightBytes, units),
      note: TYPED.has(analysis.model.format) ? "by the types in the file" : analysis.dtype,
    },
    { label: `Activations${least}`, value: known(bytes(totals.activationBytes, units)), note: "outputs of all layers" },
    { label: `Peak memory${least}`, value: known(bytes(totals.peakActivationBytes, units)), note: "most activations alive at once, without weights" },
    { label: "Intensity", value: known(quotient(totals.intensity)), note: "FLOPs a byte moved (inputs, outputs and weights of each layer)" },
  ];
  const input = analysis.inputs.map((tensor) => formatShape(tensor.shape)).join(", ");
  const output = analysis.outputs.map((tensor) => formatShape(tensor.shape)).join(", ");
  const ends = [
    { label: "Input", value: input },
    { label: "Output", value: output },
  ];
  return [...ends.filter(({ value }) => value !== ""), ...lines];
}

/** What stands beside the parameters: buffers, and another tool's own total. */
function besides({ convention: name, totals }: Analysis, units: Units): string | undefined {
  const { buffers, countedParams } = totals;
  const notes = [
    ...(buffers > 0n ? [`+ ${count(buffers, units)} in buffers`] : []),
    ...(countedParams !== undefined && countedParams !== totals.params ? [`${name} says ${count(countedParams, units)}`] : []),
  ];
  return notes.length === 0 ? undefined : notes.join("; ");
}

/** What another tool counts, first, since it was asked for; then what makes it of the program's own MACs. */
function convention({ convention: name, totals, differences = [] }: Analysis, units: Units, least: string): readonly SummaryLine[] {
  if (totals.counted === undefined || totals.unit === undefined) return [];
  const causes = differences.map(({ cause, count: difference }) => {
    const why = cause.includes(" ") ? `(${cause})` : cause;
    return `${signed(difference, (size) => count(size, units))} ${why}`.replace(/^([+-])/, "$1 ");
  });
  return [{ label: `${name}${least}`, value: `${count(totals.counted, units)} ${totals.unit}`, note: ["MACs", ...causes].join(" ") }];
}

/** `2 x 27,648 MACs + 3,072 bias`: where the FLOPs come from, so that nobody has to guess. */
function split(figures: Figures, units: Units): string {
  const parts = Object.entries(figures.operations).filter(([, operations]) => operations > 0n);
  const shown = parts.map(([cause, operations]) => `${count(operations, units)} ${cause}`);
  return [`2 x MACs`, ...shown].join(" + ");
}

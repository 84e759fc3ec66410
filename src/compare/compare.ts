import { analyze, type AnalyzeOptions } from "../analyze/analyze.js";
import { ratio } from "../analyze/figures.js";
import { resolveInputs, type ResolvedInput } from "../analyze/input.js";
import { isLowerBound, type Analysis, type Figures, type LayerAnalysis } from "../analyze/analysis.js";
import { fail, InputError } from "../graph/diagnostic.js";
import type { Graph } from "../graph/graph.js";
import { isLayout, type Layer } from "../graph/layer.js";
import type { OpenShape } from "../graph/shape.js";
import { fullConvolution } from "./full-convolution.js";
import { convolutionOf, type ConvolutionShape } from "./convolution-of.js";
import { variantsOf, type Variant, type VariantOptions } from "./variants.js";

export interface CompareOptions extends AnalyzeOptions, VariantOptions {}

/** Figures as shares of the first row's; undefined where one of the two is only a lower bound. */
export interface Ratio {
  readonly params: number | undefined;
  readonly macs: number | undefined;
  readonly flops: number | undefined;
  /** Of the convention's own figure, where one was asked for. */
  readonly counted?: number | undefined;
}

/** One way of doing the layer, with its figures and their ratios to the first row. */
export type ComparisonRow =
  | (Figures & {
      readonly label: string;
      readonly available: true;
      readonly inputs: readonly (OpenShape | null)[];
      readonly outputs: readonly (OpenShape | null)[];
      readonly peakActivationBytes: bigint;
      readonly ratio: Ratio;
      readonly mixes: { readonly channels: boolean; readonly space: boolean };
      readonly formulas?: LayerAnalysis["formulas"];
      /** The law of the depthwise separable convolution against the standard one: 1/Cout + 1/K. */
      readonly law?: { readonly formula: string; readonly value: number } | undefined;
      readonly steps: readonly LayerAnalysis[];
    })
  | { readonly label: string; readonly available: false; readonly reason: string };

export interface Comparison {
  /** Ways to write a layer, with their steps, or whole models. */
  readonly of: "variants" | "models";
  readonly baseline: string;
  /** Whose figure `counted` of a row is, and its unit: absent where that is the program's own. */
  readonly convention?: string | undefined;
  readonly unit?: Analysis["totals"]["unit"];
  /** The input of the first row; several specs may each have their own. */
  readonly inputs: Analysis["inputs"];
  readonly dtype: Analysis["dtype"];
  readonly rows: readonly ComparisonRow[];
  /** What a reader of the rows should know. */
  readonly notes: readonly string[];
}

/**
 * One convolution: a row for each way to write it (standard, depthwise, pointwise, separable, grouped, ...). Several graphs, or one
 * of several layers: a row each, all on the same input.
 * @throws InputError where a shape is missing or does not fit, or a single layer is no convolution
 */
export function compare(graphs: Graph | readonly Graph[], options: CompareOptions = {}): Comparison {
  const [first, ...rest] = isList(graphs) ? graphs : [graphs];
  if (first === undefined) return fail("empty-spec", "there is nothing to compare", { expected: "one convolution, or several specs" });
  if (rest.length > 0) return compareGraphs([first, ...rest], options);
  return first.nodes.length === 1 ? compareVariants(first, options) : compareGraphs(eachLayer(first), options);
}

/**
 * Whole models side by side, a row each, ratios to the first. Each has its own inputs, or those of the options.
 * @throws InputError where there is none, or a shape does not fit
 */
export function compareModels(graphs: readonly Graph[], options: AnalyzeOptions = {}): Comparison {
  const [first, ...rest] = graphs;
  if (first === undefined) return fail("empty-spec", "there is nothing to compare", { expected: "two models or more" });
  return { ...compareGraphs([first, ...rest], options), of: "models" };
}

/**
 * Networks with standard convolutions against themselves: two rows each, the one with full convolutions first, to which the other's ratios
 * are (MobileNets, arXiv 1704.04861, table 4).
 * @throws InputError where a network has no depthwise separable convolution
 */
export function compareFullConvolution(graphs: readonly Graph[], options: AnalyzeOptions = {}): Comparison {
  const pairs = graphs.map((graph) => {
    const full = fullConvolution(graph, options);
    return { graph, full, comparison: compareModels([full.graph, graph], options) };
  });
  const [first, ...others] = pairs;
  if (first === undefined) return fail("empty-spec", "there is nothing to compare", { expected: "a network with depthwise convolutions" });
  const changes = pairs.map(({ graph, full }) => {
    const separable = full.pairs === 0 ? [] : [`${full.pairs} depthwise separable convolutions became standard ones`];
    const alone =
      full.alone === 0
        ? []
        : [`${full.alone} depthwise convolutions that no pointwise one follows directly became standard ones of as many channels`];
    return `${graph.name}: ${[...separable, ...alone].join("; ")}`;
  });
  const baseline = others.length === 0 ? first.comparison.baseline : "each network's full convolution";
  const notes = [...changes, ...new Set(pairs.flatMap(({ comparison }) => comparison.notes))];
  return { ...first.comparison, baseline, rows: pairs.flatMap(({ comparison }) => comparison.rows), notes };
}

function isList(graphs: Graph | readonly Graph[]): graphs is readonly Graph[] {
  return Array.isArray(graphs);
}

/** Each layer of a chain as a graph of its own, on the chain's input. */
function eachLayer(graph: Graph): readonly Graph[] {
  // A turn between two frameworks is no layer that was written.
  const written = graph.nodes.filter(({ place }) => place !== undefined);
  return written.map((node) => {
    const name = node.place?.kind === "text" ? node.place.text.slice(node.place.start, node.place.end) : node.name;
    const inputs = graph.inputs.map((input) => input.name);
    return { ...graph, name, nodes: [{ ...node, inputs }], outputs: node.outputs };
  });
}

function compareGraphs(graphs: readonly Graph[], options: AnalyzeOptions): Comparison {
  requireOneOrder(graphs, options);
  const analyses = graphs.map((graph) => ({ label: graph.name, analysis: analyze(graph, options) }));
  const [first] = analyses;
  if (first === undefined) throw new Error("no graphs to compare");
  const baseline = first.analysis.totals;
  const rows = analyses.map(({ label, analysis }) => rowOf(oneLine(label), analysis, baseline));
  const notes = [...new Set(analyses.flatMap(({ label, analysis }) => [...partialNote(oneLine(label), analysis), ...analysis.caveats]))];
  return {
    of: "variants",
    baseline: oneLine(first.label),
    ...countedBy(first.analysis),
    inputs: first.analysis.inputs,
    dtype: first.analysis.dtype,
    rows,
    notes,
  };
}

function partialNote(label: string, { partial, uncounted }: Analysis): readonly string[] {
  const operators = uncounted.map(({ op, count }) => `${op} (${count})`).join(", ");
  return partial ? [`${label}: not counted, its figures are at least what they say: ${operators}`] : [];
}

/** Refuses one `--input` for layers that read it in different orders. Throws `mixed-layouts`. */
function requireOneOrder(graphs: readonly Graph[], options: AnalyzeOptions): void {
  if (options.input === undefined || options.layout !== undefined) return;
  const orders = graphs.flatMap((graph) =>
    resolveInputs(graph, options).flatMap(({ axes, shape }) => (isLayout(axes) && shape.length > 2 ? [axes] : [])),
  );
  if (new Set(orders).size < 2) return;
  fail(
    "mixed-layouts",
    "these are of frameworks that read --input in different orders: Keras channels last, PyTorch and the shorthand channels first",
    {
      place: { kind: "flag", flag: "--input" },
      expected: "--layout nchw or --layout nhwc, for all of them",
    },
  );
}

function countedBy({ convention, totals }: Analysis): Pick<Comparison, "convention" | "unit"> {
  return totals.unit === undefined ? {} : { convention, unit: totals.unit };
}

function oneLine(label: string): string {
  return label.trim().replace(/\s+/g, " ");
}

function compareVariants(graph: Graph, options: CompareOptions): Comparison {
  const base = analyze(graph, options);
  const [layer] = base.layers;
  if (layer === undefined) throw new Error("a graph of one layer has one row");
  const [node] = graph.nodes;
  const { axes, imageOrder, ownOrder } = node?.layer ?? { axes: "any" };
  const shape = located(graph, () => convolutionOf(layer, isLayout(axes) ? axes : undefined));
  const [input] = resolveInputs(graph, options);
  if (input === undefined) throw new Error("a layer has an input");
  const variants = variantsOf(shape, options).map((variant) =>
    variant.available ? analysed({ ...variant, layer: { ...variant.layer, imageOrder, ownOrder } }, input, options) : variant,
  );
  const baseline = variants.find((variant) => variant.available);
  if (baseline?.available !== true) throw new Error("the standard convolution always exists");
  const rows = variants.map((variant): ComparisonRow => {
    if (!variant.available) return variant;
    const row = rowOf(variant.label, variant.analysis, baseline.analysis.totals);
    return variant.label === "depthwise separable" && row.available ? { ...row, law: lawOf(shape) } : row;
  });
  return { of: "variants", baseline: baseline.label, ...countedBy(base), inputs: base.inputs, dtype: base.dtype, rows, notes: [] };
}

function located<T>(graph: Graph, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof InputError ? error.at(graph.nodes[0]?.place) : error;
  }
}

function analysed(variant: Extract<Variant, { available: true }>, input: ResolvedInput, options: CompareOptions) {
  try {
    const analysis = analyze(graphOf(variant.label, variant.layer, input), {
      dtype: options.dtype,
      layout: options.layout,
      convention: options.convention,
    });
    return { label: variant.label, available: true as const, analysis };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { label: variant.label, available: false as const, reason: error.message };
  }
}

function graphOf(name: string, layer: Layer, { shape, dtype }: ResolvedInput): Graph {
  return {
    name,
    format: "spec",
    source: name,
    inputs: [{ name: "input", type: { shape, dtype } }],
    nodes: [{ name, layer, inputs: ["input"], outputs: ["output"] }],
    outputs: ["output"],
  };
}

function rowOf(label: string, analysis: Analysis, baseline: Figures): ComparisonRow {
  const { totals, layers } = analysis;
  const { params, buffers, macs, flops, operations, weightBytes, activationBytes, peakActivationBytes, bytesMoved, intensity, counted, lowerBounds } =
    totals;
  const share = (figure: "params" | "macs" | "flops" | "counted") => {
    const [own, first] = [totals[figure] ?? 0n, baseline[figure] ?? 0n];
    // There is no ratio to nothing.
    return first === 0n || isLowerBound(totals, figure) || isLowerBound(baseline, figure) ? undefined : ratio(own, first);
  };
  const [only] = layers;
  return {
    label,
    available: true,
    inputs: analysis.inputs.map((input) => input.shape),
    outputs: analysis.outputs.map((output) => output.shape),
    params,
    buffers,
    macs,
    flops,
    operations,
    weightBytes,
    activationBytes,
    bytesMoved,
    intensity,
    counted,
    lowerBounds,
    peakActivationBytes,
    ratio: { params: share("params"), macs: share("macs"), flops: share("flops"), ...(counted === undefined ? {} : { counted: share("counted") }) },
    mixes: { channels: layers.some((layer) => layer.mixes.channels), space: layers.some((layer) => layer.mixes.space) },
    formulas: layers.length === 1 ? only?.formulas : undefined,
    steps: layers.length === 1 && only !== undefined ? only.steps : layers,
  };
}

/** MobileNets (arXiv 1704.04861), section 3.1: the cost of the separable convolution over that of the standard one. */
function lawOf({ outChannels, kernelSize }: ConvolutionShape) {
  const taps = kernelSize.reduce((product, size) => product * size, 1);
  return { formula: `1/Cout + 1/K = 1/${outChannels} + 1/${taps}`, value: 1 / outChannels + 1 / taps };
}

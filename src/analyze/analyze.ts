import type { Convention } from "../conventions/convention.js";
import { OWN } from "../conventions/names.js";
import { dtypeNamed, type DType } from "../graph/dtype.js";
import type { Graph, OpenTensor } from "../graph/graph.js";
import { UNREAD_WEIGHTS, type Analysis, type BoundedFigure, type Figures, type LayerAnalysis, type NamedTensor, type Uncounted } from "./analysis.js";
import { caveats } from "./caveats.js";
import { countAll, countBy, isTakenWhole } from "./convention.js";
import { shown, type InferredLayer, type TypedValue } from "../graph/inferrer.js";
import { inferGraph } from "./infer.js";
import { inputWarnings, resolveInputs, type InputOptions } from "./input.js";
import { isLayout } from "../graph/layer.js";
import type { Layout } from "../graph/layout.js";
import { compositeFigures, primitiveFigures, sumFigures, united } from "./figures.js";
import { peakActivations } from "./memory.js";
import { elements } from "../graph/shape.js";

export interface AnalyzeOptions extends InputOptions {
  /** Element type of weights and activations that have none of their own; float32 unless said. */
  readonly dtype?: DType | undefined;
  /** Whose way of counting is shown besides the program's own. */
  readonly convention?: Convention | undefined;
}

interface Context {
  readonly dtype: DType;
  /** The order in which images are shown; absent: as they are. */
  readonly layout: Layout | undefined;
}

/** How a layer is counted; without a convention where that is the program's own, or the layer is a step of one that was taken whole. */
interface Counting extends Context {
  readonly convention: Convention | undefined;
}

/**
 * Infers every shape of a graph and counts what each layer and the whole cost.
 * @returns exact counts as bigint; bytes for `dtype`; shapes in `layout`, batch included
 * @throws InputError where a shape is missing or a layer cannot read its input; `unknown-dtype`
 */
export function analyze(graph: Graph, options: AnalyzeOptions = {}): Analysis {
  const context: Context = { dtype: dtypeNamed(options.dtype ?? "float32"), layout: options.layout };
  const convention = options.convention?.name === OWN ? undefined : options.convention;
  const counting: Counting = { ...context, convention };
  const inferred = inferGraph(graph, resolveInputs(graph, options));
  const layers = inferred.layers.map((layer, index) => countLayer(layer, index, counting));
  const tool = convention && countAll(convention, inferred.layers);
  const sums = sumFigures(layers);
  const unread = unreadWeights(graph, sums);
  const uncounted = [...uncountedOf(layers), ...unread];
  const peak = peakActivations(inferred, context.dtype);
  assertNotNegative([sums, ...layers]);
  return {
    model: { name: graph.name, format: graph.format, source: graph.source },
    convention: convention?.name ?? OWN,
    differences: tool?.differences,
    caveats: convention === undefined ? [] : caveats(convention, graph, inferred.layers).map((text) => `${convention.name}: ${text}`),
    partial: uncounted.length > 0,
    dtype: context.dtype,
    layout: context.layout ?? orderOfImages(graph, inferred.inputs, inferred.layers),
    inputs: [
      ...inferred.inputs.map((value, index) => named(graph.inputs[index]?.name ?? "input", value, context)),
      ...(graph.openInputs ?? []).map((tensor) => open(tensor, context)),
    ],
    outputs: outputsOf(graph, inferred.outputs, context),
    totals: {
      layers: layers.length,
      uncounted: uncounted.reduce((sum, { count }) => sum + count, 0),
      peakActivationBytes: peak.bytes,
      ...sums,
      lowerBounds: unread.length === 0 ? sums.lowerBounds : united(sums.lowerBounds, OF_WEIGHTS),
      ...(convention === undefined ? {} : { unit: convention.unit, countedParams: tool?.params }),
    },
    peak,
    layers,
    uncounted,
    warnings: [
      ...inputWarnings(graph, options),
      ...missingWeights(graph, sums),
      ...(graph.warnings ?? []),
      ...graph.nodes.flatMap(({ name, layer }) => (layer.assumption === undefined ? [] : [`layer ${name}: ${layer.assumption}`])),
    ],
  };
}

/** A figure below zero is a mistake of the program, and would pass every budget. */
function assertNotNegative(all: readonly Figures[]): void {
  for (const { params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, counted = 0n } of all)
    if ([params, buffers, macs, flops, weightBytes, activationBytes, bytesMoved, counted].some((figure) => figure < 0n))
      throw new Error("a figure is negative");
}

const OF_WEIGHTS: readonly BoundedFigure[] = ["params", "buffers", "countedParams", "weightBytes", "bytesMoved"];

/** Weights that a source lists beyond those of its layers, as something that could not be counted. */
function unreadWeights({ storedElements = 0n }: Graph, { params, buffers }: Figures): readonly Uncounted[] {
  const counted = params + buffers;
  if (storedElements <= counted) return [];
  return [{ op: UNREAD_WEIGHTS, count: 1, reason: `the file lists ${storedElements} weights, and its layers have ${counted}` }];
}

/** Says where a source lists less weights than its layers have. */
function missingWeights({ storedElements }: Graph, { params, buffers }: Figures): readonly string[] {
  const counted = params + buffers;
  if (storedElements === undefined || storedElements >= counted) return [];
  return [`the file lists ${storedElements} weights, and its layers have ${counted}`];
}

function uncountedOf(layers: readonly LayerAnalysis[]): readonly Uncounted[] {
  const found = new Map<string, Uncounted>();
  for (const { op, uncounted: reason } of layers) {
    if (reason === undefined) continue;
    const key = `${op}\n${reason}`;
    found.set(key, { op, reason, count: (found.get(key)?.count ?? 0) + 1 });
  }
  return [...found.values()];
}

function named(name: string, value: TypedValue, { dtype, layout }: Context): NamedTensor {
  return { name, shape: shown(value, layout), dtype: value.dtype ?? dtype };
}

function open({ name, shape, dtype }: OpenTensor, context: Context): NamedTensor {
  return { name, shape, dtype: dtype ?? context.dtype };
}

/** The outputs in the source's order, those whose sizes are not known among them. */
function outputsOf(graph: Graph, values: readonly TypedValue[], context: Context): readonly NamedTensor[] {
  const unknown = new Map(graph.openOutputs?.map((tensor) => [tensor.name, tensor]));
  let next = 0;
  return graph.outputs.map((name) => {
    const tensor = unknown.get(name);
    if (tensor !== undefined) return open(tensor, context);
    const value = values[next++];
    if (value === undefined) throw new Error(`the graph has no output ${name}`);
    return named(name, value, context);
  });
}

/** The order in which the source has its images: what it says, or that of the first one. */
function orderOfImages({ layout }: Graph, inputs: readonly TypedValue[], layers: readonly InferredLayer[]): Layout {
  const isImage = ({ axes }: TypedValue) => isLayout(axes);
  const makesImage = ({ outputs }: InferredLayer) => outputs.some(isImage);
  const first = [...inputs, ...(layers.find(makesImage)?.outputs ?? [])].find(isImage)?.axes;
  return layout ?? (first !== undefined && isLayout(first) ? first : "nchw");
}

function countLayer(layer: InferredLayer, index: number, context: Counting): LayerAnalysis {
  const { convention } = context;
  const inside = convention !== undefined && isTakenWhole(convention, layer) ? { ...context, convention: undefined } : context;
  const steps = layer.steps.map((step, position) => countLayer(step, position, inside));
  const lead = layer.layer.type === "composite" ? leadOf(layer.layer.lead, steps) : undefined;
  const figures =
    layer.inference === undefined ? compositeFigures(layer, steps, context.dtype) : primitiveFigures(layer, layer.inference, context.dtype);
  return {
    index,
    name: layer.name,
    op: lead?.op ?? layer.layer.op,
    kind: lead?.kind ?? layer.inference?.kind,
    inputs: layer.inputs.map((value) => shown(value, context.layout)),
    outputs: layer.outputs.map((value) => shown(value, context.layout)),
    attributes: layer.layer.type === "composite" ? { ...lead?.attributes, ...layer.layer.attributes } : (layer.inference?.attributes ?? {}),
    mixes: layer.inference?.mixes ?? { channels: steps.some((step) => step.mixes.channels), space: steps.some((step) => step.mixes.space) },
    times: layer.inference?.times,
    sharedParams: sharedParams(layer),
    uncounted: layer.inference?.uncounted?.reason,
    formulas: lead?.formulas ?? layer.inference?.formulas,
    steps: lead === undefined ? steps : lead.steps,
    ...figures,
    ...(convention === undefined ? {} : { counted: countBy(convention, layer).counted }),
  };
}

function leadOf(name: string | undefined, steps: readonly LayerAnalysis[]): LayerAnalysis | undefined {
  return name === undefined ? undefined : steps.find((step) => step.name === name);
}

/** Parameters that a layer reads and another one stores. */
function sharedParams({ inference }: InferredLayer): bigint | undefined {
  const shared = (inference?.stored ?? []).filter(({ role, shared = false }) => shared && role === "parameter");
  return shared.length === 0 ? undefined : shared.reduce((sum, tensor) => sum + elements(tensor.shape), 0n);
}

import type { Analysis, LayerAnalysis } from "../analyze/analysis.js";
import { analyze, type AnalyzeOptions } from "../analyze/analyze.js";
import { inferGraph } from "../analyze/infer.js";
import { resolveInputs } from "../analyze/input.js";
import { fail, InputError } from "../graph/diagnostic.js";
import { withLayer, type Graph, type Node } from "../graph/graph.js";
import { storedOf, type InferredLayer } from "../graph/inferrer.js";
import type { AttributeValue, Kind, Primitive } from "../graph/layer.js";
import { convolutionIn, replaced, type ReplacementOptions } from "./replacement.js";
import type { ConvolutionFacts, Selector } from "./selector.js";
import { requireFactors, type VariantLabel, type VariantOptions } from "./variants.js";

/** Which convolutions become what. */
export interface Replacement {
  readonly replace: Selector;
  readonly with: VariantLabel;
}

export interface WhatIfOptions extends AnalyzeOptions, VariantOptions {
  /** Of a convolution that several mean, the first decides. */
  readonly replacements: readonly Replacement[];
  /** The first convolution of the model stays, as it does in the papers' networks. */
  readonly keepFirst?: boolean | undefined;
  /** Names of layers that stay. */
  readonly keep?: ((name: string) => boolean) | undefined;
  /** Layers after each step of a replacement but the last. */
  readonly between?: readonly Primitive[] | undefined;
}

export interface ReplacedLayer {
  readonly with: VariantLabel;
  readonly before: LayerAnalysis;
  readonly after: LayerAnalysis;
}

/** A convolution that was meant, and is as it was. */
export interface LeftLayer {
  readonly index: number;
  readonly name: string;
  readonly op: string;
  readonly kind?: Kind | undefined;
  /** It was to stay, or it cannot be replaced. */
  readonly kept: boolean;
  readonly reason: string;
}

export interface WhatIf {
  /** The model with its replacements, to be used further. */
  readonly graph: Graph;
  readonly before: Analysis;
  readonly after: Analysis;
  readonly replaced: readonly ReplacedLayer[];
  readonly left: readonly LeftLayer[];
  /** Replacements that mean no convolution, or none that an earlier one does not mean. */
  readonly unmet: readonly Replacement[];
}

/**
 * What a model would cost with other convolutions: those that the selectors mean are replaced, each by layers of the same input and output.
 * What cannot be replaced is left and named. Nothing stands between the steps of a replacement but what `between` says.
 * @throws InputError `bad-factor`; `nothing-to-replace` where no convolution is meant, or none can be replaced; what {@link analyze} throws
 */
export function whatIf(graph: Graph, options: WhatIfOptions): WhatIf {
  requireFactors(options);
  const before = analyze(graph, options);
  const inferred = inferGraph(graph, resolveInputs(graph, options)).layers;
  const context: ReplacementOptions = { ...options, between: options.between ?? [], shared: sharedNames(inferred) };
  const first = options.keepFirst === true ? inferred.findIndex((layer) => convolutionIn(layer) !== undefined) : -1;
  const chosen = new Map<number, VariantLabel>();
  const left: LeftLayer[] = [];
  const met = new Set<Replacement>();
  const nodes = graph.nodes.map((node, index): Node => {
    const [whole, row] = [inferred[index], before.layers[index]];
    if (whole === undefined || row === undefined) throw new Error("a node has no row");
    const wanted = options.replacements.find(({ replace }) => means(replace, whole, row));
    if (wanted === undefined) return node;
    met.add(wanted);
    const leave = (reason: string, kept: boolean): Node => {
      left.push({ index, name: node.name, op: row.op, kind: row.kind, kept, reason });
      return node;
    };
    if (index === first) return leave("the first convolution is kept", true);
    if (options.keep?.(node.name) === true) return leave("kept by its name", true);
    const layer = attempt(whole, wanted.with, context);
    if ("reason" in layer) return leave(layer.reason, false);
    chosen.set(index, wanted.with);
    return withLayer(node, layer.layer);
  });
  if (chosen.size === 0) nothing(graph, before, left);
  // The weights that a file lists are no longer those of its layers.
  const changed: Graph = { ...graph, name: `${graph.name}, what if`, nodes, storedElements: undefined };
  const after = analyze(changed, options);
  const rows = [...chosen].flatMap(([index, label]): ReplacedLayer[] => {
    const [old, made] = [before.layers[index], after.layers[index]];
    return old === undefined || made === undefined ? [] : [{ with: label, before: old, after: made }];
  });
  return { graph: changed, before, after, replaced: rows, left, unmet: options.replacements.filter((replacement) => !met.has(replacement)) };
}

function attempt(whole: InferredLayer, label: VariantLabel, options: ReplacementOptions) {
  const found = convolutionIn(whole);
  if (found === undefined) return { reason: "it is a step of a larger layer" };
  try {
    return { layer: replaced(whole, found, label, options) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { reason: error.message };
  }
}

/** Whether a layer is meant, or is made of several of which one is. */
function means(selector: Selector, whole: InferredLayer, row: LayerAnalysis): boolean {
  if (row.kind !== undefined) return selector.matches(factsOf(row, row.kind));
  return convolutionsIn(row).some((step) => step.kind !== undefined && selector.matches({ ...factsOf(step, step.kind), name: whole.name }));
}

function convolutionsIn({ steps }: LayerAnalysis): readonly LayerAnalysis[] {
  return steps.flatMap((step) => (step.kind === undefined ? convolutionsIn(step) : [step]));
}

function factsOf({ name, attributes, macs, params }: LayerAnalysis, kind: Kind): ConvolutionFacts {
  const one = (value: AttributeValue | undefined) => (typeof value === "number" ? value : 1);
  const largest = (value: AttributeValue | undefined) => (Array.isArray(value) ? Math.max(1, ...value.map(Number)) : one(value));
  return {
    name,
    kind,
    k: largest(attributes["kernelSize"]),
    s: largest(attributes["stride"]),
    d: largest(attributes["dilation"]),
    cin: one(attributes["inChannels"]),
    cout: one(attributes["outChannels"]),
    g: one(attributes["groups"]),
    macs,
    params,
  };
}

/** Names of tensors that a layer stores and another one reads as well. */
function sharedNames(layers: readonly InferredLayer[]): ReadonlySet<string> {
  const names = (layer: InferredLayer): readonly string[] => [
    ...storedOf(layer).flatMap(({ name, shared }) => (shared === true ? [name] : [])),
    ...layer.steps.flatMap(names),
  ];
  return new Set(layers.flatMap(names));
}

function nothing(graph: Graph, { layers }: Analysis, left: readonly LeftLayer[]): never {
  const [first] = left;
  if (first !== undefined) {
    const others = left.length === 1 ? "" : `, and ${left.length - 1} more`;
    fail("nothing-to-replace", `none of the convolutions that are meant can be replaced: ${first.name}: ${first.reason}${others}`);
  }
  const count = (kind: Kind) => layers.filter((layer) => layer.kind === kind).length;
  const known = (["standard", "grouped", "depthwise", "pointwise"] as const).filter((kind) => count(kind) > 0);
  fail("nothing-to-replace", `no convolution of ${graph.name} is meant`, {
    expected:
      known.length === 0 ? "a model with convolutions" : `one of its convolutions: ${known.map((kind) => `${count(kind)} ${kind}`).join(", ")}`,
    hint: "convcost count shows names, kinds and kernels (--columns layer,kind,kernel)",
  });
}

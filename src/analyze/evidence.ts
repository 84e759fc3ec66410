import { OWN } from "../conventions/names.js";
import type { AttributeValue } from "../graph/layer.js";
import { elements, type OpenShape } from "../graph/shape.js";
import { UNREAD_WEIGHTS, type CausedDifference, type Costs, type LayerCosts } from "./analysis.js";
import { ratio } from "./figures.js";
import { own } from "../graph/own.js";

/** A layer as it was saved, with what its figures are checked against. */
export interface SavedLayer extends LayerCosts {
  readonly operations?: Readonly<Record<string, bigint>> | undefined;
  readonly steps: readonly SavedLayer[];
}

/** A saved analysis with what its figures are checked against. */
export interface SavedAnalysis extends Costs {
  readonly totals: Costs["totals"] & { readonly operations?: Readonly<Record<string, bigint>> | undefined };
  readonly differences?: readonly CausedDifference[] | undefined;
  readonly layers: readonly SavedLayer[];
}

const SUMS = ["params", "buffers", "macs", "flops", "weightBytes", "activationBytes", "bytesMoved", "counted"] as const;
/** What a composite has the sum of its steps of. */
const STEP_SUMS = ["params", "buffers", "macs", "flops", "weightBytes"] as const;

/**
 * What of a saved analysis contradicts the rest of it. Totals are the sums of the layers, and MACs and parameters of a convolution or a linear layer
 * follow from its attributes and shapes. Where `--top` left layers out, they have at most the totals.
 * @returns what is wrong in one sentence, or nothing
 */
export function contradictionIn(analysis: SavedAnalysis): string | undefined {
  return (
    headContradiction(analysis) ??
    totalsContradiction(analysis) ??
    countedContradiction(analysis) ??
    uncountedContradiction(analysis) ??
    firstOf(analysis.layers, (layer) => layerContradiction(layer, analysis.inputs.length > 1))
  );
}

function headContradiction({ convention, totals, layers, peak }: SavedAnalysis): string | undefined {
  if (layers.length > totals.layers) return `totals.layers is ${totals.layers}, and there are ${layers.length}`;
  const indices = new Set(layers.map(({ index }) => index));
  if (indices.size < layers.length) return "two layers have the same index";
  if (layers.some(({ index }) => index >= totals.layers)) return `totals.layers is ${totals.layers}, and there is a layer of a larger index`;
  if (convention === OWN && totals.counted !== undefined) return `convention is ${OWN}, and totals.counted is ${totals.counted}`;
  if (convention !== OWN && totals.counted === undefined) return `convention is ${convention}, and there is no totals.counted`;
  return peakContradiction(totals.peakActivationBytes, layers, peak);
}

function countedContradiction({ convention, totals, layers, differences = [] }: SavedAnalysis): string | undefined {
  if (convention === OWN) return undefined;
  const bare = layers.find(({ counted }) => counted === undefined);
  if (bare !== undefined) return `convention is ${convention}, and layer ${bare.index} has no counted`;
  const caused = differences.reduce((sum, { count }) => sum + count, totals.macs);
  return caused === totals.counted ? undefined : `totals.counted is ${totals.counted ?? 0n}, and MACs and differences make ${caused}`;
}

function peakContradiction(bytes: bigint, layers: readonly SavedLayer[], peak: Costs["peak"]): string | undefined {
  const alive = peak?.alive.reduce((sum, tensor) => sum + tensor.bytes, 0n) ?? bytes;
  if (alive !== bytes) return `totals.peakActivationBytes is ${bytes}, and what is alive at the peak has ${alive}`;
  // What a layer with steps passes between them need not be alive at once.
  const larger = layers.find(({ steps, activationBytes }) => steps.length === 0 && activationBytes > bytes);
  return larger && `totals.peakActivationBytes is ${bytes}, and the outputs of layer ${larger.index} have ${larger.activationBytes}`;
}

function totalsContradiction({ totals, layers }: SavedAnalysis): string | undefined {
  const isWhole = layers.length === totals.layers;
  for (const key of SUMS) {
    const [sum, total] = [layers.reduce((all, each) => all + (each[key] ?? 0n), 0n), totals[key] ?? 0n];
    if (isWhole ? sum !== total : sum > total) return `totals.${key} is ${total}, and the layers have ${sum}`;
  }
  return figuresContradiction("totals", totals);
}

function uncountedContradiction({ partial, totals, layers, uncounted }: SavedAnalysis): string | undefined {
  if (partial && uncounted.length === 0) return "partial is true, and uncounted has no entries";
  if (partial && totals.lowerBounds.length === 0) return "partial is true, and lowerBounds is empty";
  if (!partial && totals.lowerBounds.length > 0) return "partial is false, and lowerBounds is not empty";
  if (!partial && uncounted.length > 0)
    return `partial is false, and uncounted has ${uncounted.length === 1 ? "1 entry" : `${uncounted.length} entries`}`;
  const listed = uncounted.reduce((sum, { count }) => sum + count, 0);
  if (listed !== totals.uncounted) return `totals.uncounted is ${totals.uncounted}, and uncounted has ${listed}`;
  const rest = new Map(uncounted.map(({ op, reason, count }) => [`${op}\n${reason}`, count]));
  for (const { op, uncounted: reason, index } of layers) {
    if (reason === undefined) continue;
    const left = rest.get(`${op}\n${reason}`) ?? 0;
    if (left === 0) return `layer ${index} (${op}) could not be counted, and uncounted does not say so`;
    rest.set(`${op}\n${reason}`, left - 1);
  }
  if (layers.length < totals.layers) return undefined;
  const [missing] = [...rest]
    .filter(([, count]) => count > 0)
    .map(([key]) => key.split("\n", 1).join())
    .filter((op) => op !== UNREAD_WEIGHTS);
  return missing && `uncounted has more of ${missing} than the layers`;
}

/** @param mayRead whether a weight may be an input of the model */
function layerContradiction(layer: SavedLayer, mayRead: boolean): string | undefined {
  const name = `layer ${layer.index} (${layer.op})`;
  if (layer.steps.length === 0 && COMPOSITE.test(layer.op)) return `${name} is made of steps, and has none`;
  const stepsOf = (key: (typeof STEP_SUMS)[number]) => layer.steps.reduce((all, step) => all + step[key], 0n);
  const sum = layer.steps.length === 0 ? undefined : STEP_SUMS.find((key) => stepsOf(key) !== layer[key]);
  if (sum !== undefined) return `${name} has ${layer[sum]} as ${sum}, and its steps have ${stepsOf(sum)}`;
  return (
    figuresContradiction(name, layer) ??
    bytesContradiction(name, layer) ??
    formulaContradiction(name, layer, mayRead) ??
    firstOf(layer.steps, (step) => layerContradiction(step, mayRead))
  );
}

/** Operators that are made of others wherever they come from. */
const COMPOSITE = /^(separable_conv[123]d|multi_head_attention|transformer|transformer_(en|de)coder(_layer)?)$/;

/** What a layer stores has two bits an element at least, and what it stores and makes is moved. */
function bytesContradiction(name: string, layer: SavedLayer): string | undefined {
  if (layer.steps.length > 0) return undefined;
  const { params, buffers, weightBytes, activationBytes, bytesMoved } = layer;
  if (weightBytes * 4n < params + buffers) return `${name} has ${weightBytes} bytes of weights, and ${params + buffers} parameters and buffers`;
  const moved = activationBytes + weightBytes;
  return bytesMoved < moved ? `${name} moves ${bytesMoved} bytes, and its weights and outputs have ${moved}` : undefined;
}

type SavedFigures = Pick<SavedLayer, "macs" | "flops" | "bytesMoved" | "intensity" | "operations">;

function figuresContradiction(name: string, { macs, flops, bytesMoved, intensity, operations }: SavedFigures): string | undefined {
  const other = operations === undefined ? flops - 2n * macs : Object.values(operations).reduce((all, each) => all + each, 0n);
  if (flops !== 2n * macs + other || other < 0n) return `${name} has ${flops} FLOPs, and its MACs and operations make ${2n * macs + other}`;
  const expected = ratio(flops, bytesMoved);
  // A program that reads and writes the file again may write a digit less.
  if (Math.abs(intensity - expected) > 1e-9 * expected) return `${name} has the intensity ${intensity}, and FLOPs and bytes moved make ${expected}`;
  return undefined;
}

/** What a layer multiplies and stores follows from attributes and shapes, for operators whose attributes say so. */
function formulaContradiction(name: string, layer: SavedLayer, mayRead: boolean): string | undefined {
  const formula = layer.steps.length > 0 || layer.uncounted !== undefined ? undefined : formulaOf(layer);
  if (formula === undefined) return undefined;
  const times = layer.times ?? 1n;
  const macs = times * formula.macs;
  if (layer.macs !== macs) return `${name} has ${layer.macs} MACs, and its attributes and shapes make ${macs}`;
  for (const [cause, count] of Object.entries(formula.operations)) {
    const found = layer.operations?.[cause] ?? 0n;
    if (layer.operations !== undefined && found < times * count)
      return `${name} has ${found} operations of ${cause}, and its shapes make ${times * count}`;
  }
  if (layer.activationBytes < formula.made) return `${name} makes ${layer.activationBytes} bytes, and its output has ${formula.made} elements`;
  // Weights that other layers make, or that the model reads as inputs, are not parameters of this layer.
  const stored = layer.params + layer.buffers + (layer.sharedParams ?? 0n);
  if (layer.inputs.length > 1 || stored >= formula.params || (mayRead && stored === 0n)) return undefined;
  return `${name} has ${stored} parameters, and its attributes make ${formula.params}`;
}

interface Formula {
  readonly macs: bigint;
  /** Other operations by their cause, at least. */
  readonly operations: Readonly<Record<string, bigint>>;
  /** Elements of the output, of a byte each at least. */
  readonly made: bigint;
  readonly params: bigint;
}

function formulaOf({ op, attributes, buffers, inputs: [input], outputs: [output] }: SavedLayer): Formula | undefined {
  const number = (key: string) => wholeOf(attributes[key]);
  if (input === undefined || output === undefined) return undefined;
  const [read, made] = [elementsOf(input), elementsOf(output)];
  const bias = attributes["bias"] === true;
  if (made === undefined) return undefined;
  const one = own(ONE_EACH, op);
  if (one !== undefined) return { macs: 0n, params: 0n, operations: { [one]: made }, made };
  if (op === "batch_norm") {
    const features = number("numFeatures");
    if (features === undefined) return undefined;
    // Mean and variance, where they are kept; a norm that is frozen has its scale and shift among the buffers, too.
    const running = buffers < 2n * features ? buffers : 2n * features;
    return { macs: 0n, params: attributes["affine"] === true ? 2n * features + running : 0n, operations: {}, made };
  }
  const operations = bias ? { bias: made } : {};
  if (op === "linear") {
    const [features, outFeatures] = [number("inFeatures"), number("outFeatures")];
    if (features === undefined || outFeatures === undefined) return undefined;
    return { macs: made * features, params: features * outFeatures + (bias ? outFeatures : 0n), operations, made };
  }
  if (!/^conv(_transpose)?[123]d$/.test(op)) return undefined;
  const [inChannels, outChannels, groups, taps] = [number("inChannels"), number("outChannels"), number("groups"), tapsOf(attributes["kernelSize"])];
  if (!inChannels || !outChannels || !groups || taps === undefined || read === undefined) return undefined;
  const params = (inChannels / groups) * outChannels * taps + (bias ? outChannels : 0n);
  const macs = op.startsWith("conv_transpose") ? read * (outChannels / groups) * taps : made * (inChannels / groups) * taps;
  return { macs, params, operations, made };
}

/** Operators that do one thing to each element of their output. */
const ONE_EACH: Readonly<Record<string, string>> = { relu: "activation", sigmoid: "activation", tanh: "activation" };

function wholeOf(value: AttributeValue | undefined): bigint | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

function tapsOf(value: AttributeValue | undefined): bigint | undefined {
  if (!Array.isArray(value)) return undefined;
  const sizes: readonly AttributeValue[] = value;
  return sizes.reduce<bigint | undefined>((product, size) => {
    const whole = wholeOf(size);
    return product === undefined || whole === undefined ? undefined : product * whole;
  }, 1n);
}

function elementsOf(shape: OpenShape): bigint | undefined {
  const sizes = shape.flatMap((size) => (typeof size === "number" ? [size] : []));
  return sizes.length === shape.length ? elements(sizes) : undefined;
}

function firstOf<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

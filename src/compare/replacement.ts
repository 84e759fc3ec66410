import { InputError } from "../graph/diagnostic.js";
import type { DType } from "../graph/dtype.js";
import { Inferrer, storedOf, type InferredLayer } from "../graph/inferrer.js";
import { isLayout, type Axes, type Inference, type Layer, type Primitive, type Stored } from "../graph/layer.js";
import { turnShape } from "../graph/layout.js";
import { elements, formatShape, type Shape } from "../graph/shape.js";
import { convolution } from "../ops/conv/convolution.js";
import { chain, type Step } from "../ops/primitive.js";
import { convolutionOf, type ConvolutionShape } from "./convolution-of.js";
import { variantSteps, type VariantLabel, type VariantOptions } from "./variants.js";

/** What stands in the place of a convolution. */
export interface ReplacementOptions extends VariantOptions {
  /** Layers after each step but the last: a norm, an activation. None unless said. */
  readonly between: readonly Primitive[];
  /** Names of stored tensors that several layers read. */
  readonly shared: ReadonlySet<string>;
}

/** The convolution of a layer: itself, or the step that a layer with its activation is named after. */
export function convolutionIn(whole: InferredLayer): InferredLayer | undefined {
  const { layer, steps } = whole;
  const found = layer.type === "primitive" ? whole : steps.find((step) => step.name === layer.lead);
  return found?.inference?.kind === undefined ? undefined : found;
}

/**
 * A layer of the same inputs and outputs with a variant in place of its convolution. Stride, padding and dilation stay with the step that looks at
 * space, the bias and whatever is done with the output stay at the end; weights keep their element type.
 * Throws an InputError with the reason where there is none.
 */
export function replaced(whole: InferredLayer, found: InferredLayer, label: VariantLabel, options: ReplacementOptions): Layer {
  const old = plainConvolution(found, options.shared);
  requireChange(label, old);
  const steps = stepsOf(label, old, options);
  const first = steps[0];
  const last = steps[steps.length - 1];
  if (first === undefined || last === undefined) throw new Error("a variant has a step");
  const end: Step = { name: last.name, layer: withConvolution(whole.layer, last.layer) };
  const layer = steps.length === 1 ? end.layer : joined(whole.layer, label, [first, ...steps.slice(1, -1), end]);
  requireSameOutput(whole, layer);
  return layer;
}

/** Everything that is known of a plain convolution. */
interface Plain {
  readonly layer: Primitive;
  readonly shape: ConvolutionShape;
  readonly inference: Inference;
  readonly channelsLast: boolean;
  readonly weight: Stored;
  readonly bias: Stored | undefined;
  readonly inputDtype: DType | undefined;
}

function unavailable(reason: string): never {
  throw new InputError({ code: "no-such-variant", message: reason });
}

/** What tells the window of a plain convolution: a causal one with a state has no padding that could be said. */
const WINDOW = ["stride", "dilation", "padding"];
const MORE = "it is more than a plain convolution";

function plainConvolution(found: InferredLayer, shared: ReadonlySet<string>): Plain {
  const { layer, inference, inputs } = found;
  if (layer.type !== "primitive" || inference === undefined) throw new Error("a convolution is a primitive layer");
  const [input, ...more] = inputs;
  if (layer.op.startsWith("conv_transpose")) unavailable("it is a transposed convolution");
  if (!/^conv[123]d$/.test(layer.op)) unavailable(`${layer.op} is no plain convolution`);
  if (input === undefined || more.length > 0) return unavailable("its weights are computed by other layers");
  if (!WINDOW.every((name) => Array.isArray(inference.attributes[name]))) return unavailable(MORE);
  const shape = convolutionOf({ op: layer.op, attributes: inference.attributes, steps: [] });
  const channelsLast = orderOf(shape, inference, input.shape, layer.axes);
  const weightShape = [shape.outChannels, shape.inChannels / shape.groups, ...shape.kernelSize];
  const stored = storedOf(found);
  const weight = stored.find((tensor) => tensor.role === "parameter" && elements(tensor.shape) === elements(weightShape));
  if (weight === undefined || weight.bytes !== undefined) return unavailable("its weights are not stored one by one");
  if (weight.shared === true || shared.has(weight.name)) return unavailable("other layers share its weights");
  const bias = stored.find((tensor) => tensor !== weight);
  return { layer, shape, inference, channelsLast, weight, bias, inputDtype: input.dtype };
}

/** Whether channels come last: the order in which a plain convolution makes the output and does the MACs that this one does. */
function orderOf(shape: ConvolutionShape, { outputs, cost }: Inference, input: Shape, axes: Axes): boolean {
  const { outChannels, groups, ...rest } = shape;
  const plain = convolution({ ...rest, connection: { type: "grouped", groups, outChannels } });
  const output = formatShape(outputs[0]?.shape ?? []);
  for (const last of isLayout(axes) ? [axes === "nhwc"] : [false, true]) {
    const given = last ? toFirst(input) : input;
    if (given.length !== shape.rank + 2 || given[1] !== shape.inChannels) continue;
    const made = plain.infer([given]);
    const [type] = made.outputs;
    if (type !== undefined && formatShape(last ? toLast(type.shape) : type.shape) === output && made.cost.macs === cost.macs) return last;
  }
  return unavailable(MORE);
}

const toFirst = (shape: Shape): Shape => turnShape(shape, "nhwc", "nchw");
const toLast = (shape: Shape): Shape => turnShape(shape, "nchw", "nhwc");

/** Variants that part a kernel: of one tap there is nothing to part. */
const PARTING: ReadonlySet<VariantLabel> = new Set<VariantLabel>(["depthwise separable", "bottleneck", "inverted residual"]);

function requireChange(label: VariantLabel, { shape, inference: { kind } }: Plain): void {
  if (kind === label && label !== "grouped") unavailable(`it is ${label} already`);
  if (kind === "depthwise" && label === "depthwise separable") unavailable("it is depthwise already");
  if (PARTING.has(label) && shape.kernelSize.every((size) => size === 1)) unavailable(`its kernel is ${formatShape(shape.kernelSize)}`);
}

function stepsOf(label: VariantLabel, old: Plain, options: ReplacementOptions): readonly { readonly name: string; readonly layer: Primitive }[] {
  const made = variantSteps(label, old.shape, options);
  return made.flatMap(({ name, options: step }, index) => {
    const isLast = index === made.length - 1;
    const own = convolution({ ...step, bias: isLast && old.shape.bias });
    if (isLast) return [{ name, layer: atEnd(own, old) }];
    return [{ name, layer: inside(own, old) }, ...options.between.map((layer) => ({ name: layer.op, layer: inside(layer, old) }))];
  });
}

/** A layer as it stands where the old one stood: its order of axes, its element types, how often it runs. */
function inside(layer: Primitive, { layer: { axes }, channelsLast, weight, inputDtype, inference: { times } }: Plain, dtype = inputDtype): Primitive {
  return {
    ...layer,
    axes: layer.axes === "any" ? "any" : axes,
    infer(inputs) {
      const inferred = layer.infer(channelsLast ? inputs.map(toFirst) : inputs);
      return {
        ...inferred,
        outputs: inferred.outputs.map(({ shape }) => ({ shape: channelsLast ? toLast(shape) : shape, dtype })),
        stored: inferred.stored.map((tensor) => ({ ...tensor, dtype: weight.dtype })),
        times,
      };
    },
  };
}

/** The last step: it stores the old bias, and does what the old layer did with its output. */
function atEnd(layer: Primitive, old: Plain): Primitive {
  const { outputs, cost } = old.inference;
  const own = inside(layer, old, outputs[0]?.dtype);
  return {
    ...own,
    infer(inputs) {
      const inferred = own.infer(inputs);
      const stored = inferred.stored.map((tensor, index) => (index === 0 ? tensor : (old.bias ?? tensor)));
      return { ...inferred, stored, cost: { macs: inferred.cost.macs, operations: cost.operations } };
    },
  };
}

/** The same layer with another convolution in it: a convolution with its activation keeps that. */
function withConvolution(whole: Layer, layer: Primitive): Layer {
  const { imageOrder, ownOrder } = whole;
  if (whole.type === "primitive") return { ...layer, imageOrder, ownOrder };
  return {
    ...whole,
    expand: (steps, inputs) => whole.expand({ add: (name, step, values) => steps.add(name, name === whole.lead ? layer : step, values) }, inputs),
  };
}

function joined(whole: Layer, label: VariantLabel, steps: readonly [Step, ...Step[]]): Layer {
  const { axes, ranks, batchAxis, impliedInput, inChannels, inputDtype, imageOrder, ownOrder, assumption } = whole;
  return {
    ...chain(label.replaceAll(" ", "_"), {}, steps),
    ...{ axes, ranks, batchAxis, impliedInput, inChannels, inputDtype, imageOrder, ownOrder, assumption },
  };
}

function requireSameOutput({ name, inputs, outputs }: InferredLayer, layer: Layer): void {
  const inferrer = new Inferrer();
  const values = inputs.map(({ shape, dtype, axes }) => inferrer.value({ shape, dtype }, axes));
  const [made] = inferrer.run(name, layer, values).outputs;
  const [wanted, got] = [formatShape(outputs[0]?.shape ?? []), formatShape(made?.shape ?? [])];
  if (wanted !== got) unavailable(`its output would be ${got}, not ${wanted}`);
}

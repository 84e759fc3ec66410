import { fail, InputError } from "../graph/diagnostic.js";
import type { Layer } from "../graph/layer.js";
import { convolution, type Connection, type ConvolutionOptions } from "../ops/conv/convolution.js";
import { depthwiseMultiplier } from "../ops/conv/separable.js";
import { chain, type Step } from "../ops/primitive.js";
import type { ConvolutionShape } from "./convolution-of.js";

export interface VariantOptions {
  /** Groups of the grouped variant; the spec's own, else 4. */
  readonly groups?: number | undefined;
  /** How much the inverted residual expands (else 6) and the bottleneck narrows (else 4). */
  readonly expand?: number | undefined;
}

/** One way to write the convolution, or the reason why there is none. */
export type Variant =
  | { readonly label: string; readonly available: true; readonly layer: Layer }
  | { readonly label: string; readonly available: false; readonly reason: string };

/** A convolution by itself, or one of those that a variant consists of. */
export interface VariantStep {
  readonly name: string;
  readonly options: ConvolutionOptions;
}
export type VariantSteps = readonly [VariantStep, ...VariantStep[]];

type Maker = (shape: ConvolutionShape, options: VariantOptions) => VariantSteps;

const DEFAULT_GROUPS = 4;
const BOTTLENECK_REDUCTION = 4;
const EXPANSION = 6;

/** The variants, first the one that the others are compared with. Convolutions alone: no norm, activation or addition. */
const MAKERS = {
  standard: (shape) => one("standard", windowed(shape, shape.inChannels, { type: "grouped", groups: 1, outChannels: shape.outChannels })),
  depthwise,
  pointwise: (shape) => one("pointwise", pointwise(shape, shape.inChannels, shape.outChannels, shape.stride)),
  "depthwise separable": separable,
  grouped,
  "spatially separable": spatiallySeparable,
  bottleneck,
  "inverted residual": invertedResidual,
} as const satisfies Readonly<Record<string, Maker>>;

export type VariantLabel = keyof typeof MAKERS;
export const VARIANTS = Object.keys(MAKERS).filter(isVariant);

export function isVariant(label: string): label is VariantLabel {
  return Object.hasOwn(MAKERS, label);
}

/** The convolutions that a variant consists of, each with the bias of the whole. Throws an InputError with the reason where it cannot exist. */
export function variantSteps(label: VariantLabel, shape: ConvolutionShape, options: VariantOptions): VariantSteps {
  const make: Maker = MAKERS[label];
  return make(shape, options);
}

/** Whole numbers from 1 on, as the flags take them. Throws `bad-factor`. */
export function requireFactors({ groups, expand }: VariantOptions): void {
  for (const [name, factor] of Object.entries({ groups, expand })) {
    if (factor === undefined || (Number.isSafeInteger(factor) && factor >= 1)) continue;
    fail("bad-factor", `${name} is ${factor}`, { expected: "a whole number, 1 or more" });
  }
}

/** Every variant of a convolution that maps the same channels with the same window. Throws `bad-factor`. */
export function variantsOf(shape: ConvolutionShape, options: VariantOptions): readonly Variant[] {
  requireFactors(options);
  return VARIANTS.map((label): Variant => {
    try {
      return { label, available: true, layer: layerOf(label, variantSteps(label, shape, options)) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { label, available: false, reason: error.message };
    }
  });
}

function layerOf(label: VariantLabel, [first, ...rest]: VariantSteps): Layer {
  const layer = (step: VariantStep): Step => ({ name: step.name, layer: convolution(step.options) });
  return rest.length === 0 ? layer(first).layer : chain(label.replaceAll(" ", "_"), {}, [layer(first), ...rest.map(layer)]);
}

function one(name: string, options: ConvolutionOptions): VariantSteps {
  return [{ name, options }];
}

function unavailable(reason: string): never {
  throw new InputError({ code: "no-such-variant", message: reason });
}

function windowed(shape: ConvolutionShape, inChannels: number, connection: Connection): ConvolutionOptions {
  const { rank, layout, kernelSize, stride, dilation, padding, bias } = shape;
  return { rank, layout, inChannels, connection, kernelSize, stride, dilation, padding, bias };
}

function pointwise(shape: ConvolutionShape, inChannels: number, outChannels: number, stride?: readonly number[]): ConvolutionOptions {
  const ones = Array<number>(shape.rank).fill(1);
  return {
    rank: shape.rank,
    layout: shape.layout,
    inChannels,
    connection: { type: "grouped", groups: 1, outChannels },
    kernelSize: ones,
    stride: stride ?? ones,
    dilation: ones,
    padding: "valid",
    bias: shape.bias,
  };
}

function depthwise(shape: ConvolutionShape): VariantSteps {
  const multiplier = depthwiseMultiplier(shape.inChannels, shape.outChannels);
  return one("depthwise", windowed(shape, shape.inChannels, { type: "depthwise", multiplier }));
}

function separable(shape: ConvolutionShape): VariantSteps {
  return [
    { name: "depthwise", options: windowed(shape, shape.inChannels, { type: "depthwise", multiplier: 1 }) },
    { name: "pointwise", options: pointwise(shape, shape.inChannels, shape.outChannels) },
  ];
}

function grouped(shape: ConvolutionShape, options: VariantOptions): VariantSteps {
  const own = shape.groups > 1 && shape.groups < shape.inChannels ? shape.groups : DEFAULT_GROUPS;
  const connection: Connection = { type: "grouped", groups: options.groups ?? own, outChannels: shape.outChannels };
  return one("grouped", windowed(shape, shape.inChannels, connection));
}

/** k x k as one axis after the other (Inception v3, arXiv 1512.00567, section 3.2); the first step makes the channels. */
function spatiallySeparable(shape: ConvolutionShape): VariantSteps {
  const axes = shape.kernelSize.flatMap((size, axis) => (size > 1 ? [axis] : []));
  if (axes.length < 2) return unavailable("the kernel has one axis only: there is nothing to separate");
  const steps = axes.map((axis, position): VariantStep => {
    const only = <T>(list: readonly T[], otherwise: T): readonly T[] => list.map((value, index) => (index === axis ? value : otherwise));
    // What the window does on an axis of size 1 (stride, padding) goes with the first step.
    const rest = <T>(list: readonly T[], otherwise: T): readonly T[] =>
      list.map((value, index) => (index === axis || (position === 0 && !axes.includes(index)) ? value : otherwise));
    const kernelSize = only(shape.kernelSize, 1);
    return {
      name: kernelSize.join("x"),
      options: {
        rank: shape.rank,
        layout: shape.layout,
        inChannels: position === 0 ? shape.inChannels : shape.outChannels,
        connection: { type: "grouped", groups: 1, outChannels: shape.outChannels },
        kernelSize,
        stride: rest(shape.stride, 1),
        dilation: only(shape.dilation, 1),
        padding: rest(shape.padding, { before: 0, after: 0 }),
        bias: shape.bias,
      },
    };
  });
  const [first, ...others] = steps;
  return first === undefined ? unavailable("there is nothing to separate") : [first, ...others];
}

/** Narrow, convolve, widen (ResNet, arXiv 1512.03385, figure 5): the middle has outChannels / 4. */
function bottleneck(shape: ConvolutionShape, options: VariantOptions): VariantSteps {
  const reduction = options.expand ?? BOTTLENECK_REDUCTION;
  if (shape.outChannels % reduction !== 0) return unavailable(`${shape.outChannels} output channels cannot be narrowed by ${reduction}`);
  const middle = shape.outChannels / reduction;
  return [
    { name: "reduce", options: pointwise(shape, shape.inChannels, middle) },
    { name: "convolve", options: windowed(shape, middle, { type: "grouped", groups: 1, outChannels: middle }) },
    { name: "expand", options: pointwise(shape, middle, shape.outChannels) },
  ];
}

/** Widen, depthwise, project (MobileNetV2, arXiv 1801.04381, table 1): the middle has 6 times the input channels. */
function invertedResidual(shape: ConvolutionShape, options: VariantOptions): VariantSteps {
  const middle = shape.inChannels * (options.expand ?? EXPANSION);
  return [
    { name: "expand", options: pointwise(shape, shape.inChannels, middle) },
    { name: "depthwise", options: windowed(shape, middle, { type: "depthwise", multiplier: 1 }) },
    { name: "project", options: pointwise(shape, middle, shape.outChannels) },
  ];
}

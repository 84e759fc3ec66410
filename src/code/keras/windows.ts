import { borderOf, isZero, type Border, type Pads } from "../border.js";
import { ceilExtra } from "../ceil.js";
import { spaces } from "../held.js";
import { Attrs, cannotWrite, rankOf, type Part } from "../part.js";
import { call, literal, perAxis, tuple, unless, type Named } from "../python.js";
import { activationWord, pointwiseWriters } from "./pointwise.js";
import { paddings, ranked, statement, type Step, type Writer, type Writers } from "../step.js";

const changed = (values: readonly number[], standard: readonly number[]) => (values.join() === standard.join() ? undefined : perAxis(values));
const ones = (rank: number) => Array<number>(rank).fill(1);

/** `((0, 1), (0, 1))`; in one dimension `(0, 1)`. */
function pairs(pads: Pads): string {
  return pads.length === 1 ? tuple(pads[0] ?? []) : tuple(pads);
}

/** ZeroPadding and Cropping of an image or a sequence. */
export function zeroPadding(name: "ZeroPadding" | "Cropping", pads: Pads): readonly Step[] {
  return isZero(pads) ? [] : [{ suffix: "pad", make: call(`layers.${name}${pads.length}D`, [pairs(pads)]) }];
}

/** keras.ops.pad of space alone: neither the batch nor the channels. */
export function opsPad(pads: Pads, named: readonly Named[]): Step {
  return statement(`x = ${call("keras.ops.pad", ["x", tuple([[0, 0], ...pads, [0, 0]])], named)}`);
}

/** What Keras's words stand for: `same` at every size, `causal`, or none at all; otherwise the padding is a step of its own. */
export function paddingWord({ same, pads, reach, stride }: Border): string | undefined | false {
  if (same && reach.some((size) => size > 1)) return '"same"';
  if (isZero(pads)) return undefined;
  const full = pads.every(
    ([before, after], axis) => stride[axis] === 1 && before === Math.floor(((reach[axis] ?? 1) - 1) / 2) && before + after === (reach[axis] ?? 1) - 1,
  );
  return full ? '"same"' : false;
}

function isCausal({ rank, pads: [pad], reach: [reach = 1] }: Border): boolean {
  return rank === 1 && pad?.[0] === reach - 1 && pad[1] === 0;
}

/** keras.layers.Conv2D: strides over 1 do not go with dilation over 1. */
function requireOne(part: Part, stride: readonly number[], dilation: readonly number[]): void {
  if (stride.some((step) => step > 1) && dilation.some((step) => step > 1)) cannotWrite(part, "Keras takes no strides together with dilation");
}

/** The padding step of a convolution, and the arguments that follow its kernel size. */
export function convolutionWindow(part: Part): { readonly steps: readonly Step[]; readonly named: readonly Named[] } {
  const border = borderOf(part);
  requireOne(part, border.stride, border.dilation);
  if (new Attrs(part).has("paddingMode")) cannotWrite(part, "Keras pads convolutions with zeros");
  const word = isCausal(border) && !isZero(border.pads) && !border.same ? '"causal"' : paddingWord(border);
  return {
    steps: word === false ? zeroPadding("ZeroPadding", border.pads) : [],
    named: [
      ["strides", changed(border.stride, ones(border.rank))],
      ["padding", word === false ? undefined : word],
      ["dilation_rate", changed(border.dilation, ones(border.rank))],
    ],
  };
}

const convolution: Writer = (part) => {
  const attributes = new Attrs(part);
  const rank = rankOf(part.op);
  const kernelSize = attributes.sizes("kernelSize");
  const [inChannels, outChannels, groups] = [attributes.number("inChannels"), attributes.number("outChannels"), attributes.number("groups")];
  const { steps, named } = convolutionWindow(part);
  const bias: Named = ["use_bias", unless(attributes.flag("bias"), true)];
  // DepthwiseConv2D takes one stride for both axes.
  const even = new Set(attributes.sizes("stride")).size === 1;
  if (groups === inChannels && groups > 1 && rank < 3 && even && !named.some(([, text]) => text === '"causal"')) {
    const multiplier: Named = ["depth_multiplier", unless(outChannels / inChannels, 1)];
    return [...steps, { make: call(`layers.DepthwiseConv${rank}D`, [perAxis(kernelSize)], [...named, multiplier, bias]) }];
  }
  return [...steps, { make: call(`layers.Conv${rank}D`, [outChannels, perAxis(kernelSize)], [...named, ["groups", unless(groups, 1)], bias]) }];
};

const transposed: Writer = (part) => {
  const attributes = new Attrs(part);
  const rank = rankOf(part.op);
  const [kernelSize, stride, dilation] = [attributes.sizes("kernelSize"), attributes.sizes("stride"), attributes.sizes("dilation")];
  if (attributes.number("groups") > 1) cannotWrite(part, "Keras's transposed convolutions have no groups");
  requireOne(part, stride, dilation);
  const outputPadding = attributes.sizes("outputPadding");
  const word = attributes.optionalText("padding");
  if (word !== undefined && outputPadding.some((pad) => pad > 0))
    cannotWrite(part, `Keras's output_padding means something else with padding='${word}'`);
  const named: readonly Named[] = [
    ["strides", changed(stride, ones(rank))],
    ["padding", word === "same" ? '"same"' : undefined],
    ["dilation_rate", changed(dilation, ones(rank))],
    ["use_bias", unless(attributes.flag("bias"), true)],
  ];
  const make = call(`layers.Conv${rank}DTranspose`, [attributes.number("outChannels"), perAxis(kernelSize)], named);
  if (word !== undefined) return [{ make }];
  // Without padding the whole output comes out, as long as the stride at least: what PyTorch's padding takes away is cut off after.
  const crops = attributes.pads("padding").map(([before, after], axis): [number, number] => {
    const reach = (dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1) + 1;
    return [before, after + Math.max(0, (stride[axis] ?? 1) - reach) - (outputPadding[axis] ?? 0)];
  });
  if (crops.some(([, after]) => after < 0)) cannotWrite(part, "its output padding reaches past what Keras computes");
  return [{ make }, ...zeroPadding("Cropping", crops).map((step) => ({ ...step, suffix: "crop" }))];
};

function pool(name: string, { kernelSize, stride, rank }: Border, word: string | undefined): Step {
  const named: readonly Named[] = [
    ["strides", changed(stride, kernelSize)],
    ["padding", word],
  ];
  return { make: call(`layers.${name}Pooling${rank}D`, [perAxis(kernelSize)], named) };
}

const maxPool: Writer = (part) => {
  const border = borderOf(part);
  if (border.dilation.some((step) => step > 1)) cannotWrite(part, "Keras's pools have no dilation");
  const extra = ceilExtra(part, border);
  const word = paddingWord(border);
  if (word !== false && extra.every((size) => size === 0)) return [pool("Max", border, word)];
  const pads = border.pads.map(([before, after], axis): [number, number] => [before, after + (extra[axis] ?? 0)]);
  return [opsPad(pads, [["constant_values", 'float("-inf")']]), pool("Max", border, undefined)];
};

const averagePool: Writer = (part) => {
  const border = borderOf(part);
  const attributes = new Attrs(part);
  if (attributes.has("divisor")) cannotWrite(part, "Keras's average has no other divisor than the window");
  const extra = ceilExtra(part, border);
  if (border.same) return [pool("Average", border, '"same"')];
  if (isZero(border.pads)) {
    if (extra.every((size) => size === 0)) return [pool("Average", border, undefined)];
    // One position that hangs over the end is what `same` leaves out of the average, too.
    const [input, output] = spaces(part);
    const isSame = input.every((size, axis) => output[axis] === Math.ceil(size / (border.stride[axis] ?? 1)) && (extra[axis] ?? 0) <= 1);
    return isSame ? [pool("Average", border, '"same"')] : cannotWrite(part, "Keras has no ceil_mode");
  }
  if (extra.some((size) => size > 0)) cannotWrite(part, "Keras has no ceil_mode");
  if (attributes.value("countIncludePad") !== false) return [...zeroPadding("ZeroPadding", border.pads), pool("Average", border, undefined)];
  return paddingWord(border) === '"same"'
    ? [pool("Average", border, '"same"')]
    : cannotWrite(part, "Keras leaves the padding out of an average only with padding='same'");
};

const adaptive =
  (name: "Average" | "Max"): Writer =>
  (part) => {
    const rank = rankOf(part.op);
    const [input, output] = spaces(part);
    if (output.every((size) => size === 1)) return [{ make: call(`layers.Global${name}Pooling${rank}D`, [], [["keepdims", "True"]]) }];
    const sizes = input.map((size, axis) => size / (output[axis] ?? 1));
    if (!sizes.every(Number.isInteger)) cannotWrite(part, "Keras's windows are all of one size, and these are not");
    return sizes.every((size) => size === 1) ? [] : [{ make: call(`layers.${name}Pooling${rank}D`, [perAxis(sizes)]) }];
  };

const global =
  (name: "Average" | "Max"): Writer =>
  (part) => [{ make: call(`layers.Global${name}Pooling${rankOf(part.op)}D`, [], [["keepdims", part.output.shape.length > 2 ? "True" : undefined]]) }];

/** Depthwise, then pointwise, without anything between: SeparableConv2D, its activation among its arguments. */
const separable: Writer = (part) => {
  const [depthwise, pointwise] = part.layer.steps;
  if (depthwise === undefined || pointwise === undefined) throw new Error("a separable convolution has two steps");
  const attributes = new Attrs(part);
  const inner: Part = { ...part, layer: depthwise, op: depthwise.layer.op };
  const { steps, named } = convolutionWindow(inner);
  const make = call(
    `layers.SeparableConv${rankOf(part.op)}D`,
    [attributes.number("outChannels"), perAxis(attributes.sizes("kernelSize"))],
    [...named, ["depth_multiplier", unless(attributes.number("depthMultiplier"), 1)], ["use_bias", unless(attributes.flag("bias"), true)]],
  );
  // With an activation the pointwise step is two: the convolution and what follows it.
  const active = pointwise.steps[1];
  if (active === undefined) return [...steps, { make }];
  const [input = part.input, output = part.output] = [active.inputs[0], active.outputs[0]];
  const next: Part = { ...part, layer: active, op: active.layer.op, input, output };
  const word = activationWord(next);
  if (word !== undefined) return [...steps, { make: make.replace(/\)$/, `, activation="${word}")`) }];
  return [...steps, { make }, ...(pointwiseWriters[next.op]?.(next) ?? cannotWrite(next, "Keras has no layer for it"))];
};

const fixedPad: Writer = (part) => {
  const attributes = new Attrs(part);
  const pads = attributes.pads("padding");
  const mode = attributes.text("mode");
  const value = attributes.optional("value") ?? 0;
  if (mode === "reflect") return [opsPad(pads, [["mode", '"reflect"']])];
  if (mode !== "constant") cannotWrite(part, `Keras has no padding of the kind '${mode}'`);
  const grown = pads.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  const cut = pads.map(([before, after]): [number, number] => [Math.max(0, -before), Math.max(0, -after)]);
  const padding = value === 0 || isZero(grown) ? zeroPadding("ZeroPadding", grown) : [opsPad(grown, [["constant_values", literal(value)]])];
  return [...zeroPadding("Cropping", cut), ...padding];
};

/** Convolutions, pools and paddings. */
export const windowWriters: Writers = {
  ...ranked("conv", convolution),
  ...ranked("conv_transpose", transposed),
  separable_conv1d: separable,
  separable_conv2d: separable,
  ...ranked("max_pool", maxPool),
  ...ranked("avg_pool", averagePool),
  ...ranked("adaptive_avg_pool", adaptive("Average")),
  ...ranked("adaptive_max_pool", adaptive("Max")),
  ...ranked("global_avg_pool", global("Average")),
  ...ranked("global_max_pool", global("Max")),
  ...paddings(fixedPad),
};

import { befores, borderOf, isSymmetric, isZero, type Border, type Pads } from "../border.js";
import { ceilExtra } from "../ceil.js";
import { spaces } from "../held.js";
import { Attrs, cannotWrite, rankOf, type Part } from "../part.js";
import { call, literal, perAxis, tuple, unless, type Named } from "../python.js";
import { paddings, ranked, statement, type Step, type Writer, type Writers } from "../step.js";

const steps = (values: readonly number[]) => (values.every((value) => value === 1) ? undefined : tuple(values));
const NUMPY = "import jax.numpy as jnp";

/** NumPy's names for what lies outside of an image. */
const PAD_MODES: Readonly<Record<string, string>> = { reflect: "reflect", replicate: "edge", circular: "wrap" };

/** jnp.pad of space alone: neither the batch nor the channels. */
function numpyPad(pads: Pads, named: readonly Named[] = []): Step {
  return { ...statement(`x = ${call("jnp.pad", ["x", tuple([[0, 0], ...pads, [0, 0]])], named)}`), imports: [NUMPY] };
}

/** `SAME`, `VALID`, or the pairs; nothing for a window of one position that is not padded: SAME is the default, and the same. */
function convolutionPadding({ same, pads, reach }: Border): string | undefined {
  const wide = reach.some((size) => size > 1);
  if (same) return wide ? '"SAME"' : undefined;
  if (isZero(pads)) return wide ? '"VALID"' : undefined;
  // One number stands for all sides of all axes.
  return isSymmetric(pads) && new Set(befores(pads)).size === 1 ? perAxis(befores(pads)) : tuple(pads);
}

const convolution: Writer = (part) => {
  const attributes = new Attrs(part);
  const border = borderOf(part);
  const mode = attributes.optionalText("paddingMode");
  const named: readonly Named[] = [
    ["strides", steps(border.stride)],
    ["padding", mode === undefined ? convolutionPadding(border) : '"VALID"'],
    ["kernel_dilation", steps(border.dilation)],
    ["feature_group_count", unless(attributes.number("groups"), 1)],
    ["use_bias", unless(attributes.flag("bias"), true)],
  ];
  const make = call("nn.Conv", [attributes.number("outChannels"), tuple(border.kernelSize)], named);
  return mode === undefined ? [{ make }] : [numpyPad(border.pads, [["mode", literal(PAD_MODES[mode] ?? mode)]]), { make }];
};

const transposed: Writer = (part) => {
  const attributes = new Attrs(part);
  if (attributes.number("groups") > 1) cannotWrite(part, "nn.ConvTranspose has no groups");
  const [kernelSize, stride, dilation] = [attributes.sizes("kernelSize"), attributes.sizes("stride"), attributes.sizes("dilation")];
  const outputPadding = attributes.sizes("outputPadding");
  const word = attributes.optionalText("padding");
  if (word !== undefined && outputPadding.some((pad) => pad > 0)) cannotWrite(part, `nn.ConvTranspose has no output padding with '${word}'`);
  const named: readonly Named[] = [
    ["strides", steps(stride)],
    ["padding", word === undefined ? tuple(transposedPads(part, kernelSize, dilation, outputPadding)) : literal(word.toUpperCase())],
    ["kernel_dilation", steps(dilation)],
    ["use_bias", unless(attributes.flag("bias"), true)],
  ];
  return [{ make: call("nn.ConvTranspose", [attributes.number("outChannels"), tuple(kernelSize)], named) }];
};

/** jax.lax.conv_transpose pads the input that the stride has spread: reach - 1 on both sides, less what PyTorch's padding takes away. */
function transposedPads(part: Part, kernelSize: readonly number[], dilation: readonly number[], outputPadding: readonly number[]): Pads {
  return new Attrs(part).pads("padding").map(([before, after], axis) => {
    const reach = (dilation[axis] ?? 1) * ((kernelSize[axis] ?? 1) - 1) + 1;
    const pads: [number, number] = [reach - 1 - before, reach - 1 - after + (outputPadding[axis] ?? 0)];
    return pads.some((pad) => pad < 0) ? cannotWrite(part, "its padding is larger than its kernel") : pads;
  });
}

/** A pool's padding, with what ceil_mode adds after the input that was counted. */
function poolPads(part: Part, border: Border): { readonly pads: Pads; readonly text: string | undefined } {
  if (border.same) return { pads: border.pads, text: '"SAME"' };
  const extra = ceilExtra(part, border);
  const pads = border.pads.map(([before, after], axis): [number, number] => [before, after + (extra[axis] ?? 0)]);
  return { pads, text: isZero(pads) ? undefined : tuple(pads) };
}

function pool(name: string, { kernelSize, stride }: Pick<Border, "kernelSize" | "stride">, named: readonly Named[] = []): Step {
  return statement(`x = ${call(`nn.${name}`, ["x", tuple(kernelSize)], [["strides", tuple(stride)], ...named])}`);
}

const maxPool: Writer = (part) => {
  const border = borderOf(part);
  if (border.dilation.some((step) => step > 1)) cannotWrite(part, "nn.max_pool has no dilation");
  return [pool("max_pool", border, [["padding", poolPads(part, border).text]])];
};

const averagePool: Writer = (part) => {
  const border = borderOf(part);
  const attributes = new Attrs(part);
  if (attributes.has("divisor")) cannotWrite(part, "nn.avg_pool has no other divisor than the window");
  const { text } = poolPads(part, border);
  const excludes = border.same || isZero(border.pads) || attributes.value("countIncludePad") === false;
  // What ceil_mode adds never counts, padding may.
  if (!excludes && ceilExtra(part, border).some((size) => size > 0)) cannotWrite(part, "nn.avg_pool has no ceil_mode beside padding that counts");
  return [
    pool("avg_pool", border, [
      ["padding", text],
      ["count_include_pad", excludes && text !== undefined ? "False" : undefined],
    ]),
  ];
};

const spaceOf = (rank: number) => tuple(Array.from({ length: rank }, (_, axis) => axis + 1));

const adaptive =
  (kind: "mean" | "max"): Writer =>
  (part) => {
    const rank = rankOf(part.op);
    const [input, output] = spaces(part);
    if (output.every((size) => size === 1)) return [statement(`x = x.${kind}(axis=${spaceOf(rank)}, keepdims=True)`)];
    const sizes = input.map((size, axis) => size / (output[axis] ?? 1));
    if (!sizes.every(Number.isInteger)) cannotWrite(part, "Flax's windows are all of one size, and these are not");
    return sizes.every((size) => size === 1) ? [] : [pool(kind === "mean" ? "avg_pool" : "max_pool", { kernelSize: sizes, stride: sizes })];
  };

const global =
  (kind: "mean" | "max"): Writer =>
  (part) => [statement(`x = x.${kind}(axis=${spaceOf(rankOf(part.op))}${part.output.shape.length > 2 ? ", keepdims=True" : ""})`)];

const fixedPad: Writer = (part) => {
  const attributes = new Attrs(part);
  const pads = attributes.pads("padding");
  const mode = attributes.text("mode");
  const value = attributes.optional("value") ?? 0;
  const grown = pads.map(([before, after]): [number, number] => [Math.max(0, before), Math.max(0, after)]);
  const cut = pads.map(([before, after]) => `${before < 0 ? -before : ""}:${after < 0 ? after : ""}`);
  const crop = isZero(pads.map(([before, after]): [number, number] => [Math.min(0, before), Math.min(0, after)]))
    ? []
    : [statement(`x = x[:, ${cut.join(", ")}]`)];
  const named: readonly Named[] = mode === "constant" ? [["constant_values", unless(value, 0)]] : [["mode", literal(PAD_MODES[mode] ?? mode)]];
  return isZero(grown) ? crop : [...crop, numpyPad(grown, named)];
};

/** Convolutions, pools and paddings. */
export const windowWriters: Writers = {
  ...ranked("conv", convolution),
  ...ranked("conv_transpose", transposed),
  ...ranked("max_pool", maxPool),
  ...ranked("avg_pool", averagePool),
  ...ranked("adaptive_avg_pool", adaptive("mean")),
  ...ranked("adaptive_max_pool", adaptive("max")),
  ...ranked("global_avg_pool", global("mean")),
  ...ranked("global_max_pool", global("max")),
  ...paddings(fixedPad),
};

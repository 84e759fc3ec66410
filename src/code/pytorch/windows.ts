import { befores, borderOf, isSameByCeil, isSymmetric, isZero, type Border, type Pads } from "../border.js";
import { Attrs, cannotWrite, rankOf, type Part } from "../part.js";
import { call, literal, perAxis, tuple, unless } from "../python.js";
import { ranked, type Step, type Writer, type Writers } from "../step.js";

const ones = (rank: number) => Array<number>(rank).fill(1);
const changed = (values: readonly number[], standard: readonly number[]) => (values.join() === standard.join() ? undefined : perAxis(values));

/** PyTorch's pads: the last axis first. */
export function padList(pads: Pads): string {
  return tuple([...pads].reverse().flat());
}

/** A module that pads with a constant; ZeroPad1d and ZeroPad3d are newer than ConstantPad1d and ConstantPad3d. */
export function constantPad(rank: number, pads: Pads, value: number): Step {
  const list = isSymmetric(pads) && new Set(befores(pads)).size === 1 ? perAxis(befores(pads)) : padList(pads);
  const zero = value === 0 && rank === 2;
  return { suffix: "pad", make: call(zero ? "nn.ZeroPad2d" : `nn.ConstantPad${rank}d`, zero ? [list] : [list, literal(value)]) };
}

function samePad({ reach, stride }: Border, value: number): Step {
  return { suffix: "pad", make: call("SamePad", [tuple(reach), tuple(stride)], [["value", unless(value, 0)]]), helpers: ["SamePad"] };
}

/** The padding before a window, and the argument that stands for it where the layer pads by itself. */
function convolutionPadding(border: Border): { readonly steps: readonly Step[]; readonly argument: string | undefined } {
  const { pads, stride, rank } = border;
  if (border.sizeDependent) return { steps: [samePad(border, 0)], argument: undefined };
  if (isSymmetric(pads)) return { steps: [], argument: isZero(pads) ? undefined : perAxis(befores(pads)) };
  if (border.same && stride.every((step) => step === 1)) return { steps: [], argument: '"same"' };
  return { steps: [constantPad(rank, pads, 0)], argument: undefined };
}

const convolution: Writer = (part) => {
  const attributes = new Attrs(part);
  const border = borderOf(part);
  const { steps, argument } = convolutionPadding(border);
  const mode = attributes.optionalText("paddingMode");
  if (mode !== undefined && steps.length > 0) cannotWrite(part, `padding_mode '${mode}' with uneven padding`);
  const make = call(
    `nn.Conv${border.rank}d`,
    [attributes.number("inChannels"), attributes.number("outChannels")],
    [
      ["kernel_size", perAxis(border.kernelSize)],
      ["stride", changed(border.stride, ones(border.rank))],
      ["padding", argument],
      ["dilation", changed(border.dilation, ones(border.rank))],
      ["groups", unless(attributes.number("groups"), 1)],
      ["bias", unless(attributes.flag("bias"), true)],
      ["padding_mode", mode === undefined ? undefined : literal(mode)],
    ],
  );
  return [...steps, { make }];
};

interface Transposed {
  readonly padding: readonly number[];
  readonly outputPadding: readonly number[];
  /** Positions that are cut off the end of each axis. */
  readonly crop: readonly number[];
}

/**
 * `same` (n * stride) and `valid` (no output lost) as TensorFlow's transposed convolution has them, in PyTorch's terms. What `same` cuts
 * off is what the convolution pads: half of reach - stride before, the rest after.
 */
function transposedPadding(part: Part, reach: readonly number[], stride: readonly number[]): Transposed {
  const attributes = new Attrs(part);
  const word = attributes.optionalText("padding");
  const outputPadding = attributes.sizes("outputPadding");
  if (word !== undefined) {
    const cut = reach.map((size, axis) => (word === "same" ? Math.max(0, size - (stride[axis] ?? 1)) : 0));
    const missing = reach.map((size, axis) => Math.max(0, (stride[axis] ?? 1) - size));
    return {
      padding: cut.map((total) => Math.floor(total / 2)),
      outputPadding: missing.map((size, axis) => size + (outputPadding[axis] ?? 0)),
      crop: cut.map((total) => total % 2),
    };
  }
  const pads = attributes.pads("padding");
  if (pads.some(([before, after]) => after < before)) cannotWrite(part, "its padding is larger before than after");
  return { padding: befores(pads), outputPadding, crop: pads.map(([before, after]) => after - before) };
}

const transposed: Writer = (part) => {
  const attributes = new Attrs(part);
  const rank = rankOf(part.op);
  const [kernelSize, stride, dilation] = [attributes.sizes("kernelSize"), attributes.sizes("stride"), attributes.sizes("dilation")];
  const reach = kernelSize.map((size, axis) => (dilation[axis] ?? 1) * (size - 1) + 1);
  const { padding, outputPadding, crop } = transposedPadding(part, reach, stride);
  if (outputPadding.some((pad, axis) => pad >= Math.max(stride[axis] ?? 1, dilation[axis] ?? 1)))
    cannotWrite(part, "its output padding is not smaller than its stride or dilation");
  const make = call(
    `nn.ConvTranspose${rank}d`,
    [attributes.number("inChannels"), attributes.number("outChannels")],
    [
      ["kernel_size", perAxis(kernelSize)],
      ["stride", changed(stride, ones(rank))],
      [
        "padding",
        changed(
          padding,
          padding.map(() => 0),
        ),
      ],
      [
        "output_padding",
        changed(
          outputPadding,
          padding.map(() => 0),
        ),
      ],
      ["groups", unless(attributes.number("groups"), 1)],
      ["bias", unless(attributes.flag("bias"), true)],
      ["dilation", changed(dilation, ones(rank))],
    ],
  );
  const cut = crop.map((size): [number, number] => [0, size === 0 ? 0 : -size]);
  return crop.every((size) => size === 0) ? [{ make }] : [{ make }, { ...constantPad(rank, cut, 0), suffix: "crop" }];
};

/** Arguments of a pool that pads by itself. */
function poolCall(
  part: Part,
  name: string,
  border: Border,
  rest: { readonly padding?: string | undefined; readonly ceil?: boolean; readonly excludesPad?: boolean },
): string {
  const { kernelSize, stride, dilation, rank } = border;
  const attributes = new Attrs(part);
  const divisor = attributes.optional("divisor");
  return call(
    `nn.${name}${rank}d`,
    [perAxis(kernelSize)],
    [
      ["stride", changed(stride, kernelSize)],
      ["padding", rest.padding],
      ["dilation", changed(dilation, ones(rank))],
      ["ceil_mode", rest.ceil === true ? "True" : undefined],
      ["count_include_pad", rest.excludesPad === true ? "False" : undefined],
      ["divisor_override", divisor === undefined ? undefined : literal(divisor)],
    ],
  );
}

/** Padding that a pool takes by itself: even on both sides, and at most half of the kernel. */
function ownPadding({ pads, kernelSize, sizeDependent }: Border): string | undefined | false {
  if (isZero(pads) && !sizeDependent) return undefined;
  const fits = isSymmetric(pads) && !sizeDependent && pads.every(([pad], axis) => pad <= Math.floor((kernelSize[axis] ?? 1) / 2));
  return fits ? perAxis(befores(pads)) : false;
}

const maxPool: Writer = (part) => {
  const border = borderOf(part);
  if (border.sizeDependent && isSameByCeil(border)) return [{ make: poolCall(part, "MaxPool", border, { ceil: true }) }];
  const ceil = new Attrs(part).flag("ceilMode") && !border.same;
  const padding = ownPadding(border);
  if (padding !== false) return [{ make: poolCall(part, "MaxPool", border, { padding, ceil }) }];
  const pad = border.sizeDependent ? samePad(border, -Infinity) : constantPad(border.rank, border.pads, -Infinity);
  return [pad, { make: poolCall(part, "MaxPool", border, { ceil }) }];
};

const averagePool: Writer = (part) => {
  const border = borderOf(part);
  const attributes = new Attrs(part);
  // TensorFlow's average over `same` windows leaves the padding out (keras.layers.AveragePooling2D; tf.nn.avg_pool).
  if (border.same) {
    if (border.sizeDependent && isSameByCeil(border)) return [{ make: poolCall(part, "AvgPool", border, { ceil: true }) }];
    const padding = ownPadding(border);
    if (padding !== false) return [{ make: poolCall(part, "AvgPool", border, { padding, excludesPad: padding !== undefined }) }];
    const pool = call(`nn.AvgPool${border.rank}d`, [tuple(border.kernelSize)], [["stride", tuple(border.stride)]]);
    return [{ make: call("SameAvgPool", [pool]), helpers: ["SamePad", "SameAvgPool"] }];
  }
  const padding = ownPadding(border);
  if (padding === false) cannotWrite(part, "its padding is uneven");
  const excludesPad = attributes.value("countIncludePad") === false && padding !== undefined;
  return [{ make: poolCall(part, "AvgPool", border, { padding, ceil: attributes.flag("ceilMode"), excludesPad }) }];
};

const powerPool: Writer = (part) => {
  const border = borderOf(part);
  const attributes = new Attrs(part);
  const make = call(
    `nn.LPPool${border.rank}d`,
    [literal(attributes.value("normType") ?? 2), perAxis(border.kernelSize)],
    [
      ["stride", changed(border.stride, border.kernelSize)],
      ["ceil_mode", attributes.flag("ceilMode") ? "True" : undefined],
    ],
  );
  return [{ make }];
};

const adaptive =
  (kind: "Avg" | "Max"): Writer =>
  (part) => {
    const rank = rankOf(part.op);
    return [{ make: call(`nn.Adaptive${kind}Pool${rank}d`, [perAxis(new Attrs(part).sizes("outputSize"))]) }];
  };

/** Keras's global pools drop the axes that they pool over. */
const global =
  (kind: "Avg" | "Max"): Writer =>
  (part) => [
    { make: call(`nn.Adaptive${kind}Pool${rankOf(part.op)}d`, [1]) },
    ...(part.output.shape.length === 2 ? [{ make: "nn.Flatten()", suffix: "flatten" }] : []),
  ];

const fractional: Writer = (part) => {
  const attributes = new Attrs(part);
  const make = call(
    `nn.FractionalMaxPool${rankOf(part.op)}d`,
    [perAxis(attributes.sizes("kernelSize"))],
    [["output_size", perAxis(attributes.sizes("outputSize"))]],
  );
  return [{ make }];
};

/** Convolutions and pools. */
export const windowWriters: Writers = {
  ...ranked("conv", convolution),
  ...ranked("conv_transpose", transposed),
  ...ranked("max_pool", maxPool),
  ...ranked("avg_pool", averagePool),
  ...ranked("lp_pool", powerPool),
  ...ranked("adaptive_avg_pool", adaptive("Avg")),
  ...ranked("adaptive_max_pool", adaptive("Max")),
  ...ranked("global_avg_pool", global("Avg")),
  ...ranked("global_max_pool", global("Max")),
  ...ranked("fractional_max_pool", fractional),
};

import type { Layer } from "../../graph/layer.js";
import type { Layout } from "../../graph/layout.js";
import type { Args } from "../args.js";
import type { CallEntry, Family, ShorthandArgs, ShorthandEntry } from "../entry.js";
import { KERAS_LAYER, kerasLayout } from "../keras-common.js";
import { symmetric, type Padding } from "../window.js";
import { fractionalPool, maxUnpool } from "./other.js";
import { adaptivePool, checkHalf, windowPool } from "./window-pool.js";

// https://docs.pytorch.org/docs/stable/nn.html#pooling-layers
const MAX = "kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False";
const AVG_1D = "kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True";
const AVG = `${AVG_1D}, divisor_override=None`;

const ones = (rank: number) => Array<number>(rank).fill(1);
const zeros = (rank: number) => Array<number>(rank).fill(0);

function torchPool(args: Args, kind: "max" | "avg" | "lp", rank: number): Layer {
  const kernelSize = args.perAxis("kernel_size", rank, 1);
  const stride = args.isNone("stride") ? kernelSize : args.perAxis("stride", rank, 1);
  const padding = kind === "lp" ? zeros(rank) : args.perAxis("padding", rank, 0);
  const dilation = kind === "max" ? args.perAxis("dilation", rank, 1) : ones(rank);
  checkHalf(args.callee, kernelSize, padding, dilation);
  const returnIndices = kind === "max" && args.flag("return_indices");
  return windowPool({
    kind,
    rank,
    kernelSize,
    stride,
    dilation,
    padding: symmetric(padding),
    ceilMode: args.flag("ceil_mode"),
    returnIndices,
    countIncludePad: kind === "avg" ? args.flag("count_include_pad") : undefined,
    divisor: kind === "avg" && rank > 1 ? args.optionalCount("divisor_override") : undefined,
    normType: kind === "lp" ? args.number("norm_type") : undefined,
  });
}

function torchAdaptive(args: Args, kind: "max" | "avg", rank: number): Layer {
  const returnIndices = kind === "max" && args.flag("return_indices");
  const items = args.isTuple("output_size") ? args.items("output_size") : Array.from({ length: rank }, () => args.value("output_size"));
  if (items.length !== rank) args.fail("output_size", `output_size of ${args.callee} has ${items.length} values`, `one integer or ${rank} of them`);
  const outputSize = items.map((item) => (item.kind === "none" ? undefined : args.integerOf(item, "output_size", 1)));
  return adaptivePool({ op: `adaptive_${kind}_pool${rank}d`, kind, rank, outputSize, returnIndices, dropAxes: false });
}

function torchEntries(rank: number): readonly CallEntry[] {
  const entries: CallEntry[] = [
    { names: [`MaxPool${rank}d`], signature: MAX, build: (args) => torchPool(args, "max", rank) },
    { names: [`AvgPool${rank}d`], signature: rank === 1 ? AVG_1D : AVG, build: (args) => torchPool(args, "avg", rank) },
    { names: [`LPPool${rank}d`], signature: "norm_type, kernel_size, stride=None, ceil_mode=False", build: (args) => torchPool(args, "lp", rank) },
    { names: [`AdaptiveAvgPool${rank}d`], signature: "output_size", build: (args) => torchAdaptive(args, "avg", rank) },
    { names: [`AdaptiveMaxPool${rank}d`], signature: "output_size, return_indices=False", build: (args) => torchAdaptive(args, "max", rank) },
    { names: [`MaxUnpool${rank}d`], signature: "kernel_size, stride=None, padding=0", build: (args) => maxUnpool(args, rank) },
  ];
  if (rank === 1) return entries;
  const fractional = "kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None";
  return [...entries, { names: [`FractionalMaxPool${rank}d`], signature: fractional, build: (args) => fractionalPool(args, rank) }];
}

// https://keras.io/api/layers/pooling_layers/
const KERAS = `pool_size=2, strides=None, padding='valid', data_format=None, ${KERAS_LAYER}`;
const GLOBAL = `data_format=None, keepdims=False, ${KERAS_LAYER}`;

function kerasPool(args: Args, kind: "max" | "avg", rank: number): Layer {
  const kernelSize = args.perAxis("pool_size", rank, 1);
  const stride = args.isNone("strides") ? kernelSize : args.perAxis("strides", rank, 1);
  return windowPool({
    kind,
    rank,
    layout: kerasLayout(args),
    kernelSize,
    stride,
    dilation: ones(rank),
    padding: args.oneOf("padding", ["valid", "same"]),
    returnIndices: false,
  });
}

function globalPool(kind: "max" | "avg", rank: number, dropAxes: boolean, layout?: Layout): Layer {
  return adaptivePool({ op: `global_${kind}_pool${rank}d`, kind, rank, layout, outputSize: ones(rank), returnIndices: false, dropAxes });
}

function kerasAdaptive(args: Args, kind: "max" | "avg", rank: number): Layer {
  return adaptivePool({
    op: `adaptive_${kind}_pool${rank}d`,
    kind,
    rank,
    layout: kerasLayout(args),
    outputSize: args.perAxis("output_size", rank, 1),
    returnIndices: false,
    dropAxes: false,
  });
}

function kerasEntries(rank: number): readonly CallEntry[] {
  const adaptive = `output_size, data_format=None, ${KERAS_LAYER}`;
  return [
    { names: [`MaxPooling${rank}D`, `MaxPool${rank}D`], signature: KERAS, build: (args) => kerasPool(args, "max", rank) },
    { names: [`AveragePooling${rank}D`, `AvgPool${rank}D`], signature: KERAS, build: (args) => kerasPool(args, "avg", rank) },
    {
      names: [`GlobalMaxPooling${rank}D`, `GlobalMaxPool${rank}D`],
      signature: GLOBAL,
      build: (args) => globalPool("max", rank, !args.flag("keepdims"), kerasLayout(args)),
    },
    {
      names: [`GlobalAveragePooling${rank}D`, `GlobalAvgPool${rank}D`],
      signature: GLOBAL,
      build: (args) => globalPool("avg", rank, !args.flag("keepdims"), kerasLayout(args)),
    },
    { names: [`AdaptiveMaxPooling${rank}D`], signature: adaptive, build: (args) => kerasAdaptive(args, "max", rank) },
    { names: [`AdaptiveAveragePooling${rank}D`], signature: adaptive, build: (args) => kerasAdaptive(args, "avg", rank) },
  ];
}

/** Padding `same` unless said, as everywhere in the shorthand; the stride is the kernel unless said. */
function shorthandPool(kind: "max" | "avg") {
  return (args: ShorthandArgs): Layer => {
    const kernelSize = args.kernel ?? Array<number>(args.rank).fill(2);
    const padding: Padding = typeof args.padding === "object" ? symmetric(args.padding) : (args.padding ?? "same");
    if (typeof args.padding === "object") checkHalf(args.word, kernelSize, args.padding, args.dilation ?? ones(args.rank));
    return windowPool({
      kind,
      rank: args.rank,
      kernelSize,
      stride: args.stride ?? kernelSize,
      dilation: args.dilation ?? ones(args.rank),
      padding,
      ceilMode: args.ceil,
      returnIndices: false,
    });
  };
}

const ranks = (word: string) => [word, `${word}1d`, `${word}2d`, `${word}3d`];
const WINDOW = ["kernel", "stride", "padding", "dilation", "ceil"] as const;

const shorthand: readonly ShorthandEntry[] = [
  { words: ranks("maxpool"), takes: WINDOW, example: "maxpool 3x3 s2 p1", build: shorthandPool("max") },
  { words: ranks("avgpool"), takes: WINDOW, example: "avgpool 2x2", build: shorthandPool("avg") },
  { words: ranks("gap"), takes: [], example: "gap", build: (args) => globalPool("avg", args.rank, false) },
  { words: ranks("gmp"), takes: [], example: "gmp", build: (args) => globalPool("max", args.rank, false) },
  {
    words: ["adaptiveavgpool", "adaptivemaxpool"],
    takes: ["kernel"],
    example: "adaptiveavgpool 7x7",
    build: (args) => {
      const kind = args.word.toLowerCase() === "adaptiveavgpool" ? "avg" : "max";
      return adaptivePool({
        op: `adaptive_${kind}_pool${args.rank}d`,
        kind,
        rank: args.rank,
        outputSize: args.kernel ?? ones(args.rank),
        returnIndices: false,
        dropAxes: false,
      });
    },
  },
];

/** Pooling: windows, adaptive, global, fractional, and its undoing. */
export const poolFamily: Family = { torch: [1, 2, 3].flatMap(torchEntries), keras: [1, 2, 3].flatMap(kerasEntries), shorthand };

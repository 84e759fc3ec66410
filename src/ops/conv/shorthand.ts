import { fail } from "../../graph/diagnostic.js";
import type { ShorthandArgs, ShorthandEntry } from "../entry.js";
import { symmetric, type Padding } from "../window.js";
import { convolution } from "./convolution.js";
import { depthwiseMultiplier, separableConvolution } from "./separable.js";

const WINDOW = ["kernel", "channels", "stride", "padding", "dilation", "bias"] as const;

function outChannels(args: ShorthandArgs): number {
  if (args.outChannels !== undefined) return args.outChannels;
  return fail("missing-argument", `${args.word} does not say how many channels it makes`, {
    place: args.place,
    expected: `output channels, as in \`${args.word} 3x3 64->128\` or \`${args.word} 3x3 128\``,
  });
}

function kernelSize(args: ShorthandArgs): readonly number[] {
  if (args.kernel !== undefined) return args.kernel;
  return fail("missing-argument", `${args.word} does not say its kernel size`, {
    place: args.place,
    expected: `a kernel size, as in \`${args.word} 3x3\``,
  });
}

function window(args: ShorthandArgs) {
  const ones = Array<number>(args.rank).fill(1);
  const padding: Padding = typeof args.padding === "object" ? symmetric(args.padding) : (args.padding ?? "same");
  return { rank: args.rank, inChannels: args.inChannels, stride: args.stride ?? ones, dilation: args.dilation ?? ones, padding, bias: args.bias };
}

function conv(args: ShorthandArgs) {
  return convolution({
    ...window(args),
    kernelSize: kernelSize(args),
    connection: { type: "grouped", groups: args.groups ?? 1, outChannels: outChannels(args) },
  });
}

function pointwise(args: ShorthandArgs) {
  const base = window(args);
  const ones = Array<number>(args.rank).fill(1);
  return convolution({
    ...base,
    kernelSize: ones,
    dilation: ones,
    connection: { type: "grouped", groups: args.groups ?? 1, outChannels: outChannels(args) },
  });
}

function depthwise(args: ShorthandArgs) {
  const base = { ...window(args), kernelSize: kernelSize(args) };
  const { inChannels, outChannels: out, multiplier } = args;
  if (out === undefined) return convolution({ ...base, connection: { type: "depthwise", multiplier: multiplier ?? 1 } });
  // `dw 3x3 32`, as the tables of papers write it, names the channels that come out: the input's, times the multiplier.
  const implied = depthwiseMultiplier(inChannels ?? depthwiseMultiplier(multiplier ?? 1, out), out);
  if (multiplier !== undefined && multiplier !== implied) {
    fail("bad-argument", `m${multiplier} contradicts ${inChannels ?? out}->${out}, which is a multiplier of ${implied}`, { place: args.place });
  }
  return convolution({ ...base, inChannels: out / implied, connection: { type: "depthwise", multiplier: implied } });
}

function separable(args: ShorthandArgs) {
  return separableConvolution({
    ...window(args),
    kernelSize: kernelSize(args),
    outChannels: outChannels(args),
    multiplier: args.multiplier ?? 1,
    depthwiseBias: args.bias,
  });
}

function transposed(args: ShorthandArgs) {
  return convolution({
    ...window(args),
    kernelSize: kernelSize(args),
    connection: { type: "grouped", groups: args.groups ?? 1, outChannels: outChannels(args) },
    transposed: { outputPadding: args.outputPadding ?? Array<number>(args.rank).fill(0) },
  });
}

const ranks = (word: string) => [word, `${word}1d`, `${word}2d`, `${word}3d`];

export const convolutionWords: readonly ShorthandEntry[] = [
  { words: ranks("conv"), takes: [...WINDOW, "groups"], example: "conv 3x3 64->128 s2 p1 d1 g4 bias", build: conv },
  { words: [...ranks("dw"), "dwconv", "depthwise"], takes: [...WINDOW, "multiplier"], example: "dw 3x3 s2 m1", build: depthwise },
  { words: [...ranks("pw"), "pwconv", "pointwise"], takes: ["channels", "stride", "padding", "groups", "bias"], example: "pw 128", build: pointwise },
  { words: [...ranks("sep"), "sepconv", "separable"], takes: [...WINDOW, "multiplier"], example: "sep 3x3 64->128 s2", build: separable },
  {
    words: [...ranks("tconv"), "deconv", "convtranspose"],
    takes: [...WINDOW, "groups", "outputPadding"],
    example: "tconv 4x4 64->32 s2",
    build: transposed,
  },
];

import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Primitive } from "../../graph/layer.js";
import { elements, mergedSize } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry, ShorthandArgs, ShorthandEntry } from "../entry.js";
import { firstInput, inference, NOTHING, requireRank } from "../primitive.js";
import { placeWindow, symmetric, type Window } from "../window.js";
import { movement } from "./reshape.js";

/** The padding is written as the source has it: a word, or a number an axis (PyTorch's is symmetric). */
function windowAttributes({ kernelSize, stride, dilation, padding }: Window): Attributes {
  return { kernelSize, stride, dilation, padding: typeof padding === "string" ? padding : padding.map(({ before }) => before) };
}

/** Every window as a column: [N, C*K, positions] (PyTorch, nn.Unfold). */
function unfold(window: Window): Primitive {
  return movement(
    "unfold",
    "nchw",
    (input) => {
      requireRank("unfold", input, [4], "N, C, H, W");
      const { size } = placeWindow("unfold", window, input.slice(2));
      return [...input.slice(0, 1), mergedSize([input[1] ?? 0, ...window.kernelSize]), mergedSize(size)];
    },
    { ranks: [4], attributes: windowAttributes(window) },
  );
}

/** Columns added back to an image (PyTorch, nn.Fold): an addition for every value that falls on it. */
function fold(outputSize: readonly number[], window: Window): Primitive {
  return {
    type: "primitive",
    op: "fold",
    stores: NOTHING,
    axes: "plain",
    ranks: [3],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank("fold", input, [3], "N, C*K, positions");
      const [batch = 0, columns = 0, positions = 0] = input;
      const taps = Number(elements(window.kernelSize));
      const expected = elements(placeWindow("fold", window, outputSize).size);
      if (columns % taps !== 0)
        fail("channel-mismatch", `fold needs columns divisible by the kernel's ${taps} taps, and there are ${columns}`, {
          expected: `a multiple of ${taps}`,
        });
      if (BigInt(positions) !== expected)
        fail("size-mismatch", `fold expects ${expected} positions, and its input has ${positions}`, { expected: `${expected} positions` });
      return inference([{ shape: [batch, columns / taps, ...outputSize] }], {
        operations: { elementwise: elements(input) },
        attributes: { outputSize, ...windowAttributes(window) },
        mixes: { channels: false, space: taps > 1 },
      });
    },
  };
}

function torchWindow(args: Args): Window {
  return {
    kernelSize: args.perAxis("kernel_size", 2, 1),
    dilation: args.perAxis("dilation", 2, 1),
    padding: symmetric(args.perAxis("padding", 2, 0)),
    stride: args.perAxis("stride", 2, 1),
  };
}

const WINDOW = "kernel_size, dilation=1, padding=0, stride=1";

export const torchFolds: readonly CallEntry[] = [
  { names: ["Unfold"], signature: WINDOW, build: (args) => unfold(torchWindow(args)) },
  { names: ["Fold"], signature: `output_size, ${WINDOW}`, build: (args) => fold(args.perAxis("output_size", 2, 1), torchWindow(args)) },
];

function shorthandUnfold(args: ShorthandArgs): Primitive {
  const kernelSize =
    args.kernel ??
    fail("missing-argument", "unfold does not say its kernel size", { place: args.place, expected: "a kernel size, as in `unfold 3x3`" });
  const padding = typeof args.padding === "object" ? symmetric(args.padding) : (args.padding ?? "same");
  return unfold({ kernelSize, stride: args.stride ?? [1, 1], dilation: args.dilation ?? [1, 1], padding });
}

export const foldWords: readonly ShorthandEntry[] = [
  { words: ["unfold"], takes: ["kernel", "stride", "padding", "dilation"], example: "unfold 3x3", build: shorthandUnfold },
];

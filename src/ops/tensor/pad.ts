import { fail } from "../../graph/diagnostic.js";
import type { Primitive } from "../../graph/layer.js";
import { axisNames, imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { formatShape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry, ShorthandArgs, ShorthandEntry } from "../entry.js";
import { KERAS_LAYER, kerasLayout } from "../keras-common.js";
import { requireRank } from "../primitive.js";
import type { Pad } from "../window.js";
import { movement } from "./reshape.js";

type Mode = "constant" | "reflect" | "replicate" | "circular";

/**
 * Pads, or with negative sizes crops, the spatial axes (PyTorch, torch.nn.functional.pad). Reflection needs less than the size, circular
 * padding at most it. Throws `padding-too-large`, `empty-output`.
 */
function pad(op: string, rank: number, mode: Mode, pads: readonly Pad[], value = 0, layout: Layout = "nchw"): Primitive {
  return movement(
    op,
    layout,
    (input) => {
      requireRank(op, input, [rank + 2], axisNames(layout, rank + 2));
      const sizes = imageSizes(input, layout);
      const spatial = sizes.space;
      const limit = mode === "reflect" ? -1 : 0;
      const limited = mode === "reflect" || mode === "circular";
      if (limited && spatial.some((size, axis) => Math.max(pads[axis]?.before ?? 0, pads[axis]?.after ?? 0) > size + limit)) {
        fail("padding-too-large", `${op} cannot pad ${formatShape(spatial)} that far`, {
          expected: `a padding ${mode === "reflect" ? "less than" : "of at most"} the size of the input`,
        });
      }
      const output = spatial.map((size, axis) => size + (pads[axis]?.before ?? 0) + (pads[axis]?.after ?? 0));
      // PyTorch refuses to crop past either end, even where the other end's padding would make up for it.
      const cropsAll = spatial.some((size, axis) => size + Math.min(0, pads[axis]?.before ?? 0) + Math.min(0, pads[axis]?.after ?? 0) < 1);
      if (cropsAll || output.some((size) => size < 1))
        fail("empty-output", `${op} crops ${formatShape(spatial)} to nothing`, { expected: "an output of 1 or more in every dimension" });
      return imageShape({ ...sizes, space: output }, layout);
    },
    { ranks: [rank + 2], attributes: { mode, padding: pads.map(({ before, after }) => [before, after]), ...(value === 0 ? {} : { value }) } },
  );
}

/** PyTorch's order: the last axis first, before and after. */
function torchPads(args: Args, rank: number): readonly Pad[] {
  const list = args.integers("padding", -2_147_483_647);
  if (!args.isTuple("padding")) return Array.from({ length: rank }, () => ({ before: list[0] ?? 0, after: list[0] ?? 0 }));
  if (list.length !== 2 * rank)
    args.fail("padding", `padding of ${args.callee} has ${list.length} values`, `one integer or ${2 * rank} of them, the last axis first`);
  return Array.from({ length: rank }, (_, axis) => {
    const from = 2 * (rank - 1 - axis);
    return { before: list[from] ?? 0, after: list[from + 1] ?? 0 };
  });
}

const TORCH: readonly (readonly [string, Mode, string])[] = [
  ["ZeroPad", "constant", "padding"],
  ["ConstantPad", "constant", "padding, value"],
  ["ReflectionPad", "reflect", "padding"],
  ["ReplicationPad", "replicate", "padding"],
  ["CircularPad", "circular", "padding"],
];

export const torchPads1to3: readonly CallEntry[] = TORCH.flatMap(([name, mode, signature]) =>
  // `print` shows ConstantPad's arguments by name (padding=..., value=...) and the others' by position.
  [1, 2, 3].map((rank): CallEntry => ({
    names: [`${name}${rank}d`],
    signature,
    build: (args) => pad(`${mode}_pad${rank}d`, rank, mode, torchPads(args, rank), args.has("value") ? args.number("value") : 0),
  })),
);

/** Keras's forms: one number, one an axis, or a pair an axis; in one dimension a pair is before and after. */
function kerasPads(args: Args, name: string, rank: number, sign: 1 | -1): readonly Pad[] {
  const both = (size: number): Pad => ({ before: sign * size, after: sign * size });
  if (!args.isTuple(name)) return Array.from({ length: rank }, () => both(args.size(name)));
  const items = args.items(name);
  if (rank === 1 && items.length === 2) {
    const [before = 0, after = 0] = args.integers(name, 0);
    return [{ before: sign * before, after: sign * after }];
  }
  if (items.length !== rank)
    args.fail(name, `${name} of ${args.callee} has ${items.length} values`, `one integer, ${rank} of them, or ${rank} pairs`);
  return items.map((item) => {
    if (item.kind !== "tuple") return both(args.integerOf(item, name, 0));
    const [before, after] = item.items.map((size) => args.integerOf(size, name, 0));
    return { before: sign * (before ?? 0), after: sign * (after ?? before ?? 0) };
  });
}

// https://keras.io/api/layers/reshaping_layers/
export const kerasPads1to3: readonly CallEntry[] = [1, 2, 3].flatMap((rank): CallEntry[] => {
  const sides = rank === 1 ? 1 : 0;
  return [
    {
      names: [`ZeroPadding${rank}D`],
      signature: `padding=1, data_format=None, ${KERAS_LAYER}`,
      build: (args) => pad(`constant_pad${rank}d`, rank, "constant", kerasPads(args, "padding", rank, 1), 0, kerasLayout(args)),
    },
    {
      names: [`Cropping${rank}D`],
      signature: `cropping=${sides}, data_format=None, ${KERAS_LAYER}`,
      build: (args) => pad(`crop${rank}d`, rank, "constant", kerasPads(args, "cropping", rank, -1), 0, kerasLayout(args)),
    },
  ];
});

function shorthandPad(op: "pad" | "crop") {
  return ({ numbers: [size], kernel, place }: ShorthandArgs): Primitive => {
    const sizes =
      kernel ??
      (size === undefined
        ? fail("missing-argument", `${op} needs how many positions`, { place, expected: `a number, as in \`${op} 1\`` })
        : [size, size]);
    const pads = sizes.map((length): Pad => (op === "pad" ? { before: length, after: length } : { before: -length, after: -length }));
    return pad(op, sizes.length, "constant", pads);
  };
}

export const padWords: readonly ShorthandEntry[] = [
  { words: ["pad", "zeropad"], takes: ["kernel", "numbers"], example: "pad 1", build: shorthandPad("pad") },
  { words: ["crop"], takes: ["kernel", "numbers"], example: "crop 1", build: shorthandPad("crop") },
];

import { calledAs } from "../called-as.js";
import { own } from "../../graph/own.js";
import { fail } from "../../graph/diagnostic.js";
import type { Attributes, Primitive } from "../../graph/layer.js";
import { axisNames, imageShape, imageSizes, type Layout } from "../../graph/layout.js";
import { elements, exactSize, type Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry, ShorthandEntry } from "../entry.js";
import { KERAS_LAYER, kerasLayout } from "../keras-common.js";
import { firstInput, inference, NOTHING, requireRank } from "../primitive.js";
import { movement } from "./reshape.js";

/**
 * Operations for each output of an interpolation: t taps take t products and t - 1 additions, the weights being known beforehand;
 * nearest takes none. linear 2, bilinear 4, trilinear 8, bicubic 16 taps.
 */
const TAPS: Readonly<Record<string, { readonly taps: bigint; readonly ranks: readonly number[] }>> = {
  nearest: { taps: 0n, ranks: [3, 4, 5] },
  "nearest-exact": { taps: 0n, ranks: [3, 4, 5] },
  linear: { taps: 2n, ranks: [3] },
  bilinear: { taps: 4n, ranks: [4] },
  bicubic: { taps: 16n, ranks: [4] },
  trilinear: { taps: 8n, ranks: [5] },
};

type Resize = (spatial: readonly number[]) => readonly number[];

interface ResizeOptions {
  readonly layout?: Layout | undefined;
  readonly settings?: Attributes | undefined;
}

function resize(mode: string, ranks: readonly number[], taps: bigint, sizeOf: Resize, options: ResizeOptions = {}): Primitive {
  const { layout = "nchw", settings } = options;
  return {
    type: "primitive",
    op: "upsample",
    stores: NOTHING,
    axes: layout,
    ranks,
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(`upsample (${mode})`, input, ranks, axisNames(layout, input.length));
      const sizes = imageSizes(input, layout);
      const size = sizeOf(sizes.space).map(exactSize);
      if (size.some((length) => length < 1)) fail("empty-output", "the output of upsample would be empty", { expected: "a larger scale" });
      const output = imageShape({ ...sizes, space: size }, layout);
      const operations = taps === 0n ? {} : { interpolation: elements(output) * (2n * taps - 1n) };
      return inference([{ shape: output }], { operations, attributes: { mode, size, ...settings }, mixes: { channels: false, space: taps > 0n } });
    },
  };
}

/** PyTorch, nn.Upsample: floor(in * scale_factor), or the size itself. */
function torchUpsample(args: Args, mode: string): Primitive {
  const rule = own(TAPS, mode) ?? args.fail("mode", `mode of ${args.callee} is '${mode}'`, Object.keys(TAPS).join(", "));
  const sized = !args.isNone("size");
  if (sized === !args.isNone("scale_factor")) {
    args.failAt(args.place, "bad-argument", `${args.callee} takes either size or scale_factor`, "one of the two", "for example scale_factor=2");
  }
  // PyTorch tells linear, bilinear and trilinear apart by the rank of the input: none is made up here by a batch put in front.
  return {
    ...resize(mode, rule.ranks, rule.taps, sized ? fixedSize(args) : scaledSize(args), { settings: torchSettings(args, sized) }),
    ranks: undefined,
  };
}

function torchSettings(args: Args, sized: boolean): Attributes {
  const scale = args.items("scale_factor").flatMap((item) => (item.kind === "number" ? [item.value] : []));
  const alignCorners = args.has("align_corners") && !args.isNone("align_corners") && args.flag("align_corners");
  return { ...(sized ? {} : { scaleFactor: scale }), ...(alignCorners ? { alignCorners } : {}) };
}

function fixedSize(args: Args): Resize {
  const list = args.integers("size", 1);
  return (spatial) => {
    if (args.isTuple("size") && list.length !== spatial.length)
      args.fail("size", `size has ${list.length} values where the input has ${spatial.length} spatial dimensions`);
    return spatial.map((_, axis) => list[axis] ?? list[0] ?? 1);
  };
}

function scaledSize(args: Args): Resize {
  const factors = args.items("scale_factor").map((item) => {
    if (item.kind === "number" && item.value > 0) return item.value;
    return args.fail("scale_factor", `scale_factor of ${args.callee} is not a positive number`, "a number above 0");
  });
  return (spatial) => {
    if (factors.length > 1 && factors.length !== spatial.length)
      args.fail("scale_factor", `scale_factor has ${factors.length} values where the input has ${spatial.length} spatial dimensions`);
    return spatial.map((length, axis) => Math.floor(length * (factors[axis] ?? factors[0] ?? 1)));
  };
}

const UPSAMPLE = "size=None, scale_factor=None";

export const torchResizes: readonly CallEntry[] = [
  {
    names: ["Upsample"],
    signature: `${UPSAMPLE}, mode='nearest', align_corners=None, recompute_scale_factor=None`,
    build: (args) => torchUpsample(args, args.text("mode")),
  },
  // Both are subclasses of nn.Upsample.
  { names: ["UpsamplingNearest2d"], signature: `${UPSAMPLE}, mode='nearest'`, build: (args) => calledAs("subclass", torchUpsample(args, "nearest")) },
  {
    names: ["UpsamplingBilinear2d"],
    signature: `${UPSAMPLE}, mode='bilinear', align_corners=True`,
    build: (args) => calledAs("subclass", torchUpsample(args, "bilinear")),
  },
  { names: ["PixelShuffle"], signature: "upscale_factor", build: (args) => pixelShuffle(args.count("upscale_factor")) },
  { names: ["PixelUnshuffle"], signature: "downscale_factor", build: (args) => pixelUnshuffle(args.count("downscale_factor")) },
  { names: ["ChannelShuffle"], signature: "groups", build: (args) => channelShuffle(args.count("groups")) },
];

/** Keras repeats rows and columns, or interpolates them (UpSampling2D's interpolation). */
function repeated(mode: string, factors: readonly number[], layout?: Layout): Primitive {
  const taps = mode === "nearest" ? 0n : (own(KERAS_TAPS, mode) ?? 0n);
  return resize(mode, [factors.length + 2], taps, (spatial) => spatial.map((length, axis) => length * (factors[axis] ?? 1)), {
    layout,
    settings: { scaleFactor: factors },
  });
}

const KERAS_TAPS: Readonly<Record<string, bigint>> = { bilinear: 4n, bicubic: 16n, lanczos3: 36n, lanczos5: 100n };

export const kerasResizes: readonly CallEntry[] = [
  {
    names: ["UpSampling1D"],
    signature: `size=2, ${KERAS_LAYER}`,
    build: (args) => repeated("nearest", args.perAxis("size", 1, 1), kerasLayout(args)),
  },
  {
    names: ["UpSampling2D"],
    signature: `size=2, data_format=None, interpolation='nearest', ${KERAS_LAYER}`,
    build: (args) =>
      repeated(
        args.oneOf("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"]),
        args.perAxis("size", 2, 1),
        kerasLayout(args),
      ),
  },
  {
    names: ["UpSampling3D"],
    signature: `size=2, data_format=None, ${KERAS_LAYER}`,
    build: (args) => repeated("nearest", args.perAxis("size", 3, 1), kerasLayout(args)),
  },
];

/** C*r*r x H x W to C x H*r x W*r (arXiv 1609.05158; PyTorch, nn.PixelShuffle). */
function pixelShuffle(factor: number): Primitive {
  return movement(
    "pixel_shuffle",
    "nchw",
    ([batch = 0, channels = 0, ...space]) => {
      requireRank("pixel_shuffle", [batch, channels, ...space], [4], "N, C, H, W");
      if (channels % (factor * factor) !== 0) {
        fail("channel-mismatch", `pixel_shuffle by ${factor} needs channels divisible by ${factor * factor}, and there are ${channels}`, {
          expected: `a multiple of ${factor * factor}`,
        });
      }
      return [batch, channels / (factor * factor), ...space.map((size) => size * factor)];
    },
    { ranks: [4], attributes: { upscaleFactor: factor } },
  );
}

function pixelUnshuffle(factor: number): Primitive {
  return movement(
    "pixel_unshuffle",
    "nchw",
    ([batch = 0, channels = 0, ...space]) => {
      requireRank("pixel_unshuffle", [batch, channels, ...space], [4], "N, C, H, W");
      if (space.some((size) => size % factor !== 0)) {
        fail("size-mismatch", `pixel_unshuffle by ${factor} needs height and width divisible by it, and they are ${space.join("x")}`, {
          expected: `multiples of ${factor}`,
        });
      }
      return [batch, channels * factor * factor, ...space.map((size) => size / factor)];
    },
    { ranks: [4], attributes: { downscaleFactor: factor } },
  );
}

function channelShuffle(groups: number): Primitive {
  const shape = (input: Shape): Shape => {
    const channels = input[1] ?? 0;
    if (channels % groups !== 0)
      fail("groups-do-not-divide", `channel_shuffle cannot divide ${channels} channels into ${groups} groups`, {
        expected: `channels a multiple of ${groups}`,
      });
    return input;
  };
  return movement("channel_shuffle", "nchw", shape, { attributes: { groups } });
}

export const resizeWords: readonly ShorthandEntry[] = [
  {
    words: ["up", "upsample"],
    takes: ["kernel", "numbers"],
    example: "up 2",
    build: ({ kernel, numbers: [factor] }) => repeated("nearest", kernel ?? [factor ?? 2, factor ?? 2]),
  },
  { words: ["shuffle", "pixelshuffle"], takes: ["numbers"], example: "shuffle 2", build: ({ numbers: [factor] }) => pixelShuffle(factor ?? 2) },
];

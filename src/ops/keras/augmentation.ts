import type { Layer, Primitive } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { elementwise, firstInput, inference, NOTHING, requireRank } from "../primitive.js";

// https://keras.io/api/layers/preprocessing_layers/ and keras/src/layers/preprocessing/image_preprocessing (Keras 3.15)
const IMAGE = `value_range=(0, 255), seed=None, data_format=None, bounding_box_format=None, ${KERAS_LAYER}`;
const MOVED = `fill_mode='reflect', interpolation='bilinear', fill_value=0.0, ${IMAGE}`;

/** Work on an image while a model is trained, and nothing at inference: the name, and what the class takes besides the usual. */
const RANDOM: Readonly<Record<string, string>> = {
  AugMix: `num_chains=3, chain_depth=3, factor=0.3, alpha=1.0, all_ops=True, interpolation='bilinear', ${IMAGE}`,
  CutMix: `factor=1.0, ${IMAGE}`,
  MixUp: `alpha=0.2, ${IMAGE}`,
  RandAugment: `num_ops=2, factor=0.5, interpolation='bilinear', ${IMAGE}`,
  RandomBrightness: `factor, ${IMAGE}`,
  RandomColorDegeneration: `factor, ${IMAGE}`,
  RandomColorJitter: `brightness_factor=None, contrast_factor=None, saturation_factor=None, hue_factor=None, ${IMAGE}`,
  RandomContrast: `factor, ${IMAGE}`,
  RandomElasticTransform: `factor=1.0, scale=1.0, ${MOVED}`,
  RandomErasing: `factor=1.0, scale=(0.02, 0.33), fill_value=None, ${IMAGE}`,
  RandomFlip: `mode='horizontal_and_vertical', ${IMAGE}`,
  RandomGaussianBlur: `factor=1.0, kernel_size=3, sigma=1.0, ${IMAGE}`,
  RandomGrayscale: `factor=0.5, ${IMAGE}`,
  RandomHue: `factor, ${IMAGE}`,
  RandomInvert: `factor=1.0, ${IMAGE}`,
  RandomPerspective: `factor=1.0, scale=1.0, ${MOVED}`,
  RandomPosterization: `factor, ${IMAGE}`,
  RandomRotation: `factor, ${MOVED}`,
  RandomSaturation: `factor, ${IMAGE}`,
  RandomSharpness: `factor, ${IMAGE}`,
  RandomShear: `x_factor=0.0, y_factor=0.0, ${MOVED}`,
  RandomTranslation: `height_factor, width_factor, ${MOVED}`,
  RandomZoom: `height_factor, width_factor=None, ${MOVED}`,
  // Keras 2's names.
  RandomHeight: `factor, ${MOVED}`,
  RandomWidth: `factor, ${MOVED}`,
};

/**
 * Work on every image, at inference too, so many operations a pixel: AutoContrast finds the darkest and the lightest, shifts, scales and clips;
 * Solarization adds, clips on both sides, compares and subtracts; the two equalizations count each pixel and look it up, CLAHE between four tiles.
 */
const ALWAYS: readonly (readonly [string, string, string, bigint])[] = [
  ["AutoContrast", "auto_contrast", IMAGE, 6n],
  ["Solarization", "solarization", `addition_factor=0.0, threshold_factor=0.0, ${IMAGE}`, 5n],
  ["Equalization", "equalization", `value_range=(0, 255), bins=256, data_format=None, seed=None, bounding_box_format=None, ${KERAS_LAYER}`, 2n],
  [
    "ContrastLimitedAdaptiveHistogramEqualization",
    "clahe",
    `value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, ${KERAS_LAYER}`,
    9n,
  ],
];

/** At inference the input itself. */
function training(op: string): Primitive {
  return { ...elementwise(op, "elementwise", 0n), view: true };
}

/** An image of another height and width, the rest of its sizes kept: rank 3 without a batch, or 4. */
function sized(op: string, args: Args, perElement: bigint): Primitive {
  const [height, width] = [args.count("height"), args.count("width")];
  const isFirst = !args.isNone("data_format") && args.text("data_format") === "channels_first";
  return {
    type: "primitive",
    op,
    stores: NOTHING,
    axes: "plain",
    ranks: [4],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank(op, input, [3, 4], "batch, height, width, channels");
      const output: Shape = isFirst ? [...input.slice(0, -2), height, width] : [...input.slice(0, -3), height, width, ...input.slice(-1)];
      const operations = perElement === 0n ? {} : { interpolation: perElement * elements(output) };
      return inference([{ shape: output }], { operations, attributes: { outputSize: [height, width], layout: isFirst ? "nchw" : "nhwc" } });
    },
  };
}

/** Additions and products for each output, as the resize operator counts them. */
function tapsOf(args: Args): bigint {
  const interpolation = args.text("interpolation");
  return interpolation === "nearest" ? 0n : interpolation === "bicubic" ? 31n : 7n;
}

const SIZE = `height, width, data_format=None, seed=None, bounding_box_format=None, ${KERAS_LAYER}`;

const snake = (name: string) => name.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toLowerCase();

/** Preprocessing and augmentation of images: none of it stores a weight. */
export const kerasImages: readonly CallEntry[] = [
  ...Object.entries(RANDOM).map(([name, signature]): CallEntry => ({ names: [name], signature, build: () => training(snake(name)) })),
  ...ALWAYS.map(([name, op, signature, count]): CallEntry => ({ names: [name], signature, build: () => elementwise(op, "elementwise", count) })),
  { names: ["CenterCrop"], signature: SIZE, build: (args) => sized("center_crop", args, 0n) },
  { names: ["RandomCrop"], signature: SIZE, build: (args) => sized("center_crop", args, 0n) },
  {
    names: ["Resizing"],
    signature: `height, width, interpolation='bilinear', crop_to_aspect_ratio=False, pad_to_aspect_ratio=False, fill_mode='constant', fill_value=0.0, antialias=False, data_format=None, bounding_box_format=None, ${KERAS_LAYER}`,
    build: (args): Layer => sized("upsample", args, tapsOf(args)),
  },
  { names: ["Rescaling"], signature: `scale, offset=0.0, ${KERAS_LAYER}`, build: () => elementwise("rescaling", "elementwise", 2n) },
  { names: ["Masking"], signature: `mask_value=0.0, ${KERAS_LAYER}`, build: () => training("masking") },
];

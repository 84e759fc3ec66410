import { isLayout } from "../../graph/layer.js";
import { befores, isSymmetric } from "../border.js";
import { flattenedNote, isPointwise } from "../held.js";
import { Attrs, cannotWrite, type Part } from "../part.js";
import { call, literal, perAxis, tuple, unless } from "../python.js";
import { ranked, statement, type Step, type Writer, type Writers } from "../step.js";
import { constantPad, padList } from "./windows.js";

const make = (text: string): readonly Step[] => [{ make: text }];

const linear: Writer = (part) => {
  const attributes = new Attrs(part);
  const [features, out] = [attributes.number("inFeatures"), attributes.number("outFeatures")];
  const bias = unless(attributes.flag("bias"), true);
  const rank = part.input.shape.length;
  if (!isPointwise(part)) return make(call("nn.Linear", [features, out], [["bias", bias]]));
  return make(
    call(
      `nn.Conv${rank - 2}d`,
      [features, out],
      [
        ["kernel_size", "1"],
        ["bias", bias],
      ],
    ),
  );
};

const bilinear: Writer = (part) => {
  const attributes = new Attrs(part);
  const [left, right] = [attributes.number("in1Features"), attributes.number("in2Features")];
  if (left !== right) cannotWrite(part, "it reads two tensors of different sizes");
  const text = call("nn.Bilinear", [left, right, attributes.number("outFeatures")], [["bias", unless(attributes.flag("bias"), true)]]);
  return [{ make: text, run: (ref) => [`x = ${ref}(x, x)`] }];
};

const embedding: Writer = (part) => {
  const attributes = new Attrs(part);
  const sizes = [attributes.number("numEmbeddings"), attributes.number("embeddingDim")];
  if (attributes.flag("maskZero")) cannotWrite(part, "PyTorch has no masks", "leave mask_zero out");
  const index = attributes.optional("paddingIdx");
  return make(call("nn.Embedding", sizes, [["padding_idx", index === undefined ? undefined : literal(index)]]));
};

const embeddingBag: Writer = (part) => {
  const attributes = new Attrs(part);
  const sizes = [attributes.number("numEmbeddings"), attributes.number("embeddingDim")];
  return make(call("nn.EmbeddingBag", sizes, [["mode", unless(attributes.text("mode"), "mean")]]));
};

const flatten: Writer = (part) => {
  const attributes = new Attrs(part);
  const [start, end] = [attributes.number("startDim"), attributes.number("endDim")];
  if (part.input.shape.length === 1) return [statement("x = x.reshape(-1, 1)")];
  const all = start === 1 && end === -1;
  return [{ make: call("nn.Flatten", all ? [] : [start, end]), note: all ? flattenedNote(part) : undefined }];
};

const unflatten: Writer = (part) => {
  const attributes = new Attrs(part);
  return make(call("nn.Unflatten", [attributes.number("dim"), tuple(attributes.sizes("sizes"))]));
};

const reshape: Writer = (part) => [statement(`x = x.reshape(x.shape[0], ${new Attrs(part).sizes("sizes").join(", ")})`)];

/** PyTorch needs no permute between frameworks: it holds every image channels first. */
const permute: Writer = (part) => {
  if (isLayout(part.layer.layer.axes)) return [];
  return [statement(`x = ${call("x.permute", [0, ...new Attrs(part).sizes("dims")])}`)];
};

const repeatVector: Writer = (part) => [statement(`x = x.unsqueeze(1).repeat(1, ${new Attrs(part).number("repeats")}, 1)`)];

const pad: Writer = (part) => {
  const attributes = new Attrs(part);
  const pads = attributes.pads("padding");
  const rank = pads.length;
  const mode = attributes.text("mode");
  if (mode === "constant") return [{ ...constantPad(rank, pads, attributes.optional("value") ?? 0), suffix: undefined }];
  if (mode === "circular")
    return [{ ...statement(`x = F.pad(x, ${padList(pads)}, mode="circular")`), imports: ["from torch.nn import functional as F"] }];
  const even = isSymmetric(pads) && new Set(befores(pads)).size === 1;
  return make(call(`nn.${mode === "reflect" ? "Reflection" : "Replication"}Pad${rank}d`, [even ? perAxis(befores(pads)) : padList(pads)]));
};

const MODES = ["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear"];

const upsample: Writer = (part) => {
  const attributes = new Attrs(part);
  const mode = attributes.text("mode");
  if (!MODES.includes(mode)) cannotWrite(part, `PyTorch has no interpolation '${mode}'`);
  const scale = attributes.has("scaleFactor") ? attributes.sizes("scaleFactor") : undefined;
  return make(
    call(
      "nn.Upsample",
      [],
      [
        ["size", scale === undefined ? tuple(attributes.sizes("size")) : undefined],
        ["scale_factor", scale === undefined ? undefined : perAxis(scale)],
        ["mode", unless(mode, "nearest")],
        ["align_corners", attributes.flag("alignCorners") ? "True" : undefined],
      ],
    ),
  );
};

const sized =
  (name: string, attribute: string): Writer =>
  (part) =>
    make(call(`nn.${name}`, [new Attrs(part).number(attribute)]));

function foldWindow(part: Part) {
  const attributes = new Attrs(part);
  const [stride, dilation] = [attributes.sizes("stride"), attributes.sizes("dilation")];
  const one = (values: readonly number[]) => (values.every((value) => value === 1) ? undefined : perAxis(values));
  return (padding: string | undefined) =>
    [
      ["dilation", one(dilation)],
      ["padding", padding],
      ["stride", one(stride)],
    ] as const;
}

const unfold: Writer = (part) => {
  const attributes = new Attrs(part);
  const kernelSize = attributes.sizes("kernelSize");
  const named = foldWindow(part);
  const word = attributes.optionalText("padding");
  if (word !== "same") {
    const padding = word === "valid" ? undefined : attributes.sizes("padding");
    return make(call("nn.Unfold", [perAxis(kernelSize)], named(padding?.some((size) => size > 0) === true ? perAxis(padding) : undefined)));
  }
  const dilation = attributes.sizes("dilation");
  const reach = kernelSize.map((size, axis) => (dilation[axis] ?? 1) * (size - 1) + 1);
  const samePad: Step = { suffix: "pad", make: call("SamePad", [tuple(reach), tuple(attributes.sizes("stride"))]), helpers: ["SamePad"] };
  return [samePad, { make: call("nn.Unfold", [perAxis(kernelSize)], named(undefined)) }];
};

const fold: Writer = (part) => {
  const attributes = new Attrs(part);
  const padding = attributes.sizes("padding");
  const named = foldWindow(part)(padding.some((size) => size > 0) ? perAxis(padding) : undefined);
  return make(call("nn.Fold", [tuple(attributes.sizes("outputSize")), perAxis(attributes.sizes("kernelSize"))], named));
};

/** A learned tensor that is no module: a parameter, and a statement that reads it. */
function parameter(initial: string, run: (ref: string) => string): readonly Step[] {
  return [{ make: `nn.Parameter(${initial})`, run: (ref) => [`x = ${run(ref)}`], imports: ["import torch"] }];
}

const tokens: Writers = {
  class_token: ({ input }) =>
    parameter(`torch.zeros(1, 1, ${input.shape.at(-1) ?? 1})`, (ref) => `torch.cat([${ref}.expand(x.shape[0], -1, -1), x], dim=1)`),
  select_token: () => [statement("x = x[:, 0]")],
  position_embedding: ({ input }) => parameter(`torch.zeros(1, ${input.shape.slice(1).join(", ")})`, (ref) => `x + ${ref}`),
  layer_scale: ({ input }) => {
    const spatial = Math.max(0, input.shape.length - 2);
    const image = input.shape.length >= 4;
    const shape = image ? [input.shape[1] ?? 1, ...Array<number>(spatial).fill(1)] : [input.shape.at(-1) ?? 1];
    return parameter(call("torch.ones", shape), (ref) => `x * ${ref}`);
  },
};

/** Linear layers, embeddings, and what moves data. */
export const tensorWriters: Writers = {
  linear,
  bilinear,
  embedding,
  embedding_bag: embeddingBag,
  flatten,
  unflatten,
  reshape,
  permute,
  repeat_vector: repeatVector,
  ...ranked("constant_pad", pad),
  ...ranked("reflect_pad", pad),
  ...ranked("replicate_pad", pad),
  ...ranked("circular_pad", pad),
  ...ranked("crop", pad),
  pad,
  crop: pad,
  upsample,
  pixel_shuffle: sized("PixelShuffle", "upscaleFactor"),
  pixel_unshuffle: sized("PixelUnshuffle", "downscaleFactor"),
  channel_shuffle: sized("ChannelShuffle", "groups"),
  unfold,
  fold,
  ...tokens,
};

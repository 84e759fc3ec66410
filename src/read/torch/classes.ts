import type { Args } from "../../ops/args.js";
import type { CallEntry } from "../../ops/entry.js";
import { linear } from "../../ops/linear.js";
import { torchEntry } from "../notation/read.js";
import type { PrintedArguments } from "./arguments.js";

/** What a class name is taken for. */
export type KnownAs =
  /** A class of PyTorch or torchvision whose arguments say what it stores. */
  | {
      readonly kind: "layer";
      readonly name: string;
      readonly entry: CallEntry;
      /** The class is the one of that name, and not a subclass. */
      readonly exact: boolean;
      /** The arguments alone tell it, and nothing in the name. */
      readonly byArguments?: boolean;
    }
  /** It stores nothing, whatever it prints. A class of one's own is taken for that by the words of its name. */
  | { readonly kind: "nothing"; readonly name: string; readonly entry: CallEntry | undefined; readonly isLike?: boolean }
  /** It has no parameters, and buffers that it does not print. */
  | { readonly kind: "observer" };

/** A class that stores tensors, by the words of its name, and the arguments without which they are not known. */
interface Base {
  readonly words: readonly string[];
  /** The class of PyTorch that reads the arguments. */
  readonly className: (args: PrintedArguments) => string;
  readonly needs: (args: PrintedArguments) => boolean;
}

const named = (args: PrintedArguments, ...names: readonly string[]) => names.every((name) => args.named.some((each) => each.name === name));
const rankOf = (args: PrintedArguments): number => {
  const kernel = args.named.find(({ name }) => name === "kernel_size")?.value;
  return kernel?.kind === "tuple" ? kernel.items.length : 0;
};
const sizes = (args: PrintedArguments, count: number) =>
  args.positional.length >= count && args.positional.slice(0, count).every((value) => value.kind === "number" || value.kind === "tuple");

function base(text: string, className: Base["className"] | string, needs: Base["needs"]): Base {
  return { words: words(text), className: typeof className === "string" ? () => className : className, needs };
}

const hasKernel = (args: PrintedArguments) => rankOf(args) > 0 && (sizes(args, 2) || named(args, "in_channels", "out_channels"));
const isRecurrent = (args: PrintedArguments) => sizes(args, 2) && !named(args, "kernel_size");

/** The classes of detectron2 and DETR do not print their sizes, which are those of buffers alone. */
const FROZEN = words("FrozenBatchNorm");
/** Angles of the rotary embeddings of transformers' models, which are not trained (arXiv 2104.09864). */
const ROTARY = /^[A-Z]\w*[a-z0-9]RotaryEmbedding$/;

/** Subclasses print as their base does: the base is known by the words of the name, and by the arguments that it prints. */
const BASES: readonly Base[] = [
  base("ConvTranspose", (args) => `ConvTranspose${rankOf(args)}d`, hasKernel),
  base("DeformConv", "DeformConv2d", hasKernel),
  base("Conv", (args) => `Conv${rankOf(args)}d`, hasKernel),
  base("Linear", "Linear", (args) => named(args, "in_features", "out_features")),
  base("Bilinear", "Bilinear", (args) => named(args, "in1_features", "in2_features", "out_features")),
  base("EmbeddingBag", "EmbeddingBag", (args) => sizes(args, 2)),
  base("Embedding", "Embedding", (args) => sizes(args, 2) || named(args, "num_embeddings", "embedding_dim")),
  { words: FROZEN, className: () => "FrozenBatchNorm2d", needs: (args) => sizes(args, 1) || named(args, "num_features") },
  base("BatchNorm", "BatchNorm2d", (args) => sizes(args, 1) && named(args, "affine")),
  base("InstanceNorm", "InstanceNorm2d", (args) => sizes(args, 1) && named(args, "affine")),
  base("GroupNorm", "GroupNorm", (args) => sizes(args, 2) && named(args, "affine")),
  base("LayerNorm", "LayerNorm", (args) => sizes(args, 1) && named(args, "elementwise_affine")),
  base("RMSNorm", "RMSNorm", (args) => sizes(args, 1)),
  base("PReLU", "PReLU", (args) => named(args, "num_parameters")),
  ...["RNN", "GRU", "LSTM"].flatMap((cell) => [base(`${cell}Cell`, `${cell}Cell`, isRecurrent), base(cell, cell, isRecurrent)]),
];

/** Arguments that are printed together by one class of PyTorch alone. */
const SIGNATURES: readonly { readonly words: string; readonly names: readonly string[] }[] = [
  { words: "conv", names: ["kernel_size", "stride"] },
  { words: "linear", names: ["in_features", "out_features", "bias"] },
  { words: "batch,norm", names: ["eps", "momentum", "affine"] },
  { words: "layer,norm", names: ["eps", "elementwise_affine"] },
];

/** Classes of PyTorch that store something which no argument on their line says. */
const STORING = /^(?:Lazy|MultiheadAttention|Transformer|ShiftedWindowAttention|RelativePositional|PatchMerging)/;

/** Layers that print their arguments and are typed in no notation. */
const PRINTED_ONLY: readonly CallEntry[] = [
  // transformers, pytorch_utils.py: a linear layer whose weight lies the other way round.
  {
    names: ["Conv1D"],
    signature: "nf, nx",
    build: (args: Args) => linear({ inFeatures: args.count("nx"), outFeatures: args.count("nf"), bias: true }),
  },
  // torch 1.4 to 1.8, inside MultiheadAttention.
  {
    names: ["_LinearWithBias"],
    signature: "in_features, out_features, bias=True",
    build: (args: Args) => linear({ inFeatures: args.count("in_features"), outFeatures: args.count("out_features"), bias: args.flag("bias") }),
  },
];

/** Classes without tensors besides those of the notations: of PyTorch, torchvision and einops. */
const NOTHING = new Set([
  ..."CosineSimilarity PairwiseDistance CrossMapLRN2d QuantStub DeQuantStub Quantize DeQuantize FloatFunctional FXFloatFunctional".split(" "),
  ..."QFunctional LinearPackedParams PackedParameter RoIAlign RoIPool PSRoIAlign PSRoIPool MultiScaleRoIAlign LastLevelMaxPool".split(" "),
  ..."AnchorGenerator DefaultBoxGenerator GeneralizedRCNNTransform Permute SwapAxes Concat WindowPartition WindowDepartition Rearrange Reduce h_swish h_sigmoid".split(
    " ",
  ),
]);
/** Functions that libraries write as classes of their own, by the words of their names: `QuickGELUActivation`, `SegformerDropPath`. */
const FUNCTIONS =
  "Activation ReLU GELU SiLU Mish Swish Sigmoid Tanh Softmax Identity Dropout DropPath DropBlock StochasticDepth MaxPool AvgPool AdaptivePool"
    .split(" ")
    .map((name) => ({ name, words: words(name) }));
const LOSS = /Loss$/;
const OBSERVER = /(?:Observer|FakeQuantize)$/;
/** A fake quantiser that learns its scale and zero point. */
const LEARNABLE = /Learnable/;

/** What a class is taken for, by its name and what it prints; undefined where neither is known. */
export function knownAs(className: string, args: PrintedArguments): KnownAs | undefined {
  const name = withoutPrefix(className);
  const parts = words(name);
  const near = longest(BASES.filter((each) => contains(parts, each.words)));
  const entry = torchEntry(name) ?? PRINTED_ONLY.find(({ names }) => names.includes(name));
  if (near?.words === FROZEN && !near.needs(args)) return { kind: "observer" };
  if (ROTARY.test(name)) return { kind: "observer" };
  if (entry !== undefined) {
    const stores = near !== undefined || STORING.test(name);
    return stores ? { kind: "layer", name, entry, exact: true } : { kind: "nothing", name, entry };
  }
  if (near !== undefined) return nearClass(near, args);
  if (OBSERVER.test(name) && !LEARNABLE.test(name)) return { kind: "observer" };
  if (NOTHING.has(name) || LOSS.test(name)) return { kind: "nothing", name, entry: undefined };
  const like = FUNCTIONS.find((each) => contains(parts, each.words));
  return like === undefined ? byArguments(args) : { kind: "nothing", name: like.name, entry: undefined, isLike: true };
}

/** `Linear` of `torch.nn.Linear`; `lora.Linear` is another class, and stays. */
export function withoutPrefix(className: string): string {
  return className.replace(/^(?:torch\.)?nn\./, "");
}

function nearClass(near: Base, args: PrintedArguments): KnownAs | undefined {
  if (!near.needs(args)) return undefined;
  const name = near.className(args);
  const entry = torchEntry(name);
  return entry && { kind: "layer", name, entry, exact: false };
}

/** The class whose arguments nothing else prints, for a name that has nothing of it; it may store more. */
function byArguments(args: PrintedArguments): KnownAs | undefined {
  const found = SIGNATURES.find(({ names }) => named(args, ...names));
  const near = BASES.find((each) => each.words.join() === found?.words);
  const known = near && nearClass(near, args);
  return known?.kind === "layer" ? { ...known, byArguments: true } : undefined;
}

function longest(bases: readonly Base[]): Base | undefined {
  return bases.reduce<Base | undefined>((best, each) => (best === undefined || each.words.length > best.words.length ? each : best), undefined);
}

/** `ScaledStdConv2dSame` as scaled, std, conv, same: in small letters, and without the number of dimensions. */
function words(name: string): readonly string[] {
  const found = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
  return found.map((word) => word.toLowerCase()).filter((word) => word !== "d");
}

/** Whether the words of one name stand in another in their order, others between them. */
function contains(all: readonly string[], part: readonly string[]): boolean {
  let at = 0;
  for (const word of all) if (word === part[at]) at += 1;
  return at === part.length;
}

import type { Layer } from "../../graph/layer.js";
import { MAX_DIMENSION } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry, Family, ShorthandArgs } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { channelNorm, localResponseNorm } from "./channel-norm.js";
import { elementwise } from "../primitive.js";
import { layerNorm } from "./layer-norm.js";
import { featureNorm } from "./statistics.js";

// https://docs.pytorch.org/docs/stable/nn.html#normalization-layers
// A norm may leave out its shift since PyTorch 2.13.
const BATCH = "eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, device=None, dtype=None, bias=True";
const INSTANCE = "eps=1e-05, momentum=0.1, affine=False, track_running_stats=False, device=None, dtype=None, bias=True";
const RANKS: Readonly<Record<number, readonly number[]>> = { 1: [2, 3], 2: [4], 3: [5] };

function torchNorm(args: Args, op: "batch_norm" | "instance_norm", ranks: readonly number[] | undefined, lazy: boolean): Layer {
  const affine = args.flag("affine");
  const numFeatures = lazy ? undefined : args.count("num_features");
  return channelNorm({
    op,
    numFeatures,
    scale: affine,
    shift: affine && args.flag("bias"),
    running: args.flag("track_running_stats"),
    ranks,
    eps: args.number("eps"),
    momentum: args.isNone("momentum") ? null : args.number("momentum"),
  });
}

function ranked(rank: number): readonly CallEntry[] {
  const instanceRanks = [rank + 2];
  return [
    { names: [`BatchNorm${rank}d`], signature: `num_features, ${BATCH}`, build: (args) => torchNorm(args, "batch_norm", RANKS[rank], false) },
    { names: [`LazyBatchNorm${rank}d`], signature: BATCH, build: (args) => torchNorm(args, "batch_norm", RANKS[rank], true) },
    {
      names: [`InstanceNorm${rank}d`],
      signature: `num_features, ${INSTANCE}`,
      build: (args) => torchNorm(args, "instance_norm", instanceRanks, false),
    },
    { names: [`LazyInstanceNorm${rank}d`], signature: INSTANCE, build: (args) => torchNorm(args, "instance_norm", instanceRanks, true) },
  ];
}

const torch: readonly CallEntry[] = [
  ...[1, 2, 3].flatMap(ranked),
  {
    names: ["SyncBatchNorm"],
    signature: "num_features, eps=1e-05, momentum=0.1, affine=True, track_running_stats=True, process_group=None, device=None, dtype=None, bias=True",
    build: (args) => torchNorm(args, "batch_norm", undefined, false),
  },
  {
    names: ["GroupNorm"],
    signature: "num_groups, num_channels, eps=1e-05, affine=True, device=None, dtype=None, bias=True",
    build: (args) => {
      const affine = args.flag("affine");
      return channelNorm({
        op: "group_norm",
        numFeatures: args.count("num_channels"),
        numGroups: args.count("num_groups"),
        scale: affine,
        shift: affine && args.flag("bias"),
        running: false,
        eps: args.number("eps"),
      });
    },
  },
  {
    // torchvision.ops: batch normalisation whose scale and shift are not trained either.
    names: ["FrozenBatchNorm2d"],
    signature: "num_features, eps=1e-05",
    build: (args) =>
      channelNorm({
        op: "batch_norm",
        numFeatures: args.count("num_features"),
        scale: true,
        shift: true,
        running: true,
        frozen: true,
        ranks: RANKS[2],
        eps: args.number("eps"),
      }),
  },
  {
    names: ["LayerNorm"],
    signature: "normalized_shape, eps=1e-05, elementwise_affine=True, bias=True, device=None, dtype=None",
    build: (args) =>
      layerNorm({
        normalizedShape: args.integers("normalized_shape", 1),
        affine: args.flag("elementwise_affine"),
        bias: args.flag("elementwise_affine") && args.flag("bias"),
        eps: args.number("eps"),
      }),
  },
  {
    names: ["RMSNorm"],
    signature: "normalized_shape, eps=None, elementwise_affine=True, device=None, dtype=None",
    build: (args) =>
      layerNorm({
        normalizedShape: args.integers("normalized_shape", 1),
        affine: args.flag("elementwise_affine"),
        bias: false,
        rms: true,
        eps: args.isNone("eps") ? undefined : args.number("eps"),
      }),
  },
  {
    names: ["LocalResponseNorm"],
    signature: "size, alpha=0.0001, beta=0.75, k=1.0",
    build: (args) => localResponseNorm(args.count("size"), { alpha: args.number("alpha"), beta: args.number("beta"), k: args.number("k") }),
  },
];

// https://keras.io/api/layers/normalization_layers/
const AFFINE = "epsilon=0.001, center=True, scale=True";
const INITIALIZERS = "beta_initializer='zeros', gamma_initializer='ones'";
const REGULARIZERS = "beta_regularizer=None, gamma_regularizer=None, beta_constraint=None, gamma_constraint=None";

const axesOf = (args: Args) => args.integers("axis", -MAX_DIMENSION);

function kerasBatchNorm(args: Args): Layer {
  return channelNorm({
    op: "batch_norm",
    axis: axesOf(args),
    scale: args.flag("scale"),
    shift: args.flag("center"),
    running: true,
    renorm: args.flag("renorm"),
    eps: args.number("epsilon"),
    momentum: rounded(1 - args.number("momentum")),
  });
}

function kerasGroupNorm(args: Args): Layer {
  const groups = args.integer("groups");
  if (groups !== -1 && groups < 1) args.fail("groups", `groups of ${args.callee} is ${groups}`, "1 or more, or -1 for a group a channel");
  return channelNorm({
    op: "group_norm",
    axis: [args.integer("axis")],
    numGroups: groups,
    scale: args.flag("scale"),
    shift: args.flag("center"),
    running: false,
    eps: args.number("epsilon"),
  });
}

const keras: readonly CallEntry[] = [
  {
    names: ["BatchNormalization"],
    signature: `axis=-1, momentum=0.99, ${AFFINE}, ${INITIALIZERS}, moving_mean_initializer='zeros', moving_variance_initializer='ones', ${REGULARIZERS}, renorm=False, renorm_clipping=None, renorm_momentum=0.99, synchronized=False, fused=None, virtual_batch_size=None, ${KERAS_LAYER}`,
    build: kerasBatchNorm,
  },
  {
    names: ["GroupNormalization"],
    signature: `groups=32, axis=-1, ${AFFINE}, ${INITIALIZERS}, ${REGULARIZERS}, ${KERAS_LAYER}`,
    build: kerasGroupNorm,
  },
  {
    names: ["LayerNormalization"],
    signature: `axis=-1, ${AFFINE}, rms_scaling=False, ${INITIALIZERS}, ${REGULARIZERS}, ${KERAS_LAYER}`,
    build: kerasLayerNorm,
  },
  {
    names: ["RMSNormalization"],
    signature: `axis=-1, epsilon=1e-06, ${KERAS_LAYER}`,
    build: (args) => layerNorm({ axes: axesOf(args), affine: true, bias: false, rms: true, eps: args.number("epsilon") }),
  },
];

/** Keras's norms whose weights are statistics, or none. */
const kerasStatistics: readonly CallEntry[] = [
  {
    names: ["Normalization"],
    signature: `axis=-1, mean=None, variance=None, invert=False, ${KERAS_LAYER}`,
    build: (args) => featureNorm(args.isNone("axis") ? [] : axesOf(args), args.isNone("mean") ? "kept" : "given"),
  },
  { names: ["UnitNormalization"], signature: `axis=-1, ${KERAS_LAYER}`, build: () => elementwise("unit_norm", "normalization", 3n) },
];

/** 1 - 0.99 is 0.010000000000000009 in binary. */
const rounded = (value: number) => Number(value.toPrecision(12));

/** `rms_scaling` has a scale and no shift, whatever else is said (keras/src/layers/normalization/layer_normalization.py). */
function kerasLayerNorm(args: Args): Layer {
  const rms = args.flag("rms_scaling");
  return layerNorm({
    axes: axesOf(args),
    affine: rms || args.flag("scale"),
    bias: !rms && args.flag("center"),
    rms,
    eps: args.number("epsilon"),
  });
}

const numGroups = ({ numbers: [groups] }: ShorthandArgs) => groups ?? 32;

/** Normalisation layers of both frameworks. */
export const normFamily: Family = {
  torch,
  keras: [...keras, ...kerasStatistics],
  shorthand: [
    { words: ["bn", "batchnorm"], takes: [], example: "bn", build: () => channelNorm({ op: "batch_norm", scale: true, shift: true, running: true }) },
    {
      words: ["in", "instancenorm"],
      takes: [],
      example: "instancenorm",
      build: () => channelNorm({ op: "instance_norm", scale: false, shift: false, running: false }),
    },
    {
      words: ["gn", "groupnorm"],
      takes: ["numbers"],
      example: "gn 32",
      build: (args) => channelNorm({ op: "group_norm", numGroups: numGroups(args), scale: true, shift: true, running: false }),
    },
    {
      words: ["ln", "layernorm"],
      takes: ["numbers"],
      example: "layernorm 768",
      build: ({ numbers }) => layerNorm({ normalizedShape: numbers.length > 0 ? numbers : undefined, affine: true, bias: true }),
    },
    {
      words: ["rmsnorm"],
      takes: ["numbers"],
      example: "rmsnorm 768",
      build: ({ numbers }) => layerNorm({ normalizedShape: numbers.length > 0 ? numbers : undefined, affine: true, bias: false, rms: true }),
    },
    { words: ["lrn"], takes: ["numbers"], example: "lrn 5", build: ({ numbers: [size] }) => localResponseNorm(size ?? 5) },
  ],
};

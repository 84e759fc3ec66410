import type { Layer } from "../../graph/layer.js";
import type { Args } from "../args.js";
import type { CallEntry, Family, ShorthandArgs } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { channelNorm, localResponseNorm } from "./channel-norm.js";
import { layerNorm } from "./layer-norm.js";

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

/** Keras counts axes channels last: -1 and 3 are the channels. An axis that is not the last is another layer than the one here. */
function requireChannelAxis(args: Args): void {
  const [axis, ...more] = args.integers("axis", -8);
  if (axis === -1 || (axis !== undefined && axis >= 1)) {
    if (more.length === 0) return;
  }
  args.fail("axis", "only the channels can be normalized here", "axis=-1");
}

const keras: readonly CallEntry[] = [
  {
    names: ["BatchNormalization"],
    signature: `axis=-1, momentum=0.99, ${AFFINE}, ${INITIALIZERS}, moving_mean_initializer='zeros', moving_variance_initializer='ones', ${REGULARIZERS}, synchronized=False, renorm=False, fused=None, virtual_batch_size=None, ${KERAS_LAYER}`,
    build: (args) => {
      requireChannelAxis(args);
      return channelNorm({
        op: "batch_norm",
        scale: args.flag("scale"),
        shift: args.flag("center"),
        running: true,
        eps: args.number("epsilon"),
        momentum: rounded(1 - args.number("momentum")),
      });
    },
  },
  {
    names: ["GroupNormalization"],
    signature: `groups=32, axis=-1, ${AFFINE}, ${INITIALIZERS}, ${REGULARIZERS}, ${KERAS_LAYER}`,
    build: (args) => {
      requireChannelAxis(args);
      return {
        ...channelNorm({
          op: "group_norm",
          numGroups: args.count("groups"),
          scale: args.flag("scale"),
          shift: args.flag("center"),
          running: false,
          eps: args.number("epsilon"),
        }),
      };
    },
  },
  {
    names: ["LayerNormalization"],
    signature: `axis=-1, ${AFFINE}, rms_scaling=False, ${INITIALIZERS}, ${REGULARIZERS}, ${KERAS_LAYER}`,
    build: (args) => kerasLayerNorm(args),
  },
  {
    names: ["RMSNormalization"],
    signature: `axis=-1, epsilon=1e-06, ${KERAS_LAYER}`,
    build: (args) => kerasLast({ scale: true, shift: false, rms: true, eps: args.number("epsilon") }),
  },
];

/** 1 - 0.99 is 0.010000000000000009 in binary. */
const rounded = (value: number) => Number(value.toPrecision(12));

function kerasLayerNorm(args: Args): Layer {
  requireChannelAxis(args);
  return kerasLast({ scale: args.flag("scale"), shift: args.flag("center"), rms: false, eps: args.number("epsilon") });
}

/** Keras's last axis: the channels of an image (which the core has second), the features of a sequence. */
function kerasLast({
  scale,
  shift,
  ...rest
}: {
  readonly scale: boolean;
  readonly shift: boolean;
  readonly rms: boolean;
  readonly eps: number;
}): Layer {
  const norm = layerNorm({ affine: scale, bias: shift, ...rest });
  return {
    ...norm,
    readsLastAxis: true,
    infer: ([input = []]) => {
      const channelsLast = input.length >= 4 ? [...input.slice(0, 1), ...input.slice(2), ...input.slice(1, 2)] : input;
      return { ...norm.infer([channelsLast]), outputs: [{ shape: input }] };
    },
  };
}

const numGroups = ({ numbers: [groups] }: ShorthandArgs) => groups ?? 32;

/** Normalisation layers of both frameworks. */
export const normFamily: Family = {
  torch,
  keras,
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

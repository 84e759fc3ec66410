import { fail } from "../graph/diagnostic.js";
import type { Layer } from "../graph/layer.js";
import type { Args } from "./args.js";
import { multiHeadAttention } from "./attention.js";
import type { CallEntry, ShorthandArgs, ShorthandEntry } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { kerasMultiHead } from "./keras/multi-head.js";
import { printedLinear } from "./printed.js";

function torchAttention(args: Args): Layer {
  const printed = args.isNone("embed_dim") ? printedLinear(args, "out_proj") : undefined;
  if (printed !== undefined) {
    // The number of heads is not printed; parameters, MACs and shapes do not depend on it. Nor is batch_first: PyTorch's default is taken.
    const attention = multiHeadAttention({
      embedDim: printed.inFeatures,
      numHeads: args.optionalCount("num_heads") ?? 1,
      headsAssumed: args.isNone("num_heads"),
      bias: printed.bias,
      addBiasKv: args.flag("add_bias_kv"),
      addZeroAttn: args.flag("add_zero_attn"),
      batchFirst: args.flag("batch_first"),
      returnsWeights: args.flag("need_weights"),
    });
    return {
      ...attention,
      assumption: "a printed MultiheadAttention does not show batch_first: False is taken, and the MACs of its scores depend on it",
    };
  }
  for (const name of ["embed_dim", "num_heads"]) {
    if (args.isNone(name))
      fail("missing-argument", `MultiheadAttention needs ${name}`, { place: args.place, expected: "MultiheadAttention(embed_dim, num_heads, ...)" });
  }
  return multiHeadAttention({
    embedDim: args.count("embed_dim"),
    numHeads: args.count("num_heads"),
    kdim: args.optionalCount("kdim"),
    vdim: args.optionalCount("vdim"),
    bias: args.flag("bias"),
    addBiasKv: args.flag("add_bias_kv"),
    addZeroAttn: args.flag("add_zero_attn"),
    batchFirst: args.flag("batch_first"),
    returnsWeights: args.flag("need_weights"),
    dropout: args.number("dropout"),
  });
}

export const torchAttentions: readonly CallEntry[] = [
  {
    names: ["MultiheadAttention"],
    // As printed, the module shows nothing but its out_proj: embed_dim is read from that. need_weights is an argument of its call, not of its constructor.
    signature:
      "embed_dim=None, num_heads=None, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None, need_weights=True",
    build: torchAttention,
  },
];

// https://keras.io/api/layers/attention_layers/
const KERAS = `use_gate=False, sliding_window=None, return_attention_scores=False, use_causal_mask=False, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, seed=None, ${KERAS_LAYER}`;

function kerasAttention(args: Args): Layer {
  const heads = args.count("num_heads");
  const keyDim = args.count("key_dim");
  return kerasMultiHead({
    heads,
    keyHeads: heads,
    keyDim,
    valueDim: args.optionalCount("value_dim") ?? keyDim,
    output: args.isNone("output_shape") ? undefined : args.integers("output_shape", 1),
    axes: args.isNone("attention_axes") ? undefined : args.integers("attention_axes", -8),
    bias: args.flag("use_bias"),
    gate: args.flag("use_gate"),
    returnsScores: args.flag("return_attention_scores"),
    dropout: args.number("dropout"),
  });
}

function groupedQueryAttention(args: Args): Layer {
  const [heads, keyHeads, width] = [args.count("num_query_heads"), args.count("num_key_value_heads"), args.count("head_dim")];
  if (heads % keyHeads !== 0) {
    args.fail("num_key_value_heads", `num_query_heads ${heads} is not divisible by num_key_value_heads ${keyHeads}`, `a divisor of ${heads}`);
  }
  return kerasMultiHead({
    heads,
    keyHeads,
    keyDim: width,
    valueDim: width,
    bias: args.flag("use_bias"),
    gate: args.flag("use_gate"),
    returnsScores: args.flag("return_attention_scores"),
    dropout: args.number("dropout"),
  });
}

export const kerasAttentions: readonly CallEntry[] = [
  {
    names: ["MultiHeadAttention"],
    signature: `num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, ${KERAS}`,
    build: kerasAttention,
  },
  {
    // The documentation gives it both names.
    names: ["GroupQueryAttention", "GroupedQueryAttention"],
    signature: `head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, ${KERAS}`,
    build: groupedQueryAttention,
  },
];

function shorthandAttention({ numbers: [numHeads, ...others], word, place }: ShorthandArgs): Layer {
  if (numHeads === undefined || others.length > 0)
    return fail("missing-argument", `${word} takes how many heads it has`, { place, expected: "one number, as in `mha 8`" });
  return multiHeadAttention({ numHeads, bias: true, addBiasKv: false, addZeroAttn: false, batchFirst: true, returnsWeights: false });
}

export const attentionWords: readonly ShorthandEntry[] = [
  { words: ["mha", "attention"], takes: ["numbers"], example: "mha 8", build: shorthandAttention },
];

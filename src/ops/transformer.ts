import { fail } from "../graph/diagnostic.js";
import type { Composite, Expansion, Layer, Value } from "../graph/layer.js";
import { activationArgument, activationByName } from "./activation.js";
import type { Args } from "./args.js";
import { add } from "./arithmetic.js";
import { multiHeadAttention } from "./attention.js";
import type { CallEntry, Family, ShorthandArgs } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { linear } from "./linear.js";
import { layerNorm } from "./norm/layer-norm.js";

export interface TransformerOptions {
  /** Absent: the last dimension of the input. */
  readonly dModel?: number | undefined;
  readonly nhead: number;
  readonly dimFeedforward: number;
  readonly activation: Layer;
  readonly batchFirst: boolean;
  readonly normFirst: boolean;
  readonly bias: boolean;
}

function attention(options: TransformerOptions): Composite {
  const { dModel, nhead, bias, batchFirst } = options;
  return multiHeadAttention({ embedDim: dModel, numHeads: nhead, bias, batchFirst, addBiasKv: false, addZeroAttn: false, returnsWeights: false });
}

/** One sub-layer with its residual addition and its norm, before it or after (arXiv 1706.03762, section 3.1; 2002.04745, figure 1). */
function residual(options: TransformerOptions, steps: Expansion, norm: string, input: Value, run: (input: Value) => Value): Value {
  const width = input.shape.at(-1) ?? 0;
  const normed = (value: Value) => steps.add(norm, layerNorm({ normalizedShape: [width], affine: true, bias: options.bias }), [value])[0];
  const sum = (value: Value) => steps.add(`${norm}.add`, add, [input, value])[0];
  return options.normFirst ? sum(run(normed(input))) : normed(sum(run(input)));
}

function feedForward(options: TransformerOptions, steps: Expansion, input: Value): Value {
  const width = input.shape.at(-1) ?? 0;
  const [hidden] = steps.add("linear1", linear({ outFeatures: options.dimFeedforward, bias: options.bias }), [input]);
  const [active] = steps.add("activation", options.activation, [hidden]);
  return steps.add("linear2", linear({ outFeatures: width, bias: options.bias }), [active])[0];
}

function base(op: string, options: TransformerOptions) {
  const { dModel, nhead, dimFeedforward, normFirst, batchFirst } = options;
  const attributes = { ...(dModel === undefined ? {} : { dModel }), nhead, dimFeedforward, normFirst, batchFirst };
  return { type: "composite", op, axes: "plain", ranks: [3], batchAxis: batchFirst ? 0 : 1, attributes } as const;
}

/** Self-attention and feed-forward, each with its residual and norm (PyTorch, nn.TransformerEncoderLayer). */
export function encoderLayer(options: TransformerOptions): Composite {
  const selfAttention = attention(options);
  return {
    ...base("transformer_encoder_layer", options),
    expand: (steps, [input]) => {
      if (input === undefined) return [];
      const attended = residual(options, steps, "norm1", input, (value) => steps.add("self_attn", selfAttention, [value])[0]);
      return [residual(options, steps, "norm2", attended, (value) => feedForward(options, steps, value))];
    },
  };
}

/** The encoder's two sub-layers with cross-attention between them (PyTorch, nn.TransformerDecoderLayer). A chain's one input is also the memory. */
export function decoderLayer(options: TransformerOptions): Composite {
  const [selfAttention, crossAttention] = [attention(options), attention(options)];
  return {
    ...base("transformer_decoder_layer", options),
    expand: (steps, [input, memory = input]) => {
      if (input === undefined || memory === undefined) return [];
      const attended = residual(options, steps, "norm1", input, (value) => steps.add("self_attn", selfAttention, [value])[0]);
      const crossed = residual(options, steps, "norm2", attended, (value) => steps.add("multihead_attn", crossAttention, [value, memory, memory])[0]);
      return [residual(options, steps, "norm3", crossed, (value) => feedForward(options, steps, value))];
    },
  };
}

/** Layers of one kind one after the other, with a norm at the end where there is one; each has the memory too. */
function stack(op: string, layer: Layer, count: number, norm: Layer | undefined): Composite {
  return {
    type: "composite",
    op,
    axes: "plain",
    ranks: layer.ranks,
    batchAxis: layer.batchAxis,
    attributes: { numLayers: count },
    expand: (steps, [input, ...memory]) => {
      if (input === undefined) return [];
      const others = op === "transformer_decoder" && memory.length === 0 ? [input] : memory;
      let value = input;
      for (let index = 0; index < count; index += 1) value = steps.add(`layers.${index}`, layer, [value, ...others])[0];
      return norm === undefined ? [value] : [steps.add("norm", norm, [value])[0]];
    },
  };
}

// https://docs.pytorch.org/docs/stable/nn.html#transformer-layers
const LAYER =
  "d_model, nhead, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None";

function layerOptions(args: Args): TransformerOptions {
  return {
    dModel: args.count("d_model"),
    nhead: args.count("nhead"),
    dimFeedforward: args.count("dim_feedforward"),
    activation: activationArgument(args, "activation"),
    batchFirst: args.flag("batch_first"),
    normFirst: args.flag("norm_first"),
    bias: args.flag("bias"),
  };
}

function transformer(args: Args): Composite {
  const options = layerOptions(args);
  const norm = layerNorm({ normalizedShape: [args.count("d_model")], affine: true, bias: options.bias });
  const encoder = stack("transformer_encoder", encoderLayer(options), args.depth("num_encoder_layers"), norm);
  const decoder = stack("transformer_decoder", decoderLayer(options), args.depth("num_decoder_layers"), norm);
  return {
    ...base("transformer", options),
    expand: (steps, [source, target = source]) => {
      if (source === undefined || target === undefined) return [];
      const [memory] = steps.add("encoder", encoder, [source]);
      return steps.add("decoder", decoder, [target, memory]);
    },
  };
}

const optionalLayer = (args: Args, name: string): Layer | undefined => (args.isNone(name) ? undefined : args.layer(name));

const torch: readonly CallEntry[] = [
  {
    names: ["MultiheadAttention"],
    // As printed, the module shows nothing but its out_proj: embed_dim is read from that.
    signature:
      "embed_dim=None, num_heads=None, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None",
    build: torchAttention,
  },
  { names: ["TransformerEncoderLayer"], signature: LAYER, build: (args) => encoderLayer(layerOptions(args)) },
  { names: ["TransformerDecoderLayer"], signature: LAYER, build: (args) => decoderLayer(layerOptions(args)) },
  {
    names: ["TransformerEncoder"],
    signature: "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True",
    build: (args) => stack("transformer_encoder", args.layer("encoder_layer"), args.depth("num_layers"), optionalLayer(args, "norm")),
  },
  {
    names: ["TransformerDecoder"],
    signature: "decoder_layer, num_layers, norm=None",
    build: (args) => stack("transformer_decoder", args.layer("decoder_layer"), args.depth("num_layers"), optionalLayer(args, "norm")),
  },
  {
    names: ["Transformer"],
    signature:
      "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None",
    build: transformer,
  },
];

function torchAttention(args: Args): Layer {
  const projection = args.children.find(({ name }) => name === "out_proj")?.layer;
  const features = projection?.impliedInput?.shape.at(-1);
  if (args.isNone("embed_dim") && projection?.type === "primitive" && features !== undefined) {
    const bias = projection.infer([[1, features]]).stored.some((tensor) => tensor.name === "bias");
    // The number of heads is not printed; parameters, MACs and shapes do not depend on it.
    return multiHeadAttention({
      embedDim: features,
      numHeads: 1,
      bias,
      addBiasKv: false,
      addZeroAttn: false,
      batchFirst: false,
      returnsWeights: true,
    });
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
    returnsWeights: true,
  });
}

const keras: readonly CallEntry[] = [
  {
    names: ["MultiHeadAttention"],
    signature: `num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, flash_attention=None, kernel_initializer='glorot_uniform', bias_initializer='zeros', kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, seed=None, ${KERAS_LAYER}`,
    build: (args) =>
      multiHeadAttention({
        numHeads: args.count("num_heads"),
        keyDim: args.count("key_dim"),
        valueDim: args.optionalCount("value_dim"),
        outputDim: args.optionalCount("output_shape"),
        bias: args.flag("use_bias"),
        addBiasKv: false,
        addZeroAttn: false,
        batchFirst: true,
        returnsWeights: false,
      }),
  },
];

function shorthandAttention({ numbers: [numHeads], word, place }: ShorthandArgs): Layer {
  if (numHeads === undefined)
    return fail("missing-argument", `${word} does not say how many heads it has`, { place, expected: "a number of heads, as in `mha 8`" });
  return multiHeadAttention({ numHeads, bias: true, addBiasKv: false, addZeroAttn: false, batchFirst: true, returnsWeights: false });
}

const shorthandLayer =
  (make: (options: TransformerOptions) => Layer) =>
  ({ numbers: [nhead, dimFeedforward = 2048], word, place }: ShorthandArgs): Layer => {
    const activation = activationByName("relu");
    if (nhead === undefined || activation === undefined)
      return fail("missing-argument", `${word} does not say how many heads it has`, {
        place,
        expected: `heads and the feed-forward's width, as in \`${word} 8 2048\``,
      });
    return make({ nhead, dimFeedforward, activation, batchFirst: true, normFirst: false, bias: true });
  };

/** Multi-head attention and the transformer's layers. */
export const transformerFamily: Family = {
  torch,
  keras,
  shorthand: [
    { words: ["mha", "attention"], takes: ["numbers"], example: "mha 8", build: shorthandAttention },
    { words: ["encoder"], takes: ["numbers"], example: "encoder 8 2048", build: shorthandLayer(encoderLayer) },
    { words: ["decoder"], takes: ["numbers"], example: "decoder 8 2048", build: shorthandLayer(decoderLayer) },
  ],
};

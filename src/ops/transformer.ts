import { fail } from "../graph/diagnostic.js";
import type { Composite, Expansion, Layer, Value } from "../graph/layer.js";
import { activationByName } from "./activation.js";
import type { Args } from "./args.js";
import { add } from "./arithmetic.js";
import { calledAs } from "./called-as.js";
import { attentionWords, kerasAttentions, torchAttentions } from "./attention-entries.js";
import { multiHeadAttention } from "./attention.js";
import type { CallEntry, Family, ShorthandArgs } from "./entry.js";
import { linear } from "./linear.js";
import { layerNorm } from "./norm/layer-norm.js";
import { given } from "./primitive.js";
import { printedLinear } from "./printed.js";
import { activationOf } from "./with-activation.js";

export interface TransformerOptions {
  /** Absent: the last dimension of the input. */
  readonly dModel?: number | undefined;
  readonly nhead: number;
  readonly dimFeedforward: number;
  readonly activation: Layer;
  readonly batchFirst: boolean;
  readonly normFirst: boolean;
  readonly bias: boolean;
  /** Probability with which training drops; absent: PyTorch's 0.1. */
  readonly dropout?: number | undefined;
  readonly eps?: number | undefined;
  /** A printed layer does not show its heads: `nhead` is a stand-in. */
  readonly headsAssumed?: boolean | undefined;
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
  const { activation, bias, dropout, eps, headsAssumed } = options;
  const attributes = {
    ...(dModel === undefined ? {} : { dModel }),
    nhead,
    dimFeedforward,
    activation: activation.op,
    normFirst,
    batchFirst,
    bias,
    ...given({ dropout, eps, headsAssumed }),
  };
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
  "d_model=None, nhead=None, dim_feedforward=2048, dropout=0.1, activation='relu', layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None";

function layerOptions(args: Args): TransformerOptions {
  const named = activationOf(args, "activation");
  // F.relu is taken when the layer is made, before a tool patches it; nn.ReLU() is a module like any other.
  const activation =
    args.children.find(({ name }) => name === "activation")?.layer ?? (args.isText("activation") ? calledAs("operator", named) : named);
  return {
    ...layerSizes(args),
    activation,
    batchFirst: args.flag("batch_first"),
    normFirst: args.flag("norm_first"),
    dropout: args.number("dropout"),
    eps: args.number("layer_norm_eps"),
  };
}

/** A printed layer shows its linear layers, not its arguments; the heads, on which parameters and MACs do not depend, it does not show. */
function layerSizes(args: Args) {
  const printed = args.isNone("d_model") ? printedLinear(args, "linear1") : undefined;
  if (printed !== undefined) {
    return {
      dModel: printed.inFeatures,
      nhead: args.optionalCount("nhead") ?? 1,
      headsAssumed: args.isNone("nhead") ? true : undefined,
      dimFeedforward: printed.outFeatures,
      bias: printed.bias,
    };
  }
  for (const name of ["d_model", "nhead"]) {
    if (args.isNone(name))
      fail("missing-argument", `${args.callee} needs ${name}`, { place: args.place, expected: `${args.callee}(d_model, nhead, ...)` });
  }
  return { dModel: args.count("d_model"), nhead: args.count("nhead"), dimFeedforward: args.count("dim_feedforward"), bias: args.flag("bias") };
}

/** The layer that a stack repeats; another class would not take what the stack hands it. */
function stackedLayer(args: Args, name: string, op: string): Layer {
  const layer = args.layer(name);
  return layer.op === op ? layer : args.fail(name, `${name} of ${args.callee} is ${layer.op}`, op);
}

function transformer(args: Args): Composite {
  const options = layerOptions(args);
  const norm = layerNorm({ normalizedShape: [args.count("d_model")], affine: true, bias: options.bias });
  const encoder = stack("transformer_encoder", encoderLayer(options), args.depth("num_encoder_layers"), norm);
  const decoder = stack("transformer_decoder", decoderLayer(options), args.depth("num_decoder_layers"), norm);
  return {
    ...base("transformer", options),
    attributes: {
      ...base("transformer", options).attributes,
      numEncoderLayers: args.count("num_encoder_layers"),
      numDecoderLayers: args.count("num_decoder_layers"),
    },
    expand: (steps, [source, target = source]) => {
      if (source === undefined || target === undefined) return [];
      const [memory] = steps.add("encoder", encoder, [source]);
      return steps.add("decoder", decoder, [target, memory]);
    },
  };
}

const optionalLayer = (args: Args, name: string): Layer | undefined => (args.isNone(name) ? undefined : args.layer(name));

const torch: readonly CallEntry[] = [
  ...torchAttentions,
  { names: ["TransformerEncoderLayer"], signature: LAYER, build: (args) => encoderLayer(layerOptions(args)) },
  { names: ["TransformerDecoderLayer"], signature: LAYER, build: (args) => decoderLayer(layerOptions(args)) },
  {
    names: ["TransformerEncoder"],
    signature: "encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True",
    build: (args) =>
      stack(
        "transformer_encoder",
        stackedLayer(args, "encoder_layer", "transformer_encoder_layer"),
        args.depth("num_layers"),
        optionalLayer(args, "norm"),
      ),
  },
  {
    names: ["TransformerDecoder"],
    signature: "decoder_layer, num_layers, norm=None",
    build: (args) =>
      stack(
        "transformer_decoder",
        stackedLayer(args, "decoder_layer", "transformer_decoder_layer"),
        args.depth("num_layers"),
        optionalLayer(args, "norm"),
      ),
  },
  {
    names: ["Transformer"],
    signature:
      "d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, activation='relu', custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None",
    build: transformer,
  },
];

const shorthandLayer =
  (make: (options: TransformerOptions) => Layer) =>
  ({ numbers: [nhead, dimFeedforward = 2048, ...others], word, place }: ShorthandArgs): Layer => {
    const activation = activationByName("relu");
    if (nhead === undefined || activation === undefined || others.length > 0)
      return fail("missing-argument", `${word} takes how many heads it has and how wide its feed-forward is`, {
        place,
        expected: `heads and the feed-forward's width, as in \`${word} 8 2048\``,
      });
    return make({ nhead, dimFeedforward, activation: calledAs("operator", activation), batchFirst: true, normFirst: false, bias: true });
  };

/** Multi-head attention and the transformer's layers. */
export const transformerFamily: Family = {
  torch,
  keras: kerasAttentions,
  shorthand: [
    ...attentionWords,
    { words: ["encoder"], takes: ["numbers"], example: "encoder 8 2048", build: shorthandLayer(encoderLayer) },
    { words: ["decoder"], takes: ["numbers"], example: "decoder 8 2048", build: shorthandLayer(decoderLayer) },
  ],
};

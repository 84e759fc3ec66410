import type { Layout } from "../../src/index.js";
import { parseNetwork, zooModel, type Graph } from "../../src/index.js";

/** One chain of layers and the shape it is run on, channels first, batch included. */
export interface Case {
  readonly spec: string;
  /** Channels first. */
  readonly input: string;
  /** Keras's layers are told that it is. */
  readonly layout?: Layout;
  /** What the case needs that PyTorch 1.13 has not. */
  readonly since?: string;
}

const image = (...specs: readonly string[]): readonly Case[] => ["1x4x12x12", "2x4x13x9"].flatMap((input) => specs.map((spec) => ({ spec, input })));
const at = (input: string, ...specs: readonly string[]): readonly Case[] => specs.map((spec) => ({ spec, input }));
const since = (version: string, input: string, ...specs: readonly string[]): readonly Case[] =>
  specs.map((spec) => ({ spec, input, since: version }));

/** Every family of layers in every notation that has it, on even and odd sizes. */
const cases: readonly Case[] = [
  // Convolutions: padding of every kind.
  ...image(
    "conv 3x3 4->8",
    "conv 3x3 4->8 s2",
    "conv 3x3 4->8 s2 p1 bias",
    "conv 4x4 4->8",
    "conv 4x2 4->8 s2x1",
    "conv 5x3 4->8 s3x2 d2 bias",
    "conv 3x3 4->8 s2 valid",
    "conv 1x1 4->8 s2",
    "conv 2x2 4->8 s3",
    "conv 3x3 8 g4 d2",
    "conv 2x2 8 d3",
    "dw 3x3",
    "dw 3x3 s2 m2 bias",
    "pw 8 s2 g2",
    "sep 3x3 8 s2",
    "sep 5x5 8 m2 bias",
    "tconv 4x4 4->8 s2",
    "tconv 3x3 4->8 s2",
    "tconv 2x2 4->8 s3",
    "tconv 3x3 4->8 s2 p1 op1 bias",
    "tconv 5x4 4->8 s2x3 d2x1",
    "tconv 3x3 4->8 s2 g2 valid",
    "nn.Conv2d(4, 8, 3)",
    "nn.Conv2d(4, 8, (3, 5), stride=(2, 1), padding=(1, 2), dilation=1, groups=2, bias=False)",
    'nn.Conv2d(4, 8, 4, padding="same", dilation=2)',
    'nn.Conv2d(4, 8, 3, padding=1, padding_mode="reflect")',
    'nn.Conv2d(4, 8, 4, padding="same", padding_mode="circular")',
    "nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, dilation=2)",
    "nn.LazyConv2d(8, 3, stride=2)",
    'layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")',
    'layers.Conv2D(8, 3, groups=2, dilation_rate=2, use_bias=False, activation="swish")',
    'layers.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2)',
    'layers.SeparableConv2D(8, 3, strides=2, padding="same", activation="relu")',
    "layers.SeparableConv2D(8, (3, 2), dilation_rate=2, use_bias=False)",
    'layers.Conv2DTranspose(8, 3, strides=2, padding="same")',
    'layers.Conv2DTranspose(8, 3, strides=2, padding="same", output_padding=1)',
    "layers.Conv2DTranspose(8, 2, strides=3)",
    // Pools.
    "maxpool 2x2",
    "maxpool 3x3 s2",
    "maxpool 3x3 s1 d2",
    "maxpool 3x3 s2 p1 ceil",
    "maxpool 2x2 s1",
    "avgpool 2x2",
    "avgpool 3x3 s2",
    "avgpool 3x3 s1",
    "avgpool 2x2 s1",
    "avgpool 3x3 s2 p1 ceil",
    "gap; flatten",
    "gmp",
    "adaptiveavgpool 5x3",
    "nn.MaxPool2d(3, 2, padding=1, ceil_mode=True)",
    "nn.AvgPool2d((2, 3), stride=(2, 1), padding=(1, 0), ceil_mode=True, count_include_pad=False)",
    "nn.AvgPool2d(3, 2, divisor_override=2)",
    "nn.LPPool2d(2, 3, stride=2, ceil_mode=True)",
    "nn.AdaptiveMaxPool2d((3, None), return_indices=True)",
    "nn.FractionalMaxPool2d(2, output_size=3)",
    'layers.MaxPooling2D(3, strides=2, padding="same")',
    'layers.AveragePooling2D(3, strides=2, padding="same")',
    "layers.GlobalAveragePooling2D()",
    "layers.GlobalMaxPooling2D(keepdims=True)",
    // Norms.
    "bn",
    "nn.BatchNorm2d(4, eps=0.001, momentum=0.01, affine=False)",
    "nn.BatchNorm2d(4, momentum=None, track_running_stats=False)",
    "layers.BatchNormalization()",
    "instancenorm",
    "nn.InstanceNorm2d(4, affine=True, track_running_stats=True)",
    "gn 2",
    "layers.GroupNormalization(2)",
    "layers.LayerNormalization()",
    "lrn 3",
    "nn.LocalResponseNorm(3, alpha=0.001, k=2)",
    // Activations.
    "relu; relu6; silu; gelu; sigmoid; tanh; hardswish; hardsigmoid; mish; softplus; elu; selu; leaky_relu; softmax",
    "nn.CELU(0.5); nn.Hardtanh(-2, 2); nn.Softshrink(0.2); nn.Threshold(0.1, 20); nn.RReLU(); nn.LogSigmoid(); nn.Softsign(); nn.Tanhshrink()",
    'nn.GELU(approximate="tanh"); nn.LeakyReLU(0.2); nn.ELU(0.5); nn.Hardshrink(); nn.Softplus(2, 10)',
    "nn.Softmax2d(); nn.LogSoftmax(dim=-1); nn.Softmin(1); nn.GLU(dim=1)",
    "prelu; nn.PReLU(4)",
    "layers.ReLU(max_value=6); layers.LeakyReLU(); layers.ELU(); layers.ReLU(threshold=1.0)",
    'layers.Activation("softmax")',
    "layers.Softmax()",
    "layers.PReLU(shared_axes=[1, 2])",
    "dropout; nn.Dropout2d(0.3); layers.Dropout(0.2); layers.SpatialDropout2D(0.1); identity",
    // What moves data.
    "flatten",
    "pad 1; crop 1x2",
    "nn.ZeroPad2d((1, 2, 0, 1)); nn.ConstantPad2d(1, 3.5); nn.ReflectionPad2d((1, 0, 2, 1)); nn.ReplicationPad2d(1)",
    "nn.ConstantPad2d((-1, 2, 1, -1), 0.)",
    "layers.ZeroPadding2D(((1, 0), (2, 1))); layers.Cropping2D(((0, 1), (1, 0)))",
    "up 2",
    'nn.Upsample(scale_factor=(1.5, 2.5), mode="bilinear")',
    "nn.UpsamplingBilinear2d(size=(4, 4))",
    'layers.UpSampling2D((2, 3), interpolation="bilinear")',
    "shuffle 2; nn.PixelUnshuffle(2); nn.ChannelShuffle(2)",
    "unfold 3x3",
    "unfold 3x3 s2",
    "nn.Unfold((2, 3), dilation=2, padding=1, stride=2)",
    "nn.Flatten(1, 2)",
    "nn.Unflatten(1, (2, -1))",
    "layers.Permute((2, 1, 3))",
    "layers.Permute((3, 1, 2))",
    "layers.Flatten(); layers.Dense(5)",
    "layers.Dense(5, activation='relu')",
    "layerscale",
    // Chains.
    "conv 3x3 8 s2; bn; relu; 2*(dw 3x3 s1 p1; bn; relu; pw 8; bn; relu); gap; flatten; linear 10 bias",
  ),
  ...at("2x4x8x9", "nn.LayerNorm(9); nn.LayerNorm((4, 8, 9))", "nn.Linear(9, 3)", "nn.Flatten(0, -2)", "nn.CircularPad2d(2)"),
  ...since("2.4", "2x4x8x9", "rmsnorm 9", "layers.RMSNormalization()"),
  ...since("2.1", "2x4x8x9", "nn.LayerNorm(9, bias=False)"),
  // One and three dimensions.
  ...["1x4x12", "2x4x13"].flatMap((input) =>
    at(
      input,
      "conv1d 3 4->8 s2",
      "conv1d 4 8; bn; relu",
      "nn.Conv1d(4, 8, 3, padding=1, groups=2)",
      'layers.Conv1D(8, 3, padding="causal", dilation_rate=2)',
      "sep1d 3 8 s2",
      "tconv1d 3 8 s2",
      "maxpool1d 3 s2",
      "avgpool1d 3 s2",
      "nn.AvgPool1d(3, 2, 1)",
      "gap1d",
      "layers.GlobalAveragePooling1D()",
      "nn.ConstantPad1d((2, -1), 0.5)",
      "nn.ReplicationPad1d((3, 1))",
      'nn.Upsample(scale_factor=3, mode="linear")',
      "nn.InstanceNorm1d(4)",
      "conv1d 3 8; layers.LSTM(5, return_sequences=True)",
      "layers.Conv1D(8, 3); layers.LayerNormalization(); layers.Dense(5)",
    ),
  ),
  ...at(
    "1x4x5x6x7",
    "conv 3x3x3 4->8 s2",
    "nn.Conv3d(4, 8, 3, padding=(1, 0, 2))",
    "tconv3d 3 8 s2",
    "maxpool3d 2",
    "avgpool3d 3 s2",
    "nn.BatchNorm3d(4); nn.Dropout3d()",
    "nn.ConstantPad3d((1, 2, 3, 0, 1, 1), 0)",
    'nn.Upsample(scale_factor=2, mode="trilinear")',
    "nn.AdaptiveAvgPool3d((2, None, 1))",
    "layers.Dense(3)",
  ),
  // Features and sequences.
  ...at(
    "3x16",
    "linear 16->10 bias; relu; linear 4; softmax",
    "nn.Bilinear(16, 16, 5)",
    "nn.BatchNorm1d(16)",
    'layers.Dense(8, activation="relu"); layers.Dropout(0.5); layers.Dense(1, activation="sigmoid")',
    "nn.RNNCell(16, 8)",
    "nn.GRUCell(16, 8, bias=False)",
    "nn.LSTMCell(16, 8)",
    "layers.RepeatVector(3)",
    "layers.Reshape((2, 2, 4)); layers.Conv2D(3, 2)",
    "reshape 4x2x2; conv 3x3 8; flatten",
    "layers.PReLU()",
    "embedding 50 6; nn.Flatten()",
    "nn.Embedding(50, 6, padding_idx=0); layers.GlobalAveragePooling1D(); layers.Dense(2)",
    "nn.EmbeddingBag(50, 6, mode='sum')",
  ),
  ...at(
    "5x3x16",
    "lstm 8",
    "gru 16->8",
    "nn.LSTM(16, 8)",
    "nn.LSTM(16, 8, 2, bidirectional=True, proj_size=3, dropout=0.1)",
    "nn.GRU(16, 8, 2, bias=False, batch_first=True)",
    "nn.RNN(16, 8, nonlinearity='relu', batch_first=True)",
    "layers.LSTM(8)",
    "layers.LSTM(8, return_sequences=True); layers.GRU(4)",
    "layers.SimpleRNN(8, use_bias=False)",
    "layers.Bidirectional(layers.LSTM(8)); layers.Dense(3)",
    "layers.Bidirectional(layers.GRU(8, return_sequences=True))",
    "mha 4",
    "nn.MultiheadAttention(16, 4, bias=False, batch_first=True)",
    "nn.MultiheadAttention(16, 4, add_bias_kv=True, add_zero_attn=True)",
    "layers.MultiHeadAttention(4, 4)",
    "encoder 4 32",
    "decoder 4 32",
    "nn.TransformerEncoderLayer(16, 4, 32, activation='gelu', norm_first=True, batch_first=True)",
    "nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, dropout=0.2), 2, norm=nn.LayerNorm(16))",
    "nn.TransformerDecoder(nn.TransformerDecoderLayer(16, 4, 32), 2)",
    "nn.Transformer(16, 4, 2, 3, 32)",
    "ln; linear 8",
    "classtoken; posembed; encoder 4 32; ln; selecttoken; linear 10 bias",
    "permute 2 1",
    "layers.TimeDistributed(layers.Dense(7))",
    "layerscale",
  ),
  ...at("2x12x12", "nn.Fold((4, 5), 2)"),
  ...at("2x3x5x8x8", "layers.TimeDistributed(layers.Conv2D(4, 3)); layers.TimeDistributed(layers.GlobalAveragePooling2D()); layers.LSTM(6)"),
  ...at("2x3x5x8x8", "layers.TimeDistributed(layers.Flatten()); layers.GRU(6)"),
];

export const CASES: readonly Case[] = cases.map((entry) => (entry.spec.startsWith("layers.") ? { ...entry, layout: "nchw" } : entry));

/** Networks of the zoo that are chains, and torchvision's figure for each of those it has. */
export const CHAINS = ["alexnet", "vgg11", "vgg16", "vgg16_bn", "mobilenet_v1", "ds_cnn"] as const;

/** A network of the zoo by its name, which may be that of a variant. */
export function zooChain(name: string): Graph {
  const { text, variant } = zooModel(name);
  return parseNetwork(text, variant === undefined ? {} : { set: { variant } });
}

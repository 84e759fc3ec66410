import type { InferredLayer } from "../../graph/inferrer.js";
import { Attrs, cannotWrite, type Part } from "../part.js";
import { call, literal, unless, type Named } from "../python.js";
import { alikeDirections, recurrentPart, type RecurrentPart } from "../recurrent.js";
import type { Step, Writer, Writers } from "../step.js";

const CLASSES: Readonly<Record<string, string>> = { rnn: "RNN", gru: "GRU", lstm: "LSTM" };

function requireTorchCell(part: Part, { cell, biases, setting }: RecurrentPart): void {
  const nonlinearity = setting("nonlinearity") ?? "tanh";
  if (nonlinearity !== "tanh" && !(cell === "rnn" && nonlinearity === "relu")) cannotWrite(part, "PyTorch's cells have tanh, and nn.RNN relu");
  if (setting("recurrentActivation") !== undefined) cannotWrite(part, "PyTorch's gates are sigmoids");
  if (setting("inputDropout") !== undefined || setting("recurrentDropout") !== undefined) cannotWrite(part, "PyTorch drops between layers alone");
  if (cell === "gru" && biases === 1) cannotWrite(part, "nn.GRU is Keras's GRU with reset_after=True, and this one is without");
}

/** Keras has one bias vector a gate, PyTorch two that it adds up. */
function biasNote(className: string, { biases, biasElements }: RecurrentPart, directions: bigint): Pick<Step, "note" | "extraParams"> {
  if (biases !== 1) return {};
  const extra = biasElements * directions;
  return { extraParams: extra, note: `nn.${className} has two bias vectors for a gate, the layer counted has one: ${extra} parameters more.` };
}

function recurrent(part: Part, settings: RecurrentPart, bidirectional: boolean): readonly Step[] {
  requireTorchCell(part, settings);
  const { cell, biases, sequences, batchFirst, setting } = settings;
  const className = CLASSES[cell] ?? cell;
  const dropout = setting("dropout");
  const make = call(
    `nn.${className}`,
    [settings.inputSize, settings.hiddenSize],
    [
      ["num_layers", unless(settings.numLayers, 1)],
      ["nonlinearity", unless(setting("nonlinearity"), "tanh")],
      ["bias", biases === 0 ? "False" : undefined],
      ["batch_first", batchFirst ? "True" : undefined],
      ["dropout", dropout === undefined ? undefined : literal(dropout)],
      ["bidirectional", bidirectional ? "True" : undefined],
      ["proj_size", unless(settings.projSize, 0)],
    ],
  );
  const directions = bidirectional && !settings.bidirectional ? 2n : 1n;
  return [{ make, ...biasNote(className, settings, directions), run: (ref) => runs(ref, cell, sequences, bidirectional) }];
}

/** The sequence of outputs; or the last one, which backwards is that of the first step. */
function runs(ref: string, cell: string, sequences: boolean, bidirectional: boolean): readonly string[] {
  if (sequences) return [`x, _ = ${ref}(x)`];
  if (!bidirectional) return [`x, _ = ${ref}(x)`, "x = x[:, -1]"];
  return [cell === "lstm" ? `_, (h, _) = ${ref}(x)` : `_, h = ${ref}(x)`, "x = torch.cat([h[-2], h[-1]], dim=-1)"];
}

const layer: Writer = (part) => {
  const settings = recurrentPart(part);
  return recurrent(part, settings, settings.bidirectional);
};

const cell: Writer = (part) => {
  const settings = recurrentPart(part);
  requireTorchCell(part, settings);
  const make = call(
    `nn.${CLASSES[settings.cell] ?? ""}Cell`,
    [settings.inputSize, settings.hiddenSize],
    [
      ["bias", settings.biases === 0 ? "False" : undefined],
      ["nonlinearity", unless(settings.setting("nonlinearity"), "tanh")],
    ],
  );
  return [{ make, run: (ref) => [settings.cell === "lstm" ? `x, _ = ${ref}(x)` : `x = ${ref}(x)`] }];
};

const bidirectional: Writer = (part) => {
  const forward = alikeDirections(part.layer);
  if (forward === undefined) return cannotWrite(part, "its directions differ, or are not joined by concatenation");
  const steps = recurrent(part, recurrentPart({ ...part, layer: forward, op: forward.layer.op }), true);
  return steps.map((step) => ({ ...step, imports: ["import torch"] }));
};

/** The sizes of attention that nn.MultiheadAttention has: keys and values as wide as embedDim / numHeads, as many heads of each. */
const attention: Writer = (part) => {
  const attributes = new Attrs(part);
  const embed = part.input.shape.at(-1) ?? 0;
  const heads = attributes.number("numHeads");
  const width = embed / heads;
  const differs = (name: string, standard: number) => (attributes.optional(name) ?? standard) !== standard;
  if (differs("keyHeads", heads) || differs("keyDim", width) || differs("valueDim", width) || differs("outputDim", embed))
    cannotWrite(part, "nn.MultiheadAttention has heads as wide as embed_dim / num_heads, as many for keys and values as for queries");
  if (differs("kdim", embed) || differs("vdim", embed)) cannotWrite(part, "its keys and values are other tensors than its query");
  const flag = (name: string) => (attributes.flag(name) ? "True" : undefined);
  const named: readonly Named[] = [
    ["dropout", unless(attributes.optional("dropout"), 0)],
    ["bias", unless(attributes.flag("bias"), true)],
    ["add_bias_kv", flag("addBiasKv")],
    ["add_zero_attn", flag("addZeroAttn")],
    ["batch_first", flag("batchFirst")],
  ];
  return [{ make: call("nn.MultiheadAttention", [embed, heads], named), run: (ref) => [`x, _ = ${ref}(x, x, x)`] }];
};

/** Activations of nn.TransformerEncoderLayer: two words, and functions. */
const FEED_FORWARD: Readonly<Record<string, string | undefined>> = { relu: undefined, gelu: '"gelu"' };
const FUNCTIONS = ["silu", "mish", "elu", "selu", "hardswish", "leaky_relu", "relu6"];

function transformerArguments(
  part: Part,
  { layer, inputs }: InferredLayer,
): { readonly text: (name: string, rest?: readonly Named[]) => string; readonly imports: readonly string[]; readonly note: string | undefined } {
  const attributes = new Attrs({ layer: { name: "", layer, inputs, outputs: [], steps: [] }, op: layer.op });
  const op = attributes.text("activation");
  const isFunction = FUNCTIONS.includes(op);
  if (!isFunction && !(op in FEED_FORWARD)) cannotWrite(part, `its activation ${op} is no function of torch.nn.functional`);
  const unbiased = !attributes.flag("bias");
  const named: readonly Named[] = [
    ["dim_feedforward", unless(attributes.number("dimFeedforward"), 2048)],
    ["dropout", unless(attributes.optional("dropout"), 0.1)],
    ["activation", isFunction ? `F.${op}` : FEED_FORWARD[op]],
    ["layer_norm_eps", unless(attributes.optional("eps"), 1e-5)],
    ["batch_first", attributes.flag("batchFirst") ? "True" : undefined],
    ["norm_first", attributes.flag("normFirst") ? "True" : undefined],
    ["bias", unbiased ? "False" : undefined],
  ];
  return {
    text: (name, rest = []) => call(`nn.${name}`, [inputs[0]?.shape.at(-1) ?? 0, attributes.number("nhead")], [...rest, ...named]),
    imports: isFunction ? ["from torch.nn import functional as F"] : [],
    note: unbiased ? "bias=False of nn.Transformer's layers needs PyTorch 2.1 or later." : undefined,
  };
}

const encoderLayer: Writer = (part) => {
  const { text, ...rest } = transformerArguments(part, part.layer);
  return [{ make: text("TransformerEncoderLayer"), ...rest }];
};

const decoderLayer: Writer = (part) => {
  const { text, ...rest } = transformerArguments(part, part.layer);
  return [{ make: text("TransformerDecoderLayer"), ...rest, run: (ref) => [`x = ${ref}(x, x)`], note: rest.note ?? MEMORY }];
};

const MEMORY = "One tensor is both the target and the memory of the decoder.";

/** nn.TransformerEncoder or nn.TransformerDecoder: one layer, how often, and a norm at the end. */
const stack =
  (kind: "Encoder" | "Decoder"): Writer =>
  (part) => {
    const [first] = part.layer.steps;
    if (first === undefined) throw new Error("a stack of layers has one");
    const norm = part.layer.steps.find(({ name }) => name === "norm");
    if (norm !== undefined && norm.layer.op !== "layer_norm") cannotWrite(part, "its last norm is no nn.LayerNorm");
    const { text, ...rest } = transformerArguments(part, first);
    const eps = norm?.inference?.attributes["eps"];
    const features = part.input.shape.at(-1) ?? 0;
    const normed = norm === undefined ? undefined : call("nn.LayerNorm", [features], [["eps", unless(eps, 1e-5)]]);
    const make = call(
      `nn.Transformer${kind}`,
      [text(`Transformer${kind}Layer`)],
      [
        ["num_layers", literal(new Attrs(part).number("numLayers"))],
        ["norm", normed],
      ],
    );
    if (kind === "Encoder") return [{ make, ...rest }];
    return [{ make, ...rest, run: (ref) => [`x = ${ref}(x, x)`], note: rest.note ?? MEMORY }];
  };

const transformer: Writer = (part) => {
  const attributes = new Attrs(part);
  const { text, ...rest } = transformerArguments(part, part.layer);
  const layers: readonly Named[] = [
    ["num_encoder_layers", unless(attributes.number("numEncoderLayers"), 6)],
    ["num_decoder_layers", unless(attributes.number("numDecoderLayers"), 6)],
  ];
  return [
    { make: text("Transformer", layers), ...rest, run: (ref) => [`x = ${ref}(x, x)`], note: rest.note ?? "One tensor is both source and target." },
  ];
};

/** Recurrent layers, attention and transformers. */
export const sequenceWriters: Writers = {
  rnn: layer,
  gru: layer,
  lstm: layer,
  rnn_cell: cell,
  gru_cell: cell,
  lstm_cell: cell,
  bidirectional,
  multi_head_attention: attention,
  transformer_encoder_layer: encoderLayer,
  transformer_decoder_layer: decoderLayer,
  transformer_encoder: stack("Encoder"),
  transformer_decoder: stack("Decoder"),
  transformer,
};

import { isLayout } from "../../graph/layer.js";
import { flattenedNote } from "../held.js";
import type { Dialect } from "../chain.js";
import { taken } from "../chain.js";
import { Attrs, cannotWrite, type Part } from "../part.js";
import { call, literal, tuple, unless, type Named } from "../python.js";
import { recurrentWriters, type RecurrentPart } from "../recurrent.js";
import { statement, type Step, type Writer, type Writers } from "../step.js";
import { activationWord } from "./pointwise.js";
import { own } from "../../graph/own.js";

const make = (text: string): readonly Step[] => [{ make: text }];
const CLASSES: Readonly<Record<string, string>> = { rnn: "SimpleRNN", gru: "GRU", lstm: "LSTM" };

const linear: Writer = (part) => {
  const attributes = new Attrs(part);
  return make(call("layers.Dense", [attributes.number("outFeatures")], [["use_bias", unless(attributes.flag("bias"), true)]]));
};

const embedding: Writer = (part) => {
  const attributes = new Attrs(part);
  const sizes = [attributes.number("numEmbeddings"), attributes.number("embeddingDim")];
  if (attributes.has("paddingIdx")) cannotWrite(part, "Keras's Embedding has no padding_idx");
  return make(call("layers.Embedding", sizes, [["mask_zero", attributes.flag("maskZero") ? "True" : undefined]]));
};

const embeddingBag: Writer = (part) => {
  const attributes = new Attrs(part);
  const look = call("layers.Embedding", [attributes.number("numEmbeddings"), attributes.number("embeddingDim")]);
  const mode = attributes.text("mode");
  if (mode === "sum") return [{ make: look }, statement("x = keras.ops.sum(x, axis=1)")];
  return [{ make: look }, { make: `layers.Global${mode === "mean" ? "Average" : "Max"}Pooling1D()` }];
};

/** Any change of shape that leaves the batch alone. */
const reshaped: Writer = (part) => {
  const { input, output } = part;
  if (input.shape[0] !== output.shape[0]) cannotWrite(part, "Keras's Reshape leaves the batch alone");
  return make(call("layers.Reshape", [tuple(output.shape.slice(1))]));
};

const flatten: Writer = (part) => {
  const attributes = new Attrs(part);
  const all = attributes.number("startDim") === 1 && attributes.number("endDim") === -1;
  if (!all) return reshaped(part);
  return [{ make: "layers.Flatten()", note: flattenedNote(part) }];
};

const reshape: Writer = (part) => make(call("layers.Reshape", [tuple(new Attrs(part).sizes("sizes"))]));

const upsample: Writer = (part) => {
  const attributes = new Attrs(part);
  const rank = part.input.shape.length - 2;
  const mode = attributes.text("mode");
  if (!attributes.has("scaleFactor") || !attributes.sizes("scaleFactor").every(Number.isInteger))
    cannotWrite(part, "Keras's UpSampling takes whole factors");
  const plain = mode === "nearest" || (rank === 2 && ["bilinear", "bicubic", "lanczos3", "lanczos5"].includes(mode));
  if (!plain || attributes.flag("alignCorners")) cannotWrite(part, `Keras has no such interpolation in ${rank} dimensions`);
  const scale = attributes.sizes("scaleFactor");
  const factors = scale.length === rank ? scale : Array<number>(rank).fill(scale[0] ?? 1);
  const size = new Set(factors).size === 1 ? String(factors[0] ?? 1) : tuple(factors);
  return make(call(`layers.UpSampling${rank}D`, [size], [["interpolation", unless(mode, "nearest")]]));
};

/** One direction of one layer. */
function cellCall({ cell, hiddenSize, biases, setting }: RecurrentPart, sequences: boolean): string {
  const named: readonly Named[] = [
    ["activation", activationArgument(setting("nonlinearity"), "tanh")],
    ["recurrent_activation", activationArgument(setting("recurrentActivation"), "sigmoid")],
    ["use_bias", biases === 0 ? "False" : undefined],
    ["return_sequences", sequences ? "True" : undefined],
    ["dropout", number(setting("inputDropout"))],
    ["recurrent_dropout", number(setting("recurrentDropout"))],
    ["reset_after", cell === "gru" && biases === 1 ? "False" : undefined],
  ];
  return call(`layers.${CLASSES[cell] ?? cell}`, [hiddenSize], named);
}

function activationArgument(value: unknown, standard: string): string | undefined {
  const name = typeof value === "string" ? value : standard;
  if (name === standard) return undefined;
  return name === "identity" ? "None" : literal(own(KERAS_WORDS, name) ?? name);
}

const KERAS_WORDS: Readonly<Record<string, string>> = { hardsigmoid: "hard_sigmoid", hardswish: "hard_silu", hardtanh: "hard_tanh" };
const number = (value: unknown) => (typeof value === "number" ? literal(value) : undefined);

function recurrentSteps(part: Part, settings: RecurrentPart, bidirectional: boolean): readonly Step[] {
  const { cell, numLayers, biases, sequences, setting } = settings;
  if (!settings.batchFirst) cannotWrite(part, "Keras has the batch first, and this layer the time", "write batch_first=True");
  if (settings.projSize > 0) cannotWrite(part, "Keras's LSTM has no projection");
  const fewer = biases === 2 && cell !== "gru";
  const lost = settings.biasElements * (bidirectional && !settings.bidirectional ? 2n : 1n);
  const note = `layers.${CLASSES[cell] ?? cell} has one bias vector for a gate, the layer counted has two: ${lost} parameters less.`;
  const dropout = setting("dropout");
  return Array.from({ length: numLayers }, (_, index): readonly Step[] => {
    const inner = cellCall(settings, sequences || index < numLayers - 1);
    const step: Step = {
      make: bidirectional ? call("layers.Bidirectional", [inner]) : inner,
      ...(fewer && index === 0 ? { note, extraParams: -lost } : {}),
    };
    return index < numLayers - 1 && typeof dropout === "number" ? [step, { make: `layers.Dropout(${literal(dropout)})` }] : [step];
  }).flat();
}

const { recurrent, bidirectional } = recurrentWriters(recurrentSteps);

/** The call of an attention layer on `x` itself. */
const attention: Writer = (part) => {
  const attributes = new Attrs(part);
  const embed = part.input.shape.at(-1) ?? 0;
  const heads = attributes.number("numHeads");
  if (!attributes.flag("batchFirst")) cannotWrite(part, "Keras has the batch first, and this layer the sequence", "write batch_first=True");
  if (attributes.flag("addBiasKv") || attributes.flag("addZeroAttn")) cannotWrite(part, "Keras's attention adds no tokens");
  const differs = (name: string) => (attributes.optional(name) ?? embed) !== embed;
  if (differs("kdim") || differs("vdim")) cannotWrite(part, "its keys and values are other tensors than its query");
  const width = attributes.optional("keyDim") ?? embed / heads;
  const keyHeads = attributes.optional("keyHeads");
  const rest: readonly Named[] = [
    ["dropout", unless(attributes.optional("dropout"), 0)],
    ["use_bias", unless(attributes.flag("bias"), true)],
  ];
  const run = (ref: string) => [`x = ${ref}(x, x)`];
  if (keyHeads !== undefined) return [{ make: call("layers.GroupQueryAttention", [width, heads, keyHeads], rest), run }];
  const named: readonly Named[] = [
    ["value_dim", unless(attributes.optional("valueDim"), width)],
    ...rest,
    ["output_shape", unless(attributes.optional("outputDim"), embed)],
  ];
  return [{ make: call("layers.MultiHeadAttention", [heads, width], named), run }];
};

/** The layer's statements: attention and feed-forward, each added to its input, with the norm before or after. */
function encoderLines(part: Part, encoder: Part["layer"]): readonly string[] {
  const attributes = new Attrs({ layer: encoder, op: encoder.layer.op });
  const width = part.input.shape.at(-1) ?? 0;
  const heads = attributes.number("nhead");
  if (!attributes.flag("batchFirst")) cannotWrite(part, "Keras has the batch first, and this layer the sequence", "write batch_first=True");
  const bias: Named = ["use_bias", unless(attributes.flag("bias"), true)];
  const rate = attributes.optional("dropout") ?? 0.1;
  const activation = encoder.steps.find(({ name }) => name === "activation");
  const word = activation === undefined ? undefined : activationWord({ ...part, layer: activation, op: activation.layer.op });
  if (word === undefined) cannotWrite(part, "its activation has no name in Keras");
  const norm = call(
    "layers.LayerNormalization",
    [],
    [
      ["epsilon", literal(attributes.optional("eps") ?? 1e-5)],
      ["center", attributes.flag("bias") ? undefined : "False"],
    ],
  );
  const attend = call("layers.MultiHeadAttention", [heads, width / heads], [["dropout", unless(rate, 0)], bias]);
  const drop = rate === 0 ? [] : [`y = layers.Dropout(${literal(rate)})(y)`];
  const dense = (units: number, more: readonly Named[] = []) => call("layers.Dense", [units], [...more, bias]);
  const forward = [
    `y = ${dense(attributes.number("dimFeedforward"), [["activation", literal(word)]])}(y)`,
    ...drop,
    `y = ${dense(width)}(y)`,
    ...drop,
  ];
  if (attributes.flag("normFirst")) {
    return [`y = ${norm}(x)`, `y = ${attend}(y, y)`, ...drop, "x = layers.Add()([x, y])", `y = ${norm}(x)`, ...forward, "x = layers.Add()([x, y])"];
  }
  const join = ["x = layers.Add()([x, y])", `x = ${norm}(x)`];
  return [`y = ${attend}(x, x)`, ...drop, ...join, ...forward.map((line, index) => (index === 0 ? line.replace(/\(y\)$/, "(x)") : line)), ...join];
}

const encoderLayer: Writer = (part) => [statement(...encoderLines(part, part.layer))];

const encoder: Writer = (part) => {
  const [first] = part.layer.steps;
  const norm = part.layer.steps.find(({ name }) => name === "norm");
  if (first === undefined) throw new Error("a stack of layers has one");
  if (norm !== undefined && norm.layer.op !== "layer_norm") cannotWrite(part, "its last norm is no layer normalization");
  const eps = norm?.inference?.attributes["eps"];
  const last = norm === undefined ? [] : [`x = layers.LayerNormalization(epsilon=${literal(typeof eps === "number" ? eps : 1e-5)})(x)`];
  return [statement(`for _ in range(${new Attrs(part).number("numLayers")}):`, ...encoderLines(part, first).map((line) => `    ${line}`), ...last)];
};

/** The layer inside as it is written by itself, on each time step. */
export function timeDistributed(part: Part, dialect: Dialect, steps: (part: Part) => readonly Step[]): readonly Step[] {
  const [fold, inner] = part.layer.steps;
  const [folded] = fold?.outputs ?? [];
  if (inner === undefined || folded === undefined) throw new Error("time_distributed has three steps");
  return taken(inner, part.name, part.place, folded, dialect)
    .flatMap(steps)
    .map((step) =>
      step.make === undefined || step.run !== undefined
        ? cannotWrite(part, "the layer inside is no single layer of Keras")
        : { ...step, make: call("layers.TimeDistributed", [step.make]) },
    );
}

/** Linear layers, embeddings, what moves data, recurrent layers and attention. */
export const sequenceWriters: Writers = {
  linear,
  embedding,
  embedding_bag: embeddingBag,
  flatten,
  unflatten: reshaped,
  reshape,
  permute: (part) => (isLayout(part.layer.layer.axes) ? [] : make(call("layers.Permute", [tuple(new Attrs(part).sizes("dims"))]))),
  repeat_vector: (part) => make(call("layers.RepeatVector", [new Attrs(part).number("repeats")])),
  upsample,
  rnn: recurrent,
  gru: recurrent,
  lstm: recurrent,
  bidirectional,
  multi_head_attention: attention,
  transformer_encoder_layer: encoderLayer,
  transformer_encoder: encoder,
  select_token: () => [statement("x = x[:, 0]")],
};

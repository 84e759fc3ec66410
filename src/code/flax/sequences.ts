import { isLayout } from "../../graph/layer.js";
import { flattenedNote, spaces } from "../held.js";
import { Attrs, cannotWrite, type Part } from "../part.js";
import { call, literal, tuple, unless, type Named } from "../python.js";
import { recurrentWriters, type RecurrentPart } from "../recurrent.js";
import { statement, type Step, type Writer, type Writers } from "../step.js";
import { pointwiseWriters } from "./pointwise.js";

const make = (text: string): readonly Step[] => [{ make: text }];
const numpy = (...lines: readonly string[]): readonly Step[] => [{ ...statement(...lines), imports: ["import jax.numpy as jnp"] }];

const linear: Writer = (part) => {
  const attributes = new Attrs(part);
  return make(call("nn.Dense", [attributes.number("outFeatures")], [["use_bias", unless(attributes.flag("bias"), true)]]));
};

function embed(part: Part): Step {
  const attributes = new Attrs(part);
  if (attributes.has("paddingIdx") || attributes.flag("maskZero")) cannotWrite(part, "nn.Embed has neither a padding index nor masks");
  return { make: call("nn.Embed", [attributes.number("numEmbeddings"), attributes.number("embeddingDim")]) };
}

const reshaped: Writer = ({ input, output, ...part }) => {
  if (input.shape[0] !== output.shape[0]) cannotWrite({ ...part, input, output }, "the batch is part of the new shape");
  return [statement(`x = x.reshape(x.shape[0], ${output.shape.slice(1).join(", ")})`)];
};

const flatten: Writer = (part) => {
  const attributes = new Attrs(part);
  if (attributes.number("startDim") !== 1 || attributes.number("endDim") !== -1) return reshaped(part);
  return [{ ...statement("x = x.reshape(x.shape[0], -1)"), note: flattenedNote(part) }];
};

const reshape: Writer = (part) => [statement(`x = x.reshape(x.shape[0], ${new Attrs(part).sizes("sizes").join(", ")})`)];

const upsample: Writer = (part) => {
  const attributes = new Attrs(part);
  const mode = attributes.text("mode");
  const [input, output] = spaces(part);
  const factors = input.map((size, axis) => (output[axis] ?? 0) / size);
  if (mode === "nearest" && factors.every(Number.isInteger)) {
    return numpy(...factors.flatMap((factor, axis) => (factor === 1 ? [] : [`x = jnp.repeat(x, ${factor}, axis=${axis + 1})`])));
  }
  if (!["linear", "bilinear", "trilinear"].includes(mode) || attributes.flag("alignCorners"))
    cannotWrite(part, `jax.image.resize has no interpolation like this '${mode}'`);
  const line = `x = jax.image.resize(x, (x.shape[0], ${output.join(", ")}, x.shape[-1]), method="linear", antialias=False)`;
  return [{ ...statement(line), imports: ["import jax"] }];
};

const shuffled =
  (attribute: string, lines: (factor: number) => readonly string[]): Writer =>
  (part) => [statement(...lines(new Attrs(part).number(attribute)))];

const CELLS: Readonly<Record<string, string>> = { rnn: "SimpleCell", gru: "GRUCell", lstm: "OptimizedLSTMCell" };
/** Bias vectors that Flax's cells have: one a gate, and one more for the candidate of a GRU, of three gates. */
const BIASES: Readonly<Record<string, readonly [bigint, bigint]>> = { rnn: [1n, 1n], gru: [4n, 3n], lstm: [1n, 1n] };

function requireCell(part: Part, { cell, biases, projSize, setting }: RecurrentPart): void {
  const nonlinearity = setting("nonlinearity") ?? "tanh";
  if (nonlinearity !== "tanh" && !(cell === "rnn" && nonlinearity === "relu")) cannotWrite(part, "its activation is not the cell's tanh");
  if (setting("recurrentActivation") !== undefined) cannotWrite(part, "its gates are no sigmoids");
  if (setting("inputDropout") !== undefined || setting("recurrentDropout") !== undefined) cannotWrite(part, "Flax's cells drop nothing");
  if (biases === 0) cannotWrite(part, "Flax's cells have biases");
  if (cell === "gru" && biases === 1) cannotWrite(part, "nn.GRUCell is Keras's GRU with reset_after=True, and this one is without");
  if (projSize > 0) cannotWrite(part, "Flax's cells have no projection");
}

function recurrentSteps(part: Part, settings: RecurrentPart, bidirectional: boolean): readonly Step[] {
  requireCell(part, settings);
  const { cell, hiddenSize, numLayers, biases, sequences, batchFirst, biasElements, setting } = settings;
  const name = CELLS[cell] ?? cell;
  const inner = call(`nn.${name}`, [hiddenSize], [["activation_fn", setting("nonlinearity") === "relu" ? "nn.relu" : undefined]]);
  const major: Named = ["time_major", batchFirst ? undefined : "True"];
  const rnn = call("nn.RNN", [inner], [major]);
  const layer = bidirectional ? call("nn.Bidirectional", [call("nn.RNN", [inner]), call("nn.RNN", [inner])], [major]) : rnn;
  const [has, of] = BIASES[cell] ?? [1n, 1n];
  const counted = biasElements * (bidirectional && !settings.bidirectional ? 2n : 1n);
  const extra = (counted * has) / of - counted * BigInt(biases);
  const note = `nn.${name} has fewer biases than the layer counted: ${-extra} parameters less.`;
  const dropout = setting("dropout");
  const steps = Array.from({ length: numLayers }, (_, index): readonly Step[] => [
    { make: layer, ...(extra !== 0n && index === 0 ? { note, extraParams: extra } : {}) },
    ...(index < numLayers - 1 && typeof dropout === "number" ? [{ make: `nn.Dropout(${literal(dropout)}, deterministic=not train)` }] : []),
  ]).flat();
  if (sequences) return steps;
  if (!bidirectional) return [...steps, statement("x = x[:, -1]")];
  return [...steps, ...numpy(`x = jnp.concatenate([x[:, -1, :${hiddenSize}], x[:, 0, ${hiddenSize}:]], axis=-1)`)];
}

const { recurrent, bidirectional } = recurrentWriters(recurrentSteps);

const BATCH_FIRST = "write batch_first=True";

const attention: Writer = (part) => {
  const attributes = new Attrs(part);
  const width = part.input.shape.at(-1) ?? 0;
  const heads = attributes.number("numHeads");
  if (!attributes.flag("batchFirst")) cannotWrite(part, "Flax has the batch first, and this layer the sequence", BATCH_FIRST);
  if (attributes.flag("addBiasKv") || attributes.flag("addZeroAttn")) cannotWrite(part, "Flax's attention adds no tokens");
  const differs = (name: string, standard: number) => (attributes.optional(name) ?? standard) !== standard;
  const keyDim = attributes.optional("keyDim") ?? width / heads;
  if (differs("kdim", width) || differs("vdim", width)) cannotWrite(part, "its keys and values are other tensors than its query");
  if (differs("keyHeads", heads) || differs("valueDim", keyDim)) cannotWrite(part, "Flax's heads have one width, and as many keys as queries");
  const rate = unless(attributes.optional("dropout"), 0);
  const text = call(
    "nn.MultiHeadDotProductAttention",
    [],
    [
      ["num_heads", String(heads)],
      ["qkv_features", unless(keyDim * heads, width)],
      ["out_features", unless(attributes.optional("outputDim"), width)],
      ["use_bias", unless(attributes.flag("bias"), true)],
      ["dropout_rate", rate],
      ["deterministic", rate === undefined ? undefined : "not train"],
    ],
  );
  return [{ make: text, run: (ref) => [`x = ${ref}(x, x)`] }];
};

/** The layer's statements: attention and feed-forward, each added to its input, with the norm before or after. */
function encoderLines(part: Part, encoder: Part["layer"]): readonly string[] {
  const attributes = new Attrs({ layer: encoder, op: encoder.layer.op });
  const width = part.input.shape.at(-1) ?? 0;
  if (!attributes.flag("batchFirst")) cannotWrite(part, "Flax has the batch first, and this layer the sequence", BATCH_FIRST);
  const bias: Named = ["use_bias", unless(attributes.flag("bias"), true)];
  const rate = attributes.optional("dropout") ?? 0.1;
  const activation = encoder.steps.find(({ name }) => name === "activation");
  const [active] =
    activation === undefined ? [] : (pointwiseWriters[activation.layer.op]?.({ ...part, layer: activation, op: activation.layer.op }) ?? []);
  const [activated] = active?.run?.("") ?? [];
  if (activated === undefined || active?.imports !== undefined) return cannotWrite(part, "its activation is no function of flax.linen");
  const norm = call("nn.LayerNorm", [], [["epsilon", unless(attributes.optional("eps") ?? 1e-5, 1e-6)], bias]);
  const drop = rate === 0 ? [] : [`y = nn.Dropout(${literal(rate)}, deterministic=not train)(y)`];
  const attend = call(
    "nn.MultiHeadDotProductAttention",
    [],
    [
      ["num_heads", String(attributes.number("nhead"))],
      bias,
      ["dropout_rate", unless(rate, 0)],
      ["deterministic", rate === 0 ? undefined : "not train"],
    ],
  );
  const dense = (units: number) => call("nn.Dense", [units], [bias]);
  const forward = (from: string) => [
    `y = ${dense(attributes.number("dimFeedforward"))}(${from})`,
    activated.replaceAll(/\bx\b/g, "y"),
    ...drop,
    `y = ${dense(width)}(y)`,
    ...drop,
  ];
  if (attributes.flag("normFirst"))
    return [`y = ${norm}(x)`, `y = ${attend}(y, y)`, ...drop, "x = x + y", `y = ${norm}(x)`, ...forward("y"), "x = x + y"];
  return [`y = ${attend}(x, x)`, ...drop, `x = ${norm}(x + y)`, ...forward("x"), `x = ${norm}(x + y)`];
}

const encoder: Writer = (part) => {
  const [first] = part.layer.steps;
  const norm = part.layer.steps.find(({ name }) => name === "norm");
  if (first === undefined) throw new Error("a stack of layers has one");
  if (norm !== undefined && norm.layer.op !== "layer_norm") cannotWrite(part, "its last norm is no layer normalization");
  const eps = norm?.inference?.attributes["eps"];
  const last = norm === undefined ? [] : [`x = nn.LayerNorm(epsilon=${literal(typeof eps === "number" ? eps : 1e-5)})(x)`];
  return [statement(`for _ in range(${new Attrs(part).number("numLayers")}):`, ...encoderLines(part, first).map((line) => `    ${line}`), ...last)];
};

/** A learned tensor; the module gives it a name of its own. */
function parameter(initial: string, shape: readonly number[], run: string, imports: readonly string[] = []): readonly Step[] {
  return [{ run: (name) => [`learned = self.param("${name}", nn.initializers.${initial}(), ${tuple(shape)})`, `x = ${run}`], imports }];
}

const tokens: Writers = {
  class_token: ({ input }) =>
    parameter("zeros_init", [1, 1, input.shape.at(-1) ?? 1], "jnp.concatenate([jnp.repeat(learned, x.shape[0], axis=0), x], axis=1)", [
      "import jax.numpy as jnp",
    ]),
  select_token: () => [statement("x = x[:, 0]")],
  position_embedding: ({ input }) => parameter("zeros_init", [1, ...input.shape.slice(1)], "x + learned"),
  layer_scale: ({ input }) => parameter("ones_init", [(input.shape.length >= 4 ? input.shape[1] : input.shape.at(-1)) ?? 1], "x * learned"),
};

/** Linear layers, embeddings, what moves data, recurrent layers and attention. */
export const sequenceWriters: Writers = {
  linear,
  embedding: (part) => [embed(part)],
  embedding_bag: (part) => [embed(part), statement(`x = x.${new Attrs(part).text("mode")}(axis=1)`)],
  flatten,
  unflatten: reshaped,
  reshape,
  permute: (part) => (isLayout(part.layer.layer.axes) ? [] : numpy(`x = jnp.transpose(x, ${tuple([0, ...new Attrs(part).sizes("dims")])})`)),
  repeat_vector: (part) => numpy(`x = jnp.repeat(x[:, None], ${new Attrs(part).number("repeats")}, axis=1)`),
  upsample,
  pixel_shuffle: shuffled("upscaleFactor", (r) => [
    "n, h, w, c = x.shape",
    `x = x.reshape(n, h, w, c // ${r * r}, ${r}, ${r}).transpose(0, 1, 4, 2, 5, 3).reshape(n, h * ${r}, w * ${r}, c // ${r * r})`,
  ]),
  pixel_unshuffle: shuffled("downscaleFactor", (r) => [
    "n, h, w, c = x.shape",
    `x = x.reshape(n, h // ${r}, ${r}, w // ${r}, ${r}, c).transpose(0, 1, 3, 5, 2, 4).reshape(n, h // ${r}, w // ${r}, c * ${r * r})`,
  ]),
  channel_shuffle: shuffled("groups", (groups) => [
    "shape = x.shape",
    `x = x.reshape(*shape[:-1], ${groups}, shape[-1] // ${groups}).swapaxes(-1, -2).reshape(shape)`,
  ]),
  rnn: recurrent,
  gru: recurrent,
  lstm: recurrent,
  bidirectional,
  multi_head_attention: attention,
  transformer_encoder_layer: (part) => [statement(...encoderLines(part, part.layer))],
  transformer_encoder: encoder,
  ...tokens,
};

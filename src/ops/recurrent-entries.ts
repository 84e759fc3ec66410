import { fail } from "../graph/diagnostic.js";
import type { Attributes, Layer } from "../graph/layer.js";
import type { Args } from "./args.js";
import type { CallEntry, Family, ShorthandArgs } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { kerasCells } from "./keras/cells.js";
import { kerasWrappers } from "./keras-wrappers.js";
import { kerasStep, recurrent, recurrentCell, type Cell, type RecurrentOptions } from "./recurrent.js";
import { activationOf } from "./with-activation.js";

// https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers
const NONLINEARITIES = ["tanh", "relu"] as const;
const REST = "bias=True, batch_first=False, dropout=0.0, bidirectional=False";

function torchLayer(args: Args, cell: Cell, nonlinearity = "tanh"): Layer {
  const hiddenSize = args.count("hidden_size");
  const projSize = args.size("proj_size");
  if (projSize > 0 && cell !== "lstm") args.fail("proj_size", "proj_size argument is only supported for LSTM, not RNN or GRU");
  if (projSize >= hiddenSize) args.fail("proj_size", "proj_size has to be smaller than hidden_size", `less than ${hiddenSize}`);
  const dropout = args.probability("dropout");
  return recurrent({
    cell,
    inputSize: args.count("input_size"),
    hiddenSize,
    numLayers: args.depth("num_layers"),
    biases: args.flag("bias") ? 2 : 0,
    bidirectional: args.flag("bidirectional"),
    projSize,
    batchFirst: args.flag("batch_first"),
    returns: { sequences: true, states: "torch" },
    settings: { ...(nonlinearity === "tanh" ? {} : { nonlinearity }), ...(dropout === 0 ? {} : { dropout }) },
  });
}

const cellEntry = (name: string, cell: Cell, extra = ""): CallEntry => ({
  names: [name],
  signature: `input_size, hidden_size, bias=True, ${extra}device=None, dtype=None`,
  build: (args) => {
    const nonlinearity = cell === "rnn" ? args.oneOf("nonlinearity", NONLINEARITIES) : "tanh";
    const settings = nonlinearity === "tanh" ? {} : { nonlinearity };
    return recurrentCell(cell, args.count("input_size"), args.count("hidden_size"), args.flag("bias"), settings);
  },
});

const torch: readonly CallEntry[] = [
  {
    names: ["RNN"],
    signature: `input_size, hidden_size, num_layers=1, nonlinearity='tanh', ${REST}, device=None, dtype=None, proj_size=0`,
    build: (args) => {
      return torchLayer(args, "rnn", args.oneOf("nonlinearity", NONLINEARITIES));
    },
  },
  {
    names: ["GRU"],
    signature: `input_size, hidden_size, num_layers=1, ${REST}, device=None, dtype=None, proj_size=0`,
    build: (args) => torchLayer(args, "gru"),
  },
  {
    names: ["LSTM"],
    signature: `input_size, hidden_size, num_layers=1, ${REST}, proj_size=0, device=None, dtype=None`,
    build: (args) => torchLayer(args, "lstm"),
  },
  cellEntry("RNNCell", "rnn", "nonlinearity='tanh', "),
  cellEntry("GRUCell", "gru"),
  cellEntry("LSTMCell", "lstm"),
];

// https://keras.io/api/layers/recurrent_layers/
const INITIALIZERS = "kernel_initializer='glorot_uniform', recurrent_initializer='orthogonal', bias_initializer='zeros'";
const REGULARIZERS =
  "kernel_regularizer=None, recurrent_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, recurrent_constraint=None, bias_constraint=None, dropout=0.0, recurrent_dropout=0.0";
const FLAGS = `seed=None, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, time_major=False, implementation=None, input_dim=None, input_length=None, use_cudnn='auto', zero_output_for_mask=False, ${KERAS_LAYER}`;

/** None and `linear` do nothing (Keras, LSTM). */
function isActivated(args: Args, name: string): boolean {
  return !args.isNone(name) && activationOf(args, name).op !== "identity";
}

/** What is not Keras's default, by the core's names. */
function kerasSettings(args: Args, cell: Cell): Attributes {
  const activation = args.isNone("activation") ? "identity" : activationOf(args, "activation").op;
  const gates = cell === "rnn" ? "sigmoid" : args.isNone("recurrent_activation") ? "identity" : activationOf(args, "recurrent_activation").op;
  const [dropout, recurrentDropout] = [args.number("dropout"), args.number("recurrent_dropout")];
  return {
    ...(activation === "tanh" ? {} : { nonlinearity: activation }),
    ...(gates === "sigmoid" ? {} : { recurrentActivation: gates }),
    ...(dropout === 0 ? {} : { inputDropout: dropout }),
    ...(recurrentDropout === 0 ? {} : { recurrentDropout }),
    ...(args.flag("go_backwards") ? { goBackwards: true } : {}),
    ...(args.flag("stateful") ? { stateful: true } : {}),
    ...(args.flag("time_major") ? { timeMajor: true } : {}),
  };
}

function kerasOptions(args: Args, cell: Cell): RecurrentOptions {
  const resetAfter = cell === "gru" && args.flag("reset_after");
  return {
    cell,
    inputSize: args.optionalCount("input_dim"),
    hiddenSize: args.count("units"),
    numLayers: 1,
    biases: !args.flag("use_bias") ? 0 : resetAfter ? 2 : 1,
    bidirectional: false,
    projSize: 0,
    batchFirst: true,
    activated: { gates: cell !== "rnn" && isActivated(args, "recurrent_activation"), states: isActivated(args, "activation") },
    returns: { sequences: args.flag("return_sequences"), states: args.flag("return_state") ? "keras" : "none" },
    settings: kerasSettings(args, cell),
  };
}

/** A step of a layer, as RNN runs it: its output, and its states after that. */
function kerasCell(name: "LSTM" | "GRU" | "SimpleRNN"): CallEntry {
  const cell = name === "LSTM" ? "lstm" : name === "GRU" ? "gru" : "rnn";
  const gates = cell === "rnn" ? "" : "recurrent_activation='sigmoid', ";
  const more = cell === "lstm" ? "unit_forget_bias=True, " : cell === "gru" ? "reset_after=True, " : "";
  return {
    names: [`${name}Cell`],
    signature: `units, activation='tanh', ${gates}use_bias=True, ${INITIALIZERS}, ${more}${REGULARIZERS}, ${FLAGS}`,
    build: (args) => kerasStep(kerasOptions(args, cell)),
  };
}

const keras: readonly CallEntry[] = [
  {
    names: ["SimpleRNN"],
    signature: `units, activation='tanh', use_bias=True, ${INITIALIZERS}, ${REGULARIZERS}, ${FLAGS}`,
    build: (args) => recurrent(kerasOptions(args, "rnn")),
  },
  {
    names: ["GRU"],
    signature: `units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, ${INITIALIZERS}, ${REGULARIZERS}, reset_after=True, ${FLAGS}`,
    build: (args) => recurrent(kerasOptions(args, "gru")),
  },
  {
    names: ["LSTM"],
    signature: `units, activation='tanh', recurrent_activation='sigmoid', use_bias=True, ${INITIALIZERS}, unit_forget_bias=True, ${REGULARIZERS}, ${FLAGS}`,
    build: (args) => recurrent(kerasOptions(args, "lstm")),
  },
  ...(["LSTM", "GRU", "SimpleRNN"] as const).map(kerasCell),
  ...kerasCells,
  ...kerasWrappers,
];

function word(cell: Cell) {
  return (args: ShorthandArgs): Layer => {
    const hiddenSize = args.outChannels;
    if (hiddenSize === undefined)
      return fail("missing-argument", `${args.word} does not say its hidden size`, {
        place: args.place,
        expected: `a size, as in \`${args.word} 64\``,
      });
    const shared = { cell, inputSize: args.inChannels, hiddenSize, numLayers: 1, bidirectional: false, projSize: 0, batchFirst: true } as const;
    return recurrent({ ...shared, biases: 2, returns: { sequences: true, states: "torch" } });
  };
}

/** Recurrent layers of both frameworks. */
export const recurrentFamily: Family = {
  torch,
  keras,
  shorthand: [
    { words: ["lstm"], takes: ["channels"], example: "lstm 32->64", build: word("lstm") },
    { words: ["gru"], takes: ["channels"], example: "gru 32->64", build: word("gru") },
    { words: ["rnn"], takes: ["channels"], example: "rnn 32->64", build: word("rnn") },
  ],
};

import { fail } from "../../graph/diagnostic.js";
import type { Inference, Layer, Primitive, Stored, TensorType } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";
import type { Args, Literal } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { firstInput, inference, requireRank } from "../primitive.js";

// https://keras.io/api/layers/recurrent_layers/rnn/

/** Cells one on another, as one cell: each reads what the one before it made (Keras, StackedRNNCells). Returns the last output and every state. */
function stacked(cells: readonly Primitive[]): Primitive {
  return {
    type: "primitive",
    op: "stacked_rnn_cells",
    returns: cells.reduce((sum, { returns = 1 }) => sum + returns - 1, 1),
    axes: "plain",
    ranks: [2],
    infer: (inputs) => inferCells(cells, firstInput(inputs)),
  };
}

function inferCells(cells: readonly Primitive[], input: Shape): Inference {
  requireRank("stacked_rnn_cells", input, [2], "batch, features");
  let shape = input;
  const inferred = cells.map((cell) => {
    const made = cell.infer([shape]);
    shape = made.outputs[0]?.shape ?? shape;
    return made;
  });
  const states = inferred.flatMap(({ outputs }) => outputs.slice(1));
  const stored = inferred.flatMap((made, index) => made.stored.map((tensor): Stored => ({ ...tensor, name: `cell_${index}.${tensor.name}` })));
  return inference([{ shape }, ...states], {
    stored,
    macs: inferred.reduce((sum, { cost }) => sum + cost.macs, 0n),
    operations: summed(inferred.map(({ cost }) => cost.operations)),
    mixes: { channels: true, space: false },
  });
}

type Operations = Inference["cost"]["operations"];

function summed(all: readonly Operations[]): Operations {
  const total = new Map<string, bigint>();
  for (const [cause, count] of all.flatMap((operations) => Object.entries(operations))) total.set(cause, (total.get(cause) ?? 0n) + count);
  return Object.fromEntries(total);
}

interface Returns {
  readonly sequences: boolean;
  readonly states: boolean;
}

/** A cell run over time, batch, time, features: its cost is the cell's for each step (Keras, RNN). */
function rnn(cell: Primitive, { sequences, states }: Returns): Primitive {
  return {
    type: "primitive",
    op: "rnn",
    returns: states ? cell.returns : undefined,
    axes: "plain",
    ranks: [3],
    infer(inputs) {
      const input = firstInput(inputs);
      requireRank("rnn", input, [3], "batch, time, features");
      const [batch = 0, time = 0, features = 0] = input;
      const step = cell.infer([[batch, features]]);
      const [output, ...kept] = step.outputs;
      const width = output?.shape.slice(1) ?? [];
      const made: TensorType = { shape: sequences ? [batch, time, ...width] : [batch, ...width] };
      const steps = BigInt(time);
      return inference([made, ...(states ? kept : [])], {
        stored: step.stored,
        macs: steps * step.cost.macs,
        operations: Object.fromEntries(Object.entries(step.cost.operations).map(([cause, count]) => [cause, steps * count])),
        attributes: { cell: cell.op, ...step.attributes, ...(sequences ? {} : { returnSequences: false }) },
        mixes: { channels: true, space: true },
      });
    },
  };
}

/** A cell, or several in a list. */
function cellOf(args: Args, name: string): Primitive {
  const value = args.value(name);
  const cells = (value.kind === "tuple" ? value.items : [value]).map((item) => oneCell(args, name, item));
  const [only] = cells;
  return only !== undefined && cells.length === 1 ? only : stacked(cells);
}

function oneCell(args: Args, name: string, value: Literal): Primitive {
  const layer: Layer | undefined = value.kind === "layer" ? value.layer : undefined;
  if (layer?.type === "primitive" && /_cells?$/.test(layer.op)) return layer;
  return fail("bad-argument", `${name} of ${args.callee} is no cell that is known`, {
    place: value.place,
    expected: "LSTMCell, GRUCell, SimpleRNNCell or StackedRNNCells",
  });
}

/** RNN over any cell, and cells in a stack. */
export const kerasCells: readonly CallEntry[] = [
  {
    names: ["StackedRNNCells"],
    signature: `cells, ${KERAS_LAYER}`,
    build: (args) => stacked(args.items("cells").map((item) => oneCell(args, "cells", item))),
  },
  {
    names: ["RNN"],
    signature: `cell, return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False, zero_output_for_mask=False, time_major=False, ${KERAS_LAYER}`,
    build: (args) => {
      const returns = { sequences: args.flag("return_sequences"), states: args.flag("return_state") };
      return rnn(cellOf(args, "cell"), returns);
    },
  },
];

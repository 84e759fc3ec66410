import { fail } from "../graph/diagnostic.js";
import type { Composite, Layer, Primitive } from "../graph/layer.js";
import { elements, formatShape } from "../graph/shape.js";
import type { Args } from "./args.js";
import { reshapeTo } from "./arithmetic.js";
import type { CallEntry } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { firstInput, inference } from "./primitive.js";

type Merge = "concat" | "sum" | "mul" | "ave";

const MERGES: readonly Merge[] = ["concat", "sum", "mul", "ave"];
const RECURRENT: readonly string[] = ["lstm", "gru", "rnn", "conv_lstm1d", "conv_lstm2d", "conv_lstm3d"];

// https://keras.io/api/layers/recurrent_layers/
export const kerasWrappers: readonly CallEntry[] = [
  {
    names: ["Bidirectional"],
    signature: `layer, merge_mode='concat', weights=None, backward_layer=None, ${KERAS_LAYER}`,
    build: (args) => {
      const forward = recurrentArgument(args, "layer");
      const backward = args.isNone("backward_layer") ? forward : recurrentArgument(args, "backward_layer");
      return bidirectional(forward, backward, args.isNone("merge_mode") ? undefined : args.oneOf("merge_mode", MERGES));
    },
  },
  { names: ["TimeDistributed"], signature: `layer, ${KERAS_LAYER}`, build: (args) => timeDistributed(args.layer("layer")) },
];

function recurrentArgument(args: Args, name: string): Layer {
  const layer = args.layer(name);
  if (RECURRENT.includes(layer.op)) return layer;
  return args.fail(name, `${name} of Bidirectional is ${layer.op}, which has no direction`, "LSTM, GRU, SimpleRNN, RNN or ConvLSTM");
}

/** A layer run forwards, one run backwards, their outputs joined (Keras, Bidirectional); None keeps both. */
function bidirectional(forwardLayer: Layer, backwardLayer: Layer, merge: Merge | undefined): Composite {
  return {
    type: "composite",
    op: "bidirectional",
    returns: (merge === undefined ? 2 : 1) + (forwardLayer.returns ?? 1) + (backwardLayer.returns ?? 1) - 2,
    axes: forwardLayer.axes,
    ranks: forwardLayer.ranks,
    batchAxis: forwardLayer.batchAxis,
    attributes: { mergeMode: merge ?? null },
    expand: (steps, inputs) => {
      const [forward, ...states] = steps.add("forward", forwardLayer, inputs);
      const [backward, ...others] = steps.add("backward", backwardLayer, inputs);
      if (merge === undefined) return [forward, backward, ...states, ...others];
      return [steps.add(merge, joined(merge), [forward, backward])[0], ...states, ...others];
    },
  };
}

function joined(merge: Merge): Primitive {
  return {
    type: "primitive",
    op: merge,
    axes: "plain",
    infer(inputs) {
      const left = firstInput(inputs);
      const right = inputs[1] ?? left;
      if (merge === "concat" && formatShape(left.slice(0, -1)) === formatShape(right.slice(0, -1))) {
        return inference([{ shape: [...left.slice(0, -1), (left.at(-1) ?? 0) + (right.at(-1) ?? 0)] }]);
      }
      if (formatShape(left) !== formatShape(right)) {
        fail("shape-mismatch", `the two directions give ${formatShape(left)} and ${formatShape(right)}`, { expected: "outputs that can be joined" });
      }
      // The average is a sum and a product for each element.
      return inference([{ shape: left }], { operations: { elementwise: elements(left) * (merge === "ave" ? 2n : 1n) } });
    },
  };
}

/** The layer on each time step (Keras, TimeDistributed): batch and time, the first two axes, are one for it, and are parted again. */
function timeDistributed(layer: Layer): Composite {
  return {
    type: "composite",
    op: "time_distributed",
    stores: layer.stores,
    axes: layer.axes === "nhwc" ? "nhwc" : "plain",
    ranks: layer.ranks?.map((rank) => rank + 1) ?? [3, 4, 5, 6],
    attributes: {},
    expand: (steps, [input]) => {
      if (input === undefined) return [];
      const { shape } = input;
      if (shape.length < 3) {
        fail("wrong-rank", `time_distributed cannot read an input of ${shape.length} dimensions (${formatShape(shape)})`, {
          expected: "3 dimensions or more: batch, time, the input of its layer",
        });
      }
      const [batch = 1, time = 1, ...frame] = shape;
      const fold = reshapeTo("reshape", () => [batch * time, ...frame]);
      const unfold = reshapeTo("reshape", ([, ...rest]) => [batch, time, ...rest]);
      const [folded] = steps.add("fold", fold, [input]);
      const [output] = steps.add("layer", layer, [folded]);
      const channelsLast = layer.axes === "nhwc" && output.shape.length > 2;
      return steps.add("unfold", { ...unfold, makes: channelsLast ? "nhwc" : "plain" }, [output]);
    },
  };
}

import type { Attributes, Primitive } from "../graph/layer.js";
import type { Args } from "./args.js";
import type { CallEntry, Family } from "./entry.js";
import { KERAS_LAYER } from "./keras-common.js";
import { elementwise } from "./primitive.js";

/** Costs nothing at inference (PyTorch, nn.Dropout: "during evaluation the module simply computes an identity function"). */
function dropout(attributes: Attributes): Primitive {
  return { ...elementwise("dropout", "elementwise", 0n, attributes), view: true };
}

/** What training does, where it is more than to drop elements with probability 0.5: the class, its probability or deviation. */
function build(args: Args): Primitive {
  const rate = ["p", "rate", "stddev"].find((name) => args.has(name));
  return dropout({ variant: args.callee, ...(rate === undefined ? {} : { p: rate === "stddev" ? args.number(rate) : args.probability(rate) }) });
}

const torch: readonly CallEntry[] = [
  { names: ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"], signature: "p=0.5, inplace=False", build },
];

const keras: readonly CallEntry[] = [
  { names: ["Dropout"], signature: `rate, noise_shape=None, seed=None, ${KERAS_LAYER}`, build },
  { names: ["SpatialDropout1D"], signature: `rate, seed=None, ${KERAS_LAYER}`, build },
  { names: ["SpatialDropout2D", "SpatialDropout3D"], signature: `rate, data_format=None, seed=None, ${KERAS_LAYER}`, build },
  { names: ["AlphaDropout"], signature: `rate, noise_shape=None, seed=None, ${KERAS_LAYER}`, build },
  { names: ["GaussianDropout"], signature: `rate, seed=None, ${KERAS_LAYER}`, build },
  { names: ["GaussianNoise"], signature: `stddev, seed=None, ${KERAS_LAYER}`, build },
  { names: ["ActivityRegularization"], signature: `l1=0.0, l2=0.0, ${KERAS_LAYER}`, build },
];

/** Dropout and noise, which only training sees. */
export const dropoutFamily: Family = { torch, keras, shorthand: [{ words: ["dropout"], takes: [], example: "dropout", build: () => dropout({}) }] };

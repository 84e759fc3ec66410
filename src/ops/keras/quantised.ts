import { activationFamily } from "../activation.js";
import { kerasConvolutions } from "../conv/keras.js";
import type { CallEntry } from "../entry.js";
import { linearFamily } from "../linear.js";
import { normFamily } from "../norm/family.js";
import { poolFamily } from "../pool/family.js";
import { recurrentFamily } from "../recurrent-entries.js";

/*
 * Layers of QKeras (github.com/google/qkeras), which round weights and activations as they run: they store the weights of Keras's own layers, and compute the same.
 * BinaryDense and TernaryDense (github.com/DingKe/nn_playground) likewise.
 */

const PARTS = ["kernel", "bias", "depthwise", "pointwise", "recurrent", "state", "gamma", "beta", "mean", "variance", "inverse", "average"];
const QUANTIZERS = `${PARTS.map((part) => `${part}_quantizer=None, ${part}_range=None`).join(", ")}, total_bits=None`;
const MULTIPLIERS = "H=1.0, kernel_lr_multiplier='Glorot', bias_lr_multiplier=None";

const OWN: readonly CallEntry[] = [activationFamily, linearFamily, normFamily, poolFamily, recurrentFamily]
  .flatMap(({ keras = [] }) => keras)
  .concat(kerasConvolutions);

/** A layer under another name, with arguments that change neither a shape nor a cost. */
function alike(name: string, of: string, more: string): readonly CallEntry[] {
  const entry = OWN.find(({ names }) => names.includes(of));
  return entry === undefined ? [] : [{ ...entry, names: [name], signature: `${entry.signature}, ${more}` }];
}

const QUANTISED = [
  "Activation",
  "Dense",
  "Conv1D",
  "Conv2D",
  "Conv2DTranspose",
  "DepthwiseConv2D",
  "SeparableConv1D",
  "SeparableConv2D",
  "BatchNormalization",
  "AveragePooling2D",
  "GlobalAveragePooling2D",
  "SimpleRNN",
  "LSTM",
  "GRU",
];

export const quantisedLayers: readonly CallEntry[] = [
  ...QUANTISED.flatMap((name) => alike(`Q${name}`, name, QUANTIZERS)),
  ...["BinaryDense", "TernaryDense"].flatMap((name) => alike(name, "Dense", MULTIPLIERS)),
];

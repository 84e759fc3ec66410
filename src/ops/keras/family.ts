import type { Family } from "../entry.js";
import { kerasImages } from "./augmentation.js";
import { kerasConvLstms } from "./conv-lstm.js";
import { kerasLegacy } from "./legacy.js";
import { kerasLookups } from "./lookup.js";
import { quantisedLayers } from "./quantised.js";
import { kerasReversible } from "./reversible-embedding.js";
import { kerasSpectrograms } from "./spectrogram.js";
import { kerasMoreWrappers } from "./wrappers.js";

/** Layers that Keras alone has. */
export const kerasOwnFamily: Family = {
  keras: [
    ...kerasConvLstms,
    ...kerasImages,
    ...kerasLookups,
    ...kerasReversible,
    ...kerasSpectrograms,
    ...kerasMoreWrappers,
    ...kerasLegacy,
    ...quantisedLayers,
  ],
};

import type { CallEntry, Family } from "../entry.js";
import { identity } from "../activation.js";
import { torchPatchMergings } from "./patch-merging.js";
import { torchRelativeAttentions } from "./relative-attention.js";
import { tokenWords } from "./tokens.js";
import { torchWindowAttentions } from "./window-attention.js";

/** Only training drops whole samples (torchvision, StochasticDepth). */
const stochasticDepth: CallEntry = {
  names: ["StochasticDepth"],
  signature: "p, mode='row'",
  build(args) {
    args.probability("p");
    return identity;
  },
};

/** Parts of vision transformers, by torchvision's names. */
export const visionFamily: Family = {
  torch: [...torchWindowAttentions, ...torchRelativeAttentions, ...torchPatchMergings, stochasticDepth],
  shorthand: tokenWords,
};

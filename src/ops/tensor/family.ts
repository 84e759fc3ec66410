import type { Family } from "../entry.js";
import { foldWords, torchFolds } from "./fold.js";
import { kerasPads1to3, padWords, torchPads1to3 } from "./pad.js";
import { kerasReshapes, reshapeWords, torchReshapes } from "./reshape.js";
import { kerasResizes, resizeWords, torchResizes } from "./resize.js";

/** Layers that move data: reshaping, padding, cropping, resizing, shuffling, unfolding. */
export const tensorFamily: Family = {
  torch: [...torchReshapes, ...torchPads1to3, ...torchResizes, ...torchFolds],
  keras: [...kerasReshapes, ...kerasPads1to3, ...kerasResizes],
  shorthand: [...reshapeWords, ...padWords, ...resizeWords, ...foldWords],
};

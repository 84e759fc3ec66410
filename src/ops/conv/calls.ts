import type { Family } from "../entry.js";
import { kerasConvolutions } from "./keras.js";
import { torchConvolutions } from "./torch.js";

/** Convolutions as PyTorch and Keras call them. */
export const convolutionCalls: Family = { torch: torchConvolutions, keras: kerasConvolutions };

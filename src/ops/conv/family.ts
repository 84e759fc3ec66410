import type { Family } from "../entry.js";
import { kerasConvolutions } from "./keras.js";
import { convolutionWords } from "./shorthand.js";
import { torchConvolutions } from "./torch.js";

/** Convolutions: standard, grouped, depthwise, pointwise, separable and transposed, 1-D to 3-D. */
export const convolutionFamily: Family = { torch: torchConvolutions, keras: kerasConvolutions, shorthand: convolutionWords };

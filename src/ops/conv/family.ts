import type { Family } from "../entry.js";
import { convolutionWords } from "./shorthand.js";

/** Convolutions: standard, grouped, depthwise, pointwise, separable and transposed, 1-D to 3-D. As PyTorch and Keras call them: calls.ts. */
export const convolutionFamily: Family = { shorthand: convolutionWords };

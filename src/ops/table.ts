import { convolutionFamily } from "./conv/family.js";
import type { Family } from "./entry.js";

/** The one table of operators: every family of layers that the notations know. */
export const families: readonly Family[] = [convolutionFamily];

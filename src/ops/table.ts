import { activationFamily } from "./activation.js";
import { convolutionFamily } from "./conv/family.js";
import { dropoutFamily } from "./dropout.js";
import type { Family } from "./entry.js";
import { linearFamily } from "./linear.js";
import { normFamily } from "./norm/family.js";
import { poolFamily } from "./pool/family.js";
import { recurrentFamily } from "./recurrent-entries.js";
import { tensorFamily } from "./tensor/family.js";
import { transformerFamily } from "./transformer.js";
import { visionFamily } from "./vision/family.js";

/** The one table of operators: every family of layers that the notations know. */
export const families: readonly Family[] = [
  convolutionFamily,
  poolFamily,
  linearFamily,
  normFamily,
  activationFamily,
  dropoutFamily,
  tensorFamily,
  recurrentFamily,
  transformerFamily,
  visionFamily,
];

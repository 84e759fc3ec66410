import { activationFamily } from "./activation.js";
import { convolutionCalls } from "./conv/calls.js";
import { convolutionFamily } from "./conv/family.js";
import { dropoutFamily } from "./dropout.js";
import type { Family } from "./entry.js";
import { kerasOwnFamily } from "./keras/family.js";
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
  convolutionCalls,
  activationFamily,
  normFamily,
  linearFamily,
  poolFamily,
  dropoutFamily,
  tensorFamily,
  recurrentFamily,
  transformerFamily,
  visionFamily,
  kerasOwnFamily,
];

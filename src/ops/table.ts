import { activationFamily } from "./activation.js";
import { convolutionCalls } from "./conv/calls.js";
import { convolutionFamily } from "./conv/family.js";
import { dropoutFamily } from "./dropout.js";
import type { Families, Family } from "./entry.js";
import { kerasOwnFamily } from "./keras/family.js";
import { linearFamily } from "./linear.js";
import { normFamily } from "./norm/family.js";
import { poolFamily } from "./pool/family.js";
import { recurrentFamily } from "./recurrent-entries.js";
import { tensorFamily } from "./tensor/family.js";
import { transformerFamily } from "./transformer.js";
import { visionFamily } from "./vision/family.js";

const others: readonly (() => Family)[] = [
  () => activationFamily,
  () => normFamily,
  () => linearFamily,
  () => poolFamily,
  () => dropoutFamily,
  () => tensorFamily,
  () => recurrentFamily,
  () => transformerFamily,
  () => visionFamily,
  () => kerasOwnFamily,
];

/**
 * The one table of operators: every family of layers that the notations know. A name is looked for from the top, and the bundled program
 * loads a family when a search comes to it: the usual ones stand first. Convolutions are two, since most specs use one notation.
 */
export const families: Families = { shorthand: [() => convolutionFamily, ...others], calls: [() => convolutionCalls, ...others] };

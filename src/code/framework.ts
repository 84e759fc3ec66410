import type { Dialect } from "./chain.js";
import type { Description } from "./module-text.js";
import type { Part } from "./part.js";
import type { Step } from "./step.js";

/** What a framework's docstring says, once the steps are known. */
export type Describe = (steps: readonly Step[]) => Description;

/** One framework: how its code looks, and in which order it has its axes. */
export interface Framework extends Dialect {
  /** What is said of the order of axes of images. */
  readonly order: string;
  /** The class or function that the module is called by, and everything it needs. */
  readonly module: (parts: readonly Part[], name: string, describe: Describe) => string;
  /** Names that the module uses itself, and so cannot be called by. */
  readonly names: readonly string[];
}

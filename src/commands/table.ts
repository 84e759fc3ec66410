import { compare } from "./compare.js";
import { completion } from "./completion.js";
import { count } from "./count.js";
import type { Register } from "./command.js";

/** The one table of commands. */
export const commands: readonly Register[] = [count, compare, completion];

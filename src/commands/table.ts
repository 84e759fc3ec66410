import { check } from "./check.js";
import { compare } from "./compare.js";
import { completion } from "./completion.js";
import { count } from "./count.js";
import type { Register } from "./command.js";
import { diff } from "./diff.js";
import { sweep } from "./sweep.js";
import { zoo } from "./zoo.js";

/** The one table of commands. */
export const commands: readonly Register[] = [count, compare, check, diff, sweep, zoo, completion];

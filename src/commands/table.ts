import { batch } from "./batch.js";
import { code } from "./code.js";
import { check } from "./check.js";
import { compare } from "./compare.js";
import { completion } from "./completion.js";
import { count } from "./count.js";
import { conventions } from "./conventions.js";
import type { Register } from "./command.js";
import { diff } from "./diff.js";
import { sweep } from "./sweep.js";
import { whatIf } from "./what-if.js";
import { zoo } from "./zoo.js";

/** The one table of commands. */
export const commands: readonly Register[] = [count, compare, conventions, whatIf, sweep, check, diff, batch, zoo, code, completion];

import type { Case } from "../case.js";
import type { Random } from "../random.js";
import { FILE_PARTS } from "./binary.js";
import { COMMAND_PARTS } from "./commands.js";
import type { Many } from "./of.js";
import { ONNX_PARTS } from "./onnx.js";
import { TEXT_PARTS } from "./texts.js";

const MANY: readonly Many[] = [...ONNX_PARTS, ...FILE_PARTS, ...TEXT_PARTS, ...COMMAND_PARTS];

/** Many of one small thing, and twice as many. */
export function many(random: Random): Case {
  const { what, make, most } = random.pick(MANY);
  const count = Math.max(2, Math.floor(most / random.pick([2, 2, 3, 5, 100])));
  return { ...make(count), claim: { kind: "grows", twice: make(2 * count), what: `${count} ${what}` } };
}

import type { Rule } from "../operand.js";
import { contractions } from "./contraction.js";
import { elementwiseRules } from "./elementwise.js";
import { indexingRules } from "./indexing.js";
import { movingRules } from "./moving.js";
import { reducingRules } from "./reducing.js";
import { valueRules } from "./values.js";

/** The one table of ONNX's operators, by name; the default domain. */
const RULES: Readonly<Record<string, Rule>> = {
  ...contractions,
  ...elementwiseRules,
  ...movingRules,
  ...indexingRules,
  ...valueRules,
  ...reducingRules,
};

/** The rule of an operator, if there is one. */
export function ruleOf(domain: string, op: string): Rule | undefined {
  return (domain === "" || domain === "ai.onnx") && Object.hasOwn(RULES, op) ? RULES[op] : undefined;
}

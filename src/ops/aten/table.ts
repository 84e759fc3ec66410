import { own } from "../../graph/own.js";
import { attentionRules } from "./attention.js";
import type { AtenRule } from "./call.js";
import { contractionRules } from "./contraction.js";
import { convolutionRules } from "./convolution.js";
import { elementwiseRules } from "./elementwise.js";
import { movingRules } from "./moving.js";
import { normRules } from "./norm.js";
import { poolRules } from "./pool.js";
import { recurrentRules } from "./recurrent.js";
import { reductionRules } from "./reduction.js";
import { resizeRules } from "./resize.js";

/** Every ATen operator that is counted, by its name without namespace and overload. */
const RULES: Readonly<Record<string, AtenRule>> = {
  ...movingRules,
  ...elementwiseRules,
  ...reductionRules,
  ...normRules,
  ...poolRules,
  ...resizeRules,
  ...recurrentRules,
  ...attentionRules,
  ...contractionRules,
  ...convolutionRules,
};

/** Namespaces of torch.ops whose operators have ATen's names or are known by theirs. */
const NAMESPACES = new Set(["aten", "prims", "quantized_decomposed", "torchvision", "torchao", "inductor"]);

/** Other names of the same operators: Python's own on tensors, and those of torch.ops.prims. */
const ALIASES: Readonly<Record<string, string>> = {
  __and__: "bitwise_and",
  __or__: "bitwise_or",
  __xor__: "bitwise_xor",
  __lshift__: "bitwise_left_shift",
  __rshift__: "bitwise_right_shift",
};

/** The operator of a target by the name that its rule has: without overload, and without the underscore of one that works in place. */
export function operatorName(name: string): string {
  const found = own(ALIASES, name);
  if (found !== undefined) return found;
  const base = name.endsWith("_") && !name.endsWith("__") ? name.slice(0, -1) : name;
  return Object.hasOwn(RULES, base) ? base : name;
}

/** The rule of an operator, if there is one. */
export function atenRule(namespace: string, name: string): AtenRule | undefined {
  return NAMESPACES.has(namespace) ? own(RULES, name) : undefined;
}

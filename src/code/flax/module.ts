import { taken } from "../chain.js";
import { turnings } from "../held.js";
import type { Describe, Framework } from "../framework.js";
import { docstring, importLines, Names, returning } from "../module-text.js";
import { cannotWrite, type Part } from "../part.js";
import { indent } from "../python.js";
import { statement, type Step, type Writers } from "../step.js";
import { pointwiseWriters } from "./pointwise.js";
import { sequenceWriters } from "./sequences.js";
import { windowWriters } from "./windows.js";

const WRITERS: Writers = { ...windowWriters, ...pointwiseWriters, ...sequenceWriters };
const WHOLE = new Set(["bidirectional", "time_distributed", "multi_head_attention", "transformer_encoder_layer", "transformer_encoder"]);

/** Flax's linen (flax.readthedocs.io, flax.linen): a module whose layers stand where they are called; channels last. */
export const flax: Framework = {
  framework: "Flax",
  isWhole: ({ layer }) => WHOLE.has(layer.op),
  imageOrder: "nhwc",
  order: "channels last",
  module: flaxModule,
  names: ["jax", "jnp", "nn"],
};

interface Written {
  readonly part: Part;
  readonly step: Step;
}

function flaxModule(parts: readonly Part[], name: string, describe: Describe): string {
  const written = parts.flatMap((part) => steps(part).map((step): Written => ({ part, step })));
  const all = written.map(({ step }) => step);
  // Names of learned tensors, beside which stand the attributes that nn.Module has itself.
  const names = new Names(["name", "parent", "scope"]);
  const lines = written.flatMap(({ part, step }) => step.run?.(step.make ?? names.unique(part.op)) ?? [`x = ${step.make ?? ""}(x)`]);
  const trains = lines.some((line) => line.includes("not train"));
  return [
    ...importLines([...all.flatMap((step) => step.imports ?? []), "from flax import linen as nn"]),
    "",
    "",
    `class ${name}(nn.Module):`,
    ...indent(docstring(describe(all))),
    "",
    "    @nn.compact",
    `    def __call__(self, x${trains ? ", train: bool = False" : ""}):`,
    ...indent(returning(lines), 8),
    "",
  ].join("\n");
}

function steps(part: Part): readonly Step[] {
  if (part.op === "time_distributed") return timeDistributed(part);
  const { before, after } = turnings(part);
  const writer = Object.hasOwn(WRITERS, part.op) ? WRITERS[part.op] : undefined;
  return [...turned(before), ...(writer?.(part) ?? cannotWrite(part, "Flax has no layer for it")), ...turned(after)];
}

function turned(order: readonly number[] | undefined): readonly Step[] {
  return order === undefined ? [] : [statement(`x = x.transpose(${order.join(", ")})`)];
}

/** Time is folded into the batch, and taken out again. */
function timeDistributed(part: Part): readonly Step[] {
  const [fold, inner] = part.layer.steps;
  const [folded] = fold?.outputs ?? [];
  if (inner === undefined || folded === undefined) throw new Error("time_distributed has three steps");
  return [
    statement(`x = x.reshape(-1, ${part.input.shape.slice(2).join(", ")})`),
    ...taken(inner, part.name, part.place, folded, flax).flatMap(steps),
    statement(`x = x.reshape(-1, ${part.output.shape.slice(1).join(", ")})`),
  ];
}

import type { InferredLayer, TypedValue } from "../../graph/inferrer.js";
import { taken } from "../chain.js";
import type { Describe, Framework } from "../framework.js";
import { turnings } from "../held.js";
import { docstring, importLines, Names, returning } from "../module-text.js";
import { cannotWrite, type Part } from "../part.js";
import { call, identifier, indent } from "../python.js";
import { statement, type Step, type Writers } from "../step.js";
import { HELPERS } from "./helpers.js";
import { pointwiseWriters } from "./pointwise.js";
import { sequenceWriters } from "./sequences.js";
import { tensorWriters } from "./tensors.js";
import { windowWriters } from "./windows.js";

const WRITERS: Writers = { ...windowWriters, ...pointwiseWriters, ...tensorWriters, ...sequenceWriters };

const WHOLE = new Set([
  "bidirectional",
  "time_distributed",
  "multi_head_attention",
  "transformer_encoder_layer",
  "transformer_decoder_layer",
  "transformer_encoder",
  "transformer_decoder",
  "transformer",
]);

/** PyTorch (docs.pytorch.org, torch.nn): a class with its layers as attributes, channels first. */
export const pytorch: Framework = {
  framework: "PyTorch",
  isWhole: ({ layer }) => WHOLE.has(layer.op),
  imageOrder: "nchw",
  order: "channels first",
  module: pytorchModule,
  names: ["F", "nn", "torch", ...HELPERS.map(({ name }) => name)],
};

/** What nn.Module has under these names already, and what the generated module uses. */
const TAKEN =
  "add_module apply bfloat16 buffers call_super_init children compile cpu cuda device double dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict T_destination to to_empty train training type xpu zero_grad".split(
    " ",
  );

/** Modules of a chain without names that stand each on a line of its own; longer ones are an nn.Sequential. */
const FEW = 6;

interface Written {
  readonly part: Part;
  readonly step: Step;
}

/** The text of a PyTorch module. */
function pytorchModule(parts: readonly Part[], name: string, describe: Describe): string {
  const written = parts.flatMap((part) => steps(part).map((step): Written => ({ part, step })));
  const all = written.map(({ step }) => step);
  const used = HELPERS.filter((helper) => all.some((step) => step.helpers?.includes(helper.name) === true));
  const { make, run } = body(written);
  const imports = [...all.flatMap((step) => step.imports ?? []), ...used.flatMap((helper) => helper.imports), "from torch import nn"];
  return [
    ...importLines(imports),
    ...used.flatMap(({ lines }) => ["", "", ...lines]),
    "",
    "",
    `class ${name}(nn.Module):`,
    ...indent(docstring(describe(all))),
    "",
    "    def __init__(self):",
    "        super().__init__()",
    ...indent(make, 8),
    "",
    "    def forward(self, x):",
    ...indent(returning(run), 8),
    "",
  ].join("\n");
}

/** The steps of one part, what it reads and makes turned where PyTorch holds it otherwise. */
function steps(part: Part): readonly Step[] {
  if (part.op === "time_distributed") return timeDistributed(part);
  const writer = Object.hasOwn(WRITERS, part.op) ? WRITERS[part.op] : undefined;
  const { before, after } = turnings(part);
  return [...turned(before), ...(writer?.(part) ?? cannotWrite(part, "PyTorch has no class for it")), ...turned(after)];
}

function turned(order: readonly number[] | undefined): readonly Step[] {
  if (order === undefined) return [];
  return [statement(order.join() === "0,2,1" ? "x = x.transpose(1, 2)" : `x = ${call("x.permute", order)}`)];
}

/** Batch and time are one for the layer inside, and parted again (Keras, TimeDistributed). */
function timeDistributed(part: Part): readonly Step[] {
  const [fold, inner, unfold] = part.layer.steps;
  const [folded] = fold?.outputs ?? [];
  const [made] = inner?.outputs ?? [];
  if (fold === undefined || inner === undefined || unfold === undefined || folded === undefined || made === undefined)
    throw new Error("time_distributed has three steps");
  const reading = (layer: InferredLayer, input: TypedValue, output: TypedValue) => turnings({ ...part, op: "reshape", layer, input, output });
  const [, time = 1] = part.input.shape;
  return [
    ...turned(reading(fold, part.input, folded).before),
    statement("x = x.flatten(0, 1)"),
    ...taken(inner, part.name, part.place, folded, pytorch).flatMap(steps),
    ...turned(reading(unfold, made, part.output).before),
    statement(`x = x.unflatten(0, (-1, ${time}))`),
    ...turned(reading(unfold, made, part.output).after),
  ];
}

interface Body {
  readonly make: readonly string[];
  readonly run: readonly string[];
}

/** Attributes of the module and the statements of its forward function. */
function body(written: readonly Written[]): Body {
  const names = new Names(TAKEN);
  const few = written.filter(({ part, step }) => groupOf(part) === undefined && step.make !== undefined).length <= FEW;
  const make: string[] = [];
  const run: string[] = [];
  for (const group of runs(written, few)) {
    const [first, ...others] = group;
    if (first === undefined) continue;
    const together = others.length > 0;
    const name = names.unique(together ? (groupOf(first.part) ?? "layers") : ownName(first));
    if (together) make.push(`self.${name} = nn.Sequential(`, ...indent(group.map(({ step }) => `${step.make ?? ""},`)), ")");
    else if (first.step.make !== undefined) make.push(`self.${name} = ${first.step.make}`);
    run.push(...(first.step.run?.(`self.${name}`) ?? [`x = self.${name}(x)`]));
  }
  return { make, run };
}

/** Modules that make one nn.Sequential: of one group of names, or without any where there are many. */
function runs(written: readonly Written[], few: boolean): readonly (readonly Written[])[] {
  const groups: Written[][] = [];
  let open: string | undefined;
  for (const entry of written) {
    const key = entry.step.run !== undefined ? undefined : (groupOf(entry.part) ?? (few || !isUnnamed(entry.part) ? undefined : ""));
    const last = groups.at(-1);
    if (key !== undefined && key === open && last !== undefined) last.push(entry);
    else groups.push([entry]);
    open = key;
  }
  return groups;
}

const isUnnamed = ({ name }: Part) => /^\d+$/.test(name);

/** `features` of `features.0`. */
function groupOf({ name }: Part): string | undefined {
  const [, group] = /^(.+)\.[^.]+$/.exec(name) ?? [];
  return group === undefined ? undefined : identifier(group);
}

const SHORT: Readonly<Record<string, string>> = {
  batch_norm: "norm",
  multi_head_attention: "attention",
  global_avg_pool2d: "pool",
  transformer_encoder_layer: "encoder",
  transformer_decoder_layer: "decoder",
};

/** A layer's own name, or one after what it does. */
function ownName({ part, step }: Written): string {
  const plain = part.op.replace(/\d?d$/, "").replace(/^.*_(pool|pad|norm)$/, "$1");
  const base = identifier(part.name) ?? SHORT[part.op] ?? (plain === "conv_transpose" ? "conv" : plain);
  return step.suffix === undefined ? base : `${base}_${step.suffix}`;
}

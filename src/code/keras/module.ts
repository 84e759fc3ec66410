import { heldShape, turnings } from "../held.js";
import type { InferredLayer } from "../../graph/inferrer.js";
import type { Describe, Framework } from "../framework.js";
import { docstring, importLines } from "../module-text.js";
import { cannotWrite, type Part } from "../part.js";
import { indent, tuple } from "../python.js";
import type { Step, Writers } from "../step.js";
import { activationWord, pointwiseWriters } from "./pointwise.js";
import { sequenceWriters, timeDistributed } from "./sequences.js";
import { windowWriters } from "./windows.js";

const WRITERS: Writers = { ...windowWriters, ...pointwiseWriters, ...sequenceWriters };
const WHOLE = new Set(["bidirectional", "time_distributed", "multi_head_attention", "transformer_encoder_layer", "transformer_encoder"]);

/** Keras 3 (keras.io/api/layers): a function that returns a Sequential model, or a functional one; channels last. */
export const keras: Framework = {
  framework: "Keras",
  isWhole,
  imageOrder: "nhwc",
  order: "channels last",
  module: kerasModule,
  names: ["keras", "layers"],
};

/** A separable convolution is one layer of Keras where its depthwise step has no bias and its activation, if it has one, a name. */
function isWhole({ layer, steps }: InferredLayer): boolean {
  if (WHOLE.has(layer.op)) return true;
  if (!/^separable_conv[12]d$/.test(layer.op)) return false;
  const [depthwise, pointwise] = steps;
  const { stride, bias } = depthwise?.inference?.attributes ?? {};
  return bias === false && Array.isArray(stride) && new Set(stride).size === 1 && pointwise !== undefined;
}

function kerasModule(parts: readonly Part[], name: string, describe: Describe): string {
  const written = merged(parts);
  const description = describe(written);
  const [first] = parts;
  const input = first === undefined ? "" : inputCall(first, description.anySize);
  const plain = written.every((step) => step.run === undefined);
  const body = plain ? sequential(input, written) : functional(input, written);
  return [
    ...importLines(["import keras", "from keras import layers"]),
    "",
    "",
    `def ${name}():`,
    ...indent(docstring(description)),
    ...indent(body),
    "",
  ].join("\n");
}

/** The input without its batch; the size of an image that may be any is None. */
function inputCall({ input, op, order }: Part, anySize: boolean): string {
  const shape = heldShape(input, order).slice(1);
  const sizes = shape.map((size, axis) => (anySize && axis < shape.length - 1 ? null : size));
  return `keras.Input(shape=${tuple(sizes)}${op.startsWith("embedding") ? ', dtype="int32"' : ""})`;
}

function sequential(input: string, steps: readonly Step[]): readonly string[] {
  return ["return keras.Sequential(", "    [", ...indent([`${input},`, ...steps.map(({ make }) => `${make ?? ""},`)], 8), "    ]", ")"];
}

function functional(input: string, steps: readonly Step[]): readonly string[] {
  const lines = steps.flatMap((step) => step.run?.(step.make ?? "") ?? [`x = ${step.make ?? ""}(x)`]);
  return [`x = inputs = ${input}`, ...lines, "return keras.Model(inputs, x)"];
}

/** Steps of all parts; an activation with a name that belongs to the layer before it is an argument of that layer. */
function merged(parts: readonly Part[]): readonly Step[] {
  return parts.flatMap((part, index) => {
    const next = parts[index + 1];
    const previous = parts[index - 1];
    if (previous !== undefined && isItsActivation(previous, part) && activationWord(part) !== undefined) return [];
    const own = steps(part);
    const word = next !== undefined && isItsActivation(part, next) ? activationWord(next) : undefined;
    return word === undefined ? own : own.map((step, position) => (position < own.length - 1 ? step : withActivation(step, word)));
  });
}

/** Whether the source writes both as one layer: `Conv2D(8, 3, activation="relu")`. */
function isItsActivation(part: Part, next: Part): boolean {
  return (
    (/^(conv\d|conv_transpose|linear)/.test(part.op) &&
      /(^|\.)activation$/.test(next.name) &&
      part.place === next.place &&
      part.place !== undefined) ||
    false
  );
}

function withActivation(step: Step, word: string): Step {
  return { ...step, make: step.make?.replace(/\)$/, `, activation="${word}")`) };
}

function steps(part: Part): readonly Step[] {
  if (part.op === "time_distributed") return timeDistributed(part, keras, steps);
  const { before, after } = turnings(part);
  const writer = Object.hasOwn(WRITERS, part.op) ? WRITERS[part.op] : undefined;
  return [...turned(before), ...(writer?.(part) ?? cannotWrite(part, "Keras has no layer for it")), ...turned(after)];
}

function turned(order: readonly number[] | undefined): readonly Step[] {
  return order === undefined ? [] : [{ make: `layers.Permute(${tuple(order.slice(1))})` }];
}

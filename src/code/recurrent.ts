import { storedOf, type InferredLayer } from "../graph/inferrer.js";
import type { AttributeValue } from "../graph/layer.js";
import { elements } from "../graph/shape.js";
import { Attrs, cannotWrite, type Part } from "./part.js";
import type { Step, Writer } from "./step.js";

export interface RecurrentPart {
  readonly cell: string;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly numLayers: number;
  readonly bidirectional: boolean;
  readonly batchFirst: boolean;
  readonly projSize: number;
  /** Bias vectors of each gate: 0, 1 or 2. */
  readonly biases: number;
  readonly sequences: boolean;
  /** Elements of one bias vector, of all gates, layers and directions. */
  readonly biasElements: bigint;
  readonly setting: (name: string) => AttributeValue | undefined;
}

/** What a recurrent layer or cell is, from its attributes and what it stores. Throws `cannot-write` for what no framework here does alike. */
export function recurrentPart(part: Part): RecurrentPart {
  const attributes = new Attrs(part);
  const stored = storedOf(part.layer);
  const biasOf = (kind: string) => stored.filter(({ name }) => name.startsWith(kind));
  const cell = part.op.replace("_cell", "");
  for (const name of ["goBackwards", "stateful", "timeMajor"]) if (attributes.flag(name)) cannotWrite(part, `${name} is not written`);
  return {
    cell,
    inputSize: attributes.number("inputSize"),
    hiddenSize: attributes.number("hiddenSize"),
    numLayers: attributes.optional("numLayers") ?? 1,
    bidirectional: attributes.flag("bidirectional"),
    batchFirst: attributes.flag("batchFirst"),
    projSize: attributes.optional("projSize") ?? 0,
    biases: (biasOf("bias_ih").length > 0 ? 1 : 0) + (biasOf("bias_hh").length > 0 ? 1 : 0),
    sequences: attributes.value("returnSequences") !== false,
    biasElements: biasOf("bias_ih").reduce((sum, { shape }) => sum + elements(shape), 0n),
    setting: (name) => attributes.value(name),
  };
}

/** The two directions of Keras's Bidirectional where they are alike and joined by concatenation; undefined where they are not. */
export function alikeDirections({ layer, steps }: InferredLayer): InferredLayer | undefined {
  const [forward, backward] = steps;
  if (layer.type !== "composite" || layer.attributes["mergeMode"] !== "concat" || forward === undefined || backward === undefined) return undefined;
  const text = (each: InferredLayer) => JSON.stringify([each.layer.op, each.inference?.attributes, storedOf(each)]);
  return text(forward) === text(backward) ? forward : undefined;
}

/** Writers of recurrent layers, and of two alike directions as one, for a framework that has a layer in both directions. Throws `cannot-write` where they differ. */
export function recurrentWriters(
  stepsOf: (part: Part, settings: RecurrentPart, bidirectional: boolean) => readonly Step[],
): Readonly<Record<"recurrent" | "bidirectional", Writer>> {
  return {
    recurrent: (part) => {
      const settings = recurrentPart(part);
      return stepsOf(part, settings, settings.bidirectional);
    },
    bidirectional: (part) => {
      const forward = alikeDirections(part.layer);
      if (forward === undefined) return cannotWrite(part, "its directions differ, or are not joined by concatenation");
      return stepsOf(part, recurrentPart({ ...part, layer: forward, op: forward.layer.op }), true);
    },
  };
}

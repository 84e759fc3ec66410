import { readFileSync } from "node:fs";
import { hasReference, readReference } from "./reference.js";

export interface Figures {
  readonly params: number;
  readonly macs: number | null;
}

export interface Model extends Figures {
  readonly input: readonly number[];
  readonly buffers: number;
}

export interface Leaf {
  readonly cls: string;
  readonly output: readonly number[];
}

/** Models whose leaf modules ../shared/reference/layers has. */
export const LAYER_MODELS = [
  "alexnet",
  "densenet121",
  "efficientnet_b0",
  "inception_v3",
  "mobilenet_v2",
  "mobilenet_v3_large",
  "resnet18",
  "resnext50_32x4d",
  "shufflenet_v2_x1_0",
  "vit_b_16",
] as const;

function record(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) throw new Error("the reference has another form than it had");
  return Object.fromEntries(Object.entries(value));
}

function number(value: unknown): number {
  if (typeof value !== "number") throw new Error("the reference has no number where it had one");
  return value;
}

function figures(value: unknown): Figures {
  const { params, macs } = record(value);
  return { params: number(params), macs: typeof macs === "number" ? macs : null };
}

/** What torchvision_classifiers.py wrote: in this repository. */
export function figuresOf(): readonly (readonly [string, Figures])[] {
  const text: unknown = JSON.parse(readFileSync(new URL("./torchvision-classifiers.json", import.meta.url), "utf8"));
  return Object.entries(record(record(text)["models"])).map(([name, model]) => [name, figures(model)]);
}

/** ../shared/reference/torchvision.json; nothing where it is not there. */
export function modelsOf(): readonly (readonly [string, Model])[] {
  if (!hasReference("torchvision.json")) return [];
  return Object.entries(record(record(readReference("torchvision.json"))["models"])).map(([name, model]) => {
    const { input, buffers } = record(model);
    return [name, { ...figures(model), input: sizes(input), buffers: number(buffers) }];
  });
}

/** The leaf modules of ../shared/reference/layers/NAME.json in execution order; of several outputs, the first. */
export function leavesOf(name: string): readonly Leaf[] {
  const { layers } = record(readReference(`layers/${name}.json`));
  if (!Array.isArray(layers)) throw new Error("the reference has no layers");
  return layers.map((layer: unknown) => {
    const { cls, output } = record(layer);
    return { cls: String(cls), output: sizes(Array.isArray(output) && Array.isArray(output[0]) ? output[0] : output) };
  });
}

function sizes(value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw new Error("the reference has no shape where it had one");
  return value.map(number);
}

import { fail } from "./diagnostic.js";
import type { Layer } from "./layer.js";
import { fromLayout, type Layout } from "./layout.js";
import { parseShape } from "./shape-text.js";
import type { Shape } from "./shape.js";

/** A shape, batch included or not: `[1, 3, 224, 224]` or `"3x224x224"`. */
export type WrittenShape = string | Shape;

/** Shape of the only input, or shapes by the inputs' names. */
export type InputShapes = WrittenShape | Readonly<Record<string, WrittenShape>>;

/** The name under which the one input of a graph can always be set. */
const ANY_NAME = "x";

/** The shapes that were set, by the name of the input. Throws `unknown-input`. */
export function writtenInputs(names: readonly string[], input: InputShapes | undefined): ReadonlyMap<string, Shape> {
  if (input === undefined) return new Map();
  const shapes = typeof input === "string" || isShape(input) ? { [ANY_NAME]: input } : input;
  const [only] = names;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const sole = name === ANY_NAME && names.length === 1 ? only : undefined;
      const found = names.includes(name) ? name : sole;
      return [found ?? unknownInput(names, name), typeof shape === "string" ? parseShape(shape) : shape];
    }),
  );
}

function isShape(input: Shape | Readonly<Record<string, WrittenShape>>): input is Shape {
  return Array.isArray(input);
}

function unknownInput(names: readonly string[], name: string): never {
  const message =
    name === ANY_NAME && names.length > 1 ? `the model has ${names.length} inputs: say which one this is` : `there is no input '${name}'`;
  return fail("unknown-input", message, {
    place: { kind: "flag", flag: "--input" },
    expected: names.map((known) => `--input ${known}=SHAPE`).join(", "),
  });
}

/** A shape as it was typed, as the layer that first reads it means it: channels first, with its batch. */
export function writtenShape(
  lead: Layer | undefined,
  written: Shape,
  options: { readonly batch?: number | undefined; readonly layout?: Layout | undefined },
): Shape {
  const batched = lead?.ranks === undefined || !lacksBatch(lead, written);
  const ordered = options.layout === "nhwc" && lead?.axes === "nchw" ? fromLayout(written, "nhwc", batched) : written;
  return withBatch(lead, ordered, options.batch);
}

function lacksBatch(lead: Layer, shape: Shape): boolean {
  return lead.ranks !== undefined && !lead.ranks.includes(shape.length) && lead.ranks.includes(shape.length + 1);
}

/** A channels-first shape with the batch that its first layer wants, or with another one. */
export function withBatch(lead: Layer | undefined, shape: Shape, batch: number | undefined): Shape {
  const axis = lead?.batchAxis ?? 0;
  if (lead !== undefined && lacksBatch(lead, shape)) return [...shape.slice(0, axis), batch ?? 1, ...shape.slice(axis)];
  if (batch === undefined) return shape;
  return shape.map((size, index) => (index === axis ? batch : size));
}

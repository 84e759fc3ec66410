import { fail } from "./diagnostic.js";
import { isLayout, type Axes, type Layer } from "./layer.js";
import { turnShape, turnUnbatched, type Layout } from "./layout.js";
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

/** What the first layer that reads an input says of it. */
export interface Reader {
  /** The layer that decides what the axes are, if one does. */
  readonly lead: Layer | undefined;
  /** The order of images of the framework whose layer reads it first. */
  readonly imageOrder: Layout | undefined;
}

/** A shape with its batch, and the order of its axes. */
export interface OrderedShape {
  readonly shape: Shape;
  readonly axes: Axes;
  readonly ownOrder?: boolean | undefined;
}

/**
 * A shape as it was typed, with its batch, in the order of the layer that reads it. It is written in that order unless a layout says
 * otherwise; where the layer itself says its order (`data_format`), no layout does.
 */
export function writtenShape(
  reader: Reader,
  written: Shape,
  options: { readonly batch?: number | undefined; readonly layout?: Layout | undefined },
): OrderedShape {
  const { lead } = reader;
  const { layout } = options;
  const batched = lead === undefined || !lacksBatch(lead, written);
  const order = orderOf(reader, written.length + (batched ? 0 : 1));
  const turns = layout !== undefined && isLayout(order.axes) && order.ownOrder !== true;
  const turned = !turns ? written : batched ? turnShape(written, layout, order.axes) : turnUnbatched(written, layout, order.axes);
  return { shape: withBatch(lead, turned, options.batch), ...order };
}

/** The order of an input of that many dimensions: images of four or more, whatever layer of their framework reads them. */
export function orderOf({ lead, imageOrder }: Reader, rank: number): Pick<OrderedShape, "axes" | "ownOrder"> {
  if (lead !== undefined && isLayout(lead.axes)) return { axes: lead.axes, ownOrder: lead.ownOrder };
  return { axes: imageOrder !== undefined && rank >= 4 ? imageOrder : (lead?.axes ?? "plain") };
}

function lacksBatch(lead: Layer, shape: Shape): boolean {
  return lead.ranks !== undefined && !lead.ranks.includes(shape.length) && lead.ranks.includes(shape.length + 1);
}

/** A shape with the batch that its first layer wants, or with another one. */
export function withBatch(lead: Layer | undefined, shape: Shape, batch: number | undefined): Shape {
  const axis = lead?.batchAxis ?? 0;
  if (lead !== undefined && lacksBatch(lead, shape)) return [...shape.slice(0, axis), batch ?? 1, ...shape.slice(axis)];
  if (batch === undefined) return shape;
  return shape.map((size, index) => (index === axis ? batch : size));
}

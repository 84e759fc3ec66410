import type { TypedValue } from "../graph/inferrer.js";
import { isLayout, type Axes } from "../graph/layer.js";
import { imageSizes, turnShape, type Layout } from "../graph/layout.js";
import type { Shape } from "../graph/shape.js";
import { Attrs, type Part } from "./part.js";

/** Whether a value has channels and space, which each framework holds in an order of its own. */
export function isImage({ axes, shape }: TypedValue): boolean {
  return isLayout(axes) && shape.length >= 3;
}

/** The shape of a value as a framework of that order holds it. */
export function heldShape({ axes, shape }: TypedValue, order: Layout): Shape {
  return isLayout(axes) ? turnShape(shape, axes, order) : shape;
}

/** The axes of the source in the order in which a framework holds them. */
function held(axes: Axes, rank: number, order: Layout): readonly number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (!isLayout(axes) || axes === order || rank < 3) return all;
  return order === "nchw" ? [0, rank - 1, ...all.slice(1, -1)] : [0, ...all.slice(2), 1];
}

/** An axis of the source, which may be counted from the end, as the framework counts it. */
export function heldAxis({ input, order }: Pick<Part, "input" | "order">, axis: number): number {
  const rank = input.shape.length;
  return held(input.axes, rank, order).indexOf(axis < 0 ? axis + rank : axis);
}

/** The sizes of the spatial axes of what a layer over images reads and makes. */
export function spaces({ layer: { layer }, input, output }: Part): readonly [Shape, Shape] {
  const { axes } = layer;
  const order = isLayout(axes) ? axes : "nchw";
  return [imageSizes(input.shape, order).space, imageSizes(output.shape, order).space];
}

/** The axes that a layer works on, as the framework counts them, the first one first. */
export function workingAxes(part: Part): readonly number[] {
  const value = new Attrs(part).value("axis");
  const axes: readonly unknown[] = Array.isArray(value) ? value : [value];
  return axes.flatMap((axis) => (typeof axis === "number" ? [heldAxis(part, axis)] : [])).sort((left, right) => left - right);
}

/** The axis of the channels of a norm; the second where the source does not say one. */
export function channelsOf(part: Part): number {
  return workingAxes(part)[0] ?? heldAxis(part, 1);
}

/** The axes that a layer norm works on, as the framework counts them, and their sizes. */
export function normalized(part: Part): { readonly axes: readonly number[]; readonly sizes: Shape } {
  const rank = part.input.shape.length;
  const attributes = new Attrs(part);
  const count = attributes.sizes("normalizedShape").length;
  const own = attributes.has("axes") ? attributes.sizes("axes") : Array.from({ length: count }, (_, index) => rank - count + index);
  const axes = own.map((axis) => heldAxis(part, axis)).sort((left, right) => left - right);
  const shape = heldShape(part.input, part.order);
  return { axes, sizes: axes.map((axis) => shape[axis] ?? 1) };
}

/** What is said where a flattening puts the features in another order than the source's. */
export function flattenedNote({ input, order }: Part): string | undefined {
  if (!isLayout(input.axes) || input.axes === order || imageSizes(input.shape, input.axes).space.every((size) => size === 1)) return undefined;
  return order === "nhwc"
    ? "Features come out of the flattening channels last: another order than channels first, and as many."
    : "Features come out of the flattening channels first: another order than channels last, and as many.";
}

/** Whether a layer over the last axis is written as a pointwise convolution: its input is an image, whose channels the framework has second. */
export function isPointwise({ op, input, order }: Part): boolean {
  return op === "linear" && isImage(input) && input.axes !== order && input.axes === "nhwc" && input.shape.length <= 5;
}

/** The permutation of axes that a layer needs before it, and after it; undefined where the framework holds them as it reads and makes them. */
export function turnings(part: Part): { readonly before: readonly number[] | undefined; readonly after: readonly number[] | undefined } {
  const { layer, input, output, order } = part;
  const { axes, makes = axes, anyOrder } = layer.layer;
  if (axes === "any" || anyOrder === true || isPointwise(part)) return { before: undefined, after: undefined };
  const made = axes === "plain" ? "plain" : makes;
  return {
    before: permutation(held(input.axes, input.shape.length, order), held(axes, input.shape.length, order)),
    after: made === output.axes ? undefined : permutation(held(made, output.shape.length, order), held(output.axes, output.shape.length, order)),
  };
}

function permutation(from: readonly number[], to: readonly number[]): readonly number[] | undefined {
  const order = to.map((axis) => from.indexOf(axis));
  return order.every((axis, index) => axis === index) ? undefined : order;
}

import type { Shape } from "./shape.js";

/** The order of the axes of an image, volume or sequence: batch, channels, space (`nchw`), or batch, space, channels (`nhwc`). */
export type Layout = "nchw" | "nhwc";

/** The sizes of an image by what they are. */
export interface ImageSizes {
  readonly batch: number;
  readonly channels: number;
  readonly space: Shape;
}

/** Where the channels of a tensor of that many dimensions are. */
export function channelAxis(layout: Layout, rank: number): number {
  return layout === "nchw" ? 1 : rank - 1;
}

/** Takes a shape apart. The shape has two dimensions or more. */
export function imageSizes(shape: Shape, layout: Layout): ImageSizes {
  const [batch = 1, ...rest] = shape;
  const [channels = 1] = layout === "nchw" ? rest : rest.slice(-1);
  return { batch, channels, space: layout === "nchw" ? rest.slice(1) : rest.slice(0, -1) };
}

/** Puts a shape together. */
export function imageShape({ batch, channels, space }: ImageSizes, layout: Layout): Shape {
  return layout === "nchw" ? [batch, channels, ...space] : [batch, ...space, channels];
}

/** A shape, batch included, in the other order. Without space there is nothing to turn. */
export function turnShape(shape: Shape, from: Layout, to: Layout): Shape {
  return from === to || shape.length < 3 ? shape : imageShape(imageSizes(shape, from), to);
}

/** The axes after the batch by name, for complaints: `C, H, W`. */
export function axisNames(layout: Layout, rank: number): string {
  const space = { 3: ["L"], 4: ["H", "W"], 5: ["D", "H", "W"] }[rank] ?? ["space"];
  return (layout === "nchw" ? ["N", "C", ...space] : ["N", ...space, "C"]).join(", ");
}

/** A shape without its batch in the other order. */
export function turnUnbatched(shape: Shape, from: Layout, to: Layout): Shape {
  return turnShape([1, ...shape], from, to).slice(1);
}

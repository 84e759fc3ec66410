import type { Shape } from "./shape.js";

/** The order in which shapes are written and shown; the core knows only channels first. */
export type Layout = "nchw" | "nhwc";

/** A written shape as channels first. Without its batch, the channels go to the front. */
export function fromLayout(shape: Shape, layout: Layout, batched: boolean): Shape {
  if (layout === "nchw") return shape;
  const lead = batched ? 1 : 0;
  const channels = shape.slice(-1);
  return [...shape.slice(0, lead), ...channels, ...shape.slice(lead, -1)];
}

/** A channels-first shape, batch included, as it is shown. */
export function toLayout(shape: Shape, layout: Layout): Shape {
  if (layout === "nchw" || shape.length < 3) return shape;
  return [...shape.slice(0, 1), ...shape.slice(2), ...shape.slice(1, 2)];
}

import { isLayout, orderAfter, type Axes, type Layer, type Primitive } from "../../graph/layer.js";
import { channelAxis, turnShape, type Layout } from "../../graph/layout.js";
import { firstInput, inference, NOTHING } from "../primitive.js";

/** What is known of a tensor between two layers: the order of its axes, and that of the images of the framework that made it. */
export interface Between {
  readonly axes: Axes;
  readonly imageOrder: Layout;
}

/** A tensor of which nothing is known. */
export const UNORDERED: Between = { axes: "any", imageOrder: "nchw" };

/** What a layer makes of a tensor. */
export function madeBy(layer: Layer, before: Between): Between {
  if (orderAfter(layer, "any") === "any") return before;
  return { axes: orderAfter(layer, before.axes), imageOrder: layer.imageOrder ?? "nchw" };
}

/**
 * The step from one framework to another: where layers of PyTorch and of Keras follow each other, an image is turned to the order that the
 * next layer reads. Nothing where they agree, or where the order makes no difference to that layer.
 */
export function turnTo(layer: Pick<Layer, "axes" | "imageOrder" | "anyOrder">, { axes, imageOrder }: Between): Primitive | undefined {
  const { imageOrder: own = "nchw" } = layer;
  const wanted = isLayout(layer.axes) ? layer.axes : own;
  if (imageOrder === own || !isLayout(axes) || axes === wanted || layer.anyOrder === true) return undefined;
  return turn(axes, wanted);
}

/** What is said of a model in which an image was turned. */
export const TURNED =
  "an image goes from PyTorch's order (channels first) to Keras's (channels last), or back, between layers of the two: it is turned there (permute)";

function turn(from: Layout, to: Layout): Primitive {
  return {
    type: "primitive",
    op: "permute",
    stores: NOTHING,
    axes: from,
    makes: to,
    view: true,
    infer(inputs) {
      const input = firstInput(inputs);
      const axes = Array.from(input, (_, axis) => axis);
      const channels = channelAxis(from, input.length);
      const space = axes.filter((axis) => axis !== 0 && axis !== channels);
      const dims = input.length < 3 ? axes.slice(1) : to === "nchw" ? [channels, ...space] : [...space, channels];
      return inference([{ shape: turnShape(input, from, to) }], { attributes: { dims } });
    },
  };
}

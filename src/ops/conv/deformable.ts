import type { Primitive } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import { firstInput } from "../primitive.js";
import { convolution, type ConvolutionOptions } from "./convolution.js";

/** A value between four neighbours: four products and three additions. */
const BILINEAR = 7n;

/**
 * A convolution whose taps are read beside the grid, at offsets that a second input gives (arXiv 1703.06211; torchvision.ops.DeformConv2d).
 * Parameters and MACs are those of the convolution; each value that it reads is interpolated besides. Shapes are N, C, H, W.
 */
export function deformableConvolution(options: ConvolutionOptions): Primitive {
  const plain = convolution(options);
  return {
    ...plain,
    op: "deform_conv2d",
    infer(inputs) {
      const input = firstInput(inputs);
      const inferred = plain.infer([input]);
      const [batch = 0, channels = 0] = input;
      const positions = inferred.outputs[0]?.shape.slice(2) ?? [];
      const interpolation = elements([batch, channels, ...positions, ...options.kernelSize]) * BILINEAR;
      return { ...inferred, cost: { ...inferred.cost, operations: { ...inferred.cost.operations, interpolation } } };
    },
  };
}

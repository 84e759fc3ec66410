import type { Inference, Layer, Primitive, Stored } from "../../graph/layer.js";
import { elements } from "../../graph/shape.js";
import type { Args } from "../args.js";
import type { CallEntry } from "../entry.js";
import { KERAS_LAYER } from "../keras-common.js";
import { chain, elementwise, firstInput, inference } from "../primitive.js";
import { withStored } from "../with-stored.js";

/**
 * A layer whose kernel is divided by its largest singular value while it is trained (arXiv 1802.05957; Keras, SpectralNormalization): it keeps a vector as long as the
 * kernel's last axis in Keras's order, and does nothing at inference.
 */
function spectralNormalization(args: Args): Layer {
  const inner = args.layer("layer");
  const vector = (tensor: Stored, inferred?: Inference): readonly Stored[] =>
    tensor.name === "weight" || tensor.name === "kernel"
      ? [tensor, { name: "vector_u", role: "buffer", shape: [1, lastAxis(inner, tensor, inferred)] }]
      : [tensor];
  return { ...withStored(inner, vector), stores: undefined };
}

/** The size of a kernel's last axis as Keras has it: the units, a transposed convolution's input channels, a depthwise one's multiplier. */
function lastAxis({ op }: Layer, { shape }: Stored, inferred?: Inference): number {
  if (op === "embedding" || op === "einsum") return shape.at(-1) ?? 1;
  const groups = inferred?.kind === "depthwise" ? inferred.attributes["groups"] : 1;
  return (shape[0] ?? 1) / (typeof groups === "number" ? groups : 1);
}

/** ConvNeXt's scale of each channel, and InceptionResNetV2's of a residual (keras.applications). */
function layerScale(dim: number): Primitive {
  return {
    ...elementwise("layer_scale", "elementwise", 1n),
    stores: [{ name: "gamma", role: "parameter", shape: [dim] }],
    infer(inputs) {
      const input = firstInput(inputs);
      return inference([{ shape: input }], {
        stored: [{ name: "gamma", role: "parameter", shape: [dim] }],
        operations: { elementwise: elements(input) },
        attributes: { dim },
      });
    },
  };
}

/** Layers around layers, and those that keras.applications brings along. */
export const kerasMoreWrappers: readonly CallEntry[] = [
  { names: ["SpectralNormalization"], signature: `layer, power_iterations=1, ${KERAS_LAYER}`, build: spectralNormalization },
  {
    names: ["LayerScale"],
    signature: `init_values=1e-6, projection_dim=None, ${KERAS_LAYER}`,
    build: (args) => layerScale(args.count("projection_dim")),
  },
  { names: ["CustomScaleLayer"], signature: `scale, ${KERAS_LAYER}`, build: () => elementwise("scaled_add", "elementwise", 2n) },
  {
    names: ["Pipeline"],
    signature: `layers, ${KERAS_LAYER}`,
    build: (args) => {
      const layers = args.items("layers").map((item, index) => ({
        name: String(index),
        layer: item.kind === "layer" ? item.layer : args.fail("layers", "layers of Pipeline are not all layers that are known", "layers"),
      }));
      const [first, ...rest] = layers;
      return first === undefined ? args.fail("layers", "Pipeline has no layers", "a list of layers") : chain("pipeline", {}, [first, ...rest]);
    },
  },
];

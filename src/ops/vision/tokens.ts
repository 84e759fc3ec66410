import type { Primitive } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import type { ShorthandEntry } from "../entry.js";
import { firstInput, inference, requireRank } from "../primitive.js";

/** A learned token put before the sequence: N, L, D becomes N, L + 1, D (ViT, arXiv 2010.11929, section 3.1: `[class]`). Parameters D. */
const classToken: Primitive = {
  type: "primitive",
  op: "class_token",
  axes: "plain",
  ranks: [3],
  infer(inputs) {
    const input = firstInput(inputs);
    requireRank("class_token", input, [3], "N, L, D");
    const [batch = 0, length = 0, width = 0] = input;
    return inference([{ shape: [batch, length + 1, width] }], { stored: [{ name: "class_token", role: "parameter", shape: [width] }] });
  },
};

/** The first token of each sequence, which the classifier reads: N, L, D becomes N, D. A view. */
const selectToken: Primitive = {
  type: "primitive",
  op: "select_token",
  axes: "plain",
  ranks: [3],
  view: true,
  infer(inputs) {
    const input = firstInput(inputs);
    requireRank("select_token", input, [3], "N, L, D");
    return inference([{ shape: [...input.slice(0, 1), ...input.slice(2)] }]);
  },
};

/** A learned tensor of the shape of one sample added to every sample (ViT, arXiv 2010.11929, section 3.1). Parameters L * D. */
const positionEmbedding: Primitive = {
  type: "primitive",
  op: "position_embedding",
  axes: "plain",
  infer(inputs) {
    const input = firstInput(inputs);
    return inference([{ shape: input }], {
      stored: [{ name: "position_embedding", role: "parameter", shape: input.slice(1) }],
      operations: { elementwise: elements(input) },
    });
  },
};

/** A learned factor for each channel (CaiT, arXiv 2103.17239, section 2; ConvNeXt): of dimension 1 of images, the last of sequences. */
const layerScale: Primitive = {
  type: "primitive",
  op: "layer_scale",
  axes: "any",
  infer(inputs) {
    const input: Shape = firstInput(inputs);
    const channels = input.length >= 4 ? (input[1] ?? 1) : (input.at(-1) ?? 1);
    return inference([{ shape: input }], {
      stored: [{ name: "layer_scale", role: "parameter", shape: [channels] }],
      operations: { elementwise: elements(input) },
    });
  },
};

export const tokenWords: readonly ShorthandEntry[] = [
  { words: ["classtoken", "clstoken"], takes: [], example: "classtoken", build: () => classToken },
  { words: ["selecttoken"], takes: [], example: "selecttoken", build: () => selectToken },
  { words: ["posembed"], takes: [], example: "posembed", build: () => positionEmbedding },
  { words: ["layerscale"], takes: [], example: "layerscale", build: () => layerScale },
];

import { fail } from "../../graph/diagnostic.js";
import type { Composite, Expansion, Value } from "../../graph/layer.js";
import type { CallEntry } from "../entry.js";
import { linear } from "../linear.js";
import { layerNorm } from "../norm/layer-norm.js";
import { requireRank } from "../primitive.js";
import { movement } from "../tensor/reshape.js";

/**
 * 2x2 neighbours of an N, H, W, C image joined into channels, normed and projected to 2C (Swin, arXiv 2103.14030, section 3.1; torchvision,
 * PatchMerging). Version 2 projects before it norms (arXiv 2111.09883). Odd sizes are padded.
 */
function patchMerging(dim: number, version: 1 | 2): Composite {
  return {
    type: "composite",
    op: "patch_merging",
    axes: "plain",
    ranks: [4],
    attributes: { dim },
    expand: (steps, [input]) => (input === undefined ? [] : [merge(dim, version, steps, input)]),
  };
}

function merge(dim: number, version: 1 | 2, steps: Expansion, input: Value): Value {
  requireRank("patch_merging", input.shape, [4], "N, H, W, C");
  const [batch = 0, height = 0, width = 0, channels = 0] = input.shape;
  if (channels !== dim) fail("feature-mismatch", `patch_merging expects ${dim} features, and its input has ${channels}`);
  const shape = [batch, Math.ceil(height / 2), Math.ceil(width / 2), 4 * channels];
  const [joined] = steps.add(
    "concat",
    movement("concat", "plain", () => shape),
    [input],
  );
  const norm = (value: Value) => steps.add("norm", layerNorm({ normalizedShape: [value.shape.at(-1) ?? 0], affine: true, bias: true }), [value])[0];
  const reduce = (value: Value) => steps.add("reduction", linear({ outFeatures: 2 * channels, bias: false }), [value])[0];
  return version === 1 ? reduce(norm(joined)) : norm(reduce(joined));
}

export const torchPatchMergings: readonly CallEntry[] = [
  { names: ["PatchMerging"], signature: "dim, norm_layer=None", build: (args) => patchMerging(args.count("dim"), 1) },
  { names: ["PatchMergingV2"], signature: "dim, norm_layer=None", build: (args) => patchMerging(args.count("dim"), 2) },
];

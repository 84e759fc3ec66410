import type { DType } from "../../graph/dtype.js";
import type { Stored } from "../../graph/layer.js";
import type { Shape } from "../../graph/shape.js";

/**
 * What PyTorch's own modules, Hugging Face's and timm's keep as buffers, by the last part of the name: statistics of batch norms, positions and frequencies
 * that are computed when a model is made, masks, and what thop leaves behind.
 */
const BUFFERS = new Set([
  "running_mean",
  "running_var",
  "num_batches_tracked",
  "position_ids",
  "token_type_ids",
  "inv_freq",
  "original_inv_freq",
  "cos_cached",
  "sin_cached",
  "freqs_cis",
  "masked_bias",
  "causal_mask",
  "attn_mask",
  "relative_position_index",
  "num_updates",
  "total_ops",
  "total_params",
  "final_logits_bias",
  "relative_coords_table",
]);
/** Vectors of spectral norms and the base of an orthogonal matrix (torch.nn.utils.parametrizations). */
const PARAMETRIZED = /(^|\.)parametrizations\.\w+\.\d+\.(_u|_v|base)$/;
/** A mask of torch.nn.utils.prune, and the vectors of torch.nn.utils.spectral_norm, stand beside the parameter `NAME_orig`. */
const BESIDE_ORIGINAL = /_(mask|u|v)$/;
/** Frequencies of rotary positions in files of llama.cpp. */
const ROTARY = /^(rope_freqs|rope_factors_(long|short))\.weight$|\.attn_rot_embd$/;

/**
 * Whether a tensor of a file of weights is a parameter. Whole numbers of 64 bits and truth are never learned; those of fewer may be quantised weights.
 * @param has whether the file has a tensor of a name
 */
export function roleOf(name: string, shape: Shape, dtype: DType | undefined, has: (name: string) => boolean = () => false): Stored["role"] {
  if (PARAMETRIZED.test(name) || (BESIDE_ORIGINAL.test(name) && has(name.replace(BESIDE_ORIGINAL, "_orig")))) return "buffer";
  const last = name.slice(name.lastIndexOf(".") + 1);
  if (BUFFERS.has(last) || ROTARY.test(name) || dtype === "int64" || dtype === "bool") return "buffer";
  return isCausalMask(name, shape) ? "buffer" : "parameter";
}

/** GPT-2 and its like keep a triangle of ones, [1, 1, n, n], under the name of a bias. */
function isCausalMask(name: string, [one, heads, rows, columns, ...more]: Shape): boolean {
  return /(^|\.)att(n|ention)\.bias$/.test(name) && one === 1 && heads === 1 && rows !== undefined && rows === columns && more.length === 0;
}

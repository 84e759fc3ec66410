import { fail } from "../../graph/diagnostic.js";
import { own } from "../../graph/own.js";

/** The least that attributes can be that something is multiplied or divided by; ONNX's specification has no others. */
const LEAST: Readonly<Record<string, number>> = {
  group: 1,
  num_scan_inputs: 1,
  hidden_size: 1,
  num_heads: 1,
  q_num_heads: 1,
  kv_num_heads: 1,
  blocksize: 1,
  block_size: 1,
  output_height: 1,
  output_width: 1,
  sampling_ratio: 0,
  num_outputs: 1,
  num_groups: 1,
  groups: 1,
  targets: 1,
  n_targets: 1,
  size: 1,
  p: 0,
  K: 1,
  N: 1,
  bits: 1,
  output_shape: 0,
  split: 0,
  repeats: 0,
  border: 0,
  scale: 0,
  rotary_embedding_dim: 0,
  offset_group: 1,
  stride: 1,
  dilation: 1,
  rank: 1,
  radius: 0,
  depth_radius: 0,
  num_split: 1,
  num_splits: 1,
  explicit_paddings: 0,
};

/** The words that attributes can be on which a shape or a cost depends, whatever the operator; onnxruntime takes an empty auto_pad for NOTSET. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  auto_pad: ["", "NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"],
  direction: ["forward", "reverse", "bidirectional", "LEFT", "RIGHT"],
  mode: ["nearest", "linear", "bilinear", "cubic", "bicubic"],
  padding: ["SAME", "VALID", "EXPLICIT"],
  data_format: ["NHWC", "NCHW", "NDHWC", "NCDHW", "NWC", "NCW"],
  reduction: ["none", "add", "mul", "max", "min", "mean", "sum"],
};

/** An attribute that a file says, where it can be so. Throws `bad-attribute`. */
export function atLeast(op: string, name: string, value: number): number {
  const least = own(LEAST, name);
  if (least === undefined || value >= least) return value;
  return fail("bad-attribute", `${name} of ${op} is ${value}`, { expected: `${least} or more` });
}

/** A text attribute that a file says, where it can be so. Throws `bad-attribute`. */
export function oneOf(op: string, name: string, word: string): string {
  const words = own(WORDS, name);
  if (words === undefined || words.includes(word)) return word;
  return fail("bad-attribute", `${name} of ${op} is '${word}'`, { expected: words.filter((each) => each !== "").join(", ") });
}

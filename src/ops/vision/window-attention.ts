import { fail } from "../../graph/diagnostic.js";
import type { Composite, Expansion, Primitive, Value } from "../../graph/layer.js";
import { elements, type Shape } from "../../graph/shape.js";
import { activationByName, softmax } from "../activation.js";
import { matmul, reshapeTo } from "../arithmetic.js";
import type { Args } from "../args.js";
import { calledAs } from "../called-as.js";
import type { CallEntry } from "../entry.js";
import { split } from "../join.js";
import { linear } from "../linear.js";
import { elementwise, firstInput, inference, requireRank } from "../primitive.js";
import { movement } from "../tensor/reshape.js";
import { storing } from "./storing.js";

interface WindowAttention {
  readonly version: 1 | 2;
  readonly dim: number;
  readonly window: readonly [number, number];
  readonly shift: readonly [number, number];
  readonly heads: number;
  readonly qkvBias: boolean;
  readonly projBias: boolean;
}

/** Width of the network that makes version 2's position bias (arXiv 2111.09883, section 3.3; torchvision's `cpb_mlp`). */
const POSITION_WIDTH = 512;

/**
 * Attention inside windows of an N, H, W, C tensor, padded to whole windows (Swin, arXiv 2103.14030, section 3.2; torchvision,
 * ShiftedWindowAttention). Version 2 has cosine attention and a position bias made by a small network (arXiv 2111.09883).
 */
function windowAttention(options: WindowAttention): Composite {
  const { version, dim, window, shift, heads } = options;
  return {
    type: "composite",
    op: "shifted_window_attention",
    axes: "plain",
    ranks: [4],
    attributes: { embedDim: dim, numHeads: heads, windowSize: window, shiftSize: shift },
    expand: (steps, [input]) => (input === undefined ? [] : [attend(options, calledInside(version, steps), input)]),
  };
}

/** As torchvision's swin_transformer.py calls them: F.linear on the weights of its layers, F.softmax, Tensor.matmul (version 2 multiplies by `@` first); its small network is a module. */
function calledInside(version: 1 | 2, steps: Expansion): Expansion {
  const functions: readonly string[] = ["qkv", "proj", "softmax", "av", ...(version === 1 ? ["qk"] : [])];
  const how = (name: string) => (name.startsWith("cpb_mlp") ? "module" : functions.includes(name) ? "function" : "operator");
  return { add: (name, layer, inputs) => steps.add(name, calledAs(how(name), layer), inputs) };
}

function attend(options: WindowAttention, steps: Expansion, input: Value): Value {
  requireRank("shifted_window_attention", input.shape, [4], "N, H, W, C");
  const { dim, heads, window, version } = options;
  const [batch = 0, height = 0, width = 0, channels = 0] = input.shape;
  if (channels !== dim) fail("feature-mismatch", `shifted_window_attention expects ${dim} features, and its input has ${channels}`);
  const [rows, columns] = [Math.ceil(height / window[0]), Math.ceil(width / window[1])];
  const padded: Shape = [batch, rows * window[0], columns * window[1], channels];
  const tokens = window[0] * window[1];
  const windows = batch * rows * columns;
  // A window that covers everything is not shifted (torchvision, shifted_window_attention).
  const shifts = options.shift.some((by, axis) => by > 0 && (window[axis] ?? 0) < (padded[axis + 1] ?? 0));
  const view = (name: string, shape: Shape, value: Value) =>
    steps.add(
      name,
      reshapeTo(name, () => shape),
      [value],
    )[0];
  const move = (name: string, shape: Shape, value: Value) =>
    steps.add(
      name,
      movement(name, "plain", () => shape),
      [value],
    )[0];
  const pad = (name: string, from: Value, shape: Shape) => (from.shape.join() === shape.join() ? from : move(name, shape, from));
  const whole = pad("pad", input, padded);
  const rolled = shifts ? move("roll", padded, whole) : whole;
  const parts = move("window_partition", [windows, tokens, channels], rolled);
  const [qkv] = steps.add("qkv", linear({ outFeatures: 3 * channels, bias: options.qkvBias }), [parts]);
  const [q, k, v] = steps.add("chunk", split(3, -1), [qkv]);
  if (k === undefined || v === undefined) throw new Error("a split in three has three outputs");
  const perHead: Shape = [windows, heads, tokens, channels / heads];
  const [queries, keys, values] = [view("q_heads", perHead, q), view("k_heads", perHead, k), view("v_heads", perHead, v)];
  const scores = version === 1 ? scaledScores(steps, queries, keys) : cosineScores(steps, queries, keys, heads);
  const biased = positionBias(options, steps, scores, tokens);
  const masked = shifts ? steps.add("mask", elementwise("mask", "elementwise", 1n), [biased])[0] : biased;
  const [weights] = steps.add("softmax", softmax(-1), [masked]);
  const [mixed] = steps.add("av", matmul(false), [weights, values]);
  const merged = move("merge_heads", [windows, tokens, channels], mixed);
  const [projected] = steps.add("proj", linear({ outFeatures: channels, bias: options.projBias }), [merged]);
  const reversed = move("window_reverse", padded, projected);
  const back = shifts ? move("roll_back", padded, reversed) : reversed;
  return pad("crop", back, input.shape);
}

function scaledScores(steps: Expansion, queries: Value, keys: Value): Value {
  const [scaled] = steps.add("scale", elementwise("scale", "elementwise", 1n), [queries]);
  return steps.add("qk", matmul(true), [scaled, keys])[0];
}

/** Products of unit vectors times a learned factor a head: square, add, root and divide for each element that is made a unit vector's. */
function cosineScores(steps: Expansion, queries: Value, keys: Value, heads: number): Value {
  const unit = elementwise("normalize", "normalization", 3n);
  const [q] = steps.add("normalize_q", unit, [queries]);
  const [k] = steps.add("normalize_k", unit, [keys]);
  const [scores] = steps.add("qk", matmul(true), [q, k]);
  return steps.add("logit_scale", storing(elementwise("logit_scale", "elementwise", 1n), "logit_scale", "parameter", [heads, 1, 1]), [scores])[0];
}

function positionBias(options: WindowAttention, steps: Expansion, scores: Value, tokens: number): Value {
  const { heads, window, version } = options;
  const distances: Shape = [2 * window[0] - 1, 2 * window[1] - 1];
  const addition = storing(elementwise("add", "elementwise", 1n), "relative_position_index", "buffer", [tokens * tokens]);
  if (version === 1) {
    const table: Shape = [Number(elements(distances)), heads];
    return steps.add("relative_position_bias", storing(addition, "relative_position_bias_table", "parameter", table), [scores])[0];
  }
  const [table] = steps.add("relative_coords_table", constantTable([1, ...distances, 2]), [scores]);
  const [hidden] = steps.add("cpb_mlp.0", linear({ outFeatures: POSITION_WIDTH, bias: true }), [table]);
  const [active] = steps.add("cpb_mlp.1", activationByName("relu") ?? elementwise("relu", "activation", 1n), [hidden]);
  const [perHead] = steps.add("cpb_mlp.2", linear({ outFeatures: heads, bias: false }), [active]);
  steps.add("sigmoid", activationByName("sigmoid") ?? elementwise("sigmoid", "activation", 1n), [perHead]);
  return steps.add("relative_position_bias", addition, [scores])[0];
}

/** Coordinates kept with the model: what is computed from them starts there, not at the input. */
function constantTable(shape: Shape): Primitive {
  return {
    type: "primitive",
    op: "relative_coords_table",
    axes: "plain",
    infer: (inputs) => {
      firstInput(inputs);
      return inference([{ shape }], { stored: [{ name: "relative_coords_table", role: "buffer", shape }] });
    },
  };
}

const SIGNATURE = "dim, window_size, shift_size, num_heads, qkv_bias=True, proj_bias=True, attention_dropout=0.0, dropout=0.0";

function fromArgs(args: Args, version: 1 | 2): Composite {
  const pair = (name: string, minimum: number): readonly [number, number] => {
    const [rows = minimum, columns = rows] = args.perAxis(name, 2, minimum);
    return [rows, columns];
  };
  const options = {
    version,
    dim: args.count("dim"),
    heads: args.count("num_heads"),
    qkvBias: args.flag("qkv_bias"),
    projBias: args.flag("proj_bias"),
  };
  if (options.dim % options.heads !== 0) args.fail("num_heads", `dim ${options.dim} is not divisible by num_heads ${options.heads}`);
  return windowAttention({ ...options, window: pair("window_size", 1), shift: pair("shift_size", 0) });
}

export const torchWindowAttentions: readonly CallEntry[] = [
  { names: ["ShiftedWindowAttention"], signature: SIGNATURE, build: (args) => fromArgs(args, 1) },
  { names: ["ShiftedWindowAttentionV2"], signature: SIGNATURE, build: (args) => fromArgs(args, 2) },
];
